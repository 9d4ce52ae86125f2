package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const mapHelp = `Tell the dataset what you know yourself: which room a unit is, on which days it was occupied, what a survey said,
what your properties are called in Khoros Care and Pinpoint, and which campaigns belong together. The questions of
bellhop analyses use it, and so can any query: own_rooms, own_occupancy, own_survey, own_properties, own_campaigns.

Each import is a new version of the whole table, which queries see from then on. Earlier versions are kept; nothing
but "bellhop privacy erase" changes them, and what it erased is not imported again. bellhop map show NAME says which columns a file has.`

// ownPlace opens the dataset for people's own data, and says with which engine its units are found.
type ownPlace struct {
	folder string
	engine shell.EngineChoice
	// erased are the units that must not come back; of a folder that is not known.
	erased report.ErasedUnits
}

func (o *ownPlace) define(c *cobra.Command) {
	c.Flags().StringVar(&o.folder, "dataset", "", "the `folder` of a dataset that bellhop ingest made (default: that of --home or --stack)")
}

// open opens the dataset for do.
func (o *ownPlace) open(ctx context.Context, a *shell.App, do func(own.Store) error) error {
	place, err := a.Where()
	if err != nil {
		return err
	}
	o.engine = shell.EngineChoice{Name: shell.EngineDuckDB, Dataset: o.folder, Memory: shell.UsualMemory}
	if o.folder != "" {
		if place.AWS {
			return shell.Usage("leave one of them out", "a folder is on this machine, and --stack and --aws are not")
		}
		if err := isFolder(o.folder); err != nil {
			return err
		}
		return do(migrate.Folder(o.folder))
	}
	return a.WithAccount(ctx, place, func(at shell.Account) (err error) {
		if at.Own == nil {
			return shell.NoDataset()
		}
		if place.AWS {
			o.engine.Name = shell.EngineAthena
		}
		if o.erased, err = at.Ledger.ErasedUnits(ctx); err != nil {
			return err
		}
		s, closing, err := at.Own(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closing()) }()
		return do(s)
	})
}

// MapCommand is bellhop map.
func MapCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{Use: "map", Short: "Bring what you know yourself into the dataset: import, list, show", Long: mapHelp}, mapImport(a), mapList(a), mapShow(a))
}

func ownNames() []string {
	return shell.Each(dataset.OwnTables(), func(o dataset.Own) string { return o.Name })
}

// ownNamed returns the table of that name.
func ownNamed(name string) (dataset.Own, error) {
	o, known := dataset.LookupOwn(strings.TrimPrefix(name, "own_"))
	if !known {
		return o, shell.Usage("use one of "+strings.Join(ownNames(), ", "), "no table of your own is called %q", name)
	}
	return o, nil
}

func mapImport(a *shell.App) *cobra.Command {
	var place ownPlace
	var as string
	var dryRun, anyUnit bool
	c := &cobra.Command{
		Use: "import FILE", Short: "Import a file of CSV as the newest version of a table", Args: shell.Exactly("FILE"),
		Long: `Import a file of CSV as the newest version of a table of your own. The first line names the columns, in any order; bellhop
map show NAME says which. Every line is checked before anything is written: days, numbers, empty cells, duplicate
rows, and units that the dataset does not have. A file with the content of the newest version changes nothing.

The units come from the dataset; on a stack that takes a query of Athena, which bills what it scans. --any-unit skips
this check.

Exit code 1 when there are mistakes; each is named with its line, and nothing is imported.`,
		Example: `  bellhop map import rooms.csv --as rooms --dry-run
  bellhop map import rooms.csv --as rooms
  bellhop map import occupancy.csv --as occupancy --stack bellhop
  pms-export | bellhop map import - --as occupancy --any-unit`,
	}
	c.Flags().StringVar(&as, "as", "", "the `table`: "+strings.Join(ownNames(), ", "))
	c.Flags().BoolVar(&dryRun, "dry-run", false, "check the file, and write nothing")
	c.Flags().BoolVar(&anyUnit, "any-unit", false, "take units that the dataset does not have")
	place.define(c)
	shell.Complete(c, "as", cobra.FixedCompletions(ownNames(), cobra.ShellCompDirectiveNoFileComp))
	c.PreRunE = func(*cobra.Command, []string) error { _, err := ownNamed(as); return err }
	c.RunE = a.Run(func(cmd *cobra.Command, args []string) error {
		table, err := ownNamed(as)
		if err != nil {
			return err
		}
		order := own.Order{Table: table.Name, DryRun: dryRun}
		if order.Content, err = ownContent(a, args[0]); err != nil {
			return err
		}
		return place.open(cmd.Context(), a, func(s own.Store) error {
			order.Erased = func(unit string) bool { return place.erased.Has(convert.UnitID(unit)) }
			if !anyUnit && table.Name != "campaigns" {
				if order.Known, err = knownUnits(cmd.Context(), a, place.engine); err != nil {
					return err
				}
			}
			done, err := own.Run(cmd.Context(), s, order)
			if err != nil {
				return err
			}
			return showImported(a, done)
		})
	})
	return c
}

// largestOwn is the most that is read of a file.
const largestOwn = 64 << 20

func ownContent(a *shell.App, name string) (content []byte, err error) {
	from := a.In
	if name != "-" {
		file, err := os.Open(name) //nolint:gosec // G304: the file is the user's to choose
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		defer func() { _ = file.Close() }() // only read from
		from = file
	}
	if content, err = io.ReadAll(io.LimitReader(from, largestOwn+1)); err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if len(content) > largestOwn {
		return nil, shell.Usage("import fewer days", "the file is larger than %s", phrase.Bytes(largestOwn))
	}
	return content, nil
}

// knownUnits asks the dataset which units it has.
func knownUnits(ctx context.Context, a *shell.App, choice shell.EngineChoice) (known func(string) bool, err error) {
	if err := a.CheckEngine(&choice); err != nil {
		return nil, err
	}
	tell, over := a.Passing()
	defer over()
	choice.Tell = func(state string) { tell("Athena: %s", strings.ToLower(state)) }
	choice.Scanned = func(int64) {}
	err = a.WithEngine(ctx, choice, func(engine shell.QueryEngine) error {
		units, err := own.Units(ctx, engine)
		known = func(unit string) bool { return units[unit] }
		return err
	})
	return known, err
}

func showImported(a *shell.App, done own.Import) error {
	err := a.Show(done, func(s *shell.Screen) {
		rows := phrase.Count(done.Rows, "row")
		switch {
		case len(done.Mistakes) > 0:
			shell.Rows(s, ">line|what is wrong", done.Mistakes, func(m own.Mistake) []shell.Cell { return shell.Row(m.Line, shell.Toned(m.Why, shell.Bad)) })
		case done.Unchanged:
			s.Line("own_%s has these %s already, as version %d.", done.Table, rows, done.Version)
		case done.DryRun:
			s.Line("Would import %s as version %d of own_%s. Nothing was written.", rows, done.Version, done.Table)
		default:
			s.Line("Imported %s as version %d of own_%s.", rows, done.Version, done.Table)
		}
	})
	if n := len(done.Mistakes); err == nil && n > 0 {
		return shell.Refuse("correct the lines; bellhop map show "+done.Table+" says what the columns mean", "%s in the file: nothing was imported", phrase.Count(n, "mistake"))
	}
	return err
}

func mapList(a *shell.App) *cobra.Command {
	var place ownPlace
	c := &cobra.Command{
		Use: "list", Short: "List what was imported: every version, the newest first", Args: cobra.NoArgs, Example: "  bellhop map list",
	}
	place.define(c)
	c.RunE = a.Alone(func(ctx context.Context) error {
		return place.open(ctx, a, func(s own.Store) error {
			all, err := own.List(ctx, s, "")
			if err != nil {
				return err
			}
			return a.Show(all, func(s *shell.Screen) {
				if len(all) == 0 {
					s.Line("Nothing was imported yet. See: bellhop map import --help")
					return
				}
				versions(s, all)
			})
		})
	})
	return c
}

func versions(s *shell.Screen, all []own.Version) {
	shell.Rows(s, "table|>version|>rows|imported at", all, func(v own.Version) []shell.Cell {
		return shell.Row(shell.Toned("own_"+v.Table, shell.Strong), v.Version, v.Rows, v.ImportedAt.UTC().Format(time.DateTime+"Z"))
	})
}

// describedOwn is a table of people's own data, with what was imported.
type describedOwn struct {
	Table    string            `json:"table"`
	Meaning  string            `json:"meaning"`
	Key      []string          `json:"key"`
	Columns  []describedColumn `json:"columns"`
	Versions []own.Version     `json:"versions"`
}

func mapShow(a *shell.App) *cobra.Command {
	var place ownPlace
	c := &cobra.Command{
		Use: "show NAME", Short: "Show the columns of a table of your own, and its versions", Args: shell.Exactly("NAME"), Example: "  bellhop map show rooms",
		ValidArgsFunction: cobra.FixedCompletions(ownNames(), cobra.ShellCompDirectiveNoFileComp),
	}
	place.define(c)
	c.RunE = a.Run(func(cmd *cobra.Command, args []string) error {
		table, err := ownNamed(args[0])
		if err != nil {
			return err
		}
		shown := describedOwn{Table: table.Table(), Meaning: table.Meaning, Key: table.Key, Columns: describedColumns(table.Said())}
		return place.open(cmd.Context(), a, func(s own.Store) error {
			if shown.Versions, err = own.List(cmd.Context(), s, table.Name); err != nil {
				return err
			}
			return a.Show(shown, func(s *shell.Screen) { drawOwn(s, shown) })
		})
	})
	return c
}

func drawOwn(s *shell.Screen, shown describedOwn) {
	s.Line("%s  %s", s.Paint(shell.Strong, shown.Table), shown.Meaning)
	s.Line("No two rows have the same %s.", strings.Join(shown.Key, ", "))
	drawDescribedColumns(s, shown.Columns)
	if len(shown.Versions) > 0 {
		s.Heading("VERSIONS")
		versions(s, shown.Versions)
	}
}
