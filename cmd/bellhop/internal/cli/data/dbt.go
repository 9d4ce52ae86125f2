package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/dbt"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// DbtCommand is bellhop dbt.
func DbtCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{Use: "dbt COMMAND", Short: "Use the dataset with dbt"}, dbtInit(a))
}

func dbtInit(a *shell.App) *cobra.Command {
	var folder string
	c := &cobra.Command{
		Use: "init [DIR]", Short: "Write a dbt project over the dataset: sources, tests and staging models",
		Long: `Write a dbt project into a new folder, or beside other files; default: dbt. It is for dbt-duckdb over the files
of a dataset, and for dbt-athena over the tables of a stack, by the same models.

The tables are sources, with a description of each column, tests and a freshness check. Each has a staging model
with the rows that may be added up. With --dataset the project has only the tables with files there, because DuckDB cannot
read a table without files. Existing files are not overwritten.`,
		Example: `  bellhop dbt init --dataset .bellhop/s3/bellhop-dataset
  bellhop dbt init warehouse && cd warehouse && cp profiles.example.yml profiles.yml && dbt build --target athena`,
		Args: cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&folder, "dataset", "", "the `folder` of the dataset; BELLHOP_DATASET names another one when dbt runs (default: all tables)")
	c.RunE = a.Run(func(_ *cobra.Command, args []string) error {
		dir, tables, where := "dbt", dataset.Definitions(), "dataset"
		if len(args) > 0 {
			dir = args[0]
		}
		if folder != "" {
			var err error
			if where, err = filepath.Abs(folder); err != nil {
				return err
			}
			if tables, err = tablesIn(where); err != nil {
				return err
			}
		}
		return writeProject(a, dir, tables, where)
	})
	return c
}

// tablesIn returns the tables that have files in a dataset.
func tablesIn(folder string) ([]dataset.Definition, error) {
	if err := isFolder(folder); err != nil {
		return nil, err
	}
	var broken error
	tables := slices.DeleteFunc(dataset.Definitions(), func(d dataset.Definition) bool {
		days, err := fs.Glob(os.DirFS(folder), d.Name+"/*/*.parquet")
		broken = errors.Join(broken, err)
		return len(days) == 0
	})
	if broken == nil && len(tables) == 0 {
		broken = shell.Usage("name the folder that has asp_device and the like in it, or leave --dataset out", "there is no table in %s", folder)
	}
	return tables, broken
}

func writeProject(a *shell.App, dir string, tables []dataset.Definition, folder string) error {
	files, err := dbt.Files(tables, folder)
	if err != nil {
		return err
	}
	if err := dbt.Write(dir, files); err != nil {
		if exists, ok := errors.AsType[*dbt.ExistsError](err); ok {
			return shell.Usage("choose another folder: bellhop dbt init DIR", "%w", exists)
		}
		return fmt.Errorf("write the project: %w", err)
	}
	return a.Show(map[string]any{"folder": dir, "files": len(files), "tables": len(tables)}, func(s *shell.Screen) {
		s.Line("%s in %s, over %s", phrase.Count(len(files), "file"), dir, phrase.Count(len(tables), "table"))
		s.Line("")
		s.Line("cd %s && cp profiles.example.yml profiles.yml && dbt build", dir)
	})
}
