package objects

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Delete removes exactly one content and returns S3's request id as evidence. With versionID it removes that
// version for good, and etag is not looked at: S3 compares ETags of current versions only. Without, it deletes the
// current object if it has that etag; in a versioned bucket this adds a delete marker, and the bytes stay.
// Without either it refuses.
//
// Other content under the key is a Conflict, and is left. An object that is gone already may be NotFound or
// no error, depending on the store and on versions; neither is proof, so verify with [Bucket.Stat] and
// [Bucket.Versions]. Safe to repeat.
func (b *Bucket) Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error) {
	if key == "" || (etag == "" && versionID == "") {
		return "", fault.New(fault.Internal, "delete object: it takes a key, and an ETag or a version")
	}
	in := &s3.DeleteObjectInput{Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner}
	if versionID != "" {
		in.VersionId = &versionID
	} else {
		in.IfMatch = quote(etag)
	}
	out, err := b.client.DeleteObject(ctx, in)
	if err != nil {
		return "", wrap(ctx, "delete object", err)
	}
	requestID, _ = middleware.GetRequestIDMetadata(out.ResultMetadata)
	return requestID, nil
}

// Abort ends an unfinished upload and frees its parts. An upload that is no longer there is NotFound.
func (b *Bucket) Abort(ctx context.Context, u Upload) error {
	_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: b.name, Key: aws.String(u.Key), UploadId: aws.String(u.ID), ExpectedBucketOwner: b.owner,
	})
	if err != nil {
		return wrap(ctx, "abort upload", err)
	}
	return nil
}
