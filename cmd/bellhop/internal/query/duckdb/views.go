//go:build cgo

package duckdb

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// views returns the statements that make the tables of a dataset: raw.NAME with all rows of the days, NAME with those that add up, and
// the views over these.
func views(folder string, days report.Window) ([]string, error) {
	var statements []string
	for _, d := range dataset.Definitions() {
		// The date is in the path too, and a file whose path is out of the question is not opened.
		files, err := filesIn(folder, filepath.Join(d.Name, "dataset_date=*"))
		if err != nil {
			return nil, err
		}
		if days != (report.Window{}) {
			files = slices.DeleteFunc(files, func(file string) bool {
				date, err := report.ParseDate(strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "dataset_date="))
				return err == nil && !days.Contains(date)
			})
		}
		rows := allRows(d.Columns, files, "hive_partitioning = true, hive_types = {'dataset_date': DATE}, ")
		statements = append(statements, fmt.Sprintf("CREATE VIEW raw.%s AS %s", d.Name, rows))
	}
	for _, o := range dataset.OwnTables() {
		files, err := filesIn(folder, path.Dir(report.OwnKey(o.Name, 1)))
		if err != nil {
			return nil, err
		}
		statements = append(statements, fmt.Sprintf("CREATE VIEW raw.%s AS %s", o.Table(), allRows(o.Columns, files, "hive_partitioning = false, ")))
	}
	for _, v := range dataset.Views() {
		statements = append(statements, fmt.Sprintf("CREATE VIEW %s AS %s", v.Name, v.SQL("raw.")))
	}
	return statements, nil
}

// filesIn returns the files of a folder below the root, which may be a pattern.
func filesIn(root, folder string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(literal(root), folder, "*.parquet"))
	if err != nil {
		return nil, fmt.Errorf("look for the files in %s: %w", folder, err)
	}
	return files, nil
}

// allRows selects a table's columns from files, or none of them from nothing.
func allRows(from []dataset.Column, files []string, how string) string {
	columns := make([]string, len(from))
	for i, c := range from {
		columns[i] = c.Name
		if len(files) == 0 {
			columns[i] = fmt.Sprintf("NULL::%s AS %s", sqlType(c.Type), c.Name)
		}
	}
	selected := "SELECT " + strings.Join(columns, ", ")
	if len(files) == 0 {
		return selected + " WHERE false"
	}
	// The files are named one by one, because a folder's name may hold what DuckDB takes for a pattern.
	for i, f := range files {
		files[i] = quoted(f)
	}
	return fmt.Sprintf("%s FROM read_parquet([%s], %sunion_by_name = true)", selected, strings.Join(files, ", "), how)
}

// tableName is what the table of a person's file may be called.
var tableName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// namedFiles returns the statements that make tables of the named files. They are read before the engine is closed to all files but those
// of the dataset, so that it need not be open to any for them.
func namedFiles(files []query.Named) ([]string, error) {
	var statements []string
	for _, f := range files {
		if !tableName.MatchString(f.Name) {
			return nil, fault.New(fault.Poison, "%q cannot be the name of a table: use lower-case letters, digits and underscores", f.Name)
		}
		statements = append(statements, fmt.Sprintf("CREATE TABLE %q AS FROM read_csv(%s)", f.Name, quoted(f.File)))
	}
	return statements, nil
}

// literal keeps a path from being taken for a pattern.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// sqlType returns DuckDB's word for a type.
func sqlType(t dataset.Type) string {
	switch t {
	case dataset.Date:
		return "DATE"
	case dataset.Int:
		return "INTEGER"
	case dataset.Bigint:
		return "BIGINT"
	case dataset.Decimal:
		return "DECIMAL(18,6)"
	case dataset.String:
		return "VARCHAR"
	case dataset.Strings:
		return "VARCHAR[]"
	case dataset.StringMap:
		return "MAP(VARCHAR, VARCHAR)"
	case dataset.Timestamp:
		return "TIMESTAMP WITH TIME ZONE"
	default:
		panic(fmt.Sprintf("duckdb: unhandled type %d", t))
	}
}
