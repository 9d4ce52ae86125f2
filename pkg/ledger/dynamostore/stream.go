package dynamostore

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// streamRecord is one record of a table's stream as Lambda delivers it, by "DynamoDB Streams record" in the developer guide and
// the API reference of Record. The types of aws-lambda-go would refuse the whole batch for one record that they cannot read.
type streamRecord struct {
	EventName string `json:"eventName"`
	Source    string `json:"eventSource"`
	Change    struct {
		Keys           json.RawMessage `json:"Keys"`
		NewImage       json.RawMessage `json:"NewImage"`
		SequenceNumber string          `json:"SequenceNumber"`
	} `json:"dynamodb"`
}

// DecodeFileChanges decodes the event with which Lambda delivers a batch of the ledger's stream, and the files in it. It ignores
// fields that it does not know. A record that cannot be read does not hold up the others: see [report.FileChange]. An event
// of another shape is Poison; the error names its keys.
func DecodeFileChanges(raw []byte) ([]report.FileChange, error) {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(raw, &event); err != nil {
		return nil, fault.New(fault.Poison, "stream event: not a JSON object")
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(event["Records"], &batch); err != nil || batch == nil {
		return nil, fault.New(fault.Poison, "stream event: no list of Records, but the keys %s", keyNames(event))
	}
	changes := make([]report.FileChange, len(batch))
	for i, one := range batch {
		changes[i] = fileChange(one)
	}
	return changes, nil
}

func keyNames(object map[string]json.RawMessage) string {
	return "[" + strings.Join(slices.Sorted(maps.Keys(object)), " ") + "]"
}

func fileChange(raw json.RawMessage) report.FileChange {
	var r streamRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return report.FileChange{Err: fault.New(fault.Poison, "stream record: not of the documented shape")}
	}
	c := report.FileChange{Sequence: r.Change.SequenceNumber}
	if r.Source != "aws:dynamodb" {
		var keys map[string]json.RawMessage
		_ = json.Unmarshal(raw, &keys) // it was an object above
		c.Err = fault.New(fault.Poison, "stream record: not from a DynamoDB stream; its keys are %s", keyNames(keys))
		return c
	}
	key, doc, err := r.image()
	if err != nil {
		c.Err = fault.New(fault.Poison, "stream record %s: %w", c.Sequence, err)
		return c
	}
	name, isFile := ledger.FileKey(key)
	c.Key = name
	if !isFile || doc == nil {
		return c
	}
	var f report.File
	if err := json.Unmarshal(doc, &f); err != nil {
		c.Err = fault.New(fault.Poison, "the image of %s is not a file", name)
		return c
	}
	c.File = &f
	return c
}

// image returns the key of the record, and its document as the change left it; nil for one that was removed. It sees that the
// image fits the event.
func (r *streamRecord) image() (ledger.Key, json.RawMessage, error) {
	keys, err := attributevalue.UnmarshalMapJSON(r.Change.Keys)
	if err != nil {
		return ledger.Key{}, nil, errors.New("its Keys are not DynamoDB JSON")
	}
	key, err := decodeKey(keys)
	if err != nil {
		return key, nil, err
	}
	none := len(r.Change.NewImage) == 0 || string(r.Change.NewImage) == "null"
	switch {
	case none && r.EventName == "REMOVE":
		return key, nil, nil
	case none || r.EventName != "INSERT" && r.EventName != "MODIFY":
		return key, nil, errors.New("its image is not that of its event name: is the stream's view NEW_AND_OLD_IMAGES?")
	}
	image, err := attributevalue.UnmarshalMapJSON(r.Change.NewImage)
	if err != nil {
		return key, nil, errors.New("its NewImage is not DynamoDB JSON")
	}
	record, err := DecodeImage(image)
	if err == nil && record.Key != key {
		err = errors.New("its NewImage has another key than its Keys")
	}
	return key, record.Doc, err
}
