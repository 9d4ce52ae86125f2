package janitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// Janitor deletes and sweeps; see [Service].
type Janitor interface {
	Release(ctx context.Context, key string) (Outcome, error)
	Sweep(ctx context.Context) (Summary, error)
	// Verify goes on comparing the dataset with the ledger; see [Verifier.Round].
	Verify(ctx context.Context) (Verified, error)
}

// Handler handles the function's events. All fields are required.
type Handler struct {
	Janitor Janitor
	// Decode decodes a batch of the ledger's change stream. A batch of another shape is Poison.
	Decode  func(event []byte) ([]report.FileChange, error)
	Log     *slog.Logger
	Metrics *metric.Sink
}

// EmitRetention emits how long a file that was loaded lay in the bucket. It is for [Service.OnCertificate]. What is kept there
// on purpose for hours has other metrics.
func EmitRetention(to *metric.Sink) func(report.Certificate) {
	return func(c report.Certificate) {
		if c.Cause == report.FileLoaded {
			to.Emit(metric.RawRetentionSeconds.Of(c.Exposure().Seconds()))
		}
	}
}

// Response tells Lambda from which records on a batch must come again. It is empty for a schedule event.
type Response struct {
	events.DynamoDBEventResponse
	// Sweep is what a sweep did.
	Sweep *Summary `json:"sweep,omitempty"`
}

// response returns an answer that asks for no record again.
func response() Response {
	return Response{DynamoDBEventResponse: events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}}
}

// Handle deals with one event. Of a stream batch, the records that failed are named in the response, and the error is
// nil; a sweep that failed in part is an error, and has done the rest.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (Response, error) {
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(event, &shape); err != nil {
		return Response{}, fault.New(fault.Poison, "the event is not a JSON object")
	}
	// Only a batch of the stream has records. Any other event is the schedule's.
	if _, batch := shape["Records"]; batch {
		return h.batch(ctx, event)
	}
	return h.sweep(ctx)
}

func (h *Handler) batch(ctx context.Context, event json.RawMessage) (Response, error) {
	answer := response()
	changes, err := h.Decode(event)
	if err != nil {
		h.Log.ErrorContext(ctx, "event refused", "outcome", "refused", "error", err)
		return answer, err
	}
	for _, c := range changes {
		if err := h.release(ctx, c); err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: c.Sequence})
		}
	}
	return answer, nil
}

// release deletes the file of a change when the change says that it is loaded.
func (h *Handler) release(ctx context.Context, c report.FileChange) error {
	log := h.Log.With("file", c.Key, "sequence", c.Sequence)
	if c.Err != nil {
		log.ErrorContext(ctx, "stream record unreadable", "error", c.Err)
		return c.Err
	}
	if c.File == nil || c.File.Status != report.FileLoaded {
		return nil
	}
	outcome, err := h.Janitor.Release(ctx, c.Key)
	log = log.With("job_id", c.File.Job, "outcome", outcome.String())
	if err != nil {
		h.Metrics.Emit(metric.DeleteFailures.Int(1), metric.DeleteVerifyFailures.Int(unverified(err)))
		log.ErrorContext(ctx, "deletion failed", "kind", fault.KindOf(err).String(), "error", err)
		return err
	}
	log.InfoContext(ctx, "deletion done")
	return nil
}

func (h *Handler) sweep(ctx context.Context) (Response, error) {
	sum, err := h.Janitor.Sweep(ctx)
	h.Metrics.Emit(metric.DeleteFailures.Int(sum.Failed), metric.DeleteVerifyFailures.Int(sum.Unverified))
	if !sum.Unlisted {
		// What could not be listed to its end says nothing about the oldest.
		h.Metrics.Emit(metric.OldestRawObjectAgeSeconds.Of(sum.OldestUnkept.Seconds()), metric.ObjectsKeptOnPurpose.Int(sum.Kept))
	}
	log := h.Log.With(
		"listed", sum.Listed, "deleted", sum.Deleted, "redelivered", sum.Redelivered, "unproven", sum.Unproven,
		"lost", sum.Lost, "left", sum.Left, "cut_short", sum.CutShort, "aborted_uploads", sum.Aborted, "oldest_seconds", int(sum.Oldest.Seconds()))
	if err != nil {
		log.ErrorContext(ctx, "sweep failed in part", "error", err)
	} else {
		log.InfoContext(ctx, "sweep done")
	}
	answer := response()
	answer.Sweep = &sum
	return answer, errors.Join(err, h.verify(ctx))
}

// verify uses the rest of the run's time.
func (h *Handler) verify(ctx context.Context) error {
	found, err := h.Janitor.Verify(ctx)
	h.Metrics.Emit(metric.DaysVanished.Int(len(found.Vanished)), metric.UnknownObjects.Int(len(found.Unknown)+found.MoreUnknown))
	for _, s := range found.Vanished {
		h.Log.WarnContext(ctx, "published day vanished",
			"subscription", s.Subscription, "table", s.Table, "date", s.Date.String(), "slice", s.Key, "replaced", s.Vanished.Replaced, "last_seen", s.Vanished.LastSeen)
	}
	for _, o := range found.Unknown {
		h.Log.WarnContext(ctx, "unknown object among the tables", "key", o.Key, "size", o.Size, "last_modified", o.ModifiedAt)
	}
	if found.MoreUnknown > 0 {
		h.Log.WarnContext(ctx, "more unknown objects among the tables", "objects", found.MoreUnknown)
	}
	if err != nil {
		h.Log.ErrorContext(ctx, "verification of the dataset failed in part", "error", err)
		return fmt.Errorf("verify the dataset: %w", err)
	}
	if found.Days > 0 {
		h.Log.InfoContext(ctx, "dataset verified", "days", found.Days, "vanished", len(found.Vanished), "returned", len(found.Returned), "unsettled", found.Unsettled)
	}
	return nil
}

func unverified(err error) int {
	if errors.Is(err, ErrUnverified) {
		return 1
	}
	return 0
}
