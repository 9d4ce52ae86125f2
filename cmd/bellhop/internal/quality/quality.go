// Package quality runs the checks of package catalog over a dataset, keeps what they found beside it, and compares week with week.
package quality

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Result is what one run of the checks found.
type Result struct {
	CheckedAt time.Time `json:"checked_at"`
	// Since is the first day that was checked.
	Since report.Date `json:"since"`
	// Counts are the findings by severity.
	Counts map[catalog.Severity]int `json:"counts"`
	Rules  []Outcome                `json:"rules"`
	// Findings are those of the worst rules first, the newest day first.
	Findings []Finding `json:"findings"`
}

// Outcome is how many findings a rule has.
type Outcome struct {
	Rule     string           `json:"rule"`
	Severity catalog.Severity `json:"severity"`
	Title    string           `json:"title"`
	Findings int              `json:"findings"`
}

// Finding is what broke a rule.
type Finding struct {
	Rule     string           `json:"rule"`
	Severity catalog.Severity `json:"severity"`
	Table    string           `json:"table"`
	Date     string           `json:"date"`
	UnitID   string           `json:"unit_id,omitempty"`
	Subject  string           `json:"subject,omitempty"`
	// Value and Expected are exact decimal numbers; empty where there is none.
	Value    string `json:"value,omitempty"`
	Expected string `json:"expected,omitempty"`
}

// Check runs the rules over the days from since on. Earlier days are what they compare with.
func Check(ctx context.Context, e query.Engine, rules []catalog.Check, since report.Date, now time.Time) (Result, error) {
	r := Result{CheckedAt: now.UTC(), Since: since, Counts: map[catalog.Severity]int{}, Rules: []Outcome{}, Findings: []Finding{}}
	for _, rule := range rules {
		found := 0
		statement := fmt.Sprintf(`SELECT table_name, dataset_date, unit_id, subject, value, expected FROM (
%s) AS found WHERE dataset_date >= DATE '%s' ORDER BY dataset_date DESC, unit_id, subject`, rule.SQL, since)
		err := e.Run(ctx, statement, query.EachRow(func(values []any) error {
			row, err := texts(values)
			if err == nil {
				found++
				r.Findings = append(r.Findings, Finding{rule.Name, rule.Severity, row[0], row[1], row[2], row[3], row[4], row[5]})
			}
			return err
		}))
		if err != nil {
			return r, fmt.Errorf("check %s: %w", rule.Name, err)
		}
		r.Rules = append(r.Rules, Outcome{rule.Name, rule.Severity, rule.Title, found})
		r.Counts[rule.Severity] += found
	}
	return r, nil
}

// texts are the values of a row as text; NULL is empty.
func texts(values []any) ([]string, error) {
	all := make([]string, len(values))
	for i, v := range values {
		if v == nil {
			continue
		}
		var err error
		if all[i], err = query.Text(v); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Save keeps a result in the dataset of a folder, in the place of the one before.
func Save(folder string, r Result) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode what the checks found: %w", err)
	}
	err = migrate.Folder(folder).Write(dataset.ChecksKey, func(to io.Writer) error { _, err := to.Write(append(content, '\n')); return err })
	if err != nil {
		return fmt.Errorf("keep what the checks found: %w", err)
	}
	return nil
}

// Last returns the last result that was kept in the dataset of a folder; ok is false when there is none.
func Last(folder string) (r Result, ok bool, err error) {
	content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(dataset.ChecksKey))) //nolint:gosec // G304: the folder is the person's to choose
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("read what the checks found: %w", err)
	}
	if err := json.Unmarshal(content, &r); err != nil {
		return r, false, fmt.Errorf("read what the checks found, in %s: %w", dataset.ChecksKey, err)
	}
	return r, true, nil
}

// Table is the operations table of what the checks found. It needs no ledger.
const Table = "checks"

// Rows returns the findings as rows of [Table].
func (r Result) Rows() [][]any {
	rows := make([][]any, len(r.Findings))
	for i, f := range r.Findings {
		rows[i] = []any{f.Rule, string(f.Severity), f.Table, f.Date, text(f.UnitID), text(f.Subject), text(f.Value), text(f.Expected), r.CheckedAt.Format(time.RFC3339)}
	}
	return rows
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
