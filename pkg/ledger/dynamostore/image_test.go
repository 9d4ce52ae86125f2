package dynamostore_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
)

func TestEncodeImage(t *testing.T) {
	job := ledger.Key{PK: "JOB#1", SK: "META"}
	for name, c := range map[string]struct {
		record ledger.Record
		want   string // DynamoDB JSON
	}{
		"every JSON type is a top-level attribute": {
			record: ledger.Record{Key: job, Version: 7, Doc: json.RawMessage(
				`{"status":"LOADED","rows":12.50,"big":9007199254740993,"ok":true,"none":null,"l":["a",1],"o":{"x":""}}`)},
			want: `{"pk":{"S":"JOB#1"},"sk":{"S":"META"},"version":{"N":"7"},"status":{"S":"LOADED"},"rows":{"N":"12.50"},
				"big":{"N":"9007199254740993"},"ok":{"BOOL":true},"none":{"NULL":true},"l":{"L":[{"S":"a"},{"N":"1"}]},"o":{"M":{"x":{"S":""}}}}`,
		},
		"a due record is in the index, by a fraction of fixed width": {
			record: ledger.Record{Key: job, Version: 1, Queue: ledger.JobQueue,
				DueAt: time.Date(2026, 11, 1, 13, 0, 0, 500_000_000, time.FixedZone("", 3600)),
				Doc:   json.RawMessage(`{"due_at":"2026-11-01T12:00:00.5Z"}`)},
			want: `{"pk":{"S":"JOB#1"},"sk":{"S":"META"},"version":{"N":"1"},"due_pk":{"S":"DUE#JOB"},"due_at":{"S":"2026-11-01T12:00:00.500000000Z"}}`,
		},
		"what may be forgotten has its time to live in whole seconds": {
			record: ledger.Record{Key: job, Version: 1, ForgetAt: time.Date(2027, 12, 25, 12, 0, 0, 999_000_000, time.UTC), Doc: json.RawMessage(`{}`)},
			want:   `{"pk":{"S":"JOB#1"},"sk":{"S":"META"},"version":{"N":"1"},"forget_at":{"N":"1829736000"}}`,
		},
		"a lane alone is not in the index": {
			record: ledger.Record{Key: job, Version: 1, Queue: ledger.JobQueue, Doc: json.RawMessage(`{}`)},
			want:   `{"pk":{"S":"JOB#1"},"sk":{"S":"META"},"version":{"N":"1"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			image, err := dynamostore.EncodeImage(c.record)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := attributevalue.MarshalMapJSON(image)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(parsed(t, c.want), parsed(t, string(raw))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDecodeImageRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		image string
		names string // what the error must name
	}{
		"no key":                  {`{"sk":{"S":"META"},"version":{"N":"1"}}`, "pk"},
		"a key that is a number":  {`{"pk":{"N":"1"},"sk":{"S":"META"},"version":{"N":"1"}}`, "pk"},
		"no version":              {`{"pk":{"S":"a"},"sk":{"S":"b"}}`, "version"},
		"a version with fraction": {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1.5"}}`, "version"},
		"a set":                   {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},"tags":{"SS":["secret"]}}`, "tags"},
		"a binary inside":         {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},"o":{"M":{"x":{"B":"c2VjcmV0"}}}}`, "o"},
		"due in no queue":         {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},"due_at":{"S":"2026-11-01T12:00:00Z"}}`, "due_pk"},
		"a lane and no instant":   {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},"due_pk":{"S":"DUE#JOB"}}`, "due_at"},
		"due at no instant":       {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},"due_pk":{"S":"DUE#JOB"},"due_at":{"S":"secret"}}`, "due_at"},
		"a foreign due_pk":        {`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},"due_pk":{"S":"secret"},"due_at":{"S":"2026-11-01T12:00:00Z"}}`, "due_pk"},
	} {
		t.Run(name, func(t *testing.T) {
			image, err := attributevalue.UnmarshalMapJSON([]byte(c.image))
			if err != nil {
				t.Fatal(err)
			}
			_, err = dynamostore.DecodeImage(image)
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v (%v), want a poison error that names %s and quotes nothing", err, fault.KindOf(err), c.names)
			}
		})
	}
}

// An instant that somebody wrote by hand needs no nine digits.
func TestDecodeImageTakesAnyRFC3339(t *testing.T) {
	image, err := attributevalue.UnmarshalMapJSON([]byte(`{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"},
		"due_pk":{"S":"DUE#FILE"},"due_at":{"S":"2026-11-01T13:00:00+01:00"}}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := dynamostore.DecodeImage(image)
	if err != nil || r.Queue != ledger.FileQueue || !r.DueAt.Equal(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)) ||
		string(r.Doc) != `{"due_at":"2026-11-01T12:00:00Z"}` {
		t.Fatalf("%+v %s: %v", r, r.Doc, err)
	}
}

func TestImageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc, err := json.Marshal(map[string]any{
			rapid.StringN(1, 8, -1).Filter(free).Draw(t, "name"): jsonValue().Draw(t, "value"),
			"nested": rapid.MapOf(rapid.StringN(1, -1, -1), rapid.SliceOf(jsonValue())).Draw(t, "nested"),
		})
		if err != nil {
			t.Fatal(err)
		}
		r := ledger.Record{
			Key: ledger.Key{PK: "p", SK: "s"}, Version: rapid.Int64Min(1).Draw(t, "version"), Doc: doc,
			ForgetAt: time.Unix(rapid.Int64Range(1, 1<<40).Draw(t, "forget at"), 0),
		}
		image, err := dynamostore.EncodeImage(r)
		if err != nil {
			t.Fatal(err)
		}
		wire, err := attributevalue.MarshalMapJSON(image)
		if err != nil {
			t.Fatal(err)
		}
		if image, err = attributevalue.UnmarshalMapJSON(wire); err != nil {
			t.Fatal(err)
		}
		got, err := dynamostore.DecodeImage(image)
		if err != nil || got.Key != r.Key || got.Version != r.Version || !got.ForgetAt.IsZero() {
			t.Fatalf("%+v (%v)", got, err)
		}
		if diff := cmp.Diff(numbers(t, doc), numbers(t, got.Doc)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func free(name string) bool {
	switch name {
	case "pk", "sk", "version", "due_pk", "due_at", "forget_at", "nested":
		return false
	}
	return true
}

func jsonValue() *rapid.Generator[any] {
	return rapid.OneOf(rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Int64().AsAny(),
		rapid.Float64Range(-1e9, 1e9).Filter(func(f float64) bool { return f == 0 || f > 1e-9 || f < -1e-9 }).AsAny(),
		rapid.Just[any](nil))
}

func numbers(t *rapid.T, doc json.RawMessage) any {
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// An item that an earlier release wrote, as DynamoDB gives it back, reads as it always did: members in order of name, texts
// and numbers as they were.
func TestDecodeImageReadsWhatIsStored(t *testing.T) {
	const item = `{"pk":{"S":"FILE#a b/<ü>.csv"},"sk":{"S":"META"},"version":{"N":"5"},"due_pk":{"S":"DUE#FILE"},
		"due_at":{"S":"2026-11-05T04:11:30.250000000Z"},"forget_at":{"N":"1829736000"},"key":{"S":"a b/<ü>.csv"},"status":{"S":"LOADED"},
		"job":{"S":"hotel-000017"},"subscription":{"S":"hotel"},"table":{"S":"asp_device"},"generation":{"S":"2026-11-05T03:11:30.25Z"},
		"window":{"M":{"from":{"S":"2026-11-01"},"to":{"S":"2026-11-02"}}},"parts":{"N":"2"},"epoch":{"N":"2"},"worker":{"S":"W"},"loads":{"N":"1"},
		"delivery":{"M":{"at":{"S":"2026-11-05T04:10:30.25Z"},"bucket":{"S":"delivery"},"etag":{"S":"e1"},"key":{"S":"a b/<ü>.csv"},"size":{"N":"9007199254740993"}}},
		"receipt":{"M":{"bytes":{"N":"12"},"loaded_at":{"S":"2026-11-05T04:11:30.25Z"},"rows":{"N":"3"},"sha256":{"S":"ab"},
			"slices":{"L":[{"M":{"date":{"S":"2026-11-01"},"etag":{"S":"s1"},"key":{"S":"k"},"outcome":{"S":"written"},"rows":{"N":"3"}}}]},
			"sums":{"M":{"minutes":{"S":"0.100000"}}},"unknown_columns":{"L":[]}}},
		"history":{"L":[{"M":{"at":{"S":"2026-11-05T04:11:30.25Z"},"attempt":{"N":"1"},"from":{"S":"CLAIMED"},"to":{"S":"LOADED"}}}]}}`
	const doc = `{"delivery":{"at":"2026-11-05T04:10:30.25Z","bucket":"delivery","etag":"e1","key":"a b/<ü>.csv","size":9007199254740993},` +
		`"due_at":"2026-11-05T04:11:30.25Z","epoch":2,"generation":"2026-11-05T03:11:30.25Z",` +
		`"history":[{"at":"2026-11-05T04:11:30.25Z","attempt":1,"from":"CLAIMED","to":"LOADED"}],"job":"hotel-000017","key":"a b/<ü>.csv",` +
		`"loads":1,"parts":2,"receipt":{"bytes":12,"loaded_at":"2026-11-05T04:11:30.25Z","rows":3,"sha256":"ab",` +
		`"slices":[{"date":"2026-11-01","etag":"s1","key":"k","outcome":"written","rows":3}],"sums":{"minutes":"0.100000"},"unknown_columns":[]},` +
		`"status":"LOADED","subscription":"hotel","table":"asp_device","window":{"from":"2026-11-01","to":"2026-11-02"},"worker":"W"}`
	image, err := attributevalue.UnmarshalMapJSON([]byte(item))
	if err != nil {
		t.Fatal(err)
	}
	due := time.Date(2026, 11, 5, 4, 11, 30, 250_000_000, time.UTC)
	r, err := dynamostore.DecodeImage(image)
	if err != nil || r.PK != "FILE#a b/<ü>.csv" || r.SK != "META" || r.Version != 5 || r.Queue != ledger.FileQueue || !r.DueAt.Equal(due) {
		t.Fatalf("%+v: %v", r, err)
	}
	if diff := cmp.Diff(doc, string(r.Doc)); diff != "" {
		t.Errorf("the document has changed:\n%s", diff)
	}
	// What is written again is the same item, but for when it is to be forgotten, which is for the writer to say.
	delete(image, "forget_at")
	written, err := dynamostore.EncodeImage(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(image, written, cmpopts.IgnoreUnexported(
		types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberM{}, types.AttributeValueMemberL{})); diff != "" {
		t.Errorf("the item has changed:\n%s", diff)
	}
}
