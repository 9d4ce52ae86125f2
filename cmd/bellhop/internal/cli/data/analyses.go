package data

import (
	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/internal/catalog"
)

// AnalysesCommand is bellhop analyses.
func AnalysesCommand(a *shell.App) *cobra.Command {
	c := &cobra.Command{
		Use: "analyses", Aliases: []string{"analysis"}, Short: "Questions with their queries: list, show, run",
		Long: `The questions that people who run voice assistants ask, each with a query that obeys what may be added up. They are the
saved queries of a stack's Athena workgroup, too.`,
	}
	a.Parent(c)
	var o queryOrder
	run := &cobra.Command{
		Use: "run NAME", Short: "Answer one of the questions", Args: shell.Exactly("NAME"),
		Example: "  bellhop analyses run campaign-click-through\n  bellhop analyses run skill-failure-rate -o failures.csv",
		PreRunE: func(*cobra.Command, []string) error { return checkQuery(a, &o) },
		RunE: a.Run(func(cmd *cobra.Command, args []string) error {
			q, err := shell.Question(args[0])
			if err == nil && o.engine.Name == shell.EngineAthena && q.Athena() != q.SQL {
				err = shell.Usage("run the saved query of that name in Athena's console", "%s asks the database of all rows, whose name only the stack knows", q.Slug)
			}
			if err != nil {
				return err
			}
			return runQuery(cmd.Context(), a, o, q.SQL)
		}),
	}
	o.define(run.Flags())
	c.AddCommand(run, &cobra.Command{
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
	}, &cobra.Command{
		Use: "show NAME", Short: "Show a question's query and what to know about it", Args: shell.Exactly("NAME"),
		Example: "  bellhop analyses show skill-failure-rate",
		RunE: a.Run(func(_ *cobra.Command, args []string) error {
			q, err := shell.Question(args[0])
			if err != nil {
				return err
			}
			return a.Show(q, func(s *shell.Screen) {
				s.Line("%s\n%s\n\n%s", s.Paint(shell.Strong, q.Name), q.Meaning, shell.Painted(q.SQL))
			})
		}),
	})
	return c
}
