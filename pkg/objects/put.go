package objects

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Put writes an object of exactly size bytes in one request, with a SHA-256 that S3 verifies and keeps. The body
// is read from its start, more than once. An empty contentType leaves the choice to S3. The returned report.Object has no
// ModifiedAt: S3 does not tell.
//
// When cond does not hold the error is a Conflict; when it demands an object that does not exist, NotFound.
// Putting the same bytes again is safe, but a conditional Put whose answer was lost comes back as a Conflict
// with one's own object: look at its ETag or metadata.
//
// A key that [CheckKey] refuses, and metadata that a header cannot carry, are Poison.
func (b *Bucket) Put(ctx context.Context, key string, body io.ReadSeeker, size int64, cond report.Condition,
	metadata map[string]string, contentType string,
) (report.Object, error) {
	if err := checkPut(key, body, size, cond, metadata); err != nil {
		return report.Object{}, fmt.Errorf("put object: %w", err)
	}
	in := &s3.PutObjectInput{
		Bucket: b.name, Key: &key, ExpectedBucketOwner: b.owner,
		Body: body, ContentLength: &size, ContentType: optional(contentType),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, Metadata: metadata,
	}
	if cond.Absent {
		in.IfNoneMatch = aws.String("*")
	}
	if cond.ETag != "" {
		in.IfMatch = quote(cond.ETag)
	}
	out, err := b.client.PutObject(ctx, in)
	if err != nil {
		return report.Object{}, wrap(ctx, "put object", err)
	}
	return report.Object{
		Key: key, ETag: unquote(out.ETag), VersionID: aws.ToString(out.VersionId), Size: size, Metadata: metadata,
	}, nil
}

func checkPut(key string, body io.Seeker, size int64, cond report.Condition, metadata map[string]string) error {
	if cond.Absent && cond.ETag != "" {
		return fault.New(fault.Internal, "a condition cannot demand that the object exists and that it does not")
	}
	if err := CheckKey(key); err != nil {
		return err
	}
	if err := checkMetadata(metadata); err != nil {
		return err
	}
	end, err := body.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("measure the body: %w", err)
	}
	if end != size {
		return fault.New(fault.Internal, "the body has %d bytes, not %d", end, size)
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("rewind the body: %w", err)
	}
	return nil
}

// maxKeyBytes is S3's limit:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html.
const maxKeyBytes = 1024

// CheckKey refuses, as Poison, keys that do not name the same object everywhere. S3 takes any 1024 bytes of UTF-8,
// but clients, proxies and stores on a file system resolve empty segments, "." and "..", so that "a/../b" would
// overwrite "b". bellhop never writes such a key. It can read and delete one that somebody else wrote.
func CheckKey(key string) error {
	switch {
	case key == "" || len(key) > maxKeyBytes || !utf8.ValidString(key):
		return fault.New(fault.Poison, "a key is 1 to %d bytes of UTF-8", maxKeyBytes)
	case strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fault.New(fault.Poison, "the key has a control character")
	}
	for segment := range strings.SplitSeq(key, "/") {
		if slices.Contains([]string{"", ".", ".."}, segment) {
			return fault.New(fault.Poison, "the key has a segment that is empty or dots")
		}
	}
	return nil
}

// checkMetadata refuses what would come back changed: S3 lowers names, trims values and recodes what is not ASCII.
func checkMetadata(metadata map[string]string) error {
	for name, value := range metadata {
		plain := !strings.ContainsFunc(name, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
		})
		ascii := !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
		if name == "" || !plain || !ascii || strings.TrimSpace(value) != value {
			return fault.New(fault.Poison, "metadata %q: names are of a-z, 0-9 and -, values of trimmed printable ASCII", name)
		}
	}
	return nil
}
