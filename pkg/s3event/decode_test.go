package s3event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

// record returns an S3 record around the JSON of its "object".
func record(name, object string) string {
	return `{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"` + name +
		`","eventTime":"2026-11-05T04:10:27.412Z","s3":{"bucket":{"name":"in"},"object":` + object + `}}`
}

func s3(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

// sqs returns a batch of messages with the ids m1, m2, …
func sqs(bodies ...string) string {
	records := make([]string, len(bodies))
	for i, body := range bodies {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(body)
		records[i] = `{"messageId":"m` + string(rune('1'+i)) + `","eventSource":"aws:sqs","body":"` + quoted + `"}`
	}
	return s3(records...)
}

func TestDecodeFindsObjects(t *testing.T) {
	const put = "ObjectCreated:Put"
	at := time.Date(2026, 11, 5, 4, 10, 27, 412e6, time.UTC)
	object := func(key, raw string) s3event.Object {
		return s3event.Object{Bucket: "in", Key: key, RawKey: raw, At: at}
	}
	tests := map[string]struct {
		raw  string
		want []s3event.Message
	}{
		"a key is form-decoded once": {
			s3(record(put, `{"key":"a+b%2Bc%2520d.csv"}`)),
			[]s3event.Message{{Objects: []s3event.Object{object("a b+c%20d.csv", "a+b%2Bc%2520d.csv")}}},
		},
		"a space may be percent-encoded": {
			s3(record(put, `{"key":"Happy%20Face.jpg"}`)),
			[]s3event.Message{{Objects: []s3event.Object{object("Happy Face.jpg", "Happy%20Face.jpg")}}},
		},
		"a quoted etag loses its quotes": {
			s3(record(put, `{"key":"k","eTag":"\"e1\"","size":5,"versionId":"v1","sequencer":"00A1"}`)),
			[]s3event.Message{{Objects: []s3event.Object{{
				Bucket: "in", Key: "k", RawKey: "k", At: at, ETag: "e1", Size: 5, VersionID: "v1", Sequencer: "00A1",
			}}}},
		},
		"every way of creating counts": {
			s3(record("ObjectCreated:Post", `{"key":"1"}`), record("ObjectCreated:Copy", `{"key":"2"}`),
				record("s3:ObjectCreated:Put", `{"key":"3"}`)),
			[]s3event.Message{{Objects: []s3event.Object{object("1", "1"), object("2", "2"), object("3", "3")}}},
		},
		"other events are counted": {
			s3(record("ObjectRemoved:Delete", `{"key":"1"}`), record("ObjectTagging:Put", `{"key":"1"}`), record(put, `{"key":"2"}`)),
			[]s3event.Message{{Ignored: 2, Objects: []s3event.Object{object("2", "2")}}},
		},
		"no records":           {`{"Records":[]}`, []s3event.Message{{}}},
		"no records in a body": {sqs(`{"Records":[]}`), []s3event.Message{{ID: "m1"}}},
		"a test event": {
			`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"in"}`, []s3event.Message{{}},
		},
		"a batch keeps its order and its ids": {
			sqs(s3(record(put, `{"key":"1"}`)), `{"Event":"s3:TestEvent"}`, s3(record(put, `{"key":"2"}`), record(put, `{"key":"1"}`))),
			[]s3event.Message{
				{ID: "m1", Objects: []s3event.Object{object("1", "1")}},
				{ID: "m2"},
				{ID: "m3", Objects: []s3event.Object{object("2", "2"), object("1", "1")}},
			},
		},
		"an EventBridge key is plain": {
			`{"source":"aws.s3","detail-type":"Object Created","time":"2026-11-05T05:10:27.412+01:00",
			  "detail":{"bucket":{"name":"in"},"object":{"key":"a+b%20c","etag":"e","version-id":"v","size":1,"sequencer":"s"}}}`,
			[]s3event.Message{{Objects: []s3event.Object{{
				Bucket: "in", Key: "a+b%20c", RawKey: "a+b%20c", ETag: "e", VersionID: "v", Size: 1, Sequencer: "s", At: at,
			}}}},
		},
		"EventBridge through a queue": {
			sqs(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"in"},"object":{"key":"k"}}}`),
			[]s3event.Message{{ID: "m1", Objects: []s3event.Object{{Bucket: "in", Key: "k", RawKey: "k"}}}},
		},
		"another EventBridge event is counted": {
			`{"source":"aws.s3","detail-type":"Object Deleted","detail":{}}`, []s3event.Message{{Ignored: 1}},
		},
		"an unreadable time is no time": {
			strings.Replace(s3(record(put, `{"key":"k"}`)), "2026-11-05T04:10:27.412Z", "yesterday", 1),
			[]s3event.Message{{Objects: []s3event.Object{{Bucket: "in", Key: "k", RawKey: "k"}}}},
		},
		"a later minor version is fine": {
			strings.Replace(s3(record(put, `{"key":"k"}`)), `"2.1"`, `"2.17"`, 1),
			[]s3event.Message{{Objects: []s3event.Object{object("k", "k")}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s3event.Decode([]byte(test.raw))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeRefusesUnknownShapes(t *testing.T) {
	tests := map[string]struct {
		raw  string
		want string
	}{
		"nothing":            {"", "not valid JSON (0 bytes)"},
		"broken JSON":        {`{"Records":[`, "not valid JSON (12 bytes)"},
		"broken UTF-8":       {"{\"k\":\"\xff\"}", "not valid JSON (9 bytes)"},
		"a list":             {`[1]`, "not a JSON object (3 bytes)"},
		"null":               {`null`, "not a JSON object (4 bytes)"},
		"an empty object":    {`{}`, "unknown shape: no keys"},
		"other keys, sorted": {`{"zulu":"secret","alpha":1,"Mike":{}}`, `unknown shape: keys "Mike", "alpha", "zulu"`},
		"null records":       {`{"Records":null}`, `unknown shape: keys "Records"; Records is not a list`},
		"records of text":    {`{"Records":["secret"]}`, `unknown shape: keys "Records"; record 0: not a JSON object (8 bytes)`},
		"a stream batch": {
			`{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{}}]}`,
			`unknown shape: keys "Records"; record 0 is not from S3: keys "dynamodb", "eventSource"`,
		},
		"another service's EventBridge event": {
			`{"source":"aws.ec2","detail-type":"Object Created","detail":{}}`, `unknown shape: keys "detail", "detail-type", "source"`,
		},
		"an SQS message without id": {
			`{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}`, `record 0 is not an SQS message with an id: keys "body", "eventSource"`,
		},
		"a mixed batch": {
			`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"{}"},{"eventSource":"aws:s3"}]}`,
			`record 1 is not an SQS message with an id: keys "eventSource"`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := s3event.Decode([]byte(test.raw))
			if !fault.Is(err, fault.Poison) || got != nil {
				t.Fatalf("got %v, %v; want no messages and a Poison error", got, err)
			}
			if want := "decode event: " + test.want; err.Error() != want {
				t.Errorf("error\n got %s\nwant %s", err, want)
			}
		})
	}
}

func TestDecodeNamesFewKeysOfAHugeEvent(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"` + strings.Repeat("long", 100) + `":1`)
	for i := range 500 {
		b.WriteString(`,"k` + strings.Repeat("x", i) + `":1`)
	}
	b.WriteString("}")
	_, err := s3event.Decode([]byte(b.String()))
	if err == nil || len(err.Error()) > 1200 || !strings.HasSuffix(err.Error(), " and 481 more") {
		t.Errorf("got %v", err)
	}
}

func TestDecodeKeepsTheReadablePart(t *testing.T) {
	const put = "ObjectCreated:Put"
	good := record(put, `{"key":"good"}`)
	tests := map[string]struct {
		record string
		want   string
	}{
		"a key that is not encoded": {record(put, `{"key":"secret%zz"}`), "record 1: its key is not form-encoded"},
		"no key":                    {record(put, `{"size":3}`), "record 1: it names no bucket or no key"},
		"no bucket":                 {strings.Replace(record(put, `{"key":"k"}`), `"in"`, `""`, 1), "record 1: it names no bucket or no key"},
		"a size that is text": {
			record(put, `{"key":"k","size":"secret"}`),
			`record 1: its s3 part is missing or has another type: keys "eventName", "eventSource", "eventTime", "eventVersion", "s3"`,
		},
		"no s3 part":             {`{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}`, `record 1: its s3 part is missing or has another type: keys "eventName", "eventSource"`},
		"no event name":          {`{"eventSource":"aws:s3"}`, `record 1: it has no eventName: keys "eventSource"`},
		"the next major version": {strings.Replace(record(put, `{"key":"k"}`), `"2.1"`, `"3.0"`, 1), "record 1: eventVersion is not 2.x"},
		"version twenty":         {strings.Replace(record(put, `{"key":"k"}`), `"2.1"`, `"20.1"`, 1), "record 1: eventVersion is not 2.x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := s3(good, test.record, good)
			got, err := s3event.Decode([]byte(sqs(body, s3(good))))
			if err != nil || len(got) != 2 {
				t.Fatalf("got %d messages, %v; want 2", len(got), err)
			}
			if !fault.Is(got[0].Err, fault.Poison) || got[0].Err.Error() != test.want {
				t.Errorf("error\n got %v\nwant %s", got[0].Err, test.want)
			}
			if len(got[0].Objects) != 2 || got[1].Err != nil || len(got[1].Objects) != 1 {
				t.Errorf("the readable records are not all there: %+v", got)
			}

			direct, err := s3event.Decode([]byte(body))
			if err != nil || len(direct) != 1 || direct[0].Err == nil || direct[0].Err.Error() != test.want || len(direct[0].Objects) != 2 {
				t.Errorf("direct: got %+v, %v", direct, err)
			}
		})
	}
}

func TestDecodeFailsOnlyTheUnreadableMessage(t *testing.T) {
	bodies := map[string]struct{ body, want string }{
		"no JSON":          {"hello", "message body: not valid JSON (5 bytes)"},
		"an unknown shape": {`{"secret":1}`, `message body: unknown shape: keys "secret"`},
		"a nested batch": {
			`{"Records":[{"eventSource":"aws:sqs"}]}`,
			`message body: unknown shape: keys "Records"; record 0 is not from S3: keys "eventSource"`,
		},
	}
	for name, test := range bodies {
		t.Run(name, func(t *testing.T) {
			got, err := s3event.Decode([]byte(sqs(test.body, s3(record("ObjectCreated:Put", `{"key":"k"}`)))))
			if err != nil || len(got) != 2 {
				t.Fatalf("got %d messages, %v; want 2", len(got), err)
			}
			if got[0].ID != "m1" || !fault.Is(got[0].Err, fault.Poison) || got[0].Err.Error() != test.want {
				t.Errorf("first message: %+v", got[0])
			}
			if got[1].ID != "m2" || got[1].Err != nil || len(got[1].Objects) != 1 {
				t.Errorf("second message: %+v", got[1])
			}
		})
	}
}
