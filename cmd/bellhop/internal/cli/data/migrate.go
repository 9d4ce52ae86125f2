package data

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/convert"
)

const migrateHelp = `Bring a dataset that an earlier bellhop wrote to the format of this one: the local folder's, that of a stack, or a
folder that "bellhop ingest" made, by its name.

Each published day is read, encoded as loading it today would encode it, compared with what it was (rows and
exact sums), and only then replaced, in one step. The ledger's record of the day follows; its report, its
receipts and certificates stay as they are. Held and staged reports need nothing.

It may be stopped with Ctrl-C and run again: what is done stays done. Loads may go on meanwhile: a day that is being replaced keeps
them waiting for a moment. On a stack, deploy first and migrate then. A day that cannot be migrated stays as it is and is named.

Exit code 5 when days were left as they are.`

// MigrateCommand is bellhop migrate.
func MigrateCommand(a *shell.App) *cobra.Command {
	c := &cobra.Command{
		Use: "migrate [DIR]", Short: "Bring a dataset of an earlier version to the format of this one", Long: migrateHelp,
		Example: `  bellhop migrate --dry-run
  bellhop migrate archive            a folder of "bellhop ingest -o archive"
  bellhop migrate --stack bellhop`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return shell.Usage("see: "+cmd.CommandPath()+" --help", "%s takes one DIR, and got %d words", cmd.CommandPath(), len(args))
			}
			return nil
		},
	}
	dryRun := c.Flags().Bool("dry-run", false, "read, encode and compare every day, and write nothing")
	place := a.On(func(ctx context.Context, at shell.Account, _ []string) (err error) {
		if at.Migration == nil {
			return shell.NoDataset()
		}
		tell, done := a.Passing()
		defer done()
		m, closing, err := at.Migration(ctx, migrating(tell))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closing()) }()
		return runMigration(ctx, a, m, *dryRun, done)
	})
	folder := a.Run(func(cmd *cobra.Command, args []string) error {
		if a.Place.OnAWS() {
			return shell.Usage("leave DIR out to migrate the stack's dataset", "a folder is on this machine, and --stack and --aws are not")
		}
		if err := isFolder(args[0]); err != nil {
			return err
		}
		tell, done := a.Passing()
		defer done()
		m := &migrate.Service{Dataset: migrate.Folder(args[0]), Converter: convert.NewConverter(), Now: a.Time, Progress: migrating(tell)}
		return runMigration(cmd.Context(), a, m, *dryRun, done)
	})
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return folder(cmd, args)
		}
		return place(cmd, args)
	}
	return c
}

// isFolder demands that a dataset's folder is there.
func isFolder(dir string) error {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return shell.Usage("name the folder that bellhop ingest was given with -o", "there is no folder %s", dir)
	}
	return nil
}

func migrating(tell func(format string, args ...any)) func(done, total int) {
	return func(done, total int) {
		tell("migrating: %s of %s", phrase.Number(int64(done)), phrase.Count(total, "day"))
	}
}

func runMigration(ctx context.Context, a *shell.App, m shell.Migrator, dryRun bool, done func()) error {
	sum, err := m.Run(ctx, dryRun)
	done()
	if err != nil {
		return err
	}
	if err := a.Show(sum, func(s *shell.Screen) { drawMigration(s, sum) }); err != nil || len(sum.Failed) == 0 {
		return err
	}
	return &shell.Problem{
		Code: shell.ExitPartly, Err: fmt.Errorf("%s stay as they are, the first because: %s", phrase.Count(len(sum.Failed), "day"), sum.Failed[0].Why),
		Remedy: "run it again; what the vendor still has can be asked for anew: bellhop refetch --help",
	}
}

func drawMigration(s *shell.Screen, sum migrate.Summary) {
	switch {
	case sum.From == sum.To && sum.Objects == 0:
		s.Line("The dataset is of format %d already: there is nothing to do.", sum.To)
		return
	case sum.DryRun:
		s.Line("Would migrate %s of %d from format %d to %d. Nothing was written.", phrase.Count(sum.Migrated, "day"), sum.Objects, sum.From, sum.To)
	default:
		s.Line("Migrated %s of %d from format %d to %d; %d were migrated already.", phrase.Count(sum.Migrated, "day"), sum.Objects, sum.From, sum.To, sum.Already)
	}
	if sum.Duplicates > 0 {
		s.Line("%s came again in their day, and count once now.", phrase.Count(int(sum.Duplicates), "row"))
	}
	if len(sum.Failed) > 0 {
		shell.Rows(s, "left as it is|why", sum.Failed, func(f migrate.Failure) []shell.Cell { return shell.Row(f.Key, shell.Toned(f.Why, shell.Bad)) })
	}
}
