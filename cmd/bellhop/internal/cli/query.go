package cli

import (
	"cmp"
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

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/internal/catalog"
)

const queryHelp = `Ask the dataset with SQL. The plain name of a table is its default view. It has LEAF rows only, and each
unit and day once, however many subscriptions report it, so that sums are right. All rows are in the schema raw, such
as raw.asp_device. bellhop tables says what the columns mean, and docs/sql.md has questions and answers.

The engine is DuckDB, in this program, over the folder of --home or --dataset. A statement can only read, and
only the dataset; one statement runs at a time. With --engine athena it is Athena, in the workgroup of the
stack, with the AWS credentials of the aws command; there each query costs what it scans, and says what that was.

The result is a table on a terminal and JSON in a pipe. With -o the file's ending says what it is: .csv,
.json, .jsonl or .parquet. Exact numbers stay exact in all of them. In CSV, NULL is an empty cell, and text
that a spreadsheet would run as a formula gets an apostrophe before it, unless --raw is given.

Ctrl-C stops the query, in Athena too.`

// The forms of a result.
const (
	formTable   = "table"
	formCSV     = "csv"
	formJSON    = "json"
	formLines   = "jsonl"
	formParquet = "parquet"
)

var forms = []string{formTable, formCSV, formJSON, formLines, formParquet}

// queryOrder is what a command line wants of a query.
type queryOrder struct {
	engine EngineChoice
	file   string
	form   string
	output string
	rows   int
	lines  bool
	force  bool
	raw    bool
}

func (o *queryOrder) define(f *pflag.FlagSet) {
	f.StringVarP(&o.file, "file", "f", "", "read the statement from a `file`; - is the standard input")
	f.StringVar(&o.form, "format", "", "the `form` of the result: "+strings.Join(forms, ", "))
	f.StringVarP(&o.output, "output", "o", "", "write the result to a `file`")
	f.BoolVar(&o.force, "force", false, "with -o: replace the file if there is one")
	f.BoolVar(&o.raw, "raw", false, "in CSV: leave text that looks like a formula as it is")
	f.BoolVar(&o.lines, "line", false, "on a terminal: each row as lines of a name and a value, so that all columns are seen")
	f.IntVar(&o.rows, "rows", 200, "how many rows a table shows; 0 shows all")
	f.StringVar(&o.engine.Name, "engine", EngineDuckDB, "duckdb or athena")
	o.engine.define(f)
	f.StringVar(&o.engine.Workgroup, "workgroup", "", "for athena: the `workgroup`; the stack's outputs have it (default $BELLHOP_WORKGROUP)")
	f.StringVar(&o.engine.Database, "database", "", "for athena: the `database`; the stack's outputs have it (default $BELLHOP_DATABASE)")
}

// define defines the flags of DuckDB.
func (e *EngineChoice) define(f *pflag.FlagSet) {
	f.StringVar(&e.Dataset, "dataset", "", "the `folder` of the dataset, such as bellhop ingest made one (default: that of --home)")
	f.StringVar(&e.Memory, "memory", usualMemory, "the most `memory` that DuckDB takes before it uses the disk")
	f.IntVar(&e.Threads, "threads", 0, "how many threads DuckDB uses (default: one for each processor)")
}

// usualMemory is what DuckDB takes unless it is told otherwise.
const usualMemory = "1GB"

func (a *app) queryCommand() *cobra.Command {
	var o queryOrder
	c := &cobra.Command{
		Use: "query [SQL | - | -f FILE]", Short: "Ask the dataset with SQL", Long: queryHelp,
		Example: `  bellhop query "SELECT property_name, sum(dialog_count) AS dialogs FROM asp_device GROUP BY ALL ORDER BY ALL"
  bellhop query "DESCRIBE asp_communication"
  bellhop query -f weekly.sql -o weekly.csv
  echo "SELECT count(*) FROM asp_device" | bellhop query
  bellhop query --dataset converted "FROM raw.asp_device LIMIT 10" --format jsonl
  bellhop query --engine athena --stack bellhop "SELECT count(*) FROM asp_device WHERE dataset_date = DATE '2026-11-01'"`,
	}
	o.define(c.Flags())
	for name, words := range map[string][]string{"format": forms, "engine": {EngineDuckDB, EngineAthena}} {
		complete(c, name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0 && o.file == "" && !a.InTerminal, len(args) == 1 && args[0] == "-" && o.file == "":
			o.file = "-"
		case len(args) == 0 && o.file == "":
			return usage("see: "+cmd.CommandPath()+" --help", "%s needs a statement, or a file with one: -f FILE", cmd.CommandPath())
		case len(args) > 0 && o.file != "":
			return usage("leave one of them out", "a statement and --file exclude each other")
		case len(args) > 1:
			return usage("put the statement in quotation marks", "%s needs one statement, and got %d words", cmd.CommandPath(), len(args))
		}
		return nil
	}
	c.PreRunE = func(*cobra.Command, []string) error { return a.checkQuery(&o) }
	c.RunE = a.run(func(cmd *cobra.Command, args []string) error {
		statement, err := a.statement(o.file, args)
		if err != nil {
			return err
		}
		if strings.TrimSpace(statement) == "" {
			return usage("see: "+cmd.CommandPath()+" --help", "%s needs a statement, or a file with one: -f FILE", cmd.CommandPath())
		}
		return a.query(cmd.Context(), o, statement)
	})
	return c
}

func (a *app) analysesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "analyses", Aliases: []string{"analysis"}, Short: "Questions with their queries: list, show, run",
		Long: `The questions that people who run voice assistants ask, each with a query that obeys what may be added up. They are the
saved queries of a stack's Athena workgroup, too.`,
	}
	a.parent(c)
	var o queryOrder
	run := &cobra.Command{
		Use: "run NAME", Short: "Answer one of the questions", Args: exactly("NAME"),
		Example: "  bellhop analyses run campaign-click-through\n  bellhop analyses run skill-failure-rate -o failures.csv",
		PreRunE: func(*cobra.Command, []string) error { return a.checkQuery(&o) },
		RunE: a.run(func(cmd *cobra.Command, args []string) error {
			q, err := question(args[0])
			if err == nil && o.engine.Name == EngineAthena && q.Athena() != q.SQL {
				err = usage("run the saved query of that name in Athena's console", "%s asks the database of all rows, whose name only the stack knows", q.Slug)
			}
			if err != nil {
				return err
			}
			return a.query(cmd.Context(), o, q.SQL)
		}),
	}
	o.define(run.Flags())
	c.AddCommand(run, &cobra.Command{
		Use: "list", Short: "List the questions", Args: cobra.NoArgs, Example: "  bellhop analyses list",
		RunE: a.run(func(*cobra.Command, []string) error {
			all, err := catalog.Questions()
			if err != nil {
				return err
			}
			return a.show(all, func(s *screen) {
				rows(s, "name|question", all, func(q catalog.Question) []cell { return row(cell{q.Slug, strong}, q.Name) })
			})
		}),
	}, &cobra.Command{
		Use: "show NAME", Short: "Show a question's query and what to know about it", Args: exactly("NAME"),
		Example: "  bellhop analyses show skill-failure-rate",
		RunE: a.run(func(_ *cobra.Command, args []string) error {
			q, err := question(args[0])
			if err != nil {
				return err
			}
			return a.show(q, func(s *screen) { s.line("%s\n%s\n\n%s", s.paint(strong, q.Name), q.Meaning, painted(q.SQL)) })
		}),
	})
	return c
}

// question returns the saved question of that name.
func question(name string) (catalog.Question, error) {
	all, err := catalog.Questions()
	if err != nil {
		return catalog.Question{}, err
	}
	i := slices.IndexFunc(all, func(q catalog.Question) bool { return q.Slug == name })
	if i < 0 {
		return catalog.Question{}, usage("see which there are: bellhop analyses list", "no question is called %q", name)
	}
	return all[i], nil
}

func (a *app) checkQuery(o *queryOrder) error {
	if f := a.root.PersistentFlags().Lookup("json"); f.Changed && a.json && o.form != "" && o.form != formJSON {
		return usage("leave one of them out", "--json and --format %s exclude each other", o.form)
	}
	if o.lines && o.form == "" && o.output == "" {
		o.form = formTable
	}
	if o.form == "" {
		o.form = a.usualForm(o.output)
	}
	if o.lines && o.form != formTable {
		return usage("leave one of them out", "--line is a form of the table, and the result is to be %s", o.form)
	}
	if !slices.Contains(forms, o.form) {
		return usage("use one of "+strings.Join(forms, ", "), "--format: unknown format %q", o.form)
	}
	if o.output != "" && o.form == formTable {
		return usage("end the file's name in .csv, .json, .jsonl or .parquet, or give --format", "%s does not say which form the result is to have", o.output)
	}
	if o.form == formParquet && (o.output == "" || o.engine.Name == EngineAthena) {
		return usage("write it with -o FILE, from DuckDB", "Parquet is written to a file, and by DuckDB only")
	}
	if o.rows < 0 {
		return usage("0 shows all", "--rows must not be negative")
	}
	return a.checkEngine(&o.engine)
}

// checkEngine fills in what was not said, and refuses what does not go together.
func (a *app) checkEngine(e *EngineChoice) error {
	switch e.Name {
	case EngineAthena:
		if e.Dataset != "" {
			return usage("leave one of them out", "--dataset is a folder, and Athena reads the bucket")
		}
		if e.Workgroup == "" {
			e.Workgroup = a.Getenv("BELLHOP_WORKGROUP")
		}
		if e.Database == "" {
			e.Database = a.Getenv("BELLHOP_DATABASE")
		}
		if e.Workgroup == "" || e.Database == "" {
			if e.Stack = cmp.Or(a.place.Stack, a.Getenv("BELLHOP_STACK")); e.Stack == "" {
				return usage("name the stack with --stack; or --workgroup and --database, which its outputs have", "Athena needs a workgroup and a database")
			}
		}
	case EngineDuckDB:
		if a.place.AWS || a.place.Stack != "" {
			return usage("use --engine athena, or leave --aws out", "DuckDB reads a folder of this machine, and no bucket")
		}
		if e.Threads < 0 {
			return usage("0 uses all processors", "--threads must not be negative")
		}
		if e.Dataset == "" {
			e.Dataset = filepath.Join(a.place.Home, "s3", LocalDataset)
		}
	default:
		return usage("use duckdb or athena", "--engine: unknown engine %q", e.Name)
	}
	return nil
}

// usualForm goes by the ending of the file, or by who reads.
func (a *app) usualForm(output string) string {
	switch ending := strings.TrimPrefix(filepath.Ext(output), "."); {
	case output == "" && a.asJSON():
		return formJSON
	case output == "":
		return formTable
	case slices.Contains(forms, ending):
		return ending
	default:
		return formTable
	}
}

func (a *app) statement(file string, args []string) (string, error) {
	if file == "" {
		return args[0], nil
	}
	if file == "-" {
		content, err := io.ReadAll(a.In)
		if err != nil {
			return "", fmt.Errorf("read the statement: %w", err)
		}
		return string(content), nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // G304: the file is the user's to choose
	if err != nil {
		return "", fmt.Errorf("read the statement: %w", err)
	}
	return string(content), nil
}

func (a *app) query(ctx context.Context, o queryOrder, statement string) (err error) {
	out := outFile{name: o.output, force: o.force}
	if err := out.check(); err != nil {
		return err
	}
	a.warnOfVanished(ctx, o.engine, func(table string) bool { return strings.Contains(statement, table) })
	if o.form == formParquet {
		return a.queryToParquet(ctx, o, out, statement)
	}
	tell, over := a.passing()
	defer over()
	o.engine.Tell = func(state string) { tell("Athena: %s", strings.ToLower(state)) }
	o.engine.Scanned = func(bytes int64) {
		over()
		// The person asked for the rows, and gets them also when this line cannot be written.
		_ = write(a.Err, fmt.Sprintf("Athena read %s, for about $%.5f.\n", bytesText(bytes), cost.Scan(bytes)))
	}
	engine, err := a.OpenEngine(ctx, o.engine)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	if o.form == formTable {
		t := &resultTable{most: o.rows, lines: o.lines}
		if err := engine.Run(ctx, statement, t); err != nil {
			return err
		}
		return a.draw(t.draw)
	}
	if o.output == "" {
		return writeResult(ctx, engine, o, statement, a.Out)
	}
	return out.write(func(w io.Writer) error { return writeResult(ctx, engine, o, statement, w) })
}

// writeResult writes the result of a statement as text, as it comes.
func writeResult(ctx context.Context, engine query.Engine, o queryOrder, statement string, w io.Writer) error {
	var to interface {
		query.Result
		io.Closer
	}
	switch o.form {
	case formCSV:
		to = query.NewCSV(w, o.raw)
	default:
		to = &query.JSON{To: w, Lines: o.form == formLines}
	}
	if err := engine.Run(ctx, statement, to); err != nil {
		return err
	}
	return to.Close()
}

func (a *app) queryToParquet(ctx context.Context, o queryOrder, out outFile, statement string) error {
	return out.fill(func(unfinished string) (err error) {
		o.engine.Output = unfinished
		engine, err := a.OpenEngine(ctx, o.engine)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		_, err = engine.Copy(ctx, statement)
		return err
	})
}
