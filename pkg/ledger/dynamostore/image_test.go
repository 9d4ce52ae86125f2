package dynamostore_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
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
			"nested": rapid.MapOf(rapid.String(), rapid.SliceOf(jsonValue())).Draw(t, "nested"),
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

// By the rules of the developer guide, counted by hand: names and texts by their bytes, 3 for a list or map and 1 for
// each of its elements, 1 for true or null.
func TestSize(t *testing.T) {
	for name, c := range map[string]struct {
		item map[string]types.AttributeValue
		want int
	}{
		"a text":         {map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "ü"}}, 2 + 2},
		"a truth":        {map[string]types.AttributeValue{"ok": &types.AttributeValueMemberBOOL{}}, 2 + 1},
		"an empty list":  {map[string]types.AttributeValue{"l": &types.AttributeValueMemberL{}}, 1 + 3},
		"a list of two":  {map[string]types.AttributeValue{"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "abc"}, &types.AttributeValueMemberNULL{}}}}, 1 + 3 + (1 + 3) + (1 + 1)},
		"a map of one":   {map[string]types.AttributeValue{"m": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"x": &types.AttributeValueMemberS{Value: "abc"}}}}, 1 + 3 + (1 + 1 + 3)},
		"several add up": {map[string]types.AttributeValue{"a": &types.AttributeValueMemberS{Value: "b"}, "c": &types.AttributeValueMemberNULL{}}, 2 + 2},
	} {
		if got := dynamostore.Size(c.item); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}
