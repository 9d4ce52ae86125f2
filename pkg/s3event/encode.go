package s3event

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// configurationID stands where S3 names the notification configuration that made it speak. It tells a
// message that bellhop sent itself from one of S3's, for a person who looks into the queue.
const configurationID = "bellhop"

type notification struct {
	Records []notificationRecord
}

type notificationRecord struct {
	EventVersion string         `json:"eventVersion"`
	EventSource  string         `json:"eventSource"`
	EventTime    string         `json:"eventTime"`
	EventName    string         `json:"eventName"`
	S3           notificationS3 `json:"s3"`
}

type notificationS3 struct {
	SchemaVersion   string             `json:"s3SchemaVersion"`
	ConfigurationID string             `json:"configurationId"`
	Bucket          notificationBucket `json:"bucket"`
	Object          notificationObject `json:"object"`
}

type notificationBucket struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
}

type notificationObject struct {
	Key       string `json:"key"`
	Size      int64  `json:"size"`
	ETag      string `json:"eTag,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	Sequencer string `json:"sequencer,omitempty"`
}

// Encode returns the body of the S3 notification that announces o: one record, "ObjectCreated:Put", the key
// form-encoded with its slashes left alone, the ETag without quotes, the time in UTC with milliseconds. The
// requester and the sweep send it to the ingest queue, so that the ingester has one entrance. Fields of S3's
// notification that only S3 can know (region, requester, request ids) are left out. RawKey is not used.
//
// An object without bucket or key, or without a time, is refused as Poison.
func Encode(o Object) ([]byte, error) {
	if o.Bucket == "" || o.Key == "" || o.At.IsZero() {
		return nil, fault.New(fault.Poison, "encode event: an object needs a bucket, a key and a time")
	}
	return json.Marshal(notification{Records: []notificationRecord{{
		EventVersion: "2.1",
		EventSource:  "aws:s3",
		EventTime:    o.At.UTC().Format("2006-01-02T15:04:05.000Z"),
		EventName:    "ObjectCreated:Put",
		S3: notificationS3{
			SchemaVersion:   "1.0",
			ConfigurationID: configurationID,
			Bucket:          notificationBucket{Name: o.Bucket, ARN: "arn:aws:s3:::" + o.Bucket},
			Object: notificationObject{
				Key:       encodeKey(o.Key),
				Size:      o.Size,
				ETag:      strings.Trim(o.ETag, `"`),
				VersionID: o.VersionID,
				Sequencer: o.Sequencer,
			},
		},
	}}})
}

func encodeKey(key string) string {
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}
