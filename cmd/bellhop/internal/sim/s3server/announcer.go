package s3server

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3response"
)

// announcer tells of each object that its backend has created. versitygw's own notifications differ from AWS's:
// prefixed names, plain keys, quoted ETags, unordered.
type announcer struct {
	backend.Backend
	root  string
	clock func() time.Time

	mu   sync.Mutex
	told map[string]OnCreated
	last uint64 // the latest sequencer
}

func (a *announcer) tell(bucket string, onCreated OnCreated) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told[bucket] = onCreated
}

// created is an object of which to tell.
type created struct {
	bucket, key, etag, version string
	size                       *int64 // nil where the backend does not return it
}

// PutObject stores an object and announces it.
func (a *announcer) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := a.Backend.PutObject(ctx, in)
	if err == nil {
		size := out.Size
		if size == nil {
			size = in.ContentLength
		}
		err = a.announce(ctx, "ObjectCreated:Put", created{*in.Bucket, *in.Key, out.ETag, out.VersionID, size})
	}
	return out, err
}

// CompleteMultipartUpload assembles an object and announces it.
func (a *announcer) CompleteMultipartUpload(
	ctx context.Context, in *s3.CompleteMultipartUploadInput,
) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := a.Backend.CompleteMultipartUpload(ctx, in)
	if err == nil {
		err = a.announce(ctx, "ObjectCreated:CompleteMultipartUpload", created{*in.Bucket, *in.Key, aws.ToString(out.ETag), version, nil})
	}
	return out, version, err
}

// CopyObject copies an object and announces the copy.
func (a *announcer) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := a.Backend.CopyObject(ctx, in)
	if err == nil {
		etag := ""
		if out.CopyObjectResult != nil {
			etag = aws.ToString(out.CopyObjectResult.ETag)
		}
		err = a.announce(ctx, "ObjectCreated:Copy", created{*in.Bucket, *in.Key, etag, aws.ToString(out.VersionId), nil})
	}
	return out, err
}

// ListMultipartUploads answers in one page, whatever its size: versitygw v1.8.0 refuses the markers that its own
// pages end with.
func (a *announcer) ListMultipartUploads(
	ctx context.Context, in *s3.ListMultipartUploadsInput,
) (s3response.ListMultipartUploadsResult, error) {
	whole := *in
	whole.KeyMarker, whole.UploadIdMarker, whole.MaxUploads = nil, nil, aws.Int32(math.MaxInt32)
	return a.Backend.ListMultipartUploads(ctx, &whole)
}

// announce stamps the object with the clock and tells the listener of the bucket.
func (a *announcer) announce(ctx context.Context, name string, o created) error {
	if o.size == nil {
		head, err := a.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &o.bucket, Key: &o.key})
		if err != nil {
			return fmt.Errorf("size of the new object: %w", err)
		}
		o.size = head.ContentLength
	}
	// The event must name the key under which the object can be found.
	o.key = a.NormalizeObjectKey(o.bucket, o.key)
	now := time.Now()
	if a.clock != nil {
		now = a.clock()
		if err := os.Chtimes(filepath.Join(a.root, o.bucket, filepath.FromSlash(o.key)), now, now); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("stamp the new object: %w", err)
		}
	}
	a.mu.Lock()
	onCreated := a.told[o.bucket]
	a.last = max(a.last+1, uint64(max(0, now.UnixNano())))
	sequencer := fmt.Sprintf("%018X", a.last)
	a.mu.Unlock()
	if onCreated == nil {
		return nil
	}
	event, err := notification(name, o, sequencer, now)
	if err != nil {
		return fmt.Errorf("announce the new object: %w", err)
	}
	onCreated(event)
	return nil
}

// notification returns the JSON that AWS sends: the name without "s3:", the key form-encoded but for its slashes, the ETag
// without quotes. It plays AWS, and shares nothing with package s3event, which reads what is written here, so that a misreading
// of AWS's documentation on one side shows on the other:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
func notification(name string, o created, sequencer string, now time.Time) ([]byte, error) {
	type fields = map[string]any
	identity := fields{"principalId": localAccount}
	object := fields{
		"key":  strings.ReplaceAll(url.QueryEscape(o.key), "%2F", "/"),
		"size": aws.ToInt64(o.size), "eTag": strings.Trim(o.etag, `"`), "sequencer": sequencer,
	}
	if o.version != "" {
		object["versionId"] = o.version
	}
	return json.Marshal(fields{"Records": []any{fields{
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": Region,
		"eventTime": now.UTC().Format("2006-01-02T15:04:05.000Z"), "eventName": name,
		"userIdentity":      identity,
		"requestParameters": fields{"sourceIPAddress": "127.0.0.1"},
		"responseElements":  fields{"x-amz-request-id": sequencer, "x-amz-id-2": sequencer},
		"s3": fields{
			"s3SchemaVersion": "1.0", "configurationId": "bellhop-local",
			"bucket": fields{"name": o.bucket, "ownerIdentity": identity, "arn": "arn:aws:s3:::" + o.bucket},
			"object": object,
		},
	}}})
}
