package act

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/kept"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
)

const keepHelp = `Copy the chain of seals, a small file for each seal, to a place that those who may write the ledger cannot change: ideally
a bucket of another account with S3 Object Lock in compliance mode and a default retention, or a folder on
write-once storage. Then "bellhop privacy verify --kept-in PLACE" proves that nobody has rebuilt the chain since.

PLACE is s3://BUCKET/PREFIX or a folder. It may be repeated, by a scheduler for example: only new seals are copied, and
no copy is ever written again. A seal has names of files and hashes, and nothing of what was in the files. A copy that
differs from the chain stops it, with exit code 1: one of the two was changed.`

// KeepCommand is bellhop privacy keep.
func KeepCommand(a *shell.App) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use: "keep PLACE", Short: "Copy the chain of seals to where nobody can change it", Long: keepHelp, Args: shell.Exactly("PLACE"),
		Example: "  bellhop privacy keep s3://auditors/seals --stack hotels\n  bellhop privacy keep /mnt/worm/seals\n  bellhop privacy verify --kept-in s3://auditors/seals --stack hotels",
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "count what would be copied, without doing it")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, args []string) error {
		chain, err := at.Ledger.Chain(ctx)
		if err != nil {
			return err
		}
		place, err := a.KeepIn(ctx, args[0])
		if err != nil {
			return err
		}
		sum, err := place.Copy(ctx, chain.Seals, dryRun)
		if err != nil {
			return err
		}
		return a.Show(sum, func(s *shell.Screen) { drawKept(s, args[0], sum) })
	})
	return c
}

func drawKept(s *shell.Screen, place string, sum kept.Summary) {
	word := "copied"
	if sum.DryRun {
		word = "would be copied"
	}
	s.Line("%s %s to %s, and %d were there.", phrase.Count(sum.Copied, "seal"), word, place, sum.There)
	switch {
	case sum.LockedDays == nil:
	case *sum.LockedDays == 0:
		s.Line("%s", s.Paint(shell.Waiting, "The bucket has no Object Lock in compliance mode with a default retention: whoever may delete in it can delete the copies."))
	default:
		s.Line("The bucket locks each copy for %s.", phrase.Count(*sum.LockedDays, "day"))
	}
	if strings.HasPrefix(place, "s3://") || sum.Seals == 0 {
		return
	}
	s.Line("Whoever may write in that folder can change the copies.")
}
