package requester_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric/metrictest"
)

func TestARunIsCounted(t *testing.T) {
	failed := fault.New(fault.Transient, "throttled")
	tests := map[string]struct {
		sum       requester.Summary
		runErr    error
		gauges    requester.Gauges
		gaugesErr error
		want      string
	}{
		"a quiet run": {},
		"a busy run": {
			sum:    requester.Summary{Submitted: 5, Accepted: 2, Files: 7, Refused: 1, Unknown: 2, Lost: 1},
			gauges: requester.Gauges{Overdue: 3, Gauges: report.Gauges{Missing: 4, AboutToBeLost: 5, Expired: 6, LostInMonth: 7, LostInWeek: 8}},
			want: "ReportsRequested=2 ReportRequestFailures=3 FilesExpected=7 JobsLost=1 " +
				"OverdueFiles=3 DaysMissing=4 DaysAboutToBeLost=5 DaysExpired=6 DaysLostInMonth=7 DaysLostInWeek=8",
		},
		"a run that failed in part": {
			sum: requester.Summary{Accepted: 1}, runErr: failed,
			want: "ReportsRequested=1",
		},
		// What was not found out is not said.
		"a state that is not known": {gauges: requester.Gauges{Gauges: report.Gauges{Missing: 1}}, gaugesErr: failed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			h, _ := newHandler(t, nil)
			h.Requester = &runner{
				t: t, run: func(requester.Trigger) (requester.Summary, error) { return test.sum, test.runErr },
				gauges: func() (requester.Gauges, error) { return test.gauges, test.gaugesErr },
			}
			h.Metrics = &metric.Sink{To: &lines, Service: "bellhop", Function: "requester", Now: time.Now}
			_, err := h.Handle(t.Context(), []byte(`{}`))
			if want := errors.Join(test.runErr, test.gaugesErr); (err == nil) != (want == nil) {
				t.Errorf("error %v, want %v", err, want)
			}
			if got := metrictest.Text(metrictest.Read(t, &lines)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// A refused event runs nothing, so it says nothing of a run.
func TestARefusedEventIsNotCounted(t *testing.T) {
	var lines bytes.Buffer
	h := &requester.Handler{Requester: &runner{t: t}, Metrics: &metric.Sink{To: &lines, Now: time.Now}}
	other, _ := newHandler(t, nil)
	h.Log = other.Log
	if _, err := h.Handle(t.Context(), []byte(`[]`)); err == nil || lines.Len() > 0 {
		t.Errorf("error %v, lines %s", err, &lines)
	}
}
