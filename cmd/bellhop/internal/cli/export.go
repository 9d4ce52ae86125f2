package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const exportHelp = `Take days out of the dataset into one file: CSV or Parquet for one table, or a DuckDB database for one or all.
What it is goes by the file's ending: .csv, .parquet or .duckdb.

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
	engine       EngineChoice
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

func (a *app) exportCommand() *cobra.Command {
	var o exportOrder
	c := &cobra.Command{
		Use: "export -o FILE", Short: "Take days out as CSV, Parquet or a DuckDB database", Long: exportHelp, Args: cobra.NoArgs,
		Example: `  bellhop export --table asp_device --from 2026-11-01 --to 2026-11-30 -o november.csv
  bellhop export --table asp_communication --scope all -o communication.parquet
  bellhop export -o everything.duckdb && duckdb everything.duckdb`,
	}
	o.define(c.Flags())
	complete(c, "scope", cobra.FixedCompletions(scopes, cobra.ShellCompDirectiveNoFileComp))
	c.PreRunE = func(*cobra.Command, []string) error { return o.check(a) }
	c.RunE = a.run(func(cmd *cobra.Command, _ []string) error { return a.export(cmd.Context(), o) })
	return c
}

func (o *exportOrder) define(f *pflag.FlagSet) {
	f.StringVarP(&o.output, "output", "o", "", "the `file`: its ending is .csv, .parquet or .duckdb")
	f.StringSliceVar(&o.tables, "table", nil, "the `table`; repeat it for more, which only a database can hold (default: all)")
	f.StringVar(&o.from, "from", "", "the first `day`, YYYY-MM-DD (default: the first there is)")
	f.StringVar(&o.to, "to", "", "the last `day`, YYYY-MM-DD (default: the last there is)")
	f.StringVar(&o.subscription, "subscription", "", "only rows of one subscription, by its `name`")
	f.StringVar(&o.scope, "scope", scopeLeaf, "which `rows`: leaf, rollup or all")
	f.BoolVar(&o.force, "force", false, "replace the file if there is one")
	f.BoolVar(&o.raw, "raw", false, "in CSV: leave text that looks like a formula as it is")
	f.BoolVar(&o.bom, "bom", false, "in CSV: begin with a byte order mark, so that Excel reads é and ü as they are")
	f.BoolVar(&o.semicolons, "semicolons", false, "in CSV: put semicolons between cells, as Excel wants them where the decimal sign is a comma")
	o.engine = EngineChoice{Name: EngineDuckDB}
	o.engine.define(f)
}

func (o *exportOrder) check(a *app) error {
	if o.output == "" {
		return usage("give it with -o FILE", "bellhop export needs a file to write")
	}
	o.form = strings.TrimPrefix(filepath.Ext(o.output), ".")
	if !slices.Contains([]string{formCSV, formParquet, EngineDuckDB}, o.form) {
		return usage("end its name in .csv, .parquet or .duckdb", "%s does not say what it is to be", o.output)
	}
	if (o.bom || o.semicolons) && o.form != formCSV {
		return usage("leave them out, or end the file's name in .csv", "--bom and --semicolons are for CSV")
	}
	if !slices.Contains(scopes, o.scope) {
		return usage("use one of "+strings.Join(scopes, ", "), "--scope: unknown scope %q", o.scope)
	}
	if o.subscription != "" && !report.ValidSlug(o.subscription) {
		return usage("see which there are: bellhop subscriptions list", "--subscription: %q is not the name of a subscription", o.subscription)
	}
	for name, day := range map[string]string{"--from": o.from, "--to": o.to} {
		if _, err := report.ParseDate(day); day != "" && err != nil {
			return usage("write it like 2026-11-01", "%s: %w", name, err)
		}
	}
	if o.from != "" && o.to != "" && o.from > o.to {
		return usage("swap them", "--from %s is after --to %s", o.from, o.to)
	}
	if err := o.checkTables(); err != nil {
		return err
	}
	return a.checkEngine(&o.engine)
}

func (o *exportOrder) checkTables() error {
	o.definitions = dataset.Definitions()
	if len(o.tables) > 0 {
		o.definitions = nil
	}
	for _, name := range o.tables {
		d, known := dataset.Lookup(name)
		if !known {
			return unknownTable(name)
		}
		o.definitions = append(o.definitions, d)
	}
	if o.form != EngineDuckDB && len(o.definitions) != 1 {
		return usage("name one with --table, or end the file's name in .duckdb", "a %s file holds one table", o.form)
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
	columns := make([]string, len(d.Columns))
	for i, c := range d.Columns {
		columns[i] = c.Name
	}
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

func (a *app) export(ctx context.Context, o exportOrder) error {
	out := outFile{name: o.output, force: o.force}
	if err := out.check(); err != nil {
		return err
	}
	done := exported{File: o.output, Form: o.form, Tables: []string{}}
	for _, d := range o.definitions {
		done.Tables = append(done.Tables, d.Name)
	}
	a.warnOfVanished(ctx, o.engine, func(table string) bool { return slices.Contains(done.Tables, table) })
	err := out.fill(func(unfinished string) (err error) {
		o.engine.Output = unfinished
		engine, err := a.OpenEngine(ctx, o.engine)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		if done.Rows, err = o.perform(ctx, engine, unfinished); err == nil && done.Rows == 0 {
			return &Problem{Code: ExitError, Err: errors.New("there is nothing to export: no row fits"), Remedy: "see which days and subscriptions there are: bellhop coverage, and bellhop subscriptions list"}
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.show(done, func(s *screen) {
		s.line("%s of %s in %s", count(int(done.Rows), "row"), tables(done.Tables), done.File)
	})
}

func (o *exportOrder) perform(ctx context.Context, engine QueryEngine, unfinished string) (rows int64, err error) {
	switch o.form {
	case formParquet:
		return engine.Copy(ctx, o.statement(o.definitions[0]))
	case formCSV:
		err = outFile{name: unfinished}.write(func(w io.Writer) error {
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
		var parts []query.Copied
		for _, d := range o.definitions {
			parts = append(parts, query.Copied{Table: d.Name, Query: o.statement(d)})
		}
		return engine.Database(ctx, parts)
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

// outFile is a file that a command makes. It is there whole or not at all, and none is replaced unasked.
type outFile struct {
	name  string
	force bool
}

// check refuses a file that is there already, before any work is done.
func (o outFile) check() error {
	if o.name == "" || o.force {
		return nil
	}
	if _, err := os.Lstat(o.name); err == nil {
		return &Problem{Code: ExitError, Err: fmt.Errorf("%s is there already", o.name), Remedy: "replace it with --force, or choose another name"}
	}
	return nil
}

// write makes the file of what content writes.
func (o outFile) write(content func(io.Writer) error) error {
	return o.fill(func(unfinished string) error {
		f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) //nolint:gosec // G304, G302: beside the user's file, and as the umask says, like every other form
		if err != nil {
			return err
		}
		return errors.Join(content(f), f.Sync(), f.Close())
	})
}

// fill makes the file by letting do make one of another name in the same folder, and then giving it the right name. Where
// that fails, nothing is left.
func (o outFile) fill(do func(unfinished string) error) (err error) {
	name, err := filepath.Abs(o.name)
	if err != nil {
		return fmt.Errorf("find %s: %w", o.name, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(name), ".bellhop-*.unfinished")
	if err != nil {
		return fmt.Errorf("write %s: %w", o.name, errors.Unwrap(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	unfinished := filepath.Join(dir, filepath.Base(name))
	if err := do(unfinished); err != nil {
		return err
	}
	// Somebody may have made one while this took its time.
	if err := o.check(); err != nil {
		return err
	}
	if err := os.Rename(unfinished, name); err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	return nil
}
