package dynamostore_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/report"
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

func TestDecodeFileChanges(t *testing.T) {
	got, err := dynamostore.DecodeFileChanges([]byte(documented))
	if err != nil {
		t.Fatal(err)
	}
	want := []report.FileChange{
		{Sequence: "4421584500000000017450439091", Key: "a", File: &report.File{Status: report.FileLoaded}},
		{Sequence: "4421584500000000017450439092", Key: "a"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeFileChangesOfAnotherShape(t *testing.T) {
	for name, c := range map[string]struct{ event, names string }{
		"not JSON":             {`{"Records":[`, "JSON"},
		"a list":               {`[]`, "JSON"},
		"a schedule":           {`{"source":"aws.scheduler","detail":{"secret":1}}`, "[detail source]"},
		"records that are not": {`{"Records":{"a":"secret"}}`, "[Records]"},
		"null":                 {`null`, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dynamostore.DecodeFileChanges([]byte(c.event))
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v (%v), want a poison error with %s", err, fault.KindOf(err), c.names)
			}
		})
	}
}

func TestDecodeFileChangesGoesOnAfterABadRecord(t *testing.T) {
	good := `{"eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"2",
		"Keys":{"pk":{"S":"FILE#a"},"sk":{"S":"META"}},"NewImage":{"pk":{"S":"FILE#a"},"sk":{"S":"META"},"version":{"N":"1"},"status":{"S":"LOADED"}}}}`
	for name, bad := range map[string]string{
		"from a queue":         `{"eventSource":"aws:sqs","body":"secret"}`,
		"a text":               `"secret"`,
		"null":                 `null`,
		"an image of no kind":  strings.Replace(good, `{"N":"1"}`, `"secret"`, 1),
		"a set":                strings.Replace(good, `{"N":"1"}`, `{"N":"1"},"x":{"SS":["secret"]}`, 1),
		"no keys":              strings.Replace(good, `"Keys":{"pk":{"S":"FILE#a"},"sk":{"S":"META"}},`, ``, 1),
		"the image of another": strings.Replace(good, `"NewImage":{"pk":{"S":"FILE#a"}`, `"NewImage":{"pk":{"S":"secret"}`, 1),
		"no images, by a view of keys only": strings.Replace(good,
			`,"NewImage":{"pk":{"S":"FILE#a"},"sk":{"S":"META"},"version":{"N":"1"},"status":{"S":"LOADED"}}`, ``, 1),
		"an insert with an old image": strings.Replace(good, `NewImage`, `OldImage`, 1),
		"a removal with an image":     strings.Replace(good, `INSERT`, `REMOVE`, 1),
		"a status that is new to us":  strings.Replace(good, `LOADED`, `secret`, 1),
		"a name that is new to us":    strings.Replace(good, `INSERT`, `MERGE`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dynamostore.DecodeFileChanges([]byte(`{"Records":[` + bad + `,` + good + `]}`))
			if err != nil || len(got) != 2 {
				t.Fatalf("%d records: %v", len(got), err)
			}
			if err := got[0].Err; !fault.Is(err, fault.Poison) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the bad one: %v (%v), want a poison error that quotes nothing", err, fault.KindOf(err))
			}
			if got[1].Err != nil || got[1].File == nil || got[1].Sequence != "2" {
				t.Errorf("the good one: %+v", got[1])
			}
		})
	}
}

func FuzzDecodeFileChanges(f *testing.F) {
	f.Add([]byte(documented))
	f.Add([]byte(`{"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"Keys":{"pk":{"S":1}},"NewImage":{"a":{"M":{"b":null}}}}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		changes, err := dynamostore.DecodeFileChanges(raw)
		if err != nil && !fault.Is(err, fault.Poison) {
			t.Fatalf("%v is %v", err, fault.KindOf(err))
		}
		for _, c := range changes {
			if c.File != nil && (c.Err != nil || c.Key == "") {
				t.Fatalf("a file without a key, or with the error %v", c.Err)
			}
		}
	})
}
