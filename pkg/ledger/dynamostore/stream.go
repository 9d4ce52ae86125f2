package dynamostore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// The names of the events of a stream.
const (
	EventInsert = "INSERT"
	EventModify = "MODIFY"
	EventRemove = "REMOVE"
)

// ExpiryPrincipal is the principal of a record that DynamoDB removed itself, because its time to live was over.
const ExpiryPrincipal = "dynamodb.amazonaws.com"

const eventSource = "aws:dynamodb"

// StreamRecord is one record of a table's stream, as a Lambda function is given it.
type StreamRecord struct {
	ledger.Change
	// EventID is the same when the same record is delivered again.
	EventID string
	// EventName is INSERT, MODIFY or REMOVE.
	EventName string
	// Principal is who made the change where it was not a caller of ours: [ExpiryPrincipal], else empty.
	Principal string
	// Err is why the record cannot be read, nil for one that can. Its kind is Poison, and it quotes no value. Of the
	// other fields those are set that could be read; Sequence is what a function answers to have the record again.
	Err error
}

// The shape of the event, from "DynamoDB Streams record" in the developer guide and the API reference of Record.
type streamEvent struct {
	EventID   string `json:"eventID"`
	EventName string `json:"eventName"`
	Version   string `json:"eventVersion"`
	Source    string `json:"eventSource"`
	Region    string `json:"awsRegion"`
	Change    struct {
		Created        float64         `json:"ApproximateCreationDateTime,omitempty"`
		Keys           json.RawMessage `json:"Keys,omitempty"`
		NewImage       json.RawMessage `json:"NewImage,omitempty"`
		OldImage       json.RawMessage `json:"OldImage,omitempty"`
		SequenceNumber string          `json:"SequenceNumber"`
		SizeBytes      int             `json:"SizeBytes,omitempty"`
		View           string          `json:"StreamViewType"`
	} `json:"dynamodb"`
	Identity *struct {
		Type        string `json:"type"`
		PrincipalID string `json:"principalId"`
	} `json:"userIdentity,omitempty"`
	SourceARN string `json:"eventSourceARN"`
}

// DecodeStream decodes the event with which Lambda delivers a batch of a stream. Fields that it does not know are
// passed over. A record that cannot be read does not hold up the others: see [StreamRecord.Err]. An event of another
// shape is Poison; the error names its keys.
func DecodeStream(raw []byte) ([]StreamRecord, error) {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(raw, &event); err != nil {
		return nil, fault.New(fault.Poison, "stream event: not a JSON object")
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(event["Records"], &batch); err != nil || batch == nil {
		return nil, fault.New(fault.Poison, "stream event: no list of Records, but the keys %s", keyNames(event))
	}
	records := make([]StreamRecord, len(batch))
	for i, one := range batch {
		records[i] = decodeStreamRecord(one)
	}
	return records, nil
}

func keyNames(object map[string]json.RawMessage) string {
	return "[" + strings.Join(slices.Sorted(maps.Keys(object)), " ") + "]"
}

func decodeStreamRecord(raw json.RawMessage) StreamRecord {
	var e streamEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		return StreamRecord{Err: fault.New(fault.Poison, "stream record: not of the documented shape")}
	}
	r := StreamRecord{EventID: e.EventID, EventName: e.EventName}
	r.Sequence = e.Change.SequenceNumber
	// AWS gives whole seconds; a fraction is kept to the millisecond, beyond which a float has nothing to say.
	r.At = time.UnixMilli(int64(e.Change.Created * 1000)).UTC()
	if e.Identity != nil {
		r.Principal = e.Identity.PrincipalID
	}
	if e.Source != eventSource {
		var keys map[string]json.RawMessage
		_ = json.Unmarshal(raw, &keys) // it was an object above
		r.Err = fault.New(fault.Poison, "stream record: not from a DynamoDB stream; its keys are %s", keyNames(keys))
		return r
	}
	if err := e.images(&r); err != nil {
		r.Err = fault.New(fault.Poison, "stream record %s: %w", r.Sequence, err)
	}
	return r
}

// images sets the key and what was there before and after, and sees that they fit the event.
func (e *streamEvent) images(r *StreamRecord) error {
	image, err := attributevalue.UnmarshalMapJSON(e.Change.Keys)
	if err != nil {
		return errors.New("its Keys are not DynamoDB JSON")
	}
	if r.Key, err = decodeKey(image); err != nil {
		return err
	}
	if r.Old, err = imageRecord("OldImage", e.Change.OldImage, r.Key); err != nil {
		return err
	}
	if r.New, err = imageRecord("NewImage", e.Change.NewImage, r.Key); err != nil {
		return err
	}
	switch {
	case e.EventName == EventInsert && r.New != nil && r.Old == nil,
		e.EventName == EventModify && r.New != nil && r.Old != nil,
		e.EventName == EventRemove && r.New == nil && r.Old != nil:
		return nil
	}
	return errors.New("its images are not those of its event name: is the stream's view NEW_AND_OLD_IMAGES?")
}

func imageRecord(name string, raw json.RawMessage, key ledger.Key) (*ledger.Record, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil //nolint:nilnil // no image is an answer
	}
	image, err := attributevalue.UnmarshalMapJSON(raw)
	if err != nil {
		return nil, errors.New("its " + name + " is not DynamoDB JSON")
	}
	r, err := DecodeImage(image)
	if err != nil {
		return nil, err
	}
	if r.Key != key {
		return nil, errors.New("its " + name + " has another key than its Keys")
	}
	return &r, nil
}

// Stream says of which table's stream a record is made to be.
type Stream struct {
	// Region is such as "eu-west-1".
	Region string
	// ARN is that of the stream, such as "arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2026-11-01T00:00:00.000".
	ARN string
}

// MarshalStreamRecord returns a change as one member of the Records that AWS would deliver for it. The same change
// gives the same bytes. A change without old and new record, and one that [EncodeImage] refuses, is Internal.
func MarshalStreamRecord(c ledger.Change, from Stream) ([]byte, error) {
	if c.Old == nil && c.New == nil {
		return nil, fault.New(fault.Internal, "stream record %s: a change from nothing to nothing", c.Sequence)
	}
	id := sha256.Sum256([]byte(from.ARN + "\n" + c.Sequence))
	e := streamEvent{
		EventID: hex.EncodeToString(id[:16]), EventName: EventModify, Version: "1.1",
		Source: eventSource, Region: from.Region, SourceARN: from.ARN,
	}
	switch {
	case c.Old == nil:
		e.EventName = EventInsert
	case c.New == nil:
		e.EventName = EventRemove
	}
	keys := encodeKey(c.Key)
	e.Change.Created = float64(c.At.Unix())
	e.Change.SequenceNumber, e.Change.View = c.Sequence, "NEW_AND_OLD_IMAGES"
	e.Change.SizeBytes = Size(keys)
	var err error
	if e.Change.Keys, err = marshalImage(keys); err != nil {
		return nil, err
	}
	if e.Change.OldImage, err = e.encode(c.Old); err != nil {
		return nil, err
	}
	if e.Change.NewImage, err = e.encode(c.New); err != nil {
		return nil, err
	}
	return marshal(e)
}

// encode returns an image, nil for a record that is not there, and counts its size.
func (e *streamEvent) encode(r *ledger.Record) (json.RawMessage, error) {
	if r == nil {
		return nil, nil
	}
	image, err := EncodeImage(*r)
	if err != nil {
		return nil, err
	}
	e.Change.SizeBytes += Size(image)
	return marshalImage(image)
}

// marshalImage writes DynamoDB JSON with sorted members: the SDK takes them as a map gives them.
func marshalImage(image map[string]types.AttributeValue) (json.RawMessage, error) {
	raw, err := attributevalue.MarshalMapJSON(image)
	if err != nil {
		return nil, fmt.Errorf("encode an image: %w", err)
	}
	var sorted map[string]any
	if err := json.Unmarshal(raw, &sorted); err != nil {
		return nil, fmt.Errorf("encode an image: %w", err)
	}
	return marshal(sorted)
}
