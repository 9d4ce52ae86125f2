package data

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// askedOf is what a question is asked about, as a command line says it.
type askedOf struct{ from, to, property string }

func (o *askedOf) define(f *pflag.FlagSet) {
	f.StringVar(&o.from, "from", "", "the first `day`, YYYY-MM-DD (default: as many days back as the question has)")
	f.StringVar(&o.to, "to", "", "the last `day`, YYYY-MM-DD (default: today)")
	f.StringVar(&o.property, "property", "", "only one property, by its `id` (property_id)")
}

// scope returns the question of that name, and what it is asked about.
func (o *askedOf) scope(name string) (q catalog.Question, s catalog.Scope, err error) {
	if q, err = shell.Question(name); err != nil {
		return q, s, err
	}
	days, err := shell.ParseDays(o.from, o.to)
	if err != nil {
		return q, s, err
	}
	s.From, s.To = days.From, days.To
	if s.Property = o.property; s.Property != "" && !q.ByProperty {
		return q, s, shell.Usage("leave --property out", "%s cannot be asked about one property", q.Slug)
	}
	return q, s, nil
}

// AnalysesCommand is bellhop analyses.
func AnalysesCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "analyses", Aliases: []string{"analysis"}, Short: "Questions with their queries: list, show, run",
		Long: `The questions that people who run voice assistants ask, each with a query that obeys what may be added up. They are the
saved queries of a stack's Athena workgroup, too.`,
	}, runAnalysis(a), listAnalyses(a), showAnalysis(a))
}

func runAnalysis(a *shell.App) *cobra.Command {
	var o queryOrder
	var about askedOf
	c := &cobra.Command{
		Use: "run NAME", Short: "Answer one of the questions", Args: shell.Exactly("NAME"),
		Long: `Answer one of the questions, about the days and the property that you name. It takes the flags of bellhop query, too.
A question about bellhop's own work, such as restatement-log, reads the ledger in DuckDB; in Athena it reads what
"bellhop operations publish" wrote last.`,
		Example: `  bellhop analyses run campaign-click-through
  bellhop analyses run silent-units --from 2026-10-01 --to 2026-10-31 --property amzn1.alexa.unit.did.…
  bellhop analyses run skill-failure-rate -o failures.csv`,
		PreRunE: func(*cobra.Command, []string) error { return checkQuery(a, &o) },
	}
	c.RunE = a.Run(func(cmd *cobra.Command, args []string) error {
		q, s, err := about.scope(args[0])
		switch {
		case err != nil:
			return err
		case o.engine.Name != shell.EngineAthena:
			return runQuery(cmd.Context(), a, o, q.Statement(s))
		case q.OfAllRows():
			return shell.Usage("run the saved query of that name in Athena's console", "%s asks the database of all rows, whose name only the stack knows", q.Slug)
		default:
			return runQuery(cmd.Context(), a, o, q.InAthena(s))
		}
	})
	o.define(c)
	about.define(c.Flags())
	return c
}

func listAnalyses(a *shell.App) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the questions", Args: cobra.NoArgs, Example: "  bellhop analyses list",
		RunE: a.Run(func(*cobra.Command, []string) error {
			all, err := catalog.Questions()
			if err != nil {
				return err
			}
			return a.Show(all, func(s *shell.Screen) {
				shell.Rows(s, "name|question", all, func(q catalog.Question) []shell.Cell { return shell.Row(shell.Toned(q.Slug, shell.Strong), q.Name) })
			})
		}),
	}
}

// shownAnalysis is a question with how much of what it asks about is there.
type shownAnalysis struct {
	catalog.Question
	// Coverage is nil where there is no ledger beside the dataset.
	Coverage []view.Present `json:"coverage"`
}

func showAnalysis(a *shell.App) *cobra.Command {
	var about askedOf
	c := &cobra.Command{
		Use: "show NAME", Short: "Show a question's query and what to know about it", Args: shell.Exactly("NAME"),
		Long: `Show what a question asks, what its answer does not say, which of its columns may be added up, how many of the
days are loaded, and the query, as bellhop analyses run would run it with the same flags.`,
		Example: "  bellhop analyses show skill-failure-rate\n  bellhop analyses show silent-units --from 2026-10-01 --to 2026-10-31",
	}
	about.define(c.Flags())
	c.RunE = a.Run(func(cmd *cobra.Command, args []string) error {
		q, s, err := about.scope(args[0])
		if err != nil {
			return err
		}
		shown := shownAnalysis{Question: q}
		shown.SQL = q.Statement(s)
		if shown.Coverage, err = present(cmd.Context(), a, q, s); err != nil {
			return err
		}
		return a.Show(shown, func(screen *shell.Screen) { analysis(screen, shown) })
	})
	return c
}

// present counts the days of a question's tables that are there. A local folder need not have a ledger.
func present(ctx context.Context, a *shell.App, q catalog.Question, s catalog.Scope) ([]view.Present, error) {
	place, err := a.Where()
	if err != nil {
		return nil, err
	}
	at, err := a.OpenAccount(ctx, place)
	if err != nil && !place.AWS {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = at.Close() }() // only read from
	days := report.Window{From: s.From, To: s.To}
	if days.To == 0 {
		days.To = report.DateOf(a.Time())
	}
	if days.From == 0 {
		days.From = days.To - report.Date(q.Days) + 1
	}
	return at.View.Present(ctx, q.Tables, days)
}

func analysis(s *shell.Screen, shown shownAnalysis) {
	s.Line("%s", s.Paint(shell.Strong, shown.Name))
	s.Wrapped("", shown.Meaning)
	s.Heading("WHAT IT DOES NOT SAY")
	s.Wrapped("", shown.Caveat)
	s.Heading("WHAT ADDS UP")
	if len(shown.AddsUp) > 0 {
		s.Line("over the rows of the answer: %s; no other column does", strings.Join(shown.AddsUp, ", "))
	} else {
		s.Line("no column of the answer")
	}
	for _, m := range shown.Measures {
		s.Line("%s.%s  %s", m.Table, m.Column, s.Paint(shell.Quiet, string(m.Additivity)))
	}
	s.Heading("WHAT IS THERE")
	if shown.Coverage == nil {
		s.Line("not known: there is no ledger here")
	}
	for _, p := range shown.Coverage {
		tone, last := shell.Good, ""
		if p.There < p.Days {
			tone = shell.Waiting
		}
		if p.Until != nil {
			last = ", the last is " + p.Until.String()
		}
		s.Line("%s  %s of %s are there%s", p.Table, s.Paint(tone, strconv.Itoa(p.There)), phrase.Count(p.Days, "day"), last)
	}
	s.Heading("SQL")
	s.Line("%s", shell.Painted(shown.SQL))
}
