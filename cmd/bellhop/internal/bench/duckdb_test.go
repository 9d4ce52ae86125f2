//go:build cgo

package bench_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
)

const hasDuckDB = true

// withDuckDB opens DuckDB on one thread.
func withDuckDB(ctx context.Context, do func(*sql.DB) error) (err error) {
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	return do(db)
}

// copyWithDuckDB converts a report to one Parquet file, or with "split" to one for each date, and says when it began.
func copyWithDuckDB(how, file, category, out string) (rows int64, began time.Time, err error) {
	options := "FORMAT parquet, COMPRESSION zstd"
	if how == "split" {
		options += ", PARTITION_BY (dataset_date), OVERWRITE_OR_IGNORE true"
	}
	query := fmt.Sprintf("COPY (FROM %s) TO %s (%s)", reader(file, category), quoted(out), options)
	err = withDuckDB(context.Background(), func(db *sql.DB) error {
		began = time.Now()
		done, err := db.ExecContext(context.Background(), query)
		if err != nil {
			return err
		}
		rows, err = done.RowsAffected()
		return err
	})
	return rows, began, err
}

// sameContent demands that the partitions have the rows of the file: all columns that both have, as DuckDB reads them.
func sameContent(ctx context.Context, category, file, partitions string) error {
	var columns, ours []string
	for _, c := range columnsOf(category) {
		columns, ours = append(columns, c.name), append(ours, c.ours)
	}
	parquet := "read_parquet(" + quoted(filepath.Join(partitions, "*", "*.parquet")) + ", hive_partitioning = true, hive_types = {'dataset_date': DATE})"
	return withDuckDB(ctx, func(db *sql.DB) error {
		want, err := digest(ctx, db, columns, reader(file, category))
		if err != nil {
			return err
		}
		got, err := digest(ctx, db, ours, parquet)
		if err == nil && got != want {
			err = fmt.Errorf("the partitions have other content than the file: count and hashes %s, not %s", got, want)
		}
		return err
	})
}

// digest is the same for the same rows, in whatever order and files they are.
func digest(ctx context.Context, db *sql.DB, columns []string, from string) (text string, err error) {
	for i, c := range columns {
		columns[i] = fmt.Sprintf("CAST(%s AS VARCHAR)", c)
	}
	row := "hash(" + strings.Join(columns, ", ") + ")"
	query := fmt.Sprintf("SELECT concat_ws(' ', count(*), bit_xor(%s), sum(CAST(%s AS HUGEINT))) FROM %s", row, row, from)
	err = db.QueryRowContext(ctx, query).Scan(&text)
	return text, err
}

// column is one of a report: as the CSV names it, its type, and as the dataset has it.
type column struct{ name, kind, ours string }

// columnsOf returns those of a report whose rows name units down to level 3.
func columnsOf(category string) []column {
	all := []column{{"dataset_date", "DATE", "dataset_date"}}
	for level := 1; level <= 3; level++ {
		all = append(all,
			column{fmt.Sprintf("unitId_level_%d", level), "VARCHAR", fmt.Sprintf("unit_ids[%d]", level)},
			column{fmt.Sprintf("unitName_level_%d", level), "VARCHAR", fmt.Sprintf("unit_names[%d]", level)})
	}
	return append(all, map[string][]column{
		"DEVICE": {
			{"device_count", "BIGINT", "device_count"}, {"active_device_count", "BIGINT", "active_device_count"},
			{"dialog_count", "BIGINT", "dialog_count"},
		},
		"COMMUNICATION": {
			{"direction", "VARCHAR", "direction"}, {"sub_experience", "VARCHAR", "sub_experience"}, {"call_provider", "VARCHAR", "call_provider"},
			{"calling_action_count", "BIGINT", "calling_action_count"}, {"calling_duration_minutes", "DECIMAL(18,6)", "calling_duration_minutes"},
			{"dropIn_action_count", "BIGINT", "dropin_action_count"}, {"dropIn_duration_minutes", "DECIMAL(18,6)", "dropin_duration_minutes"},
		},
	}[category]...)
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// reader returns the expression that reads a CSV file with every type given, so that nothing is guessed.
func reader(file, category string) string {
	var kinds []string
	for _, c := range columnsOf(category) {
		kinds = append(kinds, quoted(c.name)+": "+quoted(c.kind))
	}
	return fmt.Sprintf("read_csv(%s, header=true, delim=',', quote='\"', escape='\"', dateformat='%%m/%%d/%%Y', columns={%s})",
		quoted(file), strings.Join(kinds, ", "))
}
