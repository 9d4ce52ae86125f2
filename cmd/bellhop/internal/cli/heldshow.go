package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) showHeldCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show SUBSCRIPTION TABLE DATE", Short: "Show what a held report has, beside the published day", Args: heldArgs,
		Long: `Show the rows of the published day and of the held report, and for each measure how many cells have a number and what
they add up to, over LEAF rows. A day that an older release loaded has sums over all rows only.`,
		Example: "  bellhop held show hotel asp_device 2026-11-14\n" +
			"  bellhop held show hotel asp_device 2026-11-14 --json | jq '.measures[] | select(.fell)'",
		RunE: a.on(func(ctx context.Context, at Account, args []string) error {
			partition, err := findHeld(ctx, at, args)
			if err != nil {
				return err
			}
			shown := comparedDay{heldDay: heldAs(partition), Measures: []comparedMeasure{}}
			for _, c := range partition.Changes(partition.Held.Rows, partition.Held.Figures, partition.Held.Sums) {
				shown.Measures = append(shown.Measures, compared(c, partition.Held.Fell))
			}
			return a.show(shown, func(s *screen) { s.heldReport(shown) })
		}),
	}
}

// comparedDay is a day of which a report is held, with the numbers of both.
type comparedDay struct {
	heldDay
	// Measures are none where the held report's record is of a release that did not count them.
	Measures []comparedMeasure `json:"measures"`
}

// comparedMeasure is a measure of the published day and of the held report.
type comparedMeasure struct {
	Measure string `json:"measure"`
	// Fell is true when the report is held because of this measure.
	Fell bool `json:"fell"`
	// Values and HeldValues are null where they were not counted; the sums are over all rows then.
	Values     *int64 `json:"values"`
	HeldValues *int64 `json:"held_values"`
	Sum        string `json:"sum"`
	HeldSum    string `json:"held_sum"`
}

func compared(c report.Change, fell []string) comparedMeasure {
	m := comparedMeasure{Measure: c.Measure, Fell: slices.Contains(fell, c.Measure), Sum: c.Before.Sum, HeldSum: c.After.Sum}
	if c.Before.Values != report.Uncounted {
		m.Values, m.HeldValues = &c.Before.Values, &c.After.Values
	}
	return m
}

func (s *screen) heldReport(d comparedDay) {
	s.facts(
		cell{"day", plain}, cell{fmt.Sprintf("%s of %s of %s", d.Date, d.Table, d.Subscription), strong},
		cell{"held because", plain}, cell{d.Why, bad},
		cell{"held since", plain}, cell{minute(d.HeldAt), waiting},
		cell{"asked", plain}, cell{minute(d.AskedAt), plain},
		cell{"job", plain}, cell{d.Job, plain},
		cell{"file", plain}, cell{d.File, plain},
	)
	s.line("")
	row := func(measure, what, before, after string, fell bool) []cell {
		t := plain
		if fell {
			t = bad
		}
		return []cell{{measure, t}, {what, plain}, {before, plain}, {after, t}, {percent(before, after), t}}
	}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	rows := [][]cell{row("", "rows", whole(d.Rows), whole(d.HeldRows), slices.Contains(d.Fell, report.FellRows))}
	for _, m := range d.Measures {
		if m.Values != nil {
			rows = append(rows,
				row(m.Measure, "values", whole(*m.Values), whole(*m.HeldValues), m.Fell),
				row(m.Measure, "sum", m.Sum, m.HeldSum, m.Fell))
			continue
		}
		rows = append(rows, row(m.Measure, "sum of all rows", m.Sum, m.HeldSum, m.Fell))
	}
	s.table("", []string{"measure", "what", "published", "held", "change"}, []string{"published", "held", "change"}, rows)
	s.line("")
	words := strings.Join([]string{d.Subscription, d.Table, d.Date.String()}, " ")
	s.line("publish it: bellhop held accept %s · forget it: bellhop held drop %s", words, words)
}

// percent says by how much a number changed, in percent of what it was; nothing when it did not, or was nothing.
func percent(before, after string) string {
	b, err := strconv.ParseFloat(before, 64)
	a, err2 := strconv.ParseFloat(after, 64)
	if err != nil || err2 != nil || b <= 0 || a == b {
		return ""
	}
	return fmt.Sprintf("%+.1f %%", (a/b-1)*100)
}
