package dataset

import (
	"fmt"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// String returns the role's name, as the dictionary shows it.
func (r Role) String() string {
	switch r {
	case RoleDate:
		return "date"
	case RoleUnit:
		return "unit"
	case RoleDimension:
		return "dimension"
	case RoleMeasure:
		return "measure"
	case RoleExtra:
		return "extra"
	case RoleSubscription:
		return "subscription"
	default:
		return fmt.Sprintf("role %d", int(r))
	}
}

// exampleDay stands in for any partition where the layout is shown.
var exampleDay = report.NewDate(2026, 11, 17)

// Place is where one kind of object lies in the dataset.
type Place struct {
	Path    string `json:"path"`
	Meaning string `json:"meaning"`
}

// Layout returns the kinds of objects in the dataset, as their paths for an imagined subscription "hotel".
func Layout() []Place {
	const table, job = "asp_device", "hotel-000001"
	return []Place{
		{report.PartitionKey("hotel", table, exampleDay), "All rows of one table, day and subscription. Readers want these and no others."},
		{report.HeldKey("hotel", table, exampleDay, exampleDay.Time().Add(15*time.Hour)), "A newer report that would have erased or shrunk the day, held for a person to decide on."},
		{report.StagedKey(job, table, exampleDay, "DEVICE-1.csv"), "One file's share of a day while the other files of its report are awaited."},
		{report.FormatKey, "The number of the dataset's format. It is written before the first day; an older dataset without it gets it from bellhop migrate."},
		{report.OperationsKey("days"), "An operations table, as bellhop operations publish wrote it last."},
		{ChecksKey, "What the last run of bellhop check found."},
		{"_receipts/" + table + "/hotel-0123456789abcdef.json", "What bellhop ingest proved of one file, by the start of the file's SHA-256. Online the ledger knows it."},
	}
}

// Markdown returns the dataset's dictionary as one page: layout, types, additivity, traps, every table, the views over them, and the
// operations tables.
func Markdown() string {
	var b strings.Builder
	b.WriteString(pageIntroduction)
	for _, p := range Layout() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.Path, p.Meaning)
	}
	b.WriteString(pageReading)
	for _, a := range []struct{ a, means string }{
		{string(Additive), "Sum it over days, dimensions and LEAF units, or over the rows of the table's default view, together or one by one."},
		{string(AdditiveDay), "Sum it over LEAF units of one day. Over days: average the daily sums, or take the last."},
		{string(NotAdditive), "It stands for its row alone: the rows may count the same device or person, or are rates."},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", a.a, a.means)
	}
	b.WriteString("\n## Double-counting, and other traps\n\nNone of these is an error in any engine; each gives a wrong number.\n\n| trap | what goes wrong | what to do | tables |\n|---|---|---|---|\n")
	for _, t := range Traps() {
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s |\n", t.Name, t.Wrong, t.Right, whichTables(t))
	}
	for _, d := range Definitions() {
		fmt.Fprintf(&b, "\n## %s\n\n%s %s %s Its source: `%s`.\n%s\nIts default view: %s\n\n",
			d.Name, d.Meaning, d.Grain, d.keyOnPage(), d.Source, d.HeldWhen(), d.DefaultView())
		writeColumns(&b, d.Columns)
	}
	for _, v := range ViewsOverOthers() {
		fmt.Fprintf(&b, "\n## %s\n\nA view. %s\n\n", v.Name, v.Meaning)
		writeColumns(&b, v.Columns)
	}
	b.WriteString(pageOperations)
	for _, o := range Operations() {
		fmt.Fprintf(&b, "\n### %s\n\n%s %s\n\n", o.Table(), o.Meaning, o.Grain)
		writeColumns(&b, o.Columns)
	}
	return b.String()
}

func (d Definition) keyOnPage() string {
	if d.Repeats {
		return d.KeySaid()
	}
	return "Its key: `" + strings.ReplaceAll(names(d.Key()), ", ", "`, `") + "`."
}

func writeColumns(b *strings.Builder, columns []Column) {
	b.WriteString("| column | type | NULL | adds up | meaning |\n|---|---|---|---|---|\n")
	for _, c := range columns {
		null := ""
		if c.Nullable {
			null = "yes"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", c.Name, c.Type.SQL(), null, c.Additivity, c.Meaning)
	}
}

const pageOperations = `
## Operations

The schema ` + "`operations`" + ` has tables about the work itself. In DuckDB they are no files: ` + "`bellhop query`" + ` makes them from the
ledger of the folder when a statement names them. In Athena they are called ` + "`operations_days`" + ` and so on, and say what was so when
` + "`bellhop operations publish`" + ` ran last.
`

const pageIntroduction = `<!-- Generated from pkg/dataset: build/bellhop tables --markdown > docs/dataset.md -->

# The dataset

What is in the tables, and how to add it up. ` + "`bellhop tables`" + ` says the same.

## Where things are

One object holds all rows of one table, one day and one subscription, and its path depends on these three alone. The date in
the path is the data's, not that of the load. A day is replaced whole, by a newer report of it.

| path, for example | what it is |
|---|---|
`

//nolint:unqueryvet // a page for people, which shows the plainest query
const pageReading = `
Folders that begin with an underscore are no tables. ` + "`dataset_date`" + ` is in the path alone, as in every dataset that is partitioned
in Hive's way: a reader of the table's folder gets it as a column. A single file that is opened alone has no such column, and says
its day in its key-value metadata, as ` + "`bellhop.dataset_date`" + `, beside ` + "`bellhop.format`" + `, the number of this layout. In S3 each object says
in its metadata which job (` + "`job`" + `) of which submission time (` + "`generation`" + `) it is from, how many rows it has, the SHA-256 of its
bytes, and the layout's number (` + "`format`" + `). A day for which the vendor reported no rows has no object; the ledger knows it as ZERO.

## Reading it

Each of these gives all rows of a table, with ` + "`dataset_date`" + ` as a column. All are tested, by ` + "`make readers`" + `.

| reader | how |
|---|---|
| pandas | ` + "`pandas.read_parquet(\"asp_device\")`" + ` |
| pyarrow | ` + "`pyarrow.dataset.dataset(\"asp_device\", partitioning=\"hive\")`, `pyarrow.parquet.read_table(\"asp_device\")`" + ` |
| polars | ` + "`polars.scan_parquet(\"asp_device\")`" + ` |
| DuckDB | ` + "`FROM read_parquet('asp_device/**/*.parquet', hive_partitioning = true)`" + ` |
| fastparquet | ` + "`fastparquet.ParquetFile(\"asp_device\").to_pandas()`" + ` |
| Athena | ` + "`SELECT * FROM asp_device`" + `, in the database of all rows |

What type a path's part has is for the reader to say: polars and DuckDB make it a date, pyarrow text, pandas and fastparquet a category
of texts. Where a date is wanted, ` + "`pandas.to_datetime(rows[\"dataset_date\"])`" + ` makes one.

## Types

The types below are those of Athena and Glue. In the Parquet files counts are 64-bit integers, and minutes are exact decimals,
never floating-point numbers. Instants are in UTC, to the microsecond: 64-bit integers that readers take for a timestamp with a
zone; fastparquet leaves the zone out, and Athena shows them to the millisecond. Where NULL is "yes" an empty cell is NULL.

A day begins and ends as the meaning of each table's ` + "`dataset_date`" + ` says. Where rows are of periods shorter than a day, it is the date, in
UTC, on which the period begins.

## What adds up

Every measure says over what it may be summed. Whatever it says, only rows with ` + "`row_scope = 'LEAF'`" + ` are summed over units. A table
without units has no such column; there the default view leaves out what would count twice.

| adds up | what it means |
|---|---|
`
