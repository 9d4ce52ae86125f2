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

// Put writes a whole object in one request, with a SHA-256 that S3 verifies and keeps. It reads the body from its start,
// more than once. An empty ContentType leaves the choice to S3. The returned report.Object has no ModifiedAt: S3 does
// not say.
//
// When the condition does not hold the error is a Conflict; when it demands an object that does not exist, NotFound.
// Putting the same bytes again is safe, but a conditional Put whose answer was lost comes back as a Conflict
// with one's own object: look at its ETag or metadata.
//
// A key that [CheckKey] refuses, and metadata that a header cannot carry, are Poison.
func (b *Bucket) Put(ctx context.Context, w report.Write) (report.Object, error) {
	size, err := checkWrite(w)
	if err != nil {
		return report.Object{}, fmt.Errorf("put object: %w", err)
	}
	in := &s3.PutObjectInput{
		Bucket: b.name, Key: &w.Key, ExpectedBucketOwner: b.owner,
		Body: w.Body, ContentLength: &size, ContentType: optional(w.ContentType),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256, Metadata: w.Metadata,
	}
	if w.Condition.Absent {
		in.IfNoneMatch = aws.String("*")
	}
	if w.Condition.ETag != "" {
		in.IfMatch = quote(w.Condition.ETag)
	}
	out, err := b.client.PutObject(ctx, in)
	if err != nil {
		return report.Object{}, wrap(ctx, "put object", err)
	}
	return report.Object{
		Key: w.Key, ETag: unquote(out.ETag), VersionID: aws.ToString(out.VersionId), Size: size, Metadata: w.Metadata,
	}, nil
}

// checkWrite refuses what S3 would refuse or change, and returns the length of the body, which it rewinds.
func checkWrite(w report.Write) (int64, error) {
	if w.Condition.Absent && w.Condition.ETag != "" {
		return 0, fault.New(fault.Internal, "a condition cannot demand that the object exists and that it does not")
	}
	if err := CheckKey(w.Key); err != nil {
		return 0, err
	}
	if err := checkMetadata(w.Metadata); err != nil {
		return 0, err
	}
	size, err := w.Body.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("measure the body: %w", err)
	}
	if _, err := w.Body.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("rewind the body: %w", err)
	}
	return size, nil
}

// maxKeyBytes is S3's limit:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html.
const maxKeyBytes = 1024

// CheckKey refuses, as Poison, keys that do not name the same object everywhere. S3 takes any 1024 bytes of UTF-8,
// but clients, proxies and stores on a file system resolve empty segments, "." and "..", so that "a/../b" would
// overwrite "b". bellhop never writes such a key. It can read and delete one that another program wrote.
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
