package dataset

import (
	"fmt"
	"strings"
)

// View returns the query of the table's default view over its rows in from, in SQL that DuckDB and Athena both
// take. Its columns are those of the table. A sum of its additive measures over days and units counts nothing twice:
//
//   - it has LEAF rows only;
//   - a unit of which another subscription reports descendants on the same day is left out, as if it were a
//     ROLLUP: a property asked for without its rooms, beside an organisation asked for with all of them;
//   - where several subscriptions report the same unit on the same day, all of that unit's rows are taken from the one
//     whose name sorts first, so that no day of a unit is mixed from two reports.
//
// The day and the unit are compared as they are, so that a filter on the day reaches the files. Each partition is its
// newest report already.
func (d Definition) View(from string) string {
	names := make([]string, len(d.Columns))
	for i, c := range d.Columns {
		names[i] = c.Name
	}
	columns := strings.Join(names, ", ")
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
}
