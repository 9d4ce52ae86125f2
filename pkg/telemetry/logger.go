// Package telemetry makes the functions' logger. What it writes holds no secret that it can recognise or was told of,
// whatever the caller passes in.
package telemetry

import (
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Keys of what every line has. What a line is about is the handlers' to say: job_id, which correlates the lines of all
// functions about one job, and file are those by which `bellhop logs` looks for lines.
const (
	KeyService  = "service"
	KeyFunction = "function"
	KeyVersion  = "version"
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
