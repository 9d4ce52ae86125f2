package data

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const explainHelp = `Show where a number comes from: the rows of one unit on one day, and behind them the partition that they are in
(one day of one table of one subscription: one Parquet file),
the delivered file with its SHA-256, the job that asked for it with the vendor's id of that request, and the
certificate of the file's deletion. If the day is not there, it says why.

UNIT is the unit's id, or its name if no other unit has the same name on that day. When several subscriptions
report the unit, each is shown, and which of them the default view takes.`

// ExplainCommand is bellhop explain.
func ExplainCommand(a *shell.App) *cobra.Command {
	var q view.Question
	c := &cobra.Command{
		Use: "explain TABLE UNIT DATE", Short: "Where a number comes from, back to the vendor's request", Long: explainHelp,
		Example: `  bellhop explain asp_device amzn1.alexa.unit.did.EXAMPLE 2026-11-01
  bellhop explain asp_device "Room 101" 2026-11-01 --json | jq '.subscriptions[].certificate'`,
	}
	c.Flags().StringVar(&q.Subscription, "subscription", "", "only one subscription, by its `name`")
	c.Args = func(cmd *cobra.Command, args []string) (err error) {
		if len(args) != 3 {
			return shell.Usage("see: "+cmd.CommandPath()+" --help", "%s needs a TABLE, a UNIT and a DATE, and got %d words", cmd.CommandPath(), len(args))
		}
		var known bool
		if q.Table, known = dataset.Lookup(args[0]); !known {
			return shell.UnknownTable(args[0])
		}
		if q.Date, err = report.ParseDate(args[2]); err != nil {
			return shell.Usage("write it like 2026-11-01", "DATE: %w", err)
		}
		if !q.Table.HasUnits() {
			return shell.Usage("ask for its rows: bellhop query \"FROM raw."+q.Table.Name+" WHERE dataset_date = '"+q.Date.String()+"'\"",
				"the rows of %s are of no units", q.Table.Name)
		}
		q.Unit = args[1]
		return nil
	}
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (view.Explanation, error) {
		return at.View.Explain(ctx, q)
	}, func(s *shell.Screen, e view.Explanation) { drawExplanation(s, e, q) }, nil)
	return c
}

// drawExplanation writes an explanation from the number back to the vendor.
func drawExplanation(s *shell.Screen, e view.Explanation, q view.Question) {
	s.Facts("table", shell.Toned(e.Table, shell.Strong), "unit", cmp.Or(e.UnitID, q.Unit), "day", e.Date)
	for _, one := range e.Subscriptions {
		heading := "SUBSCRIPTION " + one.Subscription
		if one.Taken && len(e.Subscriptions) > 1 {
			heading += " (the default view takes this one)"
		}
		s.Heading(heading)
		drawOrigin(s, one, q.Table)
	}
}

func drawOrigin(s *shell.Screen, o view.Origin, d dataset.Definition) {
	status := shell.Toned("not wanted", shell.Quiet)
	if o.Coverage != "" {
		status = shell.Toned(string(o.Coverage), shell.CoverageTone(o.Coverage))
	}
	s.Facts("status", status, "why", o.Why)
	p := o.Partition
	if p == nil {
		return
	}
	drawUnitRows(s, o, d)
	restated, held := "", shell.Cell{Tone: shell.Waiting}
	if p.Restated > 0 {
		restated = phrase.Count(p.Restated, "time")
	}
	if p.Held != nil {
		held.Text = "a newer report waits for a decision: " + p.Held.Why
	}
	facts := []any{
		"partition", p.Key, "ETag", p.ETag, "rows of all units", phrase.Number(p.Rows), "report requested", phrase.Second(p.Generation),
		"loaded", phrase.Second(p.LoadedAt), "replaced since", restated, "held", held,
	}
	if f := o.File; f != nil {
		facts = append(facts, "file", f.Key+" ("+string(f.Status)+")", "SHA-256", f.SHA256, "bytes", phrase.Number(f.Bytes), "delivered", phrase.Second(f.DeliveredAt))
	}
	if j := o.Job; j != nil {
		facts = append(facts, "job", fmt.Sprintf("%s (%s, %s)", j.ID, j.Status, j.Window), "asked", phrase.Second(j.SubmittedAt), "vendor's request", j.VendorRequestID)
	}
	switch c := o.Certificate; {
	case c != nil:
		facts = append(facts, "deleted", shell.Toned(phrase.Second(c.DeletedAt), shell.Good),
			"found gone", shell.Toned(phrase.Second(c.VerifiedAt)+", "+phrase.Span(c.Exposure())+" after its delivery", shell.Good))
	case o.File != nil:
		facts = append(facts, "deleted", shell.Toned("no certificate yet", shell.Waiting))
	}
	s.Facts(facts...)
}

// drawUnitRows writes the dimensions and measures of the unit's rows.
func drawUnitRows(s *shell.Screen, o view.Origin, d dataset.Definition) {
	if len(o.Rows) == 0 {
		if o.Partition.Rows > 0 {
			s.Line("No row of this unit was reported on that day, or the dataset cannot be read from here.")
		}
		return
	}
	shown := []string{"unit_name", "row_scope"}
	for _, c := range append(d.Dimensions(), d.Measures()...) {
		shown = append(shown, c.Name)
	}
	columns, values := make([]query.Column, len(shown)), make([][]any, len(o.Rows))
	for i, name := range shown {
		columns[i].Name = name
		for r, unit := range o.Rows {
			values[r] = append(values[r], unit.Member(name))
		}
	}
	if s.Fitting(0, shown, shell.ValueTexts(values)) < len(shown) {
		s.Records(columns, values)
		return
	}
	s.Values(columns, values)
}
