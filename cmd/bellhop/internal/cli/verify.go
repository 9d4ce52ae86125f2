package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
)

const verifyHelp = `Compare the dataset with the ledger, now: every published day must have its object, as it was published. A day whose
object is gone, or was replaced by another hand, is marked as missing; the planner asks for it again while the vendor still
has it. A day whose object is back is marked as there. The objects themselves are only listed.

An object among the tables that the ledger does not know is named: whoever reads the tables reads it, too. It is never deleted; see
what it is, and move it away.

The janitor does the same once a day; this command does not wait for that.

Exit code 3 when a day is gone or replaced, also when an earlier verification has found it, and when an object is unknown.`

func (a *app) verifyCommand() *cobra.Command {
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
			return usage("see which there are: bellhop tables", "--table: there is no table %q", v.Table)
		}
		return nil
	}
	c.RunE = answer(a, func(ctx context.Context, at Account, args []string) (view.Verification, error) {
		if at.Dataset == nil {
			return view.Verification{}, usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
		}
		if len(args) > 0 {
			v.Only = args[0]
		}
		return at.view.VerifyDataset(ctx, v)
	}, (*screen).verification, func(v view.Verification) int { return attention(len(v.Missing)+len(v.Unknown) > 0) })
	return c
}

func (s *screen) verification(v view.Verification) {
	s.line("%s compared with the dataset", count(v.Days, "published day"))
	if v.Returned > 0 {
		s.line("%s", s.paint(good, count(v.Returned, "day")+" are back as they were published"))
	}
	if v.Unsettled > 0 {
		s.line("%s changed meanwhile: run the command again", count(v.Unsettled, "day"))
	}
	if len(v.Missing) == 0 {
		s.line("%s", s.paint(good, "every published day is there"))
	} else {
		s.heading("MISSING")
		rows(s, "subscription|table|day|lost after|why", v.Missing, func(m view.MissingDay) []cell {
			until := m.LostAfter.String()
			if m.Expired {
				until += " (expired)"
			}
			return row(m.Subscription, m.Table, m.Date, until, m.Why)
		})
		s.line("")
		s.line("The requester asks for them again with its next run, while the vendor has them.")
	}
	if len(v.Unknown) == 0 {
		return
	}
	s.heading("UNKNOWN OBJECTS")
	rows(s, "object|>bytes|last modified", v.Unknown, func(o view.UnknownObject) []cell {
		return row(o.Key, number(o.Size), second(o.LastModified))
	})
	if v.MoreUnknown > 0 {
		s.line("and %d more", v.MoreUnknown)
	}
	s.line("")
	s.line("The ledger does not know them, and whoever reads the tables reads them, too. See what they are, and move them away.")
}

// warnOfVanished says on the error output which of the tables that a person reads lack days that were published. Only the
// dataset of the local folder has a ledger beside it; where that cannot be read, nothing is known of its days.
func (a *app) warnOfVanished(ctx context.Context, e EngineChoice, read func(table string) bool) {
	if e.Name != EngineDuckDB || e.Dataset != filepath.Join(a.place.Home, "s3", LocalDataset) {
		return
	}
	at, err := a.open(ctx, Place{Home: a.place.Home})
	if err != nil {
		return
	}
	defer func() { _ = at.Close() }() // only read from
	gone, err := at.view.Vanished(ctx)
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if read(name) {
			_ = write(a.Err, fmt.Sprintf("bellhop: %s of %s vanished from the dataset, so the answer lacks them\n  → see: bellhop verify\n", count(gone[name], "published day"), name))
		}
	}
}
