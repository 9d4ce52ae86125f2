package janitor_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric/metrictest"
)

func counting(h *janitor.Handler) *bytes.Buffer {
	var lines bytes.Buffer
	h.Metrics = &metric.Sink{To: &lines, Service: "bellhop", Function: "janitor", Now: time.Now}
	return &lines
}

func TestASweepIsCounted(t *testing.T) {
	broken := fault.New(fault.Transient, "throttled")
	tests := map[string]struct {
		sum  janitor.Summary
		err  error
		want string
	}{
		"an empty bucket": {want: "OldestRawObjectAgeSeconds=0"},
		"a full one": {
			sum: janitor.Summary{Listed: 5, Oldest: time.Hour, OldestUnkept: 90 * time.Second, Kept: 2, Failed: 3, Unverified: 1}, err: broken,
			want: "DeleteFailures=3 DeleteVerifyFailures=1 OldestRawObjectAgeSeconds=90 ObjectsKeptOnPurpose=2",
		},
		// Nothing is known of what was not seen.
		"one that cannot be listed": {sum: janitor.Summary{Unlisted: true}, err: broken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, _ := newHandler(t, &sweeper{sweep: func() (janitor.Summary, error) { return test.sum, test.err }})
			lines := counting(h)
			if _, err := h.Handle(t.Context(), event(t, "scheduler-sweep.json")); !errors.Is(err, test.err) {
				t.Errorf("error %v", err)
			}
			if got := metrictest.Text(metrictest.Read(t, lines)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestADeletionThatFailsIsCounted(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"it works":       {nil, ""},
		"not deleted":    {fault.New(fault.Transient, "throttled"), "DeleteFailures=1"},
		"not seen to go": {fmt.Errorf("%w: throttled", janitor.ErrUnverified), "DeleteFailures=1 DeleteVerifyFailures=1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, _ := newHandler(t, &sweeper{release: func(string) (janitor.Outcome, error) { return janitor.OutcomeDeleted, test.err }})
			lines := counting(h)
			if _, err := h.Handle(t.Context(), event(t, "dynamodb-stream.json")); err != nil {
				t.Fatal(err)
			}
			if got := metrictest.Text(metrictest.Read(t, lines)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestOnlyLoadedFilesAreExposed(t *testing.T) {
	var lines bytes.Buffer
	told := janitor.EmitRetention(&metric.Sink{To: &lines, Service: "bellhop", Function: "janitor", Now: time.Now})
	now := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	for _, cause := range report.FileStatuses() {
		told(report.Certificate{Cause: cause, DeliveredAt: now, VerifiedAt: now.Add(2500 * time.Millisecond)})
	}
	if got := metrictest.Text(metrictest.Read(t, &lines)); got != "RawRetentionSeconds=2.5" {
		t.Errorf("got %s, want one for the loaded file: the others are kept on purpose", got)
	}
}
