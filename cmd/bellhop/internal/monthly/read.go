package monthly

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Order says which report is wanted.
type Order struct {
	Month Month
	// Property is the id or the name of a property; all when it is empty.
	Property string
	// Earlier is an older report. A block of its own says what changed in its days since.
	Earlier *Frozen
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

// Answers are blocks about any days, and the titles of those left out because no subscription collects their data.
type Answers struct {
	Blocks  []Block
	Without []string
}

// Answers computes the named blocks about some days, and about one property by its id or its name, or about all. The names are those
// of a report's blocks, and of [Reader.Answers] alone: [RoomsByDay], adoption, weeks, reach, failures, sessions, skill-intents, care-by-property,
// funnel, messages and wellbeing.
func (r Reader) Answers(ctx context.Context, names []string, days report.Window, property string) (Answers, error) {
	var made Answers
	about := scope{days: days}
	var feeding []string
	var err error
	if property != "" {
		if about.property, feeding, err = r.property(ctx, property, days); err != nil {
			return made, err
		}
	}
	covered, err := r.covered(ctx, days, feeding)
	if err != nil {
		return made, err
	}
	asked, err := asking(append(subjects(), others()...))
	if err != nil {
		return made, err
	}
	for _, name := range names {
		i := slices.IndexFunc(asked, func(s subject) bool { return s.name == name })
		if i < 0 {
			return made, fmt.Errorf("there is no block %s", name)
		}
		if !asked[i].answerable(covered, about.property) {
			made.Without = append(made.Without, asked[i].title)
			continue
		}
		b, err := r.answer(ctx, asked[i], about, covered)
		if err != nil {
			return made, err
		}
		made.Blocks = append(made.Blocks, b)
	}
	return made, nil
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
