package dynamostore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// The attributes that are not members of the Doc.
const (
	attrPK      = "pk"
	attrSK      = "sk"
	attrVersion = "version"
	attrDuePK   = "due_pk"
	attrDueAt   = "due_at"
	// AttrForgetAt is the table's time to live, as DynamoDB takes it: a number of seconds since 1970.
	AttrForgetAt = "forget_at"
)

const (
	// indexDue is the sparse index of due work: due_pk, then due_at, keys only.
	indexDue  = "due"
	duePrefix = "DUE#"
	// dueLayout is RFC 3339 with a fraction of fixed width, so that strings sort like instants.
	dueLayout = "2006-01-02T15:04:05.000000000Z"

	maxPK = 2048 // bytes; DynamoDB's limits for keys
	maxSK = 1024
)

// EncodeImage returns a record as DynamoDB keeps it. pk, sk and version stand beside the members of the Doc, each of
// which is an attribute of its own, so that a person, an index and a stream's filter see them. A record that is due
// also has due_pk, "DUE#" and its due queue, and due_at; one that may be forgotten has forget_at, the end of its time to live.
//
// The Doc may have a member due_at too, as the jobs and files of package report do. It must be the instant of DueAt
// (left out, null or Go's zero time for a record that is not due): one attribute is both, in RFC 3339, UTC, with nine
// digits of fraction.
//
// A record that cannot be kept is Internal: an empty or too long key, a Doc that is no JSON object or has a member pk,
// sk, version, due_pk or forget_at or one without a name, a DueAt without a due queue. DynamoDB itself refuses a number beyond 38 digits and an
// item of more than 400 KB.
func EncodeImage(r ledger.Record) (map[string]types.AttributeValue, error) {
	item, err := encodeImage(r)
	if err != nil {
		return nil, fault.New(fault.Internal, "ledger record %s cannot be kept: %w", r.Key, err)
	}
	return item, nil
}

func encodeImage(r ledger.Record) (map[string]types.AttributeValue, error) {
	if err := checkKey(r.Key); err != nil {
		return nil, err
	}
	item, err := encodeObject(r.Doc)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{attrPK, attrSK, attrVersion, attrDuePK, AttrForgetAt} {
		if _, ok := item[name]; ok {
			return nil, fmt.Errorf("its Doc has a member %s, which is the ledger's own", name)
		}
	}
	stated, err := statedDue(item[attrDueAt])
	if err != nil {
		return nil, err
	}
	if _, ok := item[attrDueAt]; ok && !stated.Equal(r.DueAt) {
		return nil, errors.New("the due_at of its Doc is another instant than its DueAt")
	}
	delete(item, attrDueAt)
	if !r.DueAt.IsZero() {
		due := r.DueAt.UTC()
		if r.Queue == "" {
			return nil, errors.New("it is due, but in no queue")
		}
		if due.Year() < 1 || due.Year() > 9999 {
			return nil, fmt.Errorf("its DueAt is in the year %d", due.Year())
		}
		item[attrDuePK] = str(duePrefix + string(r.Queue))
		item[attrDueAt] = str(due.Format(dueLayout))
	}
	item[attrPK], item[attrSK] = str(r.PK), str(r.SK)
	item[attrVersion] = version(r.Version)
	if !r.ForgetAt.IsZero() {
		item[AttrForgetAt] = &types.AttributeValueMemberN{Value: strconv.FormatInt(r.ForgetAt.Unix(), 10)}
	}
	return item, nil
}

func checkKey(k ledger.Key) error {
	if k.PK == "" || k.SK == "" || len(k.PK) > maxPK || len(k.SK) > maxSK {
		return fmt.Errorf("a key needs 1 to %d and 1 to %d bytes, not %d and %d", maxPK, maxSK, len(k.PK), len(k.SK))
	}
	return nil
}

// statedDue returns the instant that a Doc's due_at states; zero for none.
func statedDue(v types.AttributeValue) (time.Time, error) {
	switch v := v.(type) {
	case nil, *types.AttributeValueMemberNULL:
		return time.Time{}, nil
	case *types.AttributeValueMemberS:
		if at, err := time.Parse(time.RFC3339, v.Value); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("its due_at is not an RFC 3339 instant")
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func encodeKey(k ledger.Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attrPK: str(k.PK), attrSK: str(k.SK)}
}

// DecodeImage is the way back from [EncodeImage], for an item of the table or an image of its stream. The Doc is
// equal JSON, though not byte for byte: members are sorted, numbers have the same value, and due_at, which is there
// exactly when the record is due, is what encoding/json makes of the instant in UTC.
//
// An item that is not a record is Poison; the error names the attribute, never a value.
func DecodeImage(image map[string]types.AttributeValue) (ledger.Record, error) {
	r := ledger.Record{}
	var err error
	if r.Key, err = decodeKey(image); err != nil {
		return ledger.Record{}, err
	}
	if r.Version, err = decodeVersion(image); err != nil {
		return ledger.Record{}, fault.New(fault.Poison, "ledger record %s: %w", r.Key, err)
	}
	members := make(map[string]any, len(image))
	for name, v := range image {
		switch name {
		case attrPK, attrSK, attrVersion, attrDuePK, attrDueAt, AttrForgetAt:
			continue
		}
		if members[name], err = decodeValue(v); err != nil {
			return ledger.Record{}, fault.New(fault.Poison, "ledger record %s: %s: %w", r.Key, name, err)
		}
	}
	if r.Queue, r.DueAt, err = decodeDue(image); err != nil {
		return ledger.Record{}, fault.New(fault.Poison, "ledger record %s: %w", r.Key, err)
	}
	if !r.DueAt.IsZero() {
		members[attrDueAt] = r.DueAt
	}
	if r.Doc, err = marshal(members); err != nil {
		return ledger.Record{}, fault.New(fault.Poison, "ledger record %s has an invalid number", r.Key)
	}
	return r, nil
}

func decodeKey(image map[string]types.AttributeValue) (ledger.Key, error) {
	pk, okPK := image[attrPK].(*types.AttributeValueMemberS)
	sk, okSK := image[attrSK].(*types.AttributeValueMemberS)
	if !okPK || !okSK {
		return ledger.Key{}, fault.New(fault.Poison, "not a ledger record: pk or sk is missing or not a string")
	}
	return ledger.Key{PK: pk.Value, SK: sk.Value}, nil
}

func decodeVersion(image map[string]types.AttributeValue) (int64, error) {
	n, ok := image[attrVersion].(*types.AttributeValueMemberN)
	if !ok {
		return 0, errors.New("version is missing or not a number")
	}
	version, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || version < 0 {
		return 0, errors.New("version is not a count")
	}
	return version, nil
}

func decodeDue(image map[string]types.AttributeValue) (ledger.DueQueue, time.Time, error) {
	if image[attrDuePK] == nil && image[attrDueAt] == nil {
		return "", time.Time{}, nil
	}
	lane, okLane := image[attrDuePK].(*types.AttributeValueMemberS)
	at, okAt := image[attrDueAt].(*types.AttributeValueMemberS)
	if !okLane || !okAt || !strings.HasPrefix(lane.Value, duePrefix) {
		return "", time.Time{}, errors.New("due_pk or due_at is missing, or not what the ledger writes")
	}
	due, err := time.Parse(time.RFC3339, at.Value)
	if err != nil {
		return "", time.Time{}, errors.New("due_at is not an RFC 3339 instant")
	}
	return ledger.DueQueue(strings.TrimPrefix(lane.Value, duePrefix)), due.UTC(), nil
}

func marshal(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

func version(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
