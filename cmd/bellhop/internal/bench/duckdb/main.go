//go:build cgo

// Command duckdb is DuckDB's side of the comparison of conversions, on one thread. It prints what it did as JSON.
//
//	duckdb copy FILE CATEGORY OUT          CSV to one Parquet file
//	duckdb split FILE CATEGORY OUT         CSV to one Parquet file for each date, in the folder OUT
//	duckdb digest csv|ours PATH CATEGORY   count and hash the content of a CSV file, or of partitions of ours
//	duckdb version
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the driver

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/bench/measure"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "duckdb:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	switch {
	case len(args) == 1 && args[0] == "version":
		return printOne(ctx, db, "SELECT version()")
	case len(args) == 4 && args[0] == "digest":
		q, err := digest(args[1], args[2], args[3])
		if err != nil {
			return err
		}
		return printOne(ctx, db, q)
	case len(args) == 4 && (args[0] == "copy" || args[0] == "split"):
		q, err := conversion(args[0], args[1], args[2], args[3])
		if err != nil {
			return err
		}
		return measure.Print(func() (int64, error) {
			done, err := db.ExecContext(ctx, q)
			if err != nil {
				return 0, err
			}
			return done.RowsAffected()
		})
	default:
		return errors.New("usage: duckdb copy|split FILE CATEGORY OUT, duckdb digest csv|ours PATH CATEGORY, or duckdb version")
	}
}

func printOne(ctx context.Context, db *sql.DB, query string) error {
	var text string
	if err := db.QueryRowContext(ctx, query).Scan(&text); err != nil {
		return err
	}
	_, err := fmt.Println(text)
	return err
}

// column is one of a report: as the CSV names it, its type, and as the dataset has it.
type column struct{ name, kind, ours string }

// columns returns those of a report whose rows name units down to level 3.
func columns(category string) ([]column, error) {
	all := []column{{"dataset_date", "DATE", "dataset_date"}}
	for level := 1; level <= 3; level++ {
		all = append(all,
			column{fmt.Sprintf("unitId_level_%d", level), "VARCHAR", fmt.Sprintf("unit_ids[%d]", level)},
			column{fmt.Sprintf("unitName_level_%d", level), "VARCHAR", fmt.Sprintf("unit_names[%d]", level)})
	}
	measures := map[string][]column{
		"DEVICE": {
			{"device_count", "BIGINT", "device_count"}, {"active_device_count", "BIGINT", "active_device_count"},
			{"dialog_count", "BIGINT", "dialog_count"},
		},
		"COMMUNICATION": {
			{"direction", "VARCHAR", "direction"}, {"sub_experience", "VARCHAR", "sub_experience"}, {"call_provider", "VARCHAR", "call_provider"},
			{"calling_action_count", "BIGINT", "calling_action_count"}, {"calling_duration_minutes", "DECIMAL(18,6)", "calling_duration_minutes"},
			{"dropIn_action_count", "BIGINT", "dropin_action_count"}, {"dropIn_duration_minutes", "DECIMAL(18,6)", "dropin_duration_minutes"},
		},
	}[category]
	if measures == nil {
		return nil, fmt.Errorf("no category is called %q", category)
	}
	return append(all, measures...), nil
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// reader returns the expression that reads a CSV file with every type given, so that nothing is guessed.
func reader(file string, all []column) string {
	var kinds []string
	for _, c := range all {
		kinds = append(kinds, quoted(c.name)+": "+quoted(c.kind))
	}
	return fmt.Sprintf("read_csv(%s, header=true, delim=',', quote='\"', escape='\"', dateformat='%%m/%%d/%%Y', columns={%s})",
		quoted(file), strings.Join(kinds, ", "))
}

func conversion(how, file, category, out string) (string, error) {
	all, err := columns(category)
	if err != nil {
		return "", err
	}
	options := "FORMAT parquet, COMPRESSION zstd"
	if how == "split" {
		options += ", PARTITION_BY (dataset_date), OVERWRITE_OR_IGNORE true"
	}
	return fmt.Sprintf("COPY (FROM %s) TO %s (%s)", reader(file, all), quoted(out), options), nil
}

// digest is the same for the same rows, in whatever order and files they are.
func digest(form, path, category string) (string, error) {
	all, err := columns(category)
	if err != nil {
		return "", err
	}
	from := reader(path, all)
	if form == "ours" {
		from = "read_parquet(" + quoted(path) + ", hive_partitioning = true, hive_types = {'dataset_date': DATE})"
	}
	var cells []string
	for _, c := range all {
		cell := c.name
		if form == "ours" {
			cell = c.ours
		}
		cells = append(cells, fmt.Sprintf("CAST(%s AS VARCHAR)", cell))
	}
	row := "hash(" + strings.Join(cells, ", ") + ")"
	return fmt.Sprintf("SELECT concat_ws(' ', count(*), bit_xor(%s), sum(CAST(%s AS HUGEINT))) FROM %s", row, row, from), nil
}
