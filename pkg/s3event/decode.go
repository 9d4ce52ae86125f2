package s3event

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Decode reads the raw JSON of an invocation. An SQS batch yields one Message per SQS message, in order; every
// other envelope yields exactly one, which for a test event and an empty list of records holds nothing.
//
// The error is Poison and means that nothing could be read: raw is not JSON, or this package does not
// know its shape. It names the top-level keys, sorted, and never a value. What is wrong with a single message
// is in its Err.
func Decode(raw []byte) ([]Message, error) {
	messages, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	return messages, nil
}

func decode(raw []byte) ([]Message, error) {
	envelope, err := openObject(raw)
	if err != nil {
		return nil, err
	}
	records, _, err := envelope.records()
	if err != nil {
		return nil, err
	}
	if len(records) > 0 && records[0].text("eventSource") == "aws:sqs" {
		return decodeBatch(records)
	}
	message, err := decodeNotification(envelope)
	if err != nil {
		return nil, err
	}
	return []Message{message}, nil
}

func decodeBatch(records []object) ([]Message, error) {
	messages := make([]Message, 0, len(records))
	for i, record := range records {
		id := record.text("messageId")
		// Without an id the caller cannot report this message alone; Lambda then retries the whole batch.
		if record.text("eventSource") != "aws:sqs" || id == "" {
			return nil, fault.New(fault.Poison, "record %d is not an SQS message with an id: %s", i, record.keys())
		}
		message, err := decodeBody(record.text("body"))
		if err != nil {
			message.Err = fmt.Errorf("message body: %w", err)
		}
		message.ID = id
		messages = append(messages, message)
	}
	return messages, nil
}

func decodeBody(body string) (Message, error) {
	envelope, err := openObject([]byte(body))
	if err != nil {
		return Message{}, err
	}
	return decodeNotification(envelope)
}

// decodeNotification reads what S3 itself sends, be it directly, through a queue or through EventBridge.
func decodeNotification(envelope object) (Message, error) {
	switch {
	case envelope.text("source") == "aws.s3" && envelope.text("detail-type") != "":
		return decodeEventBridge(envelope)
	case envelope.text("Event") == "s3:TestEvent":
		return Message{}, nil
	}
	records, listed, err := envelope.records()
	if err != nil {
		return Message{}, err
	}
	if !listed {
		return Message{}, fault.New(fault.Poison, "unknown shape: %s", envelope.keys())
	}
	for i, record := range records {
		if record.text("eventSource") != "aws:s3" {
			return Message{}, fault.New(fault.Poison, "unknown shape: %s; record %d is not from S3: %s",
				envelope.keys(), i, record.keys())
		}
	}
	return decodeRecords(records), nil
}

func decodeRecords(records []object) Message {
	var message Message
	for i, record := range records {
		// S3's own notifications have no "s3:" before the name; some S3-compatible stores put it there.
		name := strings.TrimPrefix(record.text("eventName"), "s3:")
		switch {
		case name == "":
			message.fail(i, fault.New(fault.Poison, "it has no eventName: %s", record.keys()))
		case !strings.HasPrefix(name, "ObjectCreated:"):
			message.Ignored++
		default:
			created, err := decodeRecord(record)
			if err != nil {
				message.fail(i, err)
				continue
			}
			message.Objects = append(message.Objects, created)
		}
	}
	return message
}

// fail keeps the first error of a message: one is enough to have it looked at.
func (m *Message) fail(record int, err error) {
	if m.Err == nil {
		m.Err = fmt.Errorf("record %d: %w", record, err)
	}
}

func decodeRecord(record object) (Object, error) {
	// AWS promises that only a new major version may change the meaning of a known field.
	if v := record.text("eventVersion"); v != "" && v != "2" && !strings.HasPrefix(v, "2.") {
		return Object{}, fault.New(fault.Poison, "eventVersion is not 2.x")
	}
	var s3 reference
	if json.Unmarshal(record["s3"], &s3) != nil {
		return Object{}, fault.New(fault.Poison, "its s3 part is missing or has another type: %s", record.keys())
	}
	key, err := url.QueryUnescape(s3.Object.Key)
	if err != nil {
		// The parser's own message quotes the key.
		return Object{}, fault.New(fault.Poison, "its key is not form-encoded")
	}
	return s3.complete(key, instant(record.text("eventTime")))
}

func decodeEventBridge(envelope object) (Message, error) {
	if envelope.text("detail-type") != "Object Created" {
		return Message{Ignored: 1}, nil
	}
	var detail reference
	if json.Unmarshal(envelope["detail"], &detail) != nil {
		return Message{}, fault.New(fault.Poison, "its detail is missing or has another type: %s", envelope.keys())
	}
	created, err := detail.complete(detail.Object.Key, instant(envelope.text("time")))
	if err != nil {
		return Message{}, err
	}
	return Message{Objects: []Object{created}}, nil
}

// reference is how S3's notifications and EventBridge's events refer to an object. They differ in the name of the version alone:
// names are matched without regard to case.
type reference struct {
	Bucket struct {
		Name string `json:"name"`
	} `json:"bucket"`
	Object struct {
		Key       string `json:"key"`
		Size      int64  `json:"size"`
		ETag      string `json:"eTag"`
		VersionID string `json:"versionId"`
		Version   string `json:"version-id"`
		Sequencer string `json:"sequencer"`
	} `json:"object"`
}

// complete checks what no event about an object may lack, and brings the ETag into its one form.
func (r reference) complete(key string, at time.Time) (Object, error) {
	if r.Bucket.Name == "" || key == "" {
		return Object{}, fault.New(fault.Poison, "it names no bucket or no key")
	}
	o := r.Object
	return Object{
		Bucket: r.Bucket.Name, Key: key, RawKey: o.Key, ETag: strings.Trim(o.ETag, `"`), VersionID: cmp.Or(o.VersionID, o.Version),
		Sequencer: o.Sequencer, Size: o.Size, At: at,
	}, nil
}

// instant is lenient because a time is evidence only; S3 has the better answer when it matters.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
