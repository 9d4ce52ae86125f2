package monthly

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Days says which days were loaded. A [view.View] is one.
type Days interface {
	Coverage(ctx context.Context, f view.CoverageFilter) (view.Coverage, error)
	// Published returns the published days of a subscription in a window.
	Published(ctx context.Context, subscription string, days report.Window) ([]report.Partition, error)
}

// Reader computes reports.
type Reader struct {
	Days   Days
	Engine query.Engine
	Now    func() time.Time
}

// rows collects the result of a statement.
type rows struct {
	names  []string
	values [][]any
}

// Columns keeps the names.
func (r *rows) Columns(columns []query.Column) error {
	for _, c := range columns {
		r.names = append(r.names, c.Name)
	}
	return nil
}

// Row keeps the values.
func (r *rows) Row(values []any) error {
	r.values = append(r.values, values)
	return nil
}

// choose returns the columns in the order of a block.
func (r *rows) choose(columns []Column) ([][]any, error) {
	chosen := make([][]any, len(r.values))
	for _, c := range columns {
		at := slices.Index(r.names, c.Name)
		if at < 0 {
			return nil, fmt.Errorf("the answer has no column %s", c.Name)
		}
		for i, values := range r.values {
			v := values[at]
			if n, ok := number(v); ok {
				v = whole(n) // minutes come with six decimals
			}
			chosen[i] = append(chosen[i], v)
		}
	}
	return chosen, nil
}

// scope is which days an answer is about, and which property; nil: all.
type scope struct {
	days     report.Window
	property *Property
}

// asking finds the questions of the subjects.
func asking(subjects []subject) ([]subject, error) {
	questions, err := catalog.Questions()
	if err != nil {
		return nil, err
	}
	for n, s := range subjects {
		i := slices.IndexFunc(questions, func(q catalog.Question) bool { return q.Slug == s.question })
		if i < 0 {
			return nil, fmt.Errorf("there is no question %s", s.question)
		}
		subjects[n].asked = questions[i]
	}
	return subjects, nil
}

// tablesOf returns the tables whose numbers a question gives; where it only counts rows, those that it reads.
func tablesOf(q catalog.Question) []string {
	var tables []string
	for _, m := range q.Measures {
		if m.Table != "asp_campaigns" && !slices.Contains(tables, m.Table) {
			tables = append(tables, m.Table)
		}
	}
	if tables == nil {
		return q.Tables
	}
	return tables
}

// answerable reports whether a subscription collects what the subject needs.
func (s subject) answerable(c covered, of *Property) bool {
	return c.wants(tablesOf(s.asked)) && (!s.whole || of == nil)
}

// answer answers the question of one subject, and says how many of the days were loaded.
func (r Reader) answer(ctx context.Context, s subject, about scope, c covered) (Block, error) {
	b, err := r.block(ctx, s, about)
	if err != nil {
		return b, fmt.Errorf("%s: %w", s.title, err)
	}
	tables := tablesOf(s.asked)
	data := c.data(tables, about.days)
	if b.Data = &data; s.name == useByDay {
		b.Rows = c.everyDay(tables, about.days, b)
	}
	return b, nil
}

func (r Reader) block(ctx context.Context, s subject, about scope) (Block, error) {
	q, days := s.asked, about.days
	asked := catalog.Scope{From: days.From, To: days.To}
	command := fmt.Sprintf("bellhop analyses run %s --from %s --to %s", q.Slug, days.From, days.To)
	if about.property != nil {
		asked.Property = about.property.ID
		command += " --property " + about.property.ID
	}
	if s.adds == nil {
		s.adds = q.AddsUp
	}
	b := Block{Name: s.name, Title: s.title, Columns: s.columns, Caveat: q.Caveat, SQL: q.Statement(asked), Command: command, of: &s}
	found, err := r.run(ctx, b.SQL)
	if err != nil {
		return b, err
	}
	b.Rows, err = found.choose(b.Columns)
	return b, err
}

func (r Reader) run(ctx context.Context, statement string) (*rows, error) {
	found := &rows{values: [][]any{}}
	return found, r.Engine.Run(ctx, statement, found)
}

// covered reads the coverage of the days. Only names the subscriptions that count; nil means all.
func (r Reader) covered(ctx context.Context, days report.Window, only []string) (covered, error) {
	found, err := r.Days.Coverage(ctx, view.CoverageFilter{Days: days})
	if err != nil {
		return covered{}, err
	}
	if only != nil {
		found.Subscriptions = slices.DeleteFunc(found.Subscriptions, func(c view.Covered) bool { return !slices.Contains(only, c.Name) })
	}
	return covered{found.Subscriptions}, nil
}
