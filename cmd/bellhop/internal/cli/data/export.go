package data

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const exportHelp = `Take days out of the dataset into one file: CSV or Parquet for one table, or a DuckDB database for one or all.
The file's extension chooses the format: .csv, .parquet or .duckdb.

By default it has the rows that add up: LEAF rows, and each unit and day once, as bellhop query has them under
a table's plain name. --scope rollup takes the rows of units that have others below them, and --scope all takes
every row as it was reported, of all subscriptions.

In CSV, text that a spreadsheet would run as a formula, because it begins with =, +, -, @, a tab or a line
break, gets an apostrophe before it; numbers stay as they are. --raw leaves it out. Rows are in the order of
their columns, the day and the unit first, so that the same dataset gives the same file.`

// The scopes of an export.
const (
	scopeLeaf   = "leaf"
	scopeRollup = "rollup"
	scopeAll    = "all"
)

var scopes = []string{scopeLeaf, scopeRollup, scopeAll}

// exportOrder is what a command line wants to have exported.
type exportOrder struct {
	engine       shell.EngineChoice
	tables       []string
	from, to     string
	subscription string
	scope        string
	output       string
	form         string
	force, raw   bool
	// bom and semicolons are for spreadsheets.
	bom, semicolons bool
	definitions     []dataset.Definition
}

// ExportCommand is bellhop export.
func ExportCommand(a *shell.App) *cobra.Command {
	var o exportOrder
	c := &cobra.Command{
		Use: "export -o FILE", Short: "Take days out as CSV, Parquet or a DuckDB database", Long: exportHelp, Args: cobra.NoArgs,
		Example: `  bellhop export --table asp_device --from 2026-11-01 --to 2026-11-30 -o november.csv
  bellhop export --table asp_communication --scope all -o communication.parquet
  bellhop export -o everything.duckdb && duckdb everything.duckdb`,
	}
	o.define(c.Flags())
	shell.Complete(c, "scope", cobra.FixedCompletions(scopes, cobra.ShellCompDirectiveNoFileComp))
	c.PreRunE = func(*cobra.Command, []string) error { return o.check(a) }
	c.RunE = a.Run(func(cmd *cobra.Command, _ []string) error { return export(cmd.Context(), a, o) })
	return c
}

func (o *exportOrder) define(f *pflag.FlagSet) {
	f.StringVarP(&o.output, "output", "o", "", "the `file`, with the extension .csv, .parquet or .duckdb")
	f.StringSliceVar(&o.tables, "table", nil, "the `table`; repeat it for more, which only a database can hold (default: all)")
	f.StringVar(&o.from, "from", "", "the first `day`, YYYY-MM-DD (default: the first there is)")
	f.StringVar(&o.to, "to", "", "the last `day`, YYYY-MM-DD (default: the last there is)")
	f.StringVar(&o.subscription, "subscription", "", "only rows of one subscription, by its `name`")
	f.StringVar(&o.scope, "scope", scopeLeaf, "which `rows`: leaf, rollup or all")
	f.BoolVar(&o.force, "force", false, "replace the file if there is one")
	f.BoolVar(&o.raw, "raw", false, "in CSV: leave text that looks like a formula as it is")
	f.BoolVar(&o.bom, "bom", false, "in CSV: begin with a byte order mark, so that Excel reads é and ü as they are")
	f.BoolVar(&o.semicolons, "semicolons", false, "in CSV: put semicolons between cells, as Excel wants them where the decimal sign is a comma")
	o.engine = shell.EngineChoice{Name: shell.EngineDuckDB}
	o.engine.Define(f)
}

func (o *exportOrder) check(a *shell.App) error {
	if o.output == "" {
		return shell.Usage("give it with -o FILE", "bellhop export needs a file to write")
	}
	o.form = strings.TrimPrefix(filepath.Ext(o.output), ".")
	if !slices.Contains([]string{formCSV, formParquet, shell.EngineDuckDB}, o.form) {
		return shell.Usage("end its name in .csv, .parquet or .duckdb", "%s does not say what it is to be", o.output)
	}
	if (o.bom || o.semicolons) && o.form != formCSV {
		return shell.Usage("leave them out, or end the file's name in .csv", "--bom and --semicolons are for CSV")
	}
	if !slices.Contains(scopes, o.scope) {
		return shell.Usage("use one of "+strings.Join(scopes, ", "), "--scope: unknown scope %q", o.scope)
	}
	if o.subscription != "" && !report.ValidSlug(o.subscription) {
		return shell.Usage("see which there are: bellhop subscriptions list", "--subscription: %q is not the name of a subscription", o.subscription)
	}
	if _, err := shell.ParseDays(o.from, o.to); err != nil {
		return err
	}
	if err := o.checkTables(); err != nil {
		return err
	}
	return a.CheckEngine(&o.engine)
}

func (o *exportOrder) checkTables() error {
	o.definitions = dataset.Definitions()
	if len(o.tables) > 0 {
		o.definitions = nil
	}
	for _, name := range o.tables {
		d, known := dataset.Lookup(name)
		if !known {
			return shell.UnknownTable(name)
		}
		o.definitions = append(o.definitions, d)
	}
	if o.form != shell.EngineDuckDB && len(o.definitions) != 1 {
		return shell.Usage("name one with --table, or end the file's name in .duckdb", "a %s file holds one table", o.form)
	}
	return nil
}

// statement selects what is wanted of one table. All that it is made of was checked.
func (o *exportOrder) statement(d dataset.Definition) string {
	// The default view chooses between subscriptions, and so has no say where one is asked for.
	from, conditions := d.Name, []string(nil)
	if o.scope != scopeLeaf || o.subscription != "" {
		from = "raw." + d.Name
	}
	switch {
	case o.scope == scopeAll:
	case d.HasUnits():
		conditions = append(conditions, fmt.Sprintf("row_scope = '%s'", strings.ToUpper(o.scope)))
	case o.scope == scopeRollup:
		conditions = append(conditions, "false") // only units have others below them
	}
	if o.subscription != "" {
		conditions = append(conditions, fmt.Sprintf("subscription = '%s'", o.subscription))
	}
	if o.from != "" {
		conditions = append(conditions, fmt.Sprintf("dataset_date >= DATE '%s'", o.from))
	}
	if o.to != "" {
		conditions = append(conditions, fmt.Sprintf("dataset_date <= DATE '%s'", o.to))
	}
	columns := shell.Each(d.Columns, func(c dataset.Column) string { return c.Name })
	statement := "SELECT " + strings.Join(columns, ", ") + " FROM " + from
	if len(conditions) > 0 {
		statement += " WHERE " + strings.Join(conditions, " AND ")
	}
	// The first columns are the day and the unit.
	return statement + " ORDER BY ALL"
}

// exported is what an export made.
type exported struct {
	File   string   `json:"file"`
	Form   string   `json:"form"`
	Tables []string `json:"tables"`
	Rows   int64    `json:"rows"`
}

func export(ctx context.Context, a *shell.App, o exportOrder) error {
	out := shell.OutFile{Name: o.output, Force: o.force}
	if err := out.Check(); err != nil {
		return err
	}
	done := exported{File: o.output, Form: o.form}
	done.Tables = shell.Each(o.definitions, func(d dataset.Definition) string { return d.Name })
	a.WarnOfVanished(ctx, o.engine, func(table string) bool { return slices.Contains(done.Tables, table) })
	err := out.Fill(func(unfinished string) error {
		o.engine.Output = unfinished
		return a.WithEngine(ctx, o.engine, func(engine shell.QueryEngine) (err error) {
			if done.Rows, err = o.perform(ctx, engine, unfinished); err == nil && done.Rows == 0 {
				return shell.Refuse("see which days and subscriptions there are: bellhop coverage, and bellhop subscriptions list", "there is nothing to export: no row fits")
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	return a.Show(done, func(s *shell.Screen) {
		s.Line("%s of %s in %s", phrase.Count(int(done.Rows), "row"), phrase.Tables(done.Tables), done.File)
	})
}

func (o *exportOrder) perform(ctx context.Context, engine shell.QueryEngine, unfinished string) (rows int64, err error) {
	switch o.form {
	case formParquet:
		return engine.Copy(ctx, o.statement(o.definitions[0]))
	case formCSV:
		err = shell.OutFile{Name: unfinished}.Write(func(w io.Writer) error {
			to := &countedCSV{CSV: query.NewCSV(w, o.raw)}
			if err := to.ForSpreadsheets(w, o.bom, o.semicolons); err != nil {
				return err
			}
			if err := engine.Run(ctx, o.statement(o.definitions[0]), to); err != nil {
				return err
			}
			rows = to.rows
			return to.Close()
		})
		return rows, err
	default:
		return engine.Database(ctx, shell.Each(o.definitions, func(d dataset.Definition) query.Copied {
			return query.Copied{Table: d.Name, Query: o.statement(d)}
		}))
	}
}

// countedCSV counts the rows of a CSV file.
type countedCSV struct {
	*query.CSV
	rows int64
}

func (c *countedCSV) Row(values []any) error {
	c.rows++
	return c.CSV.Row(values)
}
