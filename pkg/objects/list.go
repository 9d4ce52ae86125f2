package objects

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// List yields the current objects whose keys begin with prefix, page by page, with everything but VersionID and
// Metadata. An error is yielded once, with an empty report.Object, and ends the list: what came before is incomplete.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[report.Object, error] {
	return b.list(ctx, &s3.ListObjectsV2Input{Prefix: optional(prefix)})
}

// ListAfter is [Bucket.List] of the whole bucket from behind a key on; empty means from its beginning.
func (b *Bucket) ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error] {
	return b.list(ctx, &s3.ListObjectsV2Input{StartAfter: optional(key)})
}

func (b *Bucket) list(ctx context.Context, in *s3.ListObjectsV2Input) iter.Seq2[report.Object, error] {
	return func(yield func(report.Object, error) bool) {
		in.Bucket, in.ExpectedBucketOwner, in.EncodingType = b.name, b.owner, types.EncodingTypeUrl
		pages := s3.NewListObjectsV2Paginator(b.client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(report.Object{}, wrap(ctx, "list objects", err))
				return
			}
			for _, object := range page.Contents {
				key, err := decodeKey(object.Key, page.EncodingType)
				if err != nil {
					yield(report.Object{}, fmt.Errorf("list objects: %w", err))
					return
				}
				if !yield(report.Object{
					Key: key, ETag: unquote(object.ETag), Size: aws.ToInt64(object.Size),
					ModifiedAt: aws.ToTime(object.LastModified).UTC(),
				}, nil) {
					return
				}
			}
		}
	}
}

// decodeKey undoes the encoding that listings are asked for. Without it one key with a control character, which
// anybody who may write can leave in the bucket, makes the whole page unreadable as XML.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, "EncodingType".
func decodeKey(key *string, encoding types.EncodingType) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return aws.ToString(key), nil
	}
	decoded, err := url.QueryUnescape(aws.ToString(key))
	if err != nil {
		return "", fmt.Errorf("a listed key is not URL-encoded: %w", err)
	}
	return decoded, nil
}

// Versions returns all versions and delete markers of exactly this key, from all pages. In a bucket without
// versioning an object has one version. No versions and no error means that nothing is left under the key; a
// missing bucket is an error.
func (b *Bucket) Versions(ctx context.Context, key string) ([]report.ObjectVersion, error) {
	var versions []report.ObjectVersion
	err := b.versionPages(ctx, key, func(found []report.ObjectVersion, next string) bool {
		for _, v := range found {
			if v.Key == key {
				versions = append(versions, v)
			}
		}
		// Listings are in order of key, and no other key with this prefix sorts before it.
		return next <= key
	})
	if err != nil {
		return nil, err
	}
	return versions, nil
}

// ListVersions yields all versions and delete markers of the keys that begin with prefix, page by page. An error is yielded once, and
// ends the list: what came before is incomplete.
func (b *Bucket) ListVersions(ctx context.Context, prefix string) iter.Seq2[report.ObjectVersion, error] {
	return func(yield func(report.ObjectVersion, error) bool) {
		more := true
		err := b.versionPages(ctx, prefix, func(found []report.ObjectVersion, _ string) bool {
			for _, v := range found {
				if more = more && yield(v, nil); !more {
					return false
				}
			}
			return true
		})
		if err != nil && more {
			yield(report.ObjectVersion{}, err)
		}
	}
}

// versionPages passes each page to take with the key at which the next one begins, until take wants no more.
func (b *Bucket) versionPages(ctx context.Context, prefix string, take func(found []report.ObjectVersion, next string) bool) error {
	in := &s3.ListObjectVersionsInput{
		Bucket: b.name, Prefix: &prefix, ExpectedBucketOwner: b.owner, EncodingType: types.EncodingTypeUrl,
	}
	for {
		page, err := b.client.ListObjectVersions(ctx, in)
		if err != nil {
			return wrap(ctx, "list versions", err)
		}
		found, err := versionsOf(page)
		if err != nil {
			return fmt.Errorf("list versions: %w", err)
		}
		if !aws.ToBool(page.IsTruncated) {
			take(found, "")
			return nil
		}
		marker, err := nextMarker(page.NextKeyMarker, page.EncodingType, in.KeyMarker, page.NextVersionIdMarker, in.VersionIdMarker)
		if err != nil {
			return fmt.Errorf("list versions: %w", err)
		}
		if !take(found, marker) {
			return nil
		}
		in.KeyMarker, in.VersionIdMarker = &marker, page.NextVersionIdMarker
	}
}

func versionsOf(page *s3.ListObjectVersionsOutput) ([]report.ObjectVersion, error) {
	var versions []report.ObjectVersion
	for _, v := range page.Versions {
		name, err := decodeKey(v.Key, page.EncodingType)
		if err != nil {
			return nil, err
		}
		versions = append(versions, report.ObjectVersion{
			Key: name, VersionID: aws.ToString(v.VersionId), ETag: unquote(v.ETag), Size: aws.ToInt64(v.Size),
			ModifiedAt: aws.ToTime(v.LastModified).UTC(), Latest: aws.ToBool(v.IsLatest),
		})
	}
	for _, m := range page.DeleteMarkers {
		name, err := decodeKey(m.Key, page.EncodingType)
		if err != nil {
			return nil, err
		}
		versions = append(versions, report.ObjectVersion{
			Key: name, VersionID: aws.ToString(m.VersionId), Marker: true,
			ModifiedAt: aws.ToTime(m.LastModified).UTC(), Latest: aws.ToBool(m.IsLatest),
		})
	}
	return versions, nil
}

// Upload is a multipart upload that was begun and not finished. Its parts appear in no listing of objects and
// in no event.
type Upload struct {
	Key       string
	ID        string
	StartedAt time.Time
}

// Uploads returns the unfinished uploads that were begun before olderThan, from all pages.
func (b *Bucket) Uploads(ctx context.Context, olderThan time.Time) ([]Upload, error) {
	var uploads []Upload
	in := &s3.ListMultipartUploadsInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner, EncodingType: types.EncodingTypeUrl,
	}
	for {
		page, err := b.client.ListMultipartUploads(ctx, in)
		if err != nil {
			return nil, wrap(ctx, "list uploads", err)
		}
		for _, upload := range page.Uploads {
			key, err := decodeKey(upload.Key, page.EncodingType)
			if err != nil {
				return nil, fmt.Errorf("list uploads: %w", err)
			}
			begun := aws.ToTime(upload.Initiated).UTC()
			if begun.Before(olderThan) {
				uploads = append(uploads, Upload{Key: key, ID: aws.ToString(upload.UploadId), StartedAt: begun})
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			return uploads, nil
		}
		marker, err := nextMarker(page.NextKeyMarker, page.EncodingType, in.KeyMarker, page.NextUploadIdMarker, in.UploadIdMarker)
		if err != nil {
			return nil, fmt.Errorf("list uploads: %w", err)
		}
		in.KeyMarker, in.UploadIdMarker = &marker, page.NextUploadIdMarker
	}
}

// AbortUploads ends every unfinished upload that was begun before a time, and returns how many it ended. One that is gone
// meanwhile is no error; others are joined, after trying all.
func (b *Bucket) AbortUploads(ctx context.Context, before time.Time) (int, error) {
	uploads, err := b.Uploads(ctx, before)
	if err != nil {
		return 0, err
	}
	aborted := 0
	var problems []error
	for _, u := range uploads {
		switch err := b.Abort(ctx, u); {
		case err == nil:
			aborted++
		case !fault.Is(err, fault.NotFound):
			problems = append(problems, err)
		}
	}
	return aborted, errors.Join(problems...)
}

// nextMarker returns the decoded key at which the next page begins. A listing that stays where it is would
// never end.
func nextMarker(key *string, encoding types.EncodingType, lastKey, id, lastID *string) (string, error) {
	marker, err := decodeKey(key, encoding)
	if err != nil {
		return "", err
	}
	if marker == aws.ToString(lastKey) && aws.ToString(id) == aws.ToString(lastID) {
		return "", fault.New(fault.Internal, "the listing does not advance")
	}
	return marker, nil
}
