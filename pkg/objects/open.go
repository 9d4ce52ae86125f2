package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Open starts to read an object. With ifMatchETag it must have that ETag, else the error is a Conflict; with
// versionID that version is read. Both may be empty.
//
// The reader checks what it gives: when the body ends before report.Object.Size bytes, breaks off, or does not fit the
// checksum that S3 keeps, Read fails and the error is Transient. Bytes read before that are worth nothing. The
// caller closes the reader; ctx must live as long as the reading.
func (b *Bucket) Open(ctx context.Context, key, ifMatchETag, versionID string) (io.ReadCloser, report.Object, error) {
	in := &s3.GetObjectInput{
		Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner, VersionId: optional(versionID),
	}
	if ifMatchETag != "" {
		in.IfMatch = quote(ifMatchETag)
	}
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		return nil, report.Object{}, wrap(ctx, "get object", err)
	}
	if out.ContentLength == nil || *out.ContentLength < 0 {
		return nil, report.Object{}, errors.Join(fault.New(fault.Internal, "get object: the answer has no length"), out.Body.Close())
	}
	info := report.Object{
		Key: key, ETag: unquote(out.ETag), VersionID: aws.ToString(out.VersionId), Size: *out.ContentLength,
		ModifiedAt: aws.ToTime(out.LastModified).UTC(), Metadata: out.Metadata,
	}
	return &body{ctx: ctx, stream: out.Body, size: info.Size}, info, nil
}

// body counts, because not every transport notices that a body ended early.
type body struct {
	ctx        context.Context
	stream     io.ReadCloser
	size, read int64
}

func (r *body) Read(p []byte) (int, error) {
	n, err := r.stream.Read(p)
	r.read += int64(n)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && r.read == r.size:
		return n, io.EOF
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	err = fmt.Errorf("read object: %d of %d bytes: %w", r.read, r.size, err)
	if r.ctx.Err() != nil {
		return n, err
	}
	return n, fault.As(fault.Transient, err)
}

func (r *body) Close() error { return r.stream.Close() }

// Stat describes the current version of an object. A missing object is NotFound, and so is one whose newest
// version is a delete marker. HEAD has no error body, so a missing bucket looks the same: who must prove that an
// object is gone asks [Bucket.Versions] too.
//
// S3 answers 403 instead of 404 to a caller that may not list the bucket. That is Internal, since it proves
// nothing.
func (b *Bucket) Stat(ctx context.Context, key string) (report.Object, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner})
	if err != nil {
		if answer := (*awshttp.ResponseError)(nil); errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden {
			err = fmt.Errorf("%w (without s3:ListBucket a missing object is answered so, too)", err)
		}
		return report.Object{}, wrap(ctx, "head object", err)
	}
	return report.Object{
		Key: key, ETag: unquote(out.ETag), VersionID: aws.ToString(out.VersionId), Size: aws.ToInt64(out.ContentLength),
		ModifiedAt: aws.ToTime(out.LastModified).UTC(), Metadata: out.Metadata,
	}, nil
}
