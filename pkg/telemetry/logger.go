// Package telemetry makes the functions' logger. What it writes holds no secret that it can recognise or was told of,
// whatever the caller passes in.
package telemetry

import (
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Keys of log lines. The same thing has the same key everywhere, so that one saved query finds it. The job is what
// correlates the lines of one request across functions.
const (
	KeyService      = "service"
	KeyFunction     = "function"
	KeyVersion      = "version"
	KeySource       = "source"
	KeySubscription = "subscription"
	KeyJob          = "job"
	KeyFile         = "file"
	KeyETag         = "etag"
	KeyTable        = "table"
	KeyOutcome      = "outcome"
	KeyVendorID     = "vendor_request_id"
	KeyError        = "error"
	KeyErrorKind    = "error_kind"
)

// Service is the value of [KeyService] in every line.
const Service = "bellhop"

// Options shape a logger.
type Options struct {
	// Function and Version are in every line.
	Function, Version string
	// Scrubber may learn of more secrets later; nil recognises tokens only.
	Scrubber *redact.Scrubber
	// Handler writes the lines; nil means Lambda's, which obeys AWS_LAMBDA_LOG_FORMAT and AWS_LAMBDA_LOG_LEVEL and adds
	// the invocation's requestId.
	Handler slog.Handler
}

// NewLogger returns the logger.
func NewLogger(o Options) *slog.Logger {
	if o.Handler == nil {
		o.Handler = lambdacontext.NewLogHandler()
	}
	return slog.New(Scrub(o.Handler, o.Scrubber)).With(
		slog.String(KeyService, Service),
		slog.String(KeyFunction, o.Function),
		slog.String(KeyVersion, o.Version),
	)
}
