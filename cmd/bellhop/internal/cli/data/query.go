// Package data has the commands that use the dataset, or bring files into it.
package data

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

const queryHelp = `Ask the dataset with SQL. The plain name of a table is its default view. It has LEAF rows only, and each
unit and day once, however many subscriptions report it, so that sums are right. All rows are in the schema raw, such
as raw.asp_device. bellhop tables says what the columns mean, and docs/sql.md has questions and answers.

The engine is DuckDB, in this program, over the folder of --home or --dataset. A statement can only read, and
only the dataset; one statement runs at a time. With --engine athena it is Athena, in the workgroup of the
stack, with the AWS credentials of the aws command; there each query costs what it scans, and says what that was.

The result is a table on a terminal and JSON in a pipe. With -o the file's extension chooses the format: .csv,
.json, .jsonl or .parquet. Exact numbers stay exact in all of them. In CSV, NULL is an empty cell, and text
that a spreadsheet would run as a formula gets an apostrophe before it, unless --raw is given.

A statement that adds up what must not be added up is refused, with what is wrong and what to write instead:
devices over days, distinct counts, rooms beside their roll-ups, metrics of several kinds. What may be wrong is
said on the standard error. --anyway runs it all the same, and --lint only looks, without a dataset.

--shell keeps the engine open and asks for one statement after the other. Ctrl-C clears what is typed; while a
statement runs, it ends the shell.

--with NAME=FILE reads a file of CSV into a table of that name, for this one statement. To keep such a
table, import it: bellhop map --help.

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
	engine shell.EngineChoice
	file   string
	form   string
	output string
	rows   int
	lines  bool
	force  bool
	raw    bool
	with   []string
	lint   bool
	anyway bool
	shell  bool
}

func (o *queryOrder) define(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&o.file, "file", "f", "", "read the statement from a `file`; - is the standard input")
	f.StringVar(&o.form, "format", "", "the `form` of the result: "+strings.Join(forms, ", "))
	f.StringVarP(&o.output, "output", "o", "", "write the result to a `file`")
	f.BoolVar(&o.force, "force", false, "with -o: replace the file if there is one")
	f.BoolVar(&o.raw, "raw", false, "in CSV: leave text that looks like a formula as it is")
	f.BoolVar(&o.lines, "line", false, "on a terminal: each row as lines of a name and a value, so that all columns are seen")
	f.IntVar(&o.rows, "rows", 200, "how many rows a table shows; 0 shows all")
	o.engine.Define(f)
	o.engine.DefineEngine(c)
	shell.Complete(c, "format", cobra.FixedCompletions(forms, cobra.ShellCompDirectiveNoFileComp))
}

// defineStatement defines the flags that are about a statement of the person's own.
func (o *queryOrder) defineStatement(f *pflag.FlagSet) {
	f.StringArrayVar(&o.with, "with", nil, "read a file of CSV into a table, as `NAME=FILE`; repeat it for more")
	f.BoolVar(&o.lint, "lint", false, "only say what adds up to a wrong number in the statement")
	f.BoolVar(&o.shell, "shell", false, "type statements one after the other, with history and completion")
	f.BoolVar(&o.anyway, "anyway", false, "run a statement that adds up to a wrong number, too")
}

// QueryCommand is bellhop query.
func QueryCommand(a *shell.App) *cobra.Command {
	var o queryOrder
	c := &cobra.Command{
		Use: "query [SQL | - | -f FILE]", Short: "Ask the dataset with SQL", Long: queryHelp,
		Example: `  bellhop query "SELECT property_name, sum(dialog_count) AS dialogs FROM asp_device GROUP BY ALL ORDER BY ALL"
  bellhop query "DESCRIBE asp_communication"
  bellhop query -f weekly.sql -o weekly.csv
  bellhop query -f weekly.sql --lint
  bellhop query --shell
  bellhop query --with stays=stays.csv "SELECT * FROM stays JOIN asp_device USING (unit_id)"
  echo "SELECT count(*) FROM asp_device" | bellhop query
  bellhop query --dataset converted "FROM raw.asp_device LIMIT 10" --format jsonl
  bellhop query --engine athena --stack bellhop "SELECT count(*) FROM asp_device WHERE dataset_date = DATE '2026-11-01'"`,
	}
	o.define(c)
	o.defineStatement(c.Flags())
	c.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case o.shell && (len(args) > 0 || o.file != "" || o.output != "" || o.lint):
			return shell.Usage("leave one of them out", "--shell reads statements from the terminal, and writes to it")
		case o.shell && (!a.InTerminal || !a.OutTerminal):
			return shell.Usage("leave --shell out", "--shell needs a terminal")
		case o.shell:
			return nil
		case len(args) == 0 && o.file == "" && !a.InTerminal, len(args) == 1 && args[0] == "-" && o.file == "":
			o.file = "-"
		case len(args) == 0 && o.file == "":
			return shell.Usage("see: "+cmd.CommandPath()+" --help", "%s needs a statement, or a file with one: -f FILE", cmd.CommandPath())
		case len(args) > 0 && o.file != "":
			return shell.Usage("leave one of them out", "a statement and --file exclude each other")
		case len(args) > 1:
			return shell.Usage("put the statement in quotation marks", "%s needs one statement, and got %d words", cmd.CommandPath(), len(args))
		}
		return nil
	}
	c.PreRunE = func(*cobra.Command, []string) error { return checkQuery(a, &o) }
	c.RunE = a.Run(func(cmd *cobra.Command, args []string) error {
		if o.shell {
			return converse(cmd.Context(), a, o)
		}
		statement, err := statement(a, o.file, args)
		if err != nil {
			return err
		}
		if strings.TrimSpace(statement) == "" {
			return shell.Usage("see: "+cmd.CommandPath()+" --help", "%s needs a statement, or a file with one: -f FILE", cmd.CommandPath())
		}
		if o.lint {
			return showFindings(cmd.Context(), a, statement)
		}
		if err := examine(cmd.Context(), a, o.anyway, statement); err != nil {
			return err
		}
		err = runQuery(cmd.Context(), a, o, statement)
		if err != nil && o.engine.Name == shell.EngineAthena && operationsNamed.MatchString(statement) {
			return &shell.Problem{Code: shell.ExitError, Err: err, Remedy: "in Athena the operations tables are called operations_days and so on, once bellhop operations publish has written them"}
		}
		return err
	})
	return c
}

// operationsNamed finds a name that only DuckDB has.
var operationsNamed = regexp.MustCompile(`(?i)\b` + dataset.OperationsSchema + `\.\w`)

func checkQuery(a *shell.App, o *queryOrder) error {
	if f := a.Root.PersistentFlags().Lookup("json"); f.Changed && a.JSON && o.form != "" && o.form != formJSON {
		return shell.Usage("leave one of them out", "--json and --format %s exclude each other", o.form)
	}
	if o.lines && o.form == "" && o.output == "" {
		o.form = formTable
	}
	if o.form == "" {
		o.form = usualForm(a, o.output)
	}
	if o.lines && o.form != formTable {
		return shell.Usage("leave one of them out", "--line is a form of the table, and the result is to be %s", o.form)
	}
	if !slices.Contains(forms, o.form) {
		return shell.Usage("use one of "+strings.Join(forms, ", "), "--format: unknown format %q", o.form)
	}
	if o.output != "" && o.form == formTable {
		return shell.Usage("end the file's name in .csv, .json, .jsonl or .parquet, or give --format", "%s does not say which form the result is to have", o.output)
	}
	if o.form == formParquet && (o.output == "" || o.engine.Name == shell.EngineAthena) {
		return shell.Usage("write it with -o FILE, from DuckDB", "Parquet is written to a file, and by DuckDB only")
	}
	for _, with := range o.with {
		name, file, found := strings.Cut(with, "=")
		if !found || name == "" || file == "" {
			return shell.Usage("write it like --with stays=stays.csv", "--with: %q is not NAME=FILE", with)
		}
		if o.engine.Name == shell.EngineAthena {
			return shell.Usage("use duckdb", "--with is a file of this machine, and Athena reads the bucket")
		}
		o.engine.With = append(o.engine.With, query.Named{Name: name, File: file})
	}
	if o.rows < 0 {
		return shell.Usage("0 shows all", "--rows must not be negative")
	}
	return a.CheckEngine(&o.engine)
}

// usualForm goes by the ending of the file, or by who reads.
func usualForm(a *shell.App, output string) string {
	switch ending := strings.TrimPrefix(filepath.Ext(output), "."); {
	case output == "" && a.AsJSON():
		return formJSON
	case output == "":
		return formTable
	case slices.Contains(forms, ending):
		return ending
	default:
		return formTable
	}
}

func statement(a *shell.App, file string, args []string) (string, error) {
	if file == "" {
		return args[0], nil
	}
	read := func() ([]byte, error) { return os.ReadFile(file) } //nolint:gosec // G304: the file is the user's to choose
	if file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(a.In) }
	}
	content, err := read()
	if err != nil {
		return "", fmt.Errorf("read the statement: %w", err)
	}
	return string(content), nil
}

func runQuery(ctx context.Context, a *shell.App, o queryOrder, statement string) error {
	out := shell.OutFile{Name: o.output, Force: o.force}
	if err := out.Check(); err != nil {
		return err
	}
	a.WarnOfVanished(ctx, o.engine, func(table string) bool { return strings.Contains(statement, table) })
	if o.form == formParquet {
		return queryToParquet(ctx, a, o, out, statement)
	}
	tell, over := a.Passing()
	defer over()
	o.engine.Tell = func(state string) { tell("Athena: %s", strings.ToLower(state)) }
	o.engine.Scanned = func(bytes int64) {
		over()
		// The person asked for the rows, and gets them also when this line cannot be written.
		_ = shell.Write(a.Err, fmt.Sprintf("Athena read %s, for about $%.5f.\n", phrase.Bytes(bytes), cost.Scan(bytes)))
	}
	return a.WithEngine(ctx, o.engine, func(engine shell.QueryEngine) error {
		switch {
		case o.form == formTable:
			return drawResult(ctx, a, o, engine, statement)
		case o.output == "":
			return writeResult(ctx, engine, o, statement, a.Out)
		default:
			return out.Write(func(w io.Writer) error { return writeResult(ctx, engine, o, statement, w) })
		}
	})
}

// drawResult shows the result of a statement to a person.
func drawResult(ctx context.Context, a *shell.App, o queryOrder, engine query.Engine, statement string) error {
	t := &shell.ResultTable{Most: o.rows, Lines: o.lines}
	if err := engine.Run(ctx, statement, t); err != nil {
		return err
	}
	return a.Draw(t.Draw)
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

func queryToParquet(ctx context.Context, a *shell.App, o queryOrder, out shell.OutFile, statement string) error {
	return out.Fill(func(unfinished string) error {
		o.engine.Output = unfinished
		return a.WithEngine(ctx, o.engine, func(engine shell.QueryEngine) error {
			_, err := engine.Copy(ctx, statement)
			return err
		})
	})
}
