package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// The codes of types.CancellationReason, from the API reference of TransactWriteItems.
const (
	codeNone      = "None"
	codeCondition = "ConditionalCheckFailed"
	codeContested = "TransactionConflict"
)

// passing are the cancellation codes that another try may not meet.
var passing = map[string]bool{"ThrottlingError": true, "ProvisionedThroughputExceeded": true, codeContested: true}

// failure gives an error of the SDK its kind: Transient when the SDK itself would try again, or when time ran out.
func failure(operation string, err error) error {
	var quota ratelimit.QuotaExceededError
	if retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &quota) {
		return fault.New(fault.Transient, "%s: %w", operation, err)
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// contested reports whether a write failed for no other reason than another write under way on the same items. The
// SDK does not repeat those.
func contested(err error) bool {
	if _, ok := errors.AsType[*types.TransactionConflictException](err); ok {
		return true
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return false
	}
	found := false
	for _, r := range canceled.CancellationReasons {
		switch code := aws.ToString(r.Code); {
		case passing[code]:
			found = true
		case code != codeNone && code != "":
			return false
		}
	}
	return found
}

// patience is the client's own retryer, which also repeats contested writes. They are over in milliseconds, so the
// waits are shorter.
type patience struct{ aws.RetryerV2 }

func (p patience) IsErrorRetryable(err error) bool {
	return contested(err) || p.RetryerV2.IsErrorRetryable(err)
}

func (p patience) RetryDelay(attempt int, err error) (time.Duration, error) {
	delay, failed := p.RetryerV2.RetryDelay(attempt, err)
	if contested(err) {
		delay /= 8
	}
	return delay, failed
}

func patiently(o *dynamodb.Options) {
	if r, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = patience{r}
	}
}
