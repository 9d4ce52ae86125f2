package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// retryable is what the SDK itself would try again: throttling, 5xx, connection trouble, timeouts.
var retryable = retry.IsErrorRetryables(retry.DefaultRetryables)

// absent are the codes that say for certain that the object, version or upload is not there.
var absent = []string{"NoSuchKey", "NoSuchVersion", "NoSuchUpload"}

// damaged are the 400s that say that the request's body was not what its sender had meant to send.
var damaged = []string{"BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}

// unwritable are the 400s that say that this object can never be written.
var unwritable = []string{"KeyTooLongError", "EntityTooLarge", "MetadataTooLarge"}

// wrap names the operation and gives err its kind. The name must hold nothing that a log may not.
func wrap(ctx context.Context, operation string, err error) error {
	err = fmt.Errorf("%s: %w", operation, err)
	// The SDK reports an ended context in several disguises, some of them retryable.
	if cause := ctx.Err(); cause != nil {
		if errors.Is(err, cause) {
			return err
		}
		return fmt.Errorf("%w: %w", cause, err)
	}
	return fault.As(kindOf(err), err)
}

func kindOf(err error) fault.Kind {
	code, status := "", 0
	if api := smithy.APIError(nil); errors.As(err, &api) {
		code = api.ErrorCode()
	}
	if response := (*awshttp.ResponseError)(nil); errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	// The SDK's type for the answer to a HEAD, which has no body and so no code.
	headless := (*types.NotFound)(nil)
	switch {
	// Not every 404: a missing bucket, or another server at the endpoint, must not pass for a deleted object.
	case status == http.StatusNotFound && (slices.Contains(absent, code) || errors.As(err, &headless)):
		return fault.NotFound
	case status == http.StatusPreconditionFailed, status == http.StatusConflict:
		return fault.Conflict
	case slices.Contains(unwritable, code):
		return fault.Poison
	case slices.Contains(damaged, code), status == http.StatusTooManyRequests, status >= 500, brokeOff(err):
		return fault.Transient
	default:
		return fault.Internal
	}
}

// brokeOff reports whether the SDK holds err for passing trouble, or the connection ended within an answer.
func brokeOff(err error) bool {
	var quota ratelimit.QuotaExceededError
	return retryable.IsErrorRetryable(err) == aws.TrueTernary ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &quota)
}
