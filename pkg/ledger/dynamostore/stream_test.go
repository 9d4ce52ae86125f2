package dynamostore_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
)

// The shape that AWS documents for Lambda, with fields that nobody here knows.
const documented = `{
  "Records": [
    {
      "eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventName": "INSERT", "eventVersion": "1.1",
      "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1", "tableName": "new field",
      "dynamodb": {
        "ApproximateCreationDateTime": 1793534400,
        "Keys": {"pk": {"S": "FILE#a"}, "sk": {"S": "META"}},
        "NewImage": {"pk": {"S": "FILE#a"}, "sk": {"S": "META"}, "version": {"N": "1"}, "status": {"S": "LOADED"}},
        "SequenceNumber": "4421584500000000017450439091", "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES"
      },
      "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2026-11-01T00:00:00.000"
    },
    {
      "eventID": "c81e728d9d4c2f636f067f89cc14862c", "eventName": "REMOVE", "eventVersion": "1.1",
      "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
      "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
      "dynamodb": {
        "ApproximateCreationDateTime": 1793534400,
        "Keys": {"pk": {"S": "FILE#a"}, "sk": {"S": "META"}},
        "OldImage": {"pk": {"S": "FILE#a"}, "sk": {"S": "META"}, "version": {"N": "1"}, "status": {"S": "LOADED"}},
        "SequenceNumber": "4421584500000000017450439092", "SizeBytes": 26, "StreamViewType": "NEW_AND_OLD_IMAGES"
      }
    }
  ],
  "window": {}
}`

func TestDecodeStream(t *testing.T) {
	got, err := dynamostore.DecodeStream([]byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	key := ledger.Key{PK: "FILE#a", SK: "META"}
	loaded := &ledger.Record{Key: key, Version: 1, Doc: json.RawMessage(`{"status":"LOADED"}`)}
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) // 1793534400
	want := []dynamostore.StreamRecord{
		{
			EventID: "c4ca4238a0b923820dcc509a6f75849b", EventName: dynamostore.EventInsert,
			Change: ledger.Change{Sequence: "4421584500000000017450439091", At: at, Key: key, New: loaded},
		},
		{
			EventID: "c81e728d9d4c2f636f067f89cc14862c", EventName: dynamostore.EventRemove, Principal: dynamostore.ExpiryPrincipal,
			Change: ledger.Change{Sequence: "4421584500000000017450439092", At: at, Key: key, Old: loaded},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeStreamEventOfAnotherShape(t *testing.T) {
	for name, c := range map[string]struct{ event, names string }{
		"not JSON":             {`{"Records":[`, "JSON"},
		"a list":               {`[]`, "JSON"},
		"a schedule":           {`{"source":"aws.scheduler","detail":{"secret":1}}`, "[detail source]"},
		"records that are not": {`{"Records":{"a":"secret"}}`, "[Records]"},
		"null":                 {`null`, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dynamostore.DecodeStream([]byte(c.event))
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v (%v), want a poison error with %s", err, fault.KindOf(err), c.names)
			}
		})
	}
}

func TestDecodeStreamGoesOnAfterABadRecord(t *testing.T) {
	good := `{"eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"2",
		"Keys":{"pk":{"S":"a"},"sk":{"S":"b"}},"NewImage":{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"}}}}`
	for name, bad := range map[string]string{
		"from a queue":         `{"eventSource":"aws:sqs","body":"secret"}`,
		"a text":               `"secret"`,
		"null":                 `null`,
		"an image of no kind":  strings.Replace(good, `{"N":"1"}`, `"secret"`, 1),
		"a set":                strings.Replace(good, `{"N":"1"}`, `{"N":"1"},"x":{"SS":["secret"]}`, 1),
		"no keys":              strings.Replace(good, `"Keys":{"pk":{"S":"a"},"sk":{"S":"b"}},`, ``, 1),
		"the image of another": strings.Replace(good, `"NewImage":{"pk":{"S":"a"}`, `"NewImage":{"pk":{"S":"secret"}`, 1),
		"no images, by a view of keys only": strings.Replace(good,
			`,"NewImage":{"pk":{"S":"a"},"sk":{"S":"b"},"version":{"N":"1"}}`, ``, 1),
		"an insert with an old image": strings.Replace(good, `NewImage`, `OldImage`, 1),
		"a name that is new to us":    strings.Replace(good, `INSERT`, `MERGE`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dynamostore.DecodeStream([]byte(`{"Records":[` + bad + `,` + good + `]}`))
			if err != nil || len(got) != 2 {
				t.Fatalf("%d records: %v", len(got), err)
			}
			if err := got[0].Err; !fault.Is(err, fault.Poison) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the bad one: %v (%v), want a poison error that quotes nothing", err, fault.KindOf(err))
			}
			if got[1].Err != nil || got[1].New == nil || got[1].Sequence != "2" {
				t.Errorf("the good one: %+v", got[1])
			}
		})
	}
}

func TestMarshalStreamRecord(t *testing.T) {
	key := ledger.Key{PK: "FILE#ü <&>", SK: "META"}
	before := &ledger.Record{Key: key, Version: 1, Queue: ledger.FileQueue, DueAt: time.Date(2026, 11, 1, 12, 0, 0, 1, time.UTC),
		Doc: json.RawMessage(`{"due_at":"2026-11-01T12:00:00.000000001Z","status":"CLAIMED"}`)}
	after := &ledger.Record{Key: key, Version: 2, Doc: json.RawMessage(`{"status":"LOADED"}`)}
	from := dynamostore.Stream{Region: "eu-west-1", ARN: "arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2026-11-01T00:00:00.000"}
	// The stream tells whole seconds.
	at := time.Date(2026, 11, 1, 12, 0, 0, 999, time.UTC)
	for name, c := range map[string]struct {
		change ledger.Change
		event  string
		fields []string
	}{
		"insert": {ledger.Change{New: after}, "INSERT", []string{"ApproximateCreationDateTime", "Keys", "NewImage", "SequenceNumber", "SizeBytes", "StreamViewType"}},
		"modify": {ledger.Change{Old: before, New: after}, "MODIFY", []string{"ApproximateCreationDateTime", "Keys", "NewImage", "OldImage", "SequenceNumber", "SizeBytes", "StreamViewType"}},
		"remove": {ledger.Change{Old: before}, "REMOVE", []string{"ApproximateCreationDateTime", "Keys", "OldImage", "SequenceNumber", "SizeBytes", "StreamViewType"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.change.Sequence, c.change.At, c.change.Key = "000000000000000000017", at, key
			raw, err := dynamostore.MarshalStreamRecord(c.change, from)
			if err != nil {
				t.Fatal(err)
			}
			again, _ := dynamostore.MarshalStreamRecord(c.change, from)
			if !bytes.Equal(raw, again) {
				t.Error("the same change gives other bytes")
			}
			var top, inner map[string]any
			_ = json.Unmarshal(raw, &top)
			inner, _ = top["dynamodb"].(map[string]any)
			var fields []string
			for f := range inner {
				fields = append(fields, f)
			}
			slices.Sort(fields)
			if !slices.Equal(fields, c.fields) || top["eventName"] != c.event || top["eventVersion"] != "1.1" ||
				top["eventSource"] != "aws:dynamodb" || top["awsRegion"] != from.Region || top["eventSourceARN"] != from.ARN ||
				inner["ApproximateCreationDateTime"] != 1793534400.0 || inner["StreamViewType"] != "NEW_AND_OLD_IMAGES" {
				t.Errorf("%s", raw)
			}
			got, err := dynamostore.DecodeStream([]byte(`{"Records":[` + string(raw) + `]}`))
			if err != nil || len(got) != 1 || got[0].Err != nil {
				t.Fatalf("%+v (%v)", got, err)
			}
			want := c.change
			want.At = at.Truncate(time.Second)
			if diff := cmp.Diff(want, got[0].Change); diff != "" || got[0].EventID == "" {
				t.Error(diff)
			}
		})
	}
	if _, err := dynamostore.MarshalStreamRecord(ledger.Change{Key: key}, from); err == nil {
		t.Error("a change from nothing to nothing was marshalled")
	}
}

func FuzzDecodeStream(f *testing.F) {
	f.Add([]byte(documented))
	f.Add([]byte(`{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"Keys":{"pk":{"S":1}},"NewImage":{"a":{"M":{"b":null}}}}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, err := dynamostore.DecodeStream(raw)
		if err != nil && !fault.Is(err, fault.Poison) {
			t.Fatalf("%v is %v", err, fault.KindOf(err))
		}
		for _, r := range records {
			if r.Err == nil && r.Old == nil && r.New == nil {
				t.Fatal("a record without error and without images")
			}
		}
	})
}
