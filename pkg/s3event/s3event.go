// Package s3event reads the news that objects have arrived, in every envelope in which AWS sends it, and
// writes the one form that bellhop sends itself.
//
// [Decode] takes the raw JSON of a function's invocation:
//
//	an SQS batch      each message body holds one of the other forms
//	an S3 event       {"Records": [{"eventSource": "aws:s3", …}]}, the body of an S3 notification
//	an EventBridge    {"source": "aws.s3", "detail-type": "Object Created", …}
//	a test event      {"Event": "s3:TestEvent", …}, which S3 sends when a notification is set up
//
// Keys are decoded here, once, and nowhere else: in S3 notifications they are form-encoded ("+" is a space),
// in EventBridge events they are plain. Fields that bellhop does not know are ignored at every level, because
// AWS adds some with each minor version of the schema; a shape that it does not know is an error.
//
// Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html,
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
package s3event

import "time"

// Object is a reference to one object of which an event says that it was created. It is a hint, not a fact:
// events come late, twice and out of order, and the object may have changed or gone since.
type Object struct {
	Bucket string
	// Key is the object's key, decoded: pass it to S3 as it is.
	Key string
	// RawKey is the key as the event spelt it, kept as evidence.
	RawKey string
	// ETag has no quotes. It is empty when the event has none.
	ETag string
	// VersionID is empty unless the bucket is versioned.
	VersionID string
	// Sequencer orders events of one key only, and AWS's pages disagree on how to compare two of different
	// length. It is evidence; decide nothing by it.
	Sequencer string
	// Size is in bytes; 0 when the event has none.
	Size int64
	// At is when S3 says that the object was created, in UTC. It is zero when the event gives no readable time.
	At time.Time
}

// Message is the unit that succeeds or fails as one: an SQS message, or a whole direct invocation.
type Message struct {
	// ID is the SQS message id, to be named in batchItemFailures. It is empty for a direct invocation.
	ID string
	// Objects are the created objects in the order of the event. A test event has none.
	Objects []Object
	// Ignored counts records about something other than a created object, such as a deletion.
	Ignored int
	// Err says that this message, or a record in it, cannot be read. It is Poison. Objects still holds every
	// reference that could be read, and the other messages of the batch are not affected.
	Err error
}
