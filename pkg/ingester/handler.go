package ingester

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/bellhop-asp/bellhop/pkg/fault"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// Ingester loads one delivery; see [Service.Ingest].
type Ingester interface {
	Ingest(ctx context.Context, d report.Delivery) (Outcome, error)
}

// Handler handles the function's events. All fields are required.
type Handler struct {
	Ingester Ingester
	// Bucket is the delivery bucket. An event about another one is refused: this function has no business there.
	Bucket  string
	Log     *slog.Logger
	Metrics *metric.Sink
}

// Handle deals with every object of the event. Of a batch, the messages that failed are named in the response, and the
// error is nil; a direct event that failed is an error.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (events.SQSEventResponse, error) {
	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	messages, err := s3event.Decode(event)
	if err != nil {
		h.Log.ErrorContext(ctx, "event refused", "outcome", "refused", "error", err)
		return response, err
	}
	var problems []error
	for _, m := range messages {
		err := h.message(ctx, m)
		switch {
		case err == nil:
		case m.ID != "":
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.ID})
		default:
			problems = append(problems, err)
		}
	}
	return response, errors.Join(problems...)
}

func (h *Handler) message(ctx context.Context, m s3event.Message) error {
	problems := []error{m.Err}
	if m.Err != nil {
		h.Log.ErrorContext(ctx, "message unreadable", "message_id", m.ID, "error", m.Err)
	}
	for _, o := range m.Objects {
		problems = append(problems, h.object(ctx, o))
	}
	return errors.Join(problems...)
}

func (h *Handler) object(ctx context.Context, o s3event.Object) error {
	log := h.Log.With("bucket", o.Bucket, "key", o.Key, "etag", o.ETag)
	if o.Bucket != h.Bucket {
		err := fault.New(fault.Poison, "an event about bucket %s: this function serves %s", o.Bucket, h.Bucket)
		log.ErrorContext(ctx, "delivery refused", "outcome", "refused", "error", err)
		return err
	}
	out, err := h.Ingester.Ingest(ctx, report.Delivery{
		Bucket: o.Bucket, Key: o.Key, ETag: o.ETag, VersionID: o.VersionID, Size: o.Size, At: o.At,
	})
	f := out.File
	h.count(out, o.At, err)
	log = log.With("file", f.Key, "job_id", f.Job, "table", f.Table, "attempt", f.Loads)
	switch {
	case err != nil:
		log.ErrorContext(ctx, "delivery failed", "outcome", fault.KindOf(err).String(), "error", err)
	case out.Quarantined:
		log.WarnContext(ctx, "delivery quarantined", "outcome", "quarantined", "reason", f.Reason)
	case out.Decision == report.DecideStray:
		log.WarnContext(ctx, "delivery is a stray", "outcome", "stray")
	case out.Decision == report.DecideLoad && f.Status == report.FileLoaded:
		log.InfoContext(ctx, "delivery loaded", "outcome", "loaded", "rows", f.Receipt.Rows, "bytes", f.Receipt.Bytes)
		if n := f.Receipt.Duplicates; n > 0 {
			log.WarnContext(ctx, "rows came twice and were counted once", "outcome", "loaded", "duplicates", n)
		}
	default:
		log.InfoContext(ctx, "delivery needs nothing", "outcome", out.Decision.String())
	}
	return err
}

// count emits what became of one delivery. One that was loaded already is a duplicate and nothing else, so that what comes twice counts
// once.
func (h *Handler) count(out Outcome, arrived time.Time, err error) {
	f := out.File
	begun := out.Decision == report.DecideLoad && f.Loads == 1
	var values []metric.Value
	if begun {
		values = append(values, metric.FilesArrived.Int(1))
	}
	switch {
	case err != nil:
		values = append(values, metric.IngestFailures.Int(1))
	case out.Quarantined:
		values = append(values, metric.FilesQuarantined.Int(1))
	case out.Decision == report.DecideStray:
		values = append(values, metric.UnexpectedObjects.Int(1))
	case out.Decision == report.DecideDuplicate && (f.Status == report.FileLoaded || f.Status == report.FileDeleted && f.Receipt != nil):
		values = append(values, metric.DuplicateDeliveries.Int(1))
	case out.Decision == report.DecideLoad && f.Status == report.FileLoaded:
		values = append(values, metric.RowsIngested.Of(float64(f.Receipt.Rows)),
			metric.DeliveryLatencySeconds.Of(arrived.Sub(f.Generation).Seconds()))
	}
	h.Metrics.Emit(values...)
}
