package shell

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// The exit codes.
const (
	ExitFine            = 0
	ExitError           = 1
	ExitUsage           = 2
	ExitAttention       = 3
	ExitUnauthenticated = 4
	ExitPartly          = 5
)

// Problem is an error with an exit code, and with what helps against it.
type Problem struct {
	Code int
	// Err is nil when everything has been said on the screen already.
	Err    error
	Remedy string
}

// Error is that of the cause.
func (p *Problem) Error() string {
	if p.Err == nil {
		return fmt.Sprintf("exit %d", p.Code)
	}
	return p.Err.Error()
}

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Exit ends a command with a code, after all has been said.
func Exit(code int) error { return &Problem{Code: code} }

// Usage is the problem of a command line that is wrong.
func Usage(remedy, format string, args ...any) error {
	return &Problem{Code: ExitUsage, Err: fmt.Errorf(format, args...), Remedy: remedy}
}

// Refuse is the problem of what cannot be done.
func Refuse(remedy, format string, args ...any) error {
	return &Problem{Code: ExitError, Err: fmt.Errorf(format, args...), Remedy: remedy}
}

// NoDataset is the problem of a command that needs the dataset bucket, where that is not known.
func NoDataset() error {
	return Usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
}

// Of is the problem of one of several things, which it names.
func (p *Problem) Of(name string) *Problem {
	return &Problem{Code: p.Code, Err: fmt.Errorf("%s: %w", name, p.Err), Remedy: p.Remedy}
}

// Failed is the problem of several things that failed; nil where none did. It has the first one's exit code, or that of work partly
// done where others went well.
func Failed(failures []error, othersWell bool) error {
	if len(failures) == 0 {
		return nil
	}
	first := Explain(failures[0])
	code := first.Code
	if othersWell {
		code = ExitPartly
	}
	return &Problem{Code: code, Err: errors.Join(failures...), Remedy: first.Remedy}
}

// Missing adds the remedy to a NotFound; other errors stay as they are.
func Missing(err error, remedy string) error {
	if fault.Is(err, fault.NotFound) {
		return &Problem{Code: ExitError, Err: err, Remedy: remedy}
	}
	return err
}

// AboutStack adds the remedy to a NotFound about a stack; other errors, and nil, stay as they are.
func AboutStack(err error) error { return Missing(err, "check --stack, AWS_PROFILE and AWS_REGION") }

// Codes of AWS's answers that say that it does not know who asks, or that there is nothing of that name.
var (
	unauthenticated = []string{
		"ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId", "MissingAuthenticationToken",
		"RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException",
	}
	forbidden = []string{"AccessDenied", "AccessDeniedException", "Forbidden"}
	absent    = []string{"ResourceNotFoundException"}
	elsewhere = []string{"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)

// Explain brings any error into the form of a problem.
func Explain(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	p := &Problem{Code: ExitError, Err: err}
	if known, ok := errors.AsType[*phrase.Problem](err); ok {
		p.Remedy = known.Remedy
		return p
	}
	code := ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	switch {
	case errors.Is(err, context.Canceled):
		p.Err = errors.New("stopped before the end")
	case slices.Contains(unauthenticated, code):
		p.Code, p.Remedy = ExitUnauthenticated, "renew the AWS credentials, for example: aws sso login"
	case slices.Contains(forbidden, code):
		p.Remedy = "the AWS credentials are good, but lack a permission: see which role or profile is used with aws sts get-caller-identity"
	case slices.Contains(elsewhere, code):
		p.Remedy = "the bucket is in another region: set AWS_REGION to it"
	case code == "NoSuchBucket":
		p.Remedy = "check the bucket's name (--delivery-bucket), AWS_PROFILE and AWS_REGION"
	case slices.Contains(absent, code):
		p.Remedy = "check --ledger-table, --delivery-bucket, AWS_PROFILE and AWS_REGION"
	case errors.Is(err, sim.ErrDamaged):
		p.Remedy = "put a copy of ledger.db back, or name another folder with --home; bellhop local reset deletes what bellhop keeps in this one"
	case errors.Is(err, sim.ErrReadOnly), errors.Is(err, fs.ErrPermission):
		p.Remedy = "this user may not do that here: run it as the owner, or name a folder of your own (--home for bellhop's)"
	case fault.Is(err, fault.Transient):
		p.Remedy = "this passes: try again"
	}
	return p
}
