package objects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The metadata of a delivered object: for which job it is, and in hex the SHA-256 of content that was put in one request. Of content
// in parts S3 keeps a checksum over those of the parts.
const (
	metaJob    = "job"
	metaSHA256 = "sha256"
)

// partSize is all of the content that is in memory at once. S3 takes 10,000 parts of at least 5 MiB:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html.
const partSize = 8 << 20

// abortTimeout bounds ending an upload that failed. What stays all the same the janitor ends.
const abortTimeout = 10 * time.Second

// Deliver puts content of unknown length for a job under a key that nothing lies under. It holds one part of the content in memory.
// An object of the same job that is there already is the same delivery, made before: that is no error. One of another's is Poison.
// Content that cannot be read to its end is Transient, and nothing is put. It is safe to repeat.
func (b *Bucket) Deliver(ctx context.Context, job, key string, content io.Reader) error {
	part := make([]byte, partSize)
	n, err := io.ReadFull(content, part)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		sum := sha256.Sum256(part[:n])
		_, err = b.Put(ctx, report.Write{
			Key: key, Body: bytes.NewReader(part[:n]), Condition: report.Condition{Absent: true}, ContentType: "text/csv",
			Metadata: map[string]string{metaJob: job, metaSHA256: hex.EncodeToString(sum[:])},
		})
	case err != nil:
		return unread(err)
	default:
		err = b.deliverParts(ctx, job, key, part, content)
	}
	// Of an upload that is gone the answer to its end may have been lost.
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return b.delivered(ctx, job, key, err)
	}
	return err
}

func unread(err error) error {
	return fault.New(fault.Transient, "deliver object: read its content: %w", err)
}

// delivered looks whether what stood in the way of a delivery is the same delivery.
func (b *Bucket) delivered(ctx context.Context, job, key string, cause error) error {
	there, err := b.Stat(ctx, key)
	switch {
	case fault.Is(err, fault.NotFound):
		// Another writer was at work, or it is gone since.
		return fault.As(fault.Transient, cause)
	case err != nil:
		return errors.Join(cause, err)
	case there.Metadata[metaJob] != job:
		return fault.New(fault.Poison, "another's object lies under %s", key)
	default:
		return nil
	}
}

// deliverParts is Deliver for content of more than a part, of which the first has been read.
func (b *Bucket) deliverParts(ctx context.Context, job, key string, part []byte, content io.Reader) (err error) {
	metadata := map[string]string{metaJob: job}
	if err := errors.Join(CheckKey(key), checkMetadata(metadata)); err != nil {
		return fmt.Errorf("deliver object: %w", err)
	}
	upload, err := b.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner, ContentType: aws.String("text/csv"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, Metadata: metadata,
	})
	if err != nil {
		return wrap(ctx, "begin an upload", err)
	}
	defer func() {
		if err == nil {
			return
		}
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		// The error that led here says more than one of ending the upload.
		_ = b.Abort(ending, Upload{Key: key, ID: aws.ToString(upload.UploadId)})
	}()
	var done []types.CompletedPart
	for n := len(part); n > 0; {
		number := aws.Int32(int32(len(done) + 1))
		out, err := b.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner, UploadId: upload.UploadId, PartNumber: number,
			Body: bytes.NewReader(part[:n]), ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		})
		if err != nil {
			return wrap(ctx, "upload a part", err)
		}
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: number, ChecksumSHA256: out.ChecksumSHA256})
		n, err = io.ReadFull(content, part)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return unread(err)
		}
	}
	_, err = b.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner, UploadId: upload.UploadId, IfNoneMatch: aws.String("*"),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	if err != nil {
		return wrap(ctx, "end an upload", err)
	}
	return nil
}
