package s3server

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// This file plays AWS. It shares nothing with package s3event, which reads what is written here, so that a
// misreading of AWS's documentation on one side shows on the other:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.

type object struct {
	Key       string `json:"key"`
	Size      int64  `json:"size"`
	ETag      string `json:"eTag"`
	VersionID string `json:"versionId,omitempty"`
	Sequencer string `json:"sequencer"`
}

type identity struct {
	PrincipalID string `json:"principalId"`
}

type record struct {
	EventVersion      string            `json:"eventVersion"`
	EventSource       string            `json:"eventSource"`
	AWSRegion         string            `json:"awsRegion"`
	EventTime         string            `json:"eventTime"`
	EventName         string            `json:"eventName"`
	UserIdentity      identity          `json:"userIdentity"`
	RequestParameters map[string]string `json:"requestParameters"`
	ResponseElements  map[string]string `json:"responseElements"`
	S3                recordS3          `json:"s3"`
}

type recordS3 struct {
	SchemaVersion   string       `json:"s3SchemaVersion"`
	ConfigurationID string       `json:"configurationId"`
	Bucket          recordBucket `json:"bucket"`
	Object          object       `json:"object"`
}

type recordBucket struct {
	Name          string   `json:"name"`
	OwnerIdentity identity `json:"ownerIdentity"`
	ARN           string   `json:"arn"`
}

// notification returns the JSON that AWS sends: the name without "s3:", the key form-encoded but for its slashes,
// the ETag without quotes.
func notification(name, in string, created object, now time.Time) ([]byte, error) {
	created.Key = strings.ReplaceAll(url.QueryEscape(created.Key), "%2F", "/")
	created.ETag = strings.Trim(created.ETag, `"`)
	return json.Marshal(map[string][]record{"Records": {{
		EventVersion:      "2.1",
		EventSource:       "aws:s3",
		AWSRegion:         Region,
		EventTime:         now.UTC().Format("2006-01-02T15:04:05.000Z"),
		EventName:         name,
		UserIdentity:      identity{PrincipalID: localAccount},
		RequestParameters: map[string]string{"sourceIPAddress": "127.0.0.1"},
		ResponseElements:  map[string]string{"x-amz-request-id": created.Sequencer, "x-amz-id-2": created.Sequencer},
		S3: recordS3{
			SchemaVersion:   "1.0",
			ConfigurationID: "bellhop-local",
			Bucket:          recordBucket{Name: in, OwnerIdentity: identity{PrincipalID: localAccount}, ARN: "arn:aws:s3:::" + in},
			Object:          created,
		},
	}}})
}
