// Package objects is bellhop's way to S3: one [Bucket] with the few operations that the use-cases need, over
// the AWS SDK's client.
//
// ETags have no quotes on either side of this package. Errors carry a kind of package fault:
//
//	Transient  throttling, 5xx, network trouble, a body that ended early: after the SDK's own attempts
//	Conflict   a condition did not hold (412), or another writer was at work (409): look again
//	NotFound   there is no such object, version or upload
//	Poison     the key or the metadata can never be written
//	Internal   all else, such as a missing permission or a missing bucket
//
// A cancelled or expired context passes through: errors.Is finds it, and it has no kind. Every method is safe
// for concurrent use.
package objects

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// NewClient returns an S3 client for cfg. When the endpoint is overridden, in cfg or by AWS_ENDPOINT_URL or
// AWS_ENDPOINT_URL_S3, it uses path-style addresses: emulators have no host name per bucket. Checksums are on
// unless cfg says otherwise.
func NewClient(cfg aws.Config, optFns ...func(*s3.Options)) *s3.Client {
	defaults := func(o *s3.Options) {
		// By now the SDK has resolved the endpoint from cfg, the environment and the shared configuration.
		o.UsePathStyle = o.BaseEndpoint != nil
		// Only the SDK's own loader sets these; in a configuration made by hand they would mean no checksums.
		if o.RequestChecksumCalculation == aws.RequestChecksumCalculationUnset {
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
		}
		if o.ResponseChecksumValidation == aws.ResponseChecksumValidationUnset {
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		}
		// An object whose writer sent no checksum is nothing to warn of.
		o.DisableLogOutputChecksumValidationSkipped = true
	}
	return s3.NewFromConfig(cfg, append([]func(*s3.Options){defaults}, optFns...)...)
}

// Bucket is one S3 bucket.
type Bucket struct {
	client *s3.Client
	name   *string
	owner  *string
}

// Option changes how a [Bucket] is used.
type Option func(*Bucket)

// ExpectOwner makes S3 refuse every call when the bucket does not belong to the AWS account with this
// twelve-digit id. An empty id expects nothing.
func ExpectOwner(account string) Option {
	return func(b *Bucket) {
		if account != "" {
			b.owner = aws.String(account)
		}
	}
}

// NewBucket returns the bucket of that name. It makes no call.
func NewBucket(client *s3.Client, name string, opts ...Option) *Bucket {
	b := &Bucket{client: client, name: aws.String(name)}
	for _, opt := range opts {
		opt(b)
	}
	return b
}

// Name returns the bucket's name.
func (b *Bucket) Name() string { return *b.name }

// unquote brings an ETag into the form used outside S3's headers.
func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// quote brings an ETag into the form of an If-Match header (RFC 9110 section 8.8.3).
func quote(etag string) *string { return aws.String(`"` + strings.Trim(etag, `"`) + `"`) }

// optional returns nil for an empty string, so that the SDK sends nothing.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
