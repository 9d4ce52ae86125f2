package dataset

import (
	"fmt"
	"slices"
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

// Trap is one way in which a query over the dataset gives a wrong number without any error.
type Trap struct {
	// Name says the trap in a few words.
	Name string `json:"name"`
	// Wrong is what happens, Right what to do instead.
	Wrong string `json:"wrong"`
	Right string `json:"right"`

	in func(d Definition) bool
}

// Traps returns all traps, the most common first. The caller owns the result.
func Traps() []Trap {
	return slices.Concat(rowTraps(), measureTraps(), timeTraps())
}

// Traps returns the traps that wait in this table, the most common first.
func (d Definition) Traps() []Trap {
	return slices.DeleteFunc(Traps(), func(t Trap) bool { return !t.in(d) })
}

func anyTable(Definition) bool { return true }

func named(names ...string) func(Definition) bool {
	return func(d Definition) bool { return slices.Contains(names, d.Name) }
}

// measures is for tables with a measure of that additivity.
func measures(a Additivity) func(Definition) bool {
	return func(d Definition) bool {
		return slices.ContainsFunc(d.Measures(), func(c Column) bool { return c.Additivity == a })
	}
}

// rowTraps count the same thing in two rows.
func rowTraps() []Trap {
	return []Trap{
		{
			"LEAF and ROLLUP rows added together",
			"With sub-units in the report, each room counts again in its group, its property and its organisation.",
			"Filter with row_scope = 'LEAF' before you add anything up, or look at a single depth.", anyTable,
		},
		{
			"two subscriptions over the same units",
			"A subscription to an organisation and one to its property both hold the property's rows. One day of one subscription is never there twice.",
			"Filter on one subscription.", anyTable,
		},
		{
			"one call, two rows",
			"A call from room to room is presumably Outbound in one row and Inbound in the other; the vendor's documents do not say.",
			"Add up one direction only.", named("asp_communication"),
		},
		{
			"calls and drop-ins joined",
			"Each row has both kinds of measures, so a join of the call rows with the drop-in rows multiplies them.",
			"Add the two columns up side by side, without a join.", named("asp_communication"),
		},
		{
			"one campaign, several ids",
			"A campaign that was split or made again has rows under several campaign_id.",
			"Group by a list of your own that says which ids belong together.", named("asp_proactive_campaign"),
		},
	}
}

// measureTraps add up what has no sum.
func measureTraps() []Trap {
	return []Trap{
		{
			"stocks and distinct counts added up over days",
			"A device that is there, or in use, on seven days counts seven times.",
			"Sum over the leaf units of one day; over days take the average of those sums, or the last. Distinct counts of a week cannot be had from days.",
			measures(AdditiveDay),
		},
		{
			"distinct counts added up",
			"One device may be in several domains, intents or campaigns, and on several days, and counts in each.",
			"Show them side by side; never add them up. asp_device has the distinct devices of each unit and day.", measures(NotAdditive),
		},
		{
			"ratios averaged",
			"The average of percentages weighs an empty room like a full one.",
			"Divide the sum of the numerators by the sum of the denominators.", anyTable,
		},
		{
			"NULL taken for zero",
			"An empty cell is NULL: the vendor said nothing. An average leaves it out; coalesce to 0 makes it a statement.",
			"Keep NULL apart from 0, and say how many there are.", anyTable,
		},
	}
}

// timeTraps compare days that are not alike.
func timeTraps() []Trap {
	return []Trap{
		{
			"missing days read as zero",
			"A day without rows is a day that the vendor reported as empty, or a day that is not there.",
			"Ask bellhop coverage: ZERO is empty, anything but COMPLETE and ZERO is not known.", anyTable,
		},
		{
			"units that were moved or renamed",
			"A row has the names and the parents that the unit had in that report, so one room may come in two groups.",
			"Group by unit_id, and take the names of the newest day.", anyTable,
		},
		{
			"the zone of a day",
			"The vendor does not say when its days begin. Compared with days of another system, the edges may be off by hours.",
			"Compare weeks rather than days, or leave the edges out.", anyTable,
		},
		{
			"days that change",
			"Vendors restate young days, so that the same query may answer differently tomorrow.",
			"Leave out the days that are still asked for again: BELLHOP_REFRESH_DAYS, 4 by default.", anyTable,
		},
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
		{"_receipts/" + table + "/hotel-0123456789abcdef.json", "What bellhop ingest proved of one file, by the start of the file's SHA-256. Online the ledger knows it."},
	}
}

// Markdown returns the dataset's dictionary as one page: layout, types, additivity, traps, and every table.
func Markdown() string {
	var b strings.Builder
	b.WriteString(pageIntroduction)
	for _, p := range Layout() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.Path, p.Meaning)
	}
	b.WriteString(pageReading)
	for _, a := range []struct{ a, means string }{
		{string(Additive), "Sum it over days, dimensions and LEAF units, together or one by one."},
		{string(AdditiveDay), "Sum it over LEAF units of one day. Over days: average the daily sums, or take the last."},
		{string(NotAdditive), "It stands for its row alone: the rows may count the same device."},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", a.a, a.means)
	}
	b.WriteString("\n## Double-counting, and other traps\n\nNone of these is an error in any engine; each gives a wrong number.\n\n| trap | what goes wrong | what to do | tables |\n|---|---|---|---|\n")
	for _, t := range Traps() {
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s |\n", t.Name, t.Wrong, t.Right, whichTables(t))
	}
	for _, d := range Definitions() {
		fmt.Fprintf(&b, "\n## %s\n\n%s %s\n\n| column | type | NULL | adds up | meaning |\n|---|---|---|---|---|\n", d.Name, d.Meaning, d.HeldWhen())
		for _, c := range d.Columns {
			null := ""
			if c.Nullable {
				null = "yes"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", c.Name, c.Type.SQL(), null, c.Additivity, c.Meaning)
		}
	}
	return b.String()
}

func whichTables(t Trap) string {
	var in []string
	all := Definitions()
	for _, d := range all {
		if t.in(d) {
			in = append(in, "`"+d.Name+"`")
		}
	}
	if len(in) == len(all) {
		return "all"
	}
	return strings.Join(in, ", ")
}

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
never floating-point numbers. Where NULL is "yes" an empty cell is NULL.

## What adds up

Every measure says over what it may be summed. Whatever it says, only rows with ` + "`row_scope = 'LEAF'`" + ` are summed over units.

| adds up | what it means |
|---|---|
`
