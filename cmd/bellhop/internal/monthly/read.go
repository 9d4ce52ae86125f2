package monthly

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
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

// Order says which report is wanted.
type Order struct {
	Month Month
	// Property is the id or the name of a property; all when it is empty.
	Property string
	// Earlier is an older report. A block of its own says what changed in its days since.
	Earlier *Frozen
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

// Report computes a report.
func (r Reader) Report(ctx context.Context, o Order) (Report, error) {
	made := Report{Month: o.Month, AsOf: r.Now().UTC(), Blocks: []Block{}, Without: []string{}}
	both := report.Window{From: o.Month.Before().Days().From, To: o.Month.Days().To}
	var feeding []string
	var err error
	if o.Property != "" {
		if made.Property, feeding, err = r.property(ctx, o.Property, both); err != nil {
			return made, err
		}
	}
	covered, err := r.covered(ctx, both, feeding)
	if err != nil {
		return made, err
	}
	asked, err := asking(subjects())
	if err != nil {
		return made, err
	}
	for _, s := range asked {
		if !s.answerable(covered, made.Property) {
			made.Without = append(made.Without, s.title)
			continue
		}
		b, err := r.answer(ctx, s, scope{o.Month.Days(), made.Property}, covered)
		if err != nil {
			return made, err
		}
		if s.name == useByDay {
			if err := r.headline(ctx, &made, b, covered); err != nil {
				return made, err
			}
		}
		made.Blocks = append(made.Blocks, b)
	}
	made.Blocks = append(made.Blocks, covered.block(o.Month.Days()))
	if o.Earlier != nil {
		since, err := r.restated(ctx, *o.Earlier)
		if err != nil {
			return made, err
		}
		made.Blocks = append(made.Blocks, restatedBlock(*o.Earlier, since))
	}
	return made, nil
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

// propertiesOf selects the properties of some days, with the subscriptions that report them.
func propertiesOf(days report.Window) string {
	return fmt.Sprintf(`SELECT property_id, max_by(property_name, dataset_date) AS property_name, subscription
FROM asp_device
WHERE dataset_date BETWEEN DATE '%s' AND DATE '%s' AND property_id IS NOT NULL
GROUP BY property_id, subscription
ORDER BY property_id, subscription`, days.From, days.To)
}

// Properties returns the properties that have rows in some days.
func (r Reader) Properties(ctx context.Context, days report.Window) ([]Property, error) {
	found, err := r.run(ctx, propertiesOf(days))
	if err != nil {
		return nil, err
	}
	var all []Property
	for _, row := range found.values {
		p := Property{fmt.Sprint(row[0]), fmt.Sprint(row[1])}
		if n := len(all); n == 0 || all[n-1].ID != p.ID {
			all = append(all, p)
		}
	}
	return all, nil
}

// property finds a property by its id or its name, and which subscriptions report it.
func (r Reader) property(ctx context.Context, named string, days report.Window) (*Property, []string, error) {
	found, err := r.run(ctx, propertiesOf(days))
	if err != nil {
		return nil, nil, err
	}
	var property *Property
	var feeding, known []string
	for _, row := range found.values {
		id, name := row[0].(string), fmt.Sprint(row[1]) //nolint:errcheck,forcetypeassert // the statement leaves NULL out, and an id is text
		known = append(known, name)
		if id != named && !strings.EqualFold(name, named) {
			continue
		}
		if property != nil && property.ID != id {
			return nil, nil, &phrase.Problem{Err: fmt.Errorf("several properties are called %q", named), Remedy: "name one by its id: " + property.ID + " or " + id}
		}
		property = &Property{id, name}
		feeding = append(feeding, fmt.Sprint(row[2]))
	}
	if property != nil {
		return property, feeding, nil
	}
	remedy := "asp_device has no property from " + days.From.String() + " to " + days.To.String()
	if known = slices.Compact(known); len(known) > 0 {
		remedy = "known properties: " + strings.Join(known, "; ")
	}
	return nil, nil, &phrase.Problem{Err: errors.New("no property is called " + named), Remedy: remedy}
}
