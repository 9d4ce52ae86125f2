// Package operations fills the operations tables, which package dataset defines, from an installation's read model.
package operations

import (
	"context"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Tables fills the operations tables that are made from the ledger: all but that of the checks.
type Tables struct {
	View *view.View
}

// Rows returns the rows of the operations table of that name. A value is nil for NULL, a string, or a list of strings.
func (t Tables) Rows(ctx context.Context, table string) ([][]any, error) {
	switch table {
	case "days":
		return t.days(ctx)
	case "restatements":
		return t.restatements(ctx)
	case "jobs":
		return t.jobs(ctx)
	case "files":
		return t.files(ctx)
	case "certificates":
		return t.certificates(ctx)
	case "runs":
		return t.runs(ctx)
	default:
		return nil, fault.New(fault.Poison, "there is no table %s.%s", dataset.OperationsSchema, table)
	}
}

func (t Tables) days(ctx context.Context) ([][]any, error) {
	days, err := t.View.Days(ctx)
	rows := make([][]any, len(days))
	for i, d := range days {
		rows[i] = []any{d.Subscription, d.Table, date(d.Date), string(d.Status), count(d.Rows), instant(d.Generation), instant(d.LoadedAt), date(d.LostAfter), text(d.Why)}
	}
	return rows, err
}

func (t Tables) restatements(ctx context.Context) ([][]any, error) {
	changes, err := t.View.Changes(ctx, view.ChangesFilter{})
	var rows [][]any
	for _, r := range changes.Restated {
		of := func(measure, before, after string) []any {
			return []any{
				r.Subscription, r.Table, date(r.Date), measure, before, after, instant(r.At), instant(r.Before.Generation), instant(r.After.Generation),
				text(r.Before.Job), text(r.After.Job), text(r.After.File),
			}
		}
		rows = append(rows, of(report.FellRows, count(r.Before.Rows), count(r.After.Rows)))
		for _, m := range r.Measures {
			rows = append(rows, of(m.Measure, m.Before.Sum, m.After.Sum))
		}
	}
	return rows, err
}

func (t Tables) jobs(ctx context.Context) ([][]any, error) {
	jobs, err := t.View.Jobs(ctx, view.Filter{})
	rows := make([][]any, len(jobs))
	for i, j := range jobs {
		rows[i] = []any{
			j.ID, j.Subscription, j.Source, j.Origin, string(j.Status), text(j.Reason), date(j.Window.From), date(j.Window.To), j.Tables,
			count(int64(j.Attempt)), count(int64(j.FilesNamed)), count(int64(j.FilesLoaded)), instant(j.PlannedAt), instant(j.SubmittedAt), instant(j.FinishedAt),
		}
	}
	return rows, err
}

func (t Tables) files(ctx context.Context) ([][]any, error) {
	files, err := t.View.Files(ctx, view.Filter{})
	rows := make([][]any, len(files))
	for i, f := range files {
		rows[i] = []any{
			f.Key, string(f.Status), text(f.Why), text(f.Subscription), text(f.Job), text(f.Table), date(f.Window.From), date(f.Window.To), count(f.Rows), count(f.Bytes),
			text(f.SHA256), instant(f.ExpectedAt), instant(f.DeliveredAt), instant(f.LoadedAt), instant(f.DeletedAt),
		}
	}
	return rows, err
}

func (t Tables) certificates(ctx context.Context) ([][]any, error) {
	var rows [][]any
	for c, err := range t.View.Ledger.Certificates(ctx) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, []any{
			c.File, c.Bucket, c.Key, c.ETag, text(c.VersionID), count(c.Size), text(c.SHA256), text(c.Subscription), text(c.Job), string(c.Cause),
			instant(c.DeliveredAt), instant(c.LoadedAt), instant(c.DeletedAt), instant(c.VerifiedAt), text(c.RequestID),
		})
	}
	return rows, nil
}

func (t Tables) runs(ctx context.Context) ([][]any, error) {
	standings, err := t.View.Ledger.Standings(ctx)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, s := range standings {
		rows = append(rows, []any{
			"plan", s.Subscription, instant(s.PlannedAt), instant(s.NextPlan),
			count(int64(s.Gauges.Missing)), count(int64(s.Gauges.AboutToBeLost)), count(int64(s.Gauges.Expired)),
		})
	}
	verification, err := t.View.Ledger.Verification(ctx)
	return append(rows, []any{"verification", nil, instant(verification.BeganAt), nil, nil, nil, nil}), err
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

func date(d report.Date) any {
	if d == 0 {
		return nil
	}
	return d.String()
}

func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.999999Z")
}
