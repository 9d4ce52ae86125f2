package data

import (
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// CheckCommand checks the numbers.
func CheckCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "check", Aliases: []string{"checks"}, Short: "Check the numbers by rules: list, run",
		Long: `Rules that the numbers should obey, each with a severity:

  bad    the numbers contradict each other, such as more taps than impressions
  warn   worth a look, such as a property's day with less than half of its usual value
  info   worth knowing, such as an intent that was never seen before

What the last run found is kept in the dataset, as the table operations.checks.`,
	}, checkListCommand(a), checkRunCommand(a))
}

// checked is a rule, with what it found last. Findings is nil for one that never ran.
type checked struct {
	catalog.Check
	Findings  *int      `json:"findings"`
	CheckedAt time.Time `json:"checked_at,omitzero"`
}

func checkListCommand(a *shell.App) *cobra.Command {
	var e shell.EngineChoice
	c := &cobra.Command{
		Use: "list", Short: "List the rules, with what each found last", Args: cobra.NoArgs,
		Example: "  bellhop check list\n  bellhop check list --json | jq -r '.[].sql'",
	}
	e.Define(c.Flags())
	c.PreRunE = func(*cobra.Command, []string) error { return checkFolder(a, &e) }
	c.RunE = a.Run(func(*cobra.Command, []string) error {
		rules, err := catalog.Checks()
		if err != nil {
			return err
		}
		last, ran, err := quality.Last(e.Dataset)
		if err != nil {
			return err
		}
		all := make([]checked, len(rules))
		for i, r := range rules {
			all[i].Check = r
			if at := slices.IndexFunc(last.Rules, func(o quality.Outcome) bool { return o.Rule == r.Name }); at >= 0 {
				all[i].Findings, all[i].CheckedAt = &last.Rules[at].Findings, last.CheckedAt
			}
		}
		return a.Show(all, func(s *shell.Screen) {
			shell.Rows(s, "rule|severity|what|>found", all, func(c checked) []shell.Cell {
				found := shell.Toned("", shell.Plain)
				if c.Findings != nil {
					found = shell.Toned(strconv.Itoa(*c.Findings), foundTone(c.Severity, *c.Findings))
				}
				return shell.Row(shell.Toned(c.Name, shell.Strong), c.Severity, c.Title, found)
			})
			s.Line("")
			if ran {
				s.Line("found %s, in the days from %s on", phrase.Minute(last.CheckedAt), last.Since)
			} else {
				s.Line("they never ran here: bellhop check run")
			}
		})
	})
	return c
}

func checkRunCommand(a *shell.App) *cobra.Command {
	var e shell.EngineChoice
	var dryRun bool
	since := shell.Days(35)
	c := &cobra.Command{
		Use: "run [RULE...]", Short: "Run the rules over the dataset, and keep what they find",
		Long: `Run the rules, or those that are named, over the newest days of the dataset in a folder, with DuckDB. A run
of all rules replaces the findings that the run before kept beside the tables; a run of some rules only shows
what it found.

Exit code 3 when a rule of the severity bad or warn found something.`,
		Example: `  bellhop check run
  bellhop check run --since 90d
  bellhop check run rollup-residual
  bellhop query "SELECT * FROM operations.checks WHERE severity = 'bad'"`,
	}
	e.Define(c.Flags())
	c.Flags().Var(&since, "since", "how many days back the rules look")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "keep nothing")
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return ruleNames(), cobra.ShellCompDirectiveNoFileComp
	}
	var rules []catalog.Check
	c.PreRunE = func(_ *cobra.Command, args []string) (err error) {
		if rules, err = chosenRules(args); err != nil {
			return err
		}
		return checkFolder(a, &e)
	}
	c.RunE = a.Run(func(cmd *cobra.Command, args []string) error {
		now, err := a.TimeOf(cmd.Context(), e)
		if err != nil {
			return err
		}
		var r quality.Result
		err = a.WithEngine(cmd.Context(), e, func(engine shell.QueryEngine) error {
			r, err = quality.Check(cmd.Context(), engine, rules, report.DateOf(now)-report.Date(since), now)
			return err
		})
		if err != nil {
			return err
		}
		if len(args) == 0 && !dryRun {
			if err := quality.Save(e.Dataset, r); err != nil {
				return err
			}
		}
		if err := a.Show(r, func(s *shell.Screen) { drawFindings(s, r) }); err != nil || r.Counts[catalog.Bad]+r.Counts[catalog.Warn] == 0 {
			return err
		}
		return shell.Exit(shell.ExitAttention)
	})
	return c
}

// checkFolder chooses DuckDB over a folder.
func checkFolder(a *shell.App, e *shell.EngineChoice) error {
	e.Name = shell.EngineDuckDB
	return a.CheckEngine(e)
}

func ruleNames() []cobra.Completion {
	rules, err := catalog.Checks()
	if err != nil {
		return nil
	}
	return shell.Each(rules, func(r catalog.Check) cobra.Completion { return cobra.CompletionWithDesc(r.Name, r.Title) })
}

// chosenRules returns the named rules, or all.
func chosenRules(names []string) ([]catalog.Check, error) {
	rules, err := catalog.Checks()
	if err != nil || len(names) == 0 {
		return rules, err
	}
	var chosen []catalog.Check
	for _, name := range names {
		at := slices.IndexFunc(rules, func(r catalog.Check) bool { return r.Name == name })
		if at < 0 {
			return nil, shell.Usage("see which there are: bellhop check list", "no rule is called %q", name)
		}
		chosen = append(chosen, rules[at])
	}
	return chosen, nil
}

// foundTone is how a number of findings is meant.
func foundTone(severity catalog.Severity, findings int) shell.Tone {
	if findings == 0 {
		return shell.Good
	}
	return shell.SeverityTone(severity)
}

func drawFindings(s *shell.Screen, r quality.Result) {
	if len(r.Findings) > 0 {
		shell.Rows(s, "severity|rule|day|table|unit|subject|>value|>expected", r.Findings, func(f quality.Finding) []shell.Cell {
			return shell.Row(shell.Toned(string(f.Severity), shell.SeverityTone(f.Severity)), f.Rule, f.Date, f.Table, f.UnitID, f.Subject, f.Value, f.Expected)
		})
		s.Line("")
	}
	s.Line("%s found, in the days from %s on", shell.Counts(s, catalog.Severities(), r.Counts, shell.SeverityTone), r.Since)
}
