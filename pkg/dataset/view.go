package dataset

import (
	"fmt"
	"strings"
)

// View is a query with a name, in SQL that DuckDB and Athena both take.
type View struct {
	Name    string
	Meaning string
	Columns []Column
	// Over are the tables whose rows a view over others shows.
	Over []string

	query func(raw string) string
}

// SQL returns the query. Raw is what stands before the name of a table to mean all of its rows, such as "raw."; other views are
// named as they are.
func (v View) SQL(raw string) string { return v.query(raw) }

// Views returns the default view of each table, which has the table's name and columns, sorted by name, and behind them the views
// over these. The caller owns the result.
func Views() []View {
	var all []View
	for _, d := range Definitions() {
		all = append(all, View{
			Name: d.Name, Meaning: d.Meaning + " " + d.chosen.rule, Columns: d.Columns,
			query: func(raw string) string { return d.chosen.query(names(d.Columns), raw+d.Name) },
		})
	}
	return append(all, ViewsOverOthers()...)
}

// DefaultView says in a sentence which rows the table's default view has.
func (d Definition) DefaultView() string { return d.chosen.rule }

// ViewsOverOthers returns the views that have names of their own, as [Views] does.
func ViewsOverOthers() []View {
	all := campaignViews()
	for _, o := range OwnTables() {
		all = append(all, o.view())
	}
	return all
}

// choice is which rows of a table its default view has.
type choice struct {
	rule  string // in a sentence
	query func(columns, from string) string
}

func names(columns []Column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.Name
	}
	return strings.Join(all, ", ")
}

// leafUnits is the choice of tables with units. A sum of additive measures over days and units counts nothing twice:
//
//   - it has LEAF rows only;
//   - a unit of which another subscription reports descendants on the same day is left out, as if it were a
//     ROLLUP: a property asked for without its rooms, beside an organisation asked for with all of them;
//   - where several subscriptions report the same unit on the same day, all of that unit's rows are taken from the one
//     whose name sorts first, so that no day of a unit is mixed from two reports.
//
// The day and the unit are compared as they are, so that a filter on the day reaches the files. Each partition is its
// newest report already.
var leafUnits = choice{
	"LEAF rows alone, and each unit and day from one subscription, so that sums over units are right.",
	func(columns, from string) string {
		return fmt.Sprintf(`SELECT %[1]s
FROM (
  SELECT %[1]s, min(subscription) OVER (PARTITION BY dataset_date, unit_id) AS chosen_subscription
  FROM %[2]s WHERE row_scope = 'LEAF'
) AS leaf
LEFT JOIN (
  SELECT DISTINCT dataset_date AS ancestor_date, ancestor_id
  FROM %[2]s CROSS JOIN UNNEST(unit_ids) AS path (ancestor_id)
  WHERE ancestor_id <> unit_id
) AS ancestor ON ancestor_date = dataset_date AND ancestor_id = unit_id
WHERE subscription = chosen_subscription AND ancestor_id IS NULL`, columns, from)
	},
}

// finestTotals is the choice of skill_metrics. A sum of amount for a metric counts nothing twice:
//
//   - it has no row that is a part of another: none of one intent, or of a value that the metric is broken down by, and none of one
//     locale where there is one of all locales;
//   - it has no SINGLE, of which nobody can tell what other rows it overlaps with;
//   - of what is left, all rows of a day, skill, stage, type, metric, statistic and locale are of one subscription, the one whose
//     name sorts first, and of the shortest period that this one has.
var finestTotals = choice{
	"Totals alone, of all locales where there are such rows, in the shortest period that the day has, and from one subscription, so that the sum of a metric's amount is right.",
	func(columns, from string) string {
		return fmt.Sprintf(`SELECT %[1]s
FROM (
  SELECT %[1]s,
    rank() OVER (PARTITION BY dataset_date, skill_id, stage, skill_type, metric, statistic, locale
      ORDER BY subscription, CASE period WHEN 'PT15M' THEN 1 WHEN 'PT1H' THEN 2 ELSE 3 END) AS choice,
    sum(CASE WHEN locale IS NULL THEN 1 ELSE 0 END)
      OVER (PARTITION BY dataset_date, skill_id, stage, skill_type, metric, statistic) AS of_all_locales
  FROM %[2]s WHERE intent IS NULL AND group_field IS NULL AND period IN ('PT15M', 'PT1H', 'P1D')
) AS total
WHERE choice = 1 AND (locale IS NULL OR of_all_locales = 0)`, columns, from)
	},
}

// oneSnapshot is the choice of asp_campaigns: where several subscriptions have a campaign in the snapshot of a day, the one whose
// name sorts first.
var oneSnapshot = firstSubscription("campaign_id", "snapshot", "Each campaign and day from one subscription.")

// oneExport is the choice of tables of exports: where several subscriptions export the same day of a company, all of its rows are
// those of the one whose name sorts first.
var oneExport = firstSubscription("company", "export", "The rows of one company and day from one subscription.")

// firstSubscription chooses, for each day and each value of the column, the rows of the subscription whose name sorts first. Alias
// names the inner query.
func firstSubscription(column, alias, rule string) choice {
	return choice{rule, func(columns, from string) string {
		return fmt.Sprintf(`SELECT %[1]s
FROM (
  SELECT %[1]s, min(subscription) OVER (PARTITION BY dataset_date, %[3]s) AS chosen_subscription
  FROM %[2]s
) AS %[4]s
WHERE subscription = chosen_subscription`, columns, from, column, alias)
	}}
}
