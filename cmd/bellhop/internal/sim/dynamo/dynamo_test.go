package dynamo_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/dynamo"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

func TestEvent(t *testing.T) {
	key := ledger.Key{PK: "FILE#ü", SK: "META"}
	before := &ledger.Record{Key: key, Version: 1, Queue: ledger.FileQueue, DueAt: time.Date(2026, 11, 1, 12, 0, 0, 1, time.UTC),
		Doc: json.RawMessage(`{"due_at":"2026-11-01T12:00:00.000000001Z","status":"CLAIMED"}`)}
	after := &ledger.Record{Key: key, Version: 2, Doc: json.RawMessage(`{"status":"LOADED"}`)}
	const (
		oldImage = `"OldImage":{"due_at":{"S":"2026-11-01T12:00:00.000000001Z"},"due_pk":{"S":"DUE#FILE"},"pk":{"S":"FILE#ü"},"sk":{"S":"META"},"status":{"S":"CLAIMED"},"version":{"N":"1"}},`
		newImage = `"NewImage":{"pk":{"S":"FILE#ü"},"sk":{"S":"META"},"status":{"S":"LOADED"},"version":{"N":"2"}},`
	)
	for name, c := range map[string]struct {
		old, new *ledger.Record
		images   string
		size     string // 15 for the keys, 88 for the old image and 37 for the new one
	}{
		"INSERT": {nil, after, newImage, "52"},
		"MODIFY": {before, after, newImage + oldImage, "140"},
		"REMOVE": {before, nil, oldImage, "103"},
	} {
		t.Run(name, func(t *testing.T) {
			// The stream tells whole seconds.
			change := ledger.Change{Sequence: "017", At: time.Date(2026, 11, 1, 12, 0, 0, 999, time.UTC), Key: key, Old: c.old, New: c.new}
			got, err := dynamo.Stream{Region: "eu-west-1", ARN: "arn:ledger"}.Event([]ledger.Change{change})
			if err != nil {
				t.Fatal(err)
			}
			want := `{"Records":[{"awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1793534400,` +
				`"Keys":{"pk":{"S":"FILE#ü"},"sk":{"S":"META"}},` + c.images + `"SequenceNumber":"017","SizeBytes":` + c.size + `,"StreamViewType":"NEW_AND_OLD_IMAGES"},` +
				`"eventID":"649e167e7f1e0515b6a1d5603c4b0811","eventName":"` + name + `","eventSource":"aws:dynamodb","eventSourceARN":"arn:ledger","eventVersion":"1.1"}]}`
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := (dynamo.Stream{}).Event([]ledger.Change{{Key: key}}); !fault.Is(err, fault.Internal) {
		t.Errorf("a change from nothing to nothing: %v, want an internal error", err)
	}
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
		if got := dynamo.Size(c.item); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}
