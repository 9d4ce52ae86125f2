package act

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/erase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const eraseHelp = `Erase a unit, such as the room of a resident, from the dataset: from published days, reports that are held or wait for
their other files, tables of "bellhop map", and all older versions that the bucket keeps. The rows of units below it go
too. From then on each load leaves the unit out, so that no restatement, backfill or replay brings it back.

The ledger keeps a hash of the id, and a certificate in the chain that "bellhop privacy verify" checks. A day without
any other row becomes a day without rows (ZERO), all others keep their status. The command waits for loads that began
before it. It may be stopped with Ctrl-C and run again: what is done stays done, and a repeat changes nothing.

What stays:
  sums of units above    The row of a house or a property is the vendor's own sum: it still counts the unit. Where the
                         unit was the only one below, that sum is the unit's own.
  raw files              They go as all files do: loaded without the unit, then deleted. A quarantined file stays until
                         its hold ends. The answer says how many there are, and until when.
  what left bellhop      Exports, CSV, report.html, frozen reports, copies that people made, folders of "bellhop ingest", and
                         for 7 days Athena's answers: bellhop does not know these. Delete them yourself.

On a stack, deploy this version first: an older ingester does not know of erasures. The id is in your shell's history
afterwards. After the ledger was restored to a time before the erasure, run it again. Exit code 5 when objects were left as they are.`

// EraseCommand is bellhop privacy erase.
func EraseCommand(a *shell.App) *cobra.Command {
	var unit string
	var dryRun, confirmed bool
	c := &cobra.Command{
		Use: "erase", Short: "Erase one unit from the dataset, for good", Long: eraseHelp, Args: cobra.NoArgs,
		Example: `  bellhop privacy erase --unit amzn1.alexa.unit.did.EXAMPLE --dry-run
  bellhop privacy erase --unit amzn1.alexa.unit.did.EXAMPLE --stack bellhop --confirm --json > erased.json`,
	}
	c.Flags().StringVar(&unit, "unit", "", "the `id` of the unit, as the dataset has it")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "look at everything and count, without doing it")
	c.Flags().BoolVar(&confirmed, "confirm", false, "do not ask")
	c.PreRunE = func(*cobra.Command, []string) error {
		if strings.TrimSpace(unit) == "" {
			return shell.Usage("find it with: bellhop query 'SELECT DISTINCT unit_id, unit_name FROM asp_device'", "name the unit with --unit")
		}
		return nil
	}
	c.RunE = a.On(func(ctx context.Context, at shell.Account, _ []string) (err error) {
		if at.Erasing == nil {
			return shell.NoDataset()
		}
		if err := notSubscribed(ctx, at, unit); err != nil {
			return err
		}
		if err := a.Confirm(dryRun || confirmed, "Erase this unit and all below it from the dataset, for good? [y/N] "); err != nil {
			return err
		}
		tell, done := a.Passing()
		defer done()
		s, closing, err := at.Erasing(ctx, func(done, total int) {
			tell("looking: %s of %s", phrase.Number(int64(done)), phrase.Count(total, "object"))
		}, func(loads int) { tell("waiting for %s that began before", phrase.Count(loads, "load")) })
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closing()) }()
		sum, err := s.Run(ctx, unit, dryRun)
		done()
		if err != nil {
			return err
		}
		return showErased(a, sum)
	})
	return c
}

// notSubscribed refuses a unit that a subscription asks for by its id: the ledger would keep the id, and ask for the unit again.
func notSubscribed(ctx context.Context, at shell.Account, unit string) error {
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, sub := range subs {
		for value := range maps.Values(sub.Params) {
			if slices.Contains(strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }), strings.TrimSpace(unit)) {
				return shell.Refuse("remove it first: bellhop subscriptions remove "+sub.Name+" --drop-dataset", "subscription %s asks for this very unit: nothing was done", sub.Name)
			}
		}
	}
	return nil
}

func showErased(a *shell.App, sum erase.Summary) error {
	if err := a.Show(sum, func(s *shell.Screen) { drawErased(s, sum) }); err != nil || len(sum.Failed) == 0 {
		return err
	}
	return &shell.Problem{
		Code: shell.ExitPartly, Err: fmt.Errorf("left as they are: %s, the first because: %s", phrase.Count(len(sum.Failed), "object"), sum.Failed[0].Why),
		Remedy: "run it again; there is no certificate before all is done",
	}
}

// kinds are what an erasure changes, as people call it.
var kinds = map[report.ErasedKind]string{
	report.ErasedDay: "published days", report.ErasedHeld: "held reports", report.ErasedStaged: "shares of days", report.ErasedMap: "versions of a map",
	report.ErasedVersion: "older versions, removed",
}

func drawErased(s *shell.Screen, sum erase.Summary) {
	s.Facts("unit", view.ShortHash(sum.Unit)+" (of its SHA-256)", "looked at", phrase.Count(sum.Objects, "object")+" and "+phrase.Count(sum.Versions, "older version"))
	s.Line("")
	if len(sum.Changed) > 0 {
		shell.Rows(s, "what|subscription|table|>objects|>rows", sum.Changed, func(t report.ErasedTotal) []shell.Cell {
			return shell.Row(kinds[t.Kind], t.Subscription, t.Table, fmt.Sprint(t.Objects), phrase.Number(t.Rows))
		})
	}
	switch {
	case len(sum.Failed) > 0:
		shell.Rows(s, "left as it is|why", sum.Failed, func(f erase.Failure) []shell.Cell { return shell.Row(f.Key, shell.Toned(f.Why, shell.Bad)) })
	case sum.DryRun:
		s.Line("Nothing was written.")
	case len(sum.Changed) == 0 && len(sum.Certificate.Changed) == 0:
		s.Line("The unit is nowhere in the dataset. Is its id as the dataset has it? No later delivery will bring it.")
	default:
		s.Line("%s The unit is nowhere in the dataset any more, since %s.", s.Paint(shell.Good, "erased."), phrase.Second(sum.Certificate.FinishedAt))
	}
	if sum.Raw.Files > 0 {
		s.Line("%s in the delivery bucket may name it, and go as all files do.", phrase.Count(sum.Raw.Files, "raw file"))
	}
	if sum.Raw.Quarantined > 0 {
		s.Line("Quarantined of these: %s, the last until %s. To delete them now: bellhop review drop KEY", phrase.Number(int64(sum.Raw.Quarantined)), phrase.Minute(sum.Raw.Until))
	}
}
