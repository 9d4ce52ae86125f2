package operations_test

import (
	"context"
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/operations"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
)

// now is a Friday. The hotel wants its devices of 16 and 17 November: the first is there, the second is not.
var now = time.Date(2026, time.November, 20, 7, 40, 0, 0, time.UTC)

func day(d int) report.Date { return report.NewDate(2026, time.November, d) }

func at(hour int) time.Time { return time.Date(2026, time.November, 20, hour, 0, 0, 0, time.UTC) }

// ledger has one of everything; what it lacks panics.
type ledger struct{ view.Ledger }

func (ledger) Subscriptions(context.Context) ([]report.Subscription, error) {
	return []report.Subscription{{
		Name: "hotel", Source: report.SourceASPAnalytics, From: day(16), LagDays: 3, MaxWindowDays: 30,
		Params: report.Params{"unit_id": "amzn1.alexa.unit.did.EXAMPLE", "categories": "DEVICE"},
	}}, nil
}

func (l ledger) Snapshot(ctx context.Context, _ string) (report.Snapshot, error) {
	subs, err := l.Subscriptions(ctx)
	return report.Snapshot{Subscription: subs[0], Partitions: []report.Partition{{
		Subscription: "hotel", Table: "asp_device", Date: day(16), Rows: 41, Generation: at(6), LoadedAt: at(7),
	}}}, err
}

func (ledger) Restatements(context.Context, string, time.Time) ([]report.Restatement, error) {
	same, before, after := report.Figures{Values: 1, Sum: "2"}, report.Figures{Values: 40, Sum: "7.5"}, report.Figures{Values: 41, Sum: "9"}
	return []report.Restatement{{
		Subscription: "hotel", Table: "asp_device", Date: day(16), At: at(7),
		Before:   report.Edition{Generation: at(5), Job: "hotel-000001", Rows: 40},
		After:    report.Edition{Generation: at(6), Job: "hotel-000002", File: "b.csv", Rows: 41},
		Measures: []report.Change{{Measure: "device_count", Before: same, After: same}, {Measure: "dialog_count", Before: before, After: after}},
	}}, nil
}

func (ledger) Jobs(context.Context, string) ([]report.Job, error) {
	return []report.Job{{
		ID: "hotel-000002", Subscription: "hotel", Source: report.SourceASPAnalytics, Status: report.JobAwaitingFiles, Window: report.Window{From: day(16), To: day(17)},
		Tables: []string{"asp_device"}, Requests: 1, PlannedAt: at(5), SubmittedAt: at(6),
		Files: []report.JobFile{{Key: "b.csv", Status: report.FileLoaded}, {Key: "c.csv", Status: report.FileExpected}},
	}}, nil
}

func each[T any](item T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(item, nil) }
}

func (ledger) Files(context.Context) iter.Seq2[report.File, error] {
	return each(report.File{
		Key: "b.csv", Status: report.FileLoaded, Job: "hotel-000002", Subscription: "hotel", Table: "asp_device", Window: report.Window{From: day(16), To: day(17)},
		Generation: at(6), Delivery: &report.Delivery{Size: 2048, At: at(6)}, Receipt: &report.Receipt{SHA256: "ab12", Rows: 41, LoadedAt: at(7)},
	})
}

func (ledger) Certificates(context.Context) iter.Seq2[report.Certificate, error] {
	return each(report.Certificate{
		File: "stray.csv", Bucket: "deliveries", Key: "stray.csv", ETag: "e1", Size: 7, Cause: report.FileStray, DeliveredAt: at(1), DeletedAt: at(7), VerifiedAt: at(7),
	})
}

func (ledger) Standings(context.Context) ([]report.Standing, error) {
	return []report.Standing{{Subscription: "hotel", PlannedAt: at(6), Gauges: report.Gauges{Missing: 1}}}, nil
}

func (ledger) Verification(context.Context) (report.Verification, error) {
	return report.Verification{BeganAt: at(1)}, nil
}

func tables() operations.Tables {
	return operations.Tables{
		View: &view.View{Ledger: ledger{}, Sources: []requester.Source{asp.New(asp.Options{})}, Now: func() time.Time { return now }},
	}
}

// rowsOf returns the rows of any operations table.
func rowsOf(t *testing.T, table string) ([][]any, error) {
	t.Helper()
	if table != quality.Table {
		return tables().Rows(t.Context(), table)
	}
	return quality.Result{CheckedAt: now, Findings: []quality.Finding{{
		Rule: "taps", Severity: catalog.Bad, Table: "asp_proactive_campaign", Date: "2026-11-16", UnitID: "r1", Subject: "spa", Value: "3", Expected: "2",
	}}}.Rows(), nil
}

func TestTheRowsOfTheOperationsTables(t *testing.T) {
	const date, hour5, hour6, hour7 = "2026-11-16", "2026-11-20T05:00:00Z", "2026-11-20T06:00:00Z", "2026-11-20T07:00:00Z"
	restated := func(measure, before, after string) []any {
		return []any{"hotel", "asp_device", date, measure, before, after, hour7, hour5, hour6, "hotel-000001", "hotel-000002", "b.csv"}
	}
	want := map[string][][]any{
		// The vendor has a day for 90 days.
		"days": {
			{"hotel", "asp_device", date, "COMPLETE", "41", hour6, hour7, nil, nil}, {"hotel", "asp_device", "2026-11-17", "MISSING", "0", nil, nil, "2027-02-15", nil},
		},
		"restatements": {restated("rows", "40", "41"), restated("dialog_count", "7.5", "9")},
		"jobs": {{
			"hotel-000002", "hotel", "asp-analytics", "vendor", "AWAITING_FILES", nil, date, "2026-11-17", []string{"asp_device"}, "1", "2", "1", hour5, hour6, nil,
		}},
		"files": {{
			"b.csv", "LOADED", nil, "hotel", "hotel-000002", "asp_device", date, "2026-11-17", "41", "2048", "ab12", hour6, hour6, hour7, nil,
		}},
		"certificates": {{
			"stray.csv", "deliveries", "stray.csv", "e1", nil, "7", nil, nil, nil, "STRAY", "2026-11-20T01:00:00Z", nil, hour7, hour7, nil,
		}},
		"runs": {{"plan", "hotel", hour6, nil, "1", "0", "0"}, {"verification", nil, "2026-11-20T01:00:00Z", nil, nil, nil, nil}},
		"checks": {{
			"taps", "bad", "asp_proactive_campaign", date, "r1", "spa", "3", "2", "2026-11-20T07:40:00Z",
		}},
	}
	for _, o := range dataset.Operations() {
		t.Run(o.Name, func(t *testing.T) {
			rows, err := rowsOf(t, o.Name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[o.Name], rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			for _, row := range rows {
				if len(row) != len(o.Columns) {
					t.Fatalf("a row of %d values for %d columns", len(row), len(o.Columns))
				}
				for i, c := range o.Columns {
					if err := fits(c, row[i]); err != nil {
						t.Errorf("%s is %v: %v", c.Name, row[i], err)
					}
				}
			}
		})
	}
	if _, err := tables().Rows(t.Context(), "nights"); !fault.Is(err, fault.Poison) {
		t.Errorf("a table that is none: %v", err)
	}
}

// fits reports what keeps a value from being one of the column.
func fits(c dataset.Column, v any) (err error) {
	text, isText := v.(string)
	_, isList := v.([]string)
	switch {
	case v == nil:
		if !c.Nullable {
			err = fault.New(fault.Internal, "it may not be NULL")
		}
	case isText == (c.Type == dataset.Strings), isList != (c.Type == dataset.Strings):
		err = fault.New(fault.Internal, "it is a %T", v)
	case c.Type == dataset.Date:
		_, err = report.ParseDate(text)
	case c.Type == dataset.Timestamp:
		_, err = time.Parse(time.RFC3339, text)
	case c.Type == dataset.Bigint:
		_, err = strconv.ParseInt(text, 10, 64)
	case c.Type == dataset.Decimal:
		_, err = strconv.ParseFloat(text, 64)
	}
	return err
}
