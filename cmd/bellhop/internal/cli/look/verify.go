package look

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
)

const verifyHelp = `Compare the dataset with the ledger, now: every published day must have its object, as it was published. A day whose
object is gone, or was replaced by something other than bellhop, is marked as missing; the planner asks for it again while the vendor still
has it. A day whose object is back is marked as there. The objects themselves are only listed.

The command names each object among the tables that the ledger does not know, because a reader of the tables reads it, too.
It never deletes such an object: see what it is, and move it away.

The janitor does the same once a day; this command does not wait for that.

Exit code 3 when a day is gone or replaced, also when an earlier verification has found it, and when an object is unknown.`

// VerifyCommand is bellhop verify.
func VerifyCommand(a *shell.App) *cobra.Command {
	var v janitor.Verifier
	c := &cobra.Command{
		Use: "verify [SUBSCRIPTION]", Short: "Compare the dataset with the ledger: is every published day there?", Long: verifyHelp,
		Example: "  bellhop verify\n  bellhop verify hotel --table asp_device --dry-run\n  bellhop verify --stack bellhop --json | jq '.missing[].key'",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&v.Table, "table", "", "only one `table`")
	c.Flags().BoolVar(&v.DryRun, "dry-run", false, "say what is missing without marking it")
	c.PreRunE = func(*cobra.Command, []string) error {
		if _, known := dataset.Lookup(v.Table); v.Table != "" && !known {
			return shell.Usage("see which there are: bellhop tables", "--table: there is no table %q", v.Table)
		}
		return nil
	}
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, args []string) (view.Verification, error) {
		if at.Dataset == nil {
			return view.Verification{}, shell.NoDataset()
		}
		if len(args) > 0 {
			v.Only = args[0]
		}
		return at.View.VerifyDataset(ctx, v)
	}, drawVerification, func(v view.Verification) int { return shell.Attention(len(v.Missing)+len(v.Unknown) > 0) })
	return c
}

func drawVerification(s *shell.Screen, v view.Verification) {
	s.Line("%s compared with the dataset", phrase.Count(v.Days, "published day"))
	if v.Returned > 0 {
		s.Line("%s", s.Paint(shell.Good, phrase.Count(v.Returned, "day")+" are back as they were published"))
	}
	if v.Unsettled > 0 {
		s.Line("%s changed meanwhile: run the command again", phrase.Count(v.Unsettled, "day"))
	}
	if len(v.Missing) == 0 {
		s.Line("%s", s.Paint(shell.Good, "every published day is there"))
	} else {
		s.Heading("MISSING")
		shell.Rows(s, "subscription|table|day|lost after|why", v.Missing, func(m view.MissingDay) []shell.Cell {
			until := m.LostAfter.String()
			if m.Expired {
				until += " (expired)"
			}
			return shell.Row(m.Subscription, m.Table, m.Date, until, m.Why)
		})
		s.Line("")
		s.Line("The requester asks for them again with its next run, while the vendor has them.")
	}
	if len(v.Unknown) == 0 {
		return
	}
	s.Heading("UNKNOWN OBJECTS")
	shell.Rows(s, "object|>bytes|last modified", v.Unknown, func(o view.UnknownObject) []shell.Cell {
		return shell.Row(o.Key, phrase.Number(o.Size), phrase.Second(o.LastModified))
	})
	if v.MoreUnknown > 0 {
		s.Line("and %d more", v.MoreUnknown)
	}
	s.Line("")
	s.Line("The ledger does not know them, but a reader of the tables reads them, too. See what they are, and move them away.")
}
