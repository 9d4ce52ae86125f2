package s3event_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

func TestEncodeWritesTheFormOfS3(t *testing.T) {
	raw, err := s3event.Encode(s3event.Object{
		Bucket: "in", Key: "reports/Suite 12+14/Übersicht.csv", ETag: `"e1"`, Size: 512, Sequencer: "00A1",
		At: time.Date(2026, 11, 5, 5, 10, 27, 412999999, time.FixedZone("CET", 3600)),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"2026-11-05T04:10:27.412Z",` +
		`"eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","configurationId":"bellhop",` +
		`"bucket":{"name":"in","arn":"arn:aws:s3:::in"},` +
		`"object":{"key":"reports/Suite+12%2B14/%C3%9Cbersicht.csv","size":512,"eTag":"e1","sequencer":"00A1"}}}]}`
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestEncodeRefusesHalfAnObject(t *testing.T) {
	whole := s3event.Object{Bucket: "in", Key: "k", At: time.Unix(1, 0)}
	tests := map[string]func(*s3event.Object){
		"no bucket": func(o *s3event.Object) { o.Bucket = "" },
		"no key":    func(o *s3event.Object) { o.Key = "" },
		"no time":   func(o *s3event.Object) { o.At = time.Time{} },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			o := whole
			spoil(&o)
			if raw, err := s3event.Encode(o); !fault.Is(err, fault.Poison) {
				t.Errorf("got %s, %v; want Poison", raw, err)
			}
		})
	}
}

func FuzzEncodeThenDecodeGivesTheSameObject(f *testing.F) {
	for _, key := range []string{"a.csv", "a b", "a+b", "a%20b", "a/b//../c", "ü/日本", "?&=#;:@", "\x00\x01\xff", "\"\\<>&", " "} {
		f.Add(key, int64(7), int64(1793851827412))
	}
	f.Fuzz(func(t *testing.T, key string, size, milliseconds int64) {
		o := s3event.Object{Bucket: "in", Key: key, Size: size, At: time.UnixMilli(milliseconds).UTC()}
		if key == "" || o.At.Year() < 1 || o.At.Year() > 9999 || o.At.IsZero() {
			t.Skip("not an object that S3 could announce")
		}
		raw, err := s3event.Encode(o)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := s3event.Decode(raw)
		if err != nil || len(messages) != 1 || messages[0].Err != nil || len(messages[0].Objects) != 1 {
			t.Fatalf("decode %s: %+v, %v", raw, messages, err)
		}
		got := messages[0].Objects[0]
		if got.Key != key || got.Size != size || !got.At.Equal(o.At) {
			t.Errorf("got %+v, want %+v", got, o)
		}
	})
}
