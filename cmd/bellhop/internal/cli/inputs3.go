package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const s3Scheme = "s3://"

// AnyBucket reads a bucket of S3 that a person names. *objects.Bucket is one.
type AnyBucket interface {
	// Open starts to read an object. NotFound when there is none.
	Open(ctx context.Context, key, ifMatchETag, versionID string) (io.ReadCloser, report.Object, error)
	// List yields the objects whose keys begin with prefix. An error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
}

// bucketOf opens the bucket that an address names.
func (a *app) bucketOf(ctx context.Context, address string) (bucket AnyBucket, key string, err error) {
	name, key, _ := strings.Cut(strings.TrimPrefix(address, s3Scheme), "/")
	if name == "" {
		return nil, "", &Problem{Code: ExitError, Err: errors.New("it names no bucket"), Remedy: "write it like s3://BUCKET/KEY.csv, or s3://BUCKET/FOLDER/ with a slash at the end"}
	}
	bucket, err = a.Bucket(ctx, name)
	return bucket, key, err
}

// filesInS3 replaces an address that ends in a slash, or is a bucket's, by the CSV objects right below it.
func (a *app) filesInS3(ctx context.Context, address string) ([]string, error) {
	bucket, prefix, err := a.bucketOf(ctx, address)
	if err != nil {
		return nil, err
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		return []string{address}, nil
	}
	var files []string
	for o, err := range bucket.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if rest := strings.TrimPrefix(o.Key, prefix); !strings.Contains(rest, "/") && holdsCSV(rest) {
			files = append(files, strings.TrimSuffix(address, "/")+"/"+rest)
		}
	}
	if len(files) == 0 {
		return nil, errors.New("there is no .csv or .csv.gz object right below it")
	}
	return files, nil
}

// openInS3 reads an object as it comes: nothing of it is kept on this machine.
func (a *app) openInS3(ctx context.Context, address string) (io.ReadCloser, error) {
	bucket, key, err := a.bucketOf(ctx, address)
	if err != nil {
		return nil, err
	}
	content, info, err := bucket.Open(ctx, key, "", "")
	if fault.Is(err, fault.NotFound) {
		return nil, &Problem{Code: ExitError, Err: errors.New("there is no such object"), Remedy: "see which there are: aws s3 ls " + address[:strings.LastIndex(address, "/")+1]}
	}
	if err != nil {
		return nil, err
	}
	if info.Size > a.inputLimit() {
		return nil, errors.Join(fmt.Errorf("it is larger than %s", bytesText(a.inputLimit())), content.Close())
	}
	return content, nil
}
