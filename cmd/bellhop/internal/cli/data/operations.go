package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/operations"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/scratch"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const publishHelp = `Write the operations tables into the dataset: days, jobs, files, certificates, restatements, runs and checks, one file of
Parquet each, under operations/. On a stack Athena has them as operations_days, operations_jobs and so on.

The tables show the state at the time of publishing; this command says when that was. Nothing publishes them on a
schedule. In DuckDB, the schema operations is made from the ledger and is always current.

The whole ledger is read; on a stack that costs what reading all days, jobs, files and certificates costs. Each table
replaces the one before in one step, and one that says the same is not written again. The findings of the checks are
there for the local folder alone, where the checks run. This needs DuckDB.`

// OperationsCommand is bellhop operations.
func OperationsCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "operations", Short: "The work itself as tables in the dataset: publish",
		Long: "The operations tables say what was asked, loaded, restated, deleted and found. DuckDB makes them when a query names\nthem; for all other readers, Athena too, they are published.",
	}, publishCommand(a))
}

// published is what became of the operations tables.
type published struct {
	AsOf   time.Time        `json:"as_of"`
	DryRun bool             `json:"dry_run"`
	Tables []publishedTable `json:"tables"`
}

type publishedTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Key   string `json:"key"`
	// Changed is false where the same was published before.
	Changed bool `json:"changed"`

	file string // with the Parquet
}

func publishCommand(a *shell.App) *cobra.Command {
	c := &cobra.Command{
		Use: "publish", Short: "Write the operations tables into the dataset, as they are now", Args: cobra.NoArgs, Long: publishHelp,
		Example: "  bellhop operations publish --dry-run\n  bellhop operations publish --stack bellhop",
	}
	dryRun := c.Flags().Bool("dry-run", false, "make the tables, say which have changed, and write nothing")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, _ []string) (err error) {
		if at.Own == nil {
			return shell.NoDataset()
		}
		dir, err := scratch.Make()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		done := published{AsOf: at.Now().UTC(), DryRun: *dryRun}
		// All are made before the first is written, so that they are of one time, as nearly as can be.
		for _, o := range dataset.Operations() {
			made, err := madeParquet(ctx, a, at, o, dir)
			if err != nil {
				return fmt.Errorf("make %s: %w", o.Table(), err)
			}
			done.Tables = append(done.Tables, made)
		}
		if err := publish(ctx, at, done); err != nil {
			return err
		}
		return a.Show(done, func(s *shell.Screen) { drawPublished(s, done) })
	})
	return c
}

// madeParquet makes a file of a table in a folder. One thread and one order make equal bytes of equal rows.
func madeParquet(ctx context.Context, a *shell.App, at shell.Account, o dataset.Operation, dir string) (t publishedTable, err error) {
	t = publishedTable{Table: o.Table(), Key: report.OperationsKey(o.Name), file: filepath.Join(dir, o.Name+".parquet")}
	choice := shell.EngineChoice{
		Name: shell.EngineDuckDB, Dataset: dir, Output: t.file, Memory: shell.UsualMemory, Threads: 1,
		Operations: func(ctx context.Context, table string) ([][]any, error) {
			if table == quality.Table {
				return lastFindings(ctx, a, at)
			}
			return operations.Tables{View: at.View}.Rows(ctx, table)
		},
	}
	err = a.WithEngine(ctx, choice, func(engine shell.QueryEngine) error {
		t.Rows, err = engine.Copy(ctx, "FROM "+o.Table()+" ORDER BY ALL")
		return err
	})
	return t, err
}

// lastFindings are what the checks found, without that of units that were erased since: an erasure does not look into these tables.
func lastFindings(ctx context.Context, a *shell.App, at shell.Account) ([][]any, error) {
	if a.Place.OnAWS() {
		return nil, nil
	}
	last, _, err := quality.Last(a.LocalFolder())
	if err != nil {
		return nil, err
	}
	erased, err := at.Ledger.ErasedUnits(ctx)
	last.Findings = slices.DeleteFunc(last.Findings, func(f quality.Finding) bool { return erased.Has(convert.UnitID(f.UnitID)) })
	return last.Rows(), err
}

func publish(ctx context.Context, at shell.Account, done published) (err error) {
	store, closing, err := at.Own(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	for i, o := range dataset.Operations() {
		content, err := os.ReadFile(done.Tables[i].file)
		if err == nil {
			done.Tables[i].Changed, err = operations.Publish(ctx, store, o.Name, content, done.DryRun)
		}
		if err != nil {
			return fmt.Errorf("publish %s: %w", o.Table(), err)
		}
	}
	return nil
}

func drawPublished(s *shell.Screen, done published) {
	shell.Rows(s, "table|>rows|what became of it", done.Tables, func(t publishedTable) []shell.Cell {
		outcome := shell.Toned("is there already", shell.Quiet)
		switch {
		case t.Changed && done.DryRun:
			outcome = shell.Toned("would be written", shell.Plain)
		case t.Changed:
			outcome = shell.Toned("written", shell.Good)
		}
		return shell.Row(shell.Toned(t.Table, shell.Strong), t.Rows, outcome)
	})
	s.Line("As of %s. In Athena these are operations_days and so on.", done.AsOf.Format(time.DateTime+"Z"))
}
