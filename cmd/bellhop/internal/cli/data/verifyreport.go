package data

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
)

const verifyReportHelp = `Compute the numbers of a frozen report again, and say which are not what they were, and which of the days that they
rest on changed since: restated by the vendor, come later, or gone. The file's own SHA-256 is checked first. The exit code is 3 when
anything changed.`

func verifyReportCommand(a *shell.App) *cobra.Command {
	var e shell.EngineChoice
	c := &cobra.Command{
		Use: "verify FILE", Short: "Compute a frozen report again, and say what changed", Long: verifyReportHelp, Args: shell.Exactly("FILE"),
		Example: "  bellhop report verify october.frozen.json\n  bellhop report verify october.frozen.json --json | jq '.restated[]'",
		PreRunE: func(*cobra.Command, []string) error { return a.CheckEngine(&e) },
	}
	e.DefineEngine(c)
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, args []string) (v monthly.Verification, err error) {
		frozen, err := thaw(args[0])
		if err != nil {
			return v, err
		}
		err = reading(ctx, a, at, e, func(r monthly.Reader) error {
			v, err = r.Verify(ctx, *frozen)
			return err
		})
		return v, err
	}, drawVerification, func(v monthly.Verification) int { return shell.Attention(len(v.Changed)+len(v.Restated) > 0) })
	return c
}

func drawVerification(s *shell.Screen, v monthly.Verification) {
	if len(v.Changed)+len(v.Restated) == 0 {
		s.Line("%s", s.Paint(shell.Good, "every number is what it was"))
		s.Line("%s rest on %s", phrase.Count(v.Numbers, "number"), phrase.Count(v.Days, "published day"))
		return
	}
	s.Heading("NUMBERS")
	s.Line("%d of %d are not what they were", len(v.Changed), v.Numbers)
	shell.Rows(s, "block|row|number|reported|now", v.Changed, func(c monthly.Changed) []shell.Cell {
		return shell.Row(c.Block, c.Row, c.Column, c.Old, c.New)
	})
	s.Heading("DAYS")
	shell.Rows(s, "day|table|measure|reported|now|loaded", v.Restated, func(r monthly.Restated) []shell.Cell {
		return shell.Row(r.Date.String(), r.Table, r.Measure, r.Old, r.New, phrase.Minute(r.At))
	})
}
