// Package janitor turns the events of the janitor function into calls of the use-case: a batch of the ledger's change
// stream deletes what was loaded, a schedule event sweeps.
package janitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/sweep"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// Janitor deletes and sweeps; see [sweep.Service].
type Janitor interface {
	Release(ctx context.Context, key string) (sweep.Outcome, error)
	Sweep(ctx context.Context) (sweep.Summary, error)
	// Verify goes on comparing the dataset with the ledger; see [sweep.Verifier.Round].
	Verify(ctx context.Context) (sweep.Verified, error)
}

// Handler handles the function's events. All fields are required.
type Handler struct {
	Janitor Janitor
	Log     *slog.Logger
	Metrics *metric.Sink
}

// Certified emits how long a file that was loaded lay in the bucket. It is for [sweep.Service.Certified]. What is kept there
// on purpose for hours has other metrics.
func Certified(to *metric.Sink) func(report.Certificate) {
	return func(c report.Certificate) {
		if c.Cause == report.FileLoaded {
			to.Emit(metric.RawRetentionSeconds.Of(c.Exposure().Seconds()))
		}
	}
}

// Response tells Lambda from which records on a batch must come again. It is empty for a schedule event.
type Response struct {
	BatchItemFailures []ItemFailure `json:"batchItemFailures"`
	// Sweep is what a sweep did.
	Sweep *sweep.Summary `json:"sweep,omitempty"`
}

// ItemFailure names one record by its sequence number.
type ItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// Handle deals with one event. Of a stream batch, the records that failed are named in the response, and the error is
// nil; a sweep that failed in part is an error, and has done the rest.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (Response, error) {
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(event, &shape); err != nil {
		return Response{}, fault.New(fault.Poison, "the event is not a JSON object")
	}
	// Only a batch has records. Whatever else a scheduler is told to send means that it is time.
	if _, batch := shape["Records"]; batch {
		return h.batch(ctx, event)
	}
	return h.sweep(ctx)
}

func (h *Handler) batch(ctx context.Context, event json.RawMessage) (Response, error) {
	response := Response{BatchItemFailures: []ItemFailure{}}
	records, err := dynamostore.DecodeStream(event)
	if err != nil {
		h.Log.ErrorContext(ctx, "event refused", "outcome", "refused", "error", err)
		return response, err
	}
	for _, r := range records {
		if err := h.record(ctx, r); err != nil {
			response.BatchItemFailures = append(response.BatchItemFailures, ItemFailure{ItemIdentifier: r.Sequence})
		}
	}
	return response, nil
}

func (h *Handler) record(ctx context.Context, r dynamostore.StreamRecord) error {
	key, isFile := ledger.FileKey(r.Key)
	log := h.Log.With("file", key, "sequence", r.Sequence)
	if r.Err != nil {
		log.ErrorContext(ctx, "stream record unreadable", "error", r.Err)
		return r.Err
	}
	if !isFile || r.New == nil {
		return nil
	}
	var f report.File
	if err := json.Unmarshal(r.New.Doc, &f); err != nil {
		log.ErrorContext(ctx, "stream record unreadable", "error", "its image is not a file")
		return fault.New(fault.Poison, "the image of %s is not a file", key)
	}
	if f.Status != report.FileLoaded {
		return nil
	}
	outcome, err := h.Janitor.Release(ctx, key)
	log = log.With("job_id", f.Job, "outcome", outcome.String())
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
	return Response{BatchItemFailures: []ItemFailure{}, Sweep: &sum}, errors.Join(err, h.verify(ctx))
}

// verify uses the rest of the run's time.
func (h *Handler) verify(ctx context.Context) error {
	found, err := h.Janitor.Verify(ctx)
	if len(found.Vanished) > 0 {
		h.Metrics.Emit(metric.DaysVanished.Int(len(found.Vanished)))
	}
	for _, s := range found.Vanished {
		h.Log.WarnContext(ctx, "published day vanished",
			"subscription", s.Subscription, "table", s.Table, "date", s.Date.String(), "slice", s.Key, "replaced", s.Vanished.Replaced, "last_seen", s.Vanished.LastSeen)
	}
	if n := len(found.Unknown) + found.MoreUnknown; n > 0 {
		h.Metrics.Emit(metric.UnknownObjects.Int(n))
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
	if errors.Is(err, sweep.ErrUnverified) {
		return 1
	}
	return 0
}
