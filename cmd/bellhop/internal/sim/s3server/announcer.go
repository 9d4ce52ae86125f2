package s3server

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
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

// PutObject stores an object and announces it.
func (a *announcer) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := a.Backend.PutObject(ctx, in)
	if err != nil {
		return out, err
	}
	size := aws.ToInt64(in.ContentLength)
	if out.Size != nil {
		size = *out.Size
	}
	err = a.announce("ObjectCreated:Put", *in.Bucket, object{
		Key: *in.Key, Size: size, ETag: out.ETag, VersionID: out.VersionID,
	})
	return out, err
}

// CompleteMultipartUpload assembles an object and announces it.
func (a *announcer) CompleteMultipartUpload(
	ctx context.Context, in *s3.CompleteMultipartUploadInput,
) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := a.Backend.CompleteMultipartUpload(ctx, in)
	if err != nil {
		return out, version, err
	}
	size, err := a.size(ctx, in.Bucket, in.Key)
	if err != nil {
		return out, version, err
	}
	err = a.announce("ObjectCreated:CompleteMultipartUpload", *in.Bucket, object{
		Key: *in.Key, Size: size, ETag: aws.ToString(out.ETag), VersionID: version,
	})
	return out, version, err
}

// CopyObject copies an object and announces the copy.
func (a *announcer) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := a.Backend.CopyObject(ctx, in)
	if err != nil {
		return out, err
	}
	size, err := a.size(ctx, in.Bucket, in.Key)
	if err != nil {
		return out, err
	}
	copied := object{Key: *in.Key, Size: size, VersionID: aws.ToString(out.VersionId)}
	if out.CopyObjectResult != nil {
		copied.ETag = aws.ToString(out.CopyObjectResult.ETag)
	}
	return out, a.announce("ObjectCreated:Copy", *in.Bucket, copied)
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

// size asks for what the backend does not return.
func (a *announcer) size(ctx context.Context, bucket, key *string) (int64, error) {
	head, err := a.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return 0, fmt.Errorf("size of the new object: %w", err)
	}
	return aws.ToInt64(head.ContentLength), nil
}

// announce stamps the object with the clock and calls whoever is told of the bucket.
func (a *announcer) announce(name, bucket string, created object) error {
	now := time.Now()
	if a.clock != nil {
		now = a.clock()
	}
	// The event must name the key under which the object can be found.
	created.Key = a.NormalizeObjectKey(bucket, created.Key)
	if a.clock != nil {
		if err := os.Chtimes(filepath.Join(a.root, bucket, filepath.FromSlash(created.Key)), now, now); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("stamp the new object: %w", err)
		}
	}
	a.mu.Lock()
	onCreated := a.told[bucket]
	a.last = max(a.last+1, uint64(max(0, now.UnixNano())))
	created.Sequencer = fmt.Sprintf("%018X", a.last)
	a.mu.Unlock()
	if onCreated == nil {
		return nil
	}
	event, err := notification(name, bucket, created, now)
	if err != nil {
		return fmt.Errorf("announce the new object: %w", err)
	}
	onCreated(event)
	return nil
}
