// Package dynamo does on one machine what DynamoDB does for the ledger in the cloud: it measures items, refuses what is beyond its
// limits, and tells of changes as its stream does.
package dynamo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
)

const (
	// MaxItemSize is how many bytes one item may have, names and values together.
	MaxItemSize = 400 * 1024
	// MaxTransactionSize is how many bytes all items of one transaction may have together.
	MaxTransactionSize = 4 * 1024 * 1024
)

// A number has 38 significant digits at most, and magnitudes from 1E-130 to 9.99…E+125.
const (
	maxDigits    = 38
	minMagnitude = -130
	maxMagnitude = 125
)

// Encode returns the item of a record and its size. What DynamoDB would refuse is Internal: an item that is too large, and a
// number that is too long, too large or too small.
func Encode(r ledger.Record) (map[string]types.AttributeValue, int, error) {
	item, err := dynamostore.EncodeImage(r)
	if err != nil {
		return nil, 0, err
	}
	for _, v := range item {
		if err := checkNumbers(v); err != nil {
			return nil, 0, fault.New(fault.Internal, "ledger record %s cannot be kept: %w", r.Key, err)
		}
	}
	size := Size(item)
	if size > MaxItemSize {
		return nil, 0, fault.New(fault.Internal, "ledger record %s cannot be kept: it has %d bytes; %d are allowed", r.Key, size, MaxItemSize)
	}
	return item, size, nil
}

// Size returns the bytes for which DynamoDB counts an item, by the rules of its developer guide, "DynamoDB item sizes
// and formats". For numbers the guide gives an approximation only; it is rounded up here.
func Size(item map[string]types.AttributeValue) int {
	total := 0
	for name, v := range item {
		total += len(name) + valueSize(v)
	}
	return total
}

func valueSize(v types.AttributeValue) int {
	// A list or map costs 3 bytes, and each element or member 1 more than itself.
	const container, element = 3, 1
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		// One byte per two significant digits, and one more; a sign takes another.
		return min((len(v.Value)+1)/2+2, 21)
	case *types.AttributeValueMemberL:
		total := container
		for _, e := range v.Value {
			total += element + valueSize(e)
		}
		return total
	case *types.AttributeValueMemberM:
		return container + element*len(v.Value) + Size(v.Value)
	default: // BOOL and NULL; there is nothing else in a record
		return 1
	}
}

func checkNumbers(v types.AttributeValue) error {
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		return checkNumber(v.Value)
	case *types.AttributeValueMemberL:
		for _, e := range v.Value {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	case *types.AttributeValueMemberM:
		for _, e := range v.Value {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkNumber refuses a number that DynamoDB cannot hold. The error does not quote it.
func checkNumber(number string) error {
	digits, exponent := strings.TrimPrefix(strings.ToLower(number), "-"), 0
	digits, power, _ := strings.Cut(digits, "e")
	if power != "" {
		var err error
		if exponent, err = strconv.Atoi(strings.TrimPrefix(power, "+")); err != nil {
			return fmt.Errorf("a number has an exponent that DynamoDB cannot hold")
		}
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	magnitude := exponent - len(fraction) + len(digits) - 1
	significant := len(strings.TrimRight(digits, "0"))
	if significant > maxDigits || significant > 0 && (magnitude < minMagnitude || magnitude > maxMagnitude) {
		return fmt.Errorf("a number has more than %d digits, or is beyond 1E%d and 1E+%d", maxDigits, minMagnitude, maxMagnitude+1)
	}
	return nil
}

// Stream is of which table's stream a record is.
type Stream struct {
	// Region is such as "eu-west-1".
	Region string
	// ARN is such as "arn:aws:dynamodb:eu-west-1:123456789012:table/ledger/stream/2026-11-01T00:00:00.000".
	ARN string
}

// Event returns changes as the event in which AWS delivers them to a function. The same changes give the same bytes. A change
// without old and new record, and one that [dynamostore.EncodeImage] refuses, is Internal.
func (s Stream) Event(changes []ledger.Change) (json.RawMessage, error) {
	records := make([]any, len(changes))
	for i, c := range changes {
		var err error
		if records[i], err = s.record(c); err != nil {
			return nil, fmt.Errorf("make a stream record of %s: %w", c.Key, err)
		}
	}
	return json.Marshal(map[string]any{"Records": records})
}

func (s Stream) record(c ledger.Change) (map[string]any, error) {
	keys := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: c.Key.PK}, "sk": &types.AttributeValueMemberS{Value: c.Key.SK},
	}
	change := map[string]any{
		"ApproximateCreationDateTime": c.At.Unix(), "SequenceNumber": c.Sequence, "StreamViewType": "NEW_AND_OLD_IMAGES",
	}
	size := Size(keys)
	var err error
	if change["Keys"], err = plain(keys); err != nil {
		return nil, err
	}
	for name, r := range map[string]*ledger.Record{"OldImage": c.Old, "NewImage": c.New} {
		if r == nil {
			continue
		}
		image, err := dynamostore.EncodeImage(*r)
		if err != nil {
			return nil, err
		}
		if change[name], err = plain(image); err != nil {
			return nil, err
		}
		size += Size(image)
	}
	change["SizeBytes"] = size
	name := "MODIFY"
	switch {
	case c.Old == nil && c.New == nil:
		return nil, fault.New(fault.Internal, "a change from nothing to nothing")
	case c.Old == nil:
		name = "INSERT"
	case c.New == nil:
		name = "REMOVE"
	}
	id := sha256.Sum256([]byte(s.ARN + "\n" + c.Sequence))
	return map[string]any{
		"eventID": hex.EncodeToString(id[:16]), "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
		"awsRegion": s.Region, "eventSourceARN": s.ARN, "dynamodb": change,
	}, nil
}

// plain returns DynamoDB JSON as values whose members encoding/json sorts: the SDK writes them as a map gives them.
func plain(image map[string]types.AttributeValue) (any, error) {
	raw, err := attributevalue.MarshalMapJSON(image)
	if err != nil {
		return nil, fmt.Errorf("encode an image: %w", err)
	}
	var v any
	err = json.Unmarshal(raw, &v)
	return v, err
}
