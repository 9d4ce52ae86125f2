package ingester_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric/metrictest"
)

func TestADeliveryIsCountedOnce(t *testing.T) {
	file := func(status report.FileStatus, loads int) report.File {
		return report.File{
			Key: device, Status: status, Loads: loads, Generation: at.Add(-90 * time.Second),
			Receipt: &report.Receipt{Rows: 40},
		}
	}
	tests := map[string]struct {
		out  ingester.Outcome
		err  error
		want string
	}{
		"loaded": {
			out:  ingester.Outcome{File: file(report.FileLoaded, 1), Decision: report.DecideLoad},
			want: "FilesArrived=1 RowsIngested=40 DeliveryLatencySeconds=90",
		},
		"loaded at the second try": {
			out:  ingester.Outcome{File: file(report.FileLoaded, 2), Decision: report.DecideLoad},
			want: "RowsIngested=40 DeliveryLatencySeconds=90",
		},
		"failed": {
			out: ingester.Outcome{File: file(report.FileExpected, 1), Decision: report.DecideLoad}, err: fault.New(fault.Transient, "throttled"),
			want: "FilesArrived=1 IngestFailures=1",
		},
		"quarantined": {
			out:  ingester.Outcome{File: file(report.FileQuarantined, 1), Decision: report.DecideLoad, Quarantined: true},
			want: "FilesArrived=1 FilesQuarantined=1",
		},
		"a stray": {
			out:  ingester.Outcome{File: report.File{Key: device, Status: report.FileStray}, Decision: report.DecideStray},
			want: "UnexpectedObjects=1",
		},
		"loaded already": {
			out:  ingester.Outcome{File: file(report.FileLoaded, 1), Decision: report.DecideDuplicate},
			want: "DuplicateDeliveries=1",
		},
		"loaded and deleted already": {
			out:  ingester.Outcome{File: file(report.FileDeleted, 1), Decision: report.DecideDuplicate},
			want: "DuplicateDeliveries=1",
		},
		"deleted without a load":  {out: ingester.Outcome{File: report.File{Key: device, Status: report.FileDeleted}, Decision: report.DecideDuplicate}},
		"quarantined already":     {out: ingester.Outcome{File: file(report.FileQuarantined, 1), Decision: report.DecideDuplicate}},
		"somebody else is at it":  {out: ingester.Outcome{File: file(report.FileClaimed, 1), Decision: report.DecideBusy}},
		"put again, of no job":    {out: ingester.Outcome{File: file(report.FileStray, 1), Decision: report.DecideReturned}},
		"the ledger is not there": {err: fault.New(fault.Transient, "throttled"), want: "IngestFailures=1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			h, _ := newHandler(t, func(report.Delivery) (ingester.Outcome, error) { return test.out, test.err })
			h.Metrics = &metric.Sink{To: &lines, Service: "bellhop", Function: "ingester", Now: time.Now}
			if _, err := h.Handle(t.Context(), event(t, "s3-put.json")); (err == nil) != (test.err == nil) {
				t.Errorf("error %v, want %v", err, test.err)
			}
			if got := metrictest.Text(metrictest.Read(t, &lines)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
