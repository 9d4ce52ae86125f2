//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// operationsNamed finds the operations tables that a statement names.
var operationsNamed = regexp.MustCompile(`(?i)\b` + dataset.OperationsSchema + `"?\s*\.\s*"?(\w+)`)

// inserted is how many rows one statement inserts.
const inserted = 1000

// createOperations returns the statements that make the operations tables, without rows.
func createOperations() string {
	statements := []string{"CREATE SCHEMA " + dataset.OperationsSchema}
	for _, o := range dataset.Operations() {
		columns := make([]string, len(o.Columns))
		for i, c := range o.Columns {
			columns[i] = c.Name + " " + sqlType(c.Type)
		}
		statements = append(statements, fmt.Sprintf("CREATE TABLE %s.%s (%s)", dataset.OperationsSchema, o.Name, strings.Join(columns, ", ")))
	}
	return strings.Join(statements, ";\n")
}

// fill makes the operations tables when a statement speaks of them, and fills those that it names, each once: other statements cost
// nothing.
func (e *Engine) fill(ctx context.Context, statement string) error {
	if !strings.Contains(strings.ToLower(statement), dataset.OperationsSchema) {
		return nil
	}
	if e.filled == nil {
		if _, err := e.db.ExecContext(ctx, createOperations()); err != nil {
			return refused(ctx, err)
		}
		e.filled = map[string]bool{}
	}
	for _, found := range operationsNamed.FindAllStringSubmatch(statement, -1) {
		name := strings.ToLower(found[1])
		known := slices.ContainsFunc(dataset.Operations(), func(o dataset.Operation) bool { return o.Name == name })
		if !known || e.filled[name] {
			continue
		}
		if e.operations == nil {
			return fault.New(fault.Poison, "%s.%s is made from a ledger, and there is none beside this dataset", dataset.OperationsSchema, name)
		}
		rows, err := e.operations(ctx, name)
		if err != nil {
			return fmt.Errorf("read %s.%s: %w", dataset.OperationsSchema, name, err)
		}
		if err := e.insert(ctx, name, rows); err != nil {
			return err
		}
		e.filled[name] = true
	}
	return nil
}

// insert fills an operations table, from the start: some rows may be there of a try that was interrupted.
func (e *Engine) insert(ctx context.Context, table string, rows [][]any) error {
	if _, err := e.db.ExecContext(ctx, fmt.Sprintf("DELETE FROM %s.%s", dataset.OperationsSchema, table)); err != nil {
		return refused(ctx, err)
	}
	for chunk := range slices.Chunk(rows, inserted) {
		values := make([]string, len(chunk))
		for i, row := range chunk {
			values[i] = literals(row)
		}
		if _, err := e.db.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s.%s VALUES %s", dataset.OperationsSchema, table, strings.Join(values, ", "))); err != nil {
			return refused(ctx, err)
		}
	}
	return nil
}

// literals returns a row as SQL. Each text becomes what its column is.
func literals(row []any) string {
	values := make([]string, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case nil:
			values[i] = "NULL"
		case string:
			values[i] = quoted(v)
		case []string:
			items := make([]string, len(v))
			for j, item := range v {
				items[j] = quoted(item)
			}
			values[i] = "[" + strings.Join(items, ", ") + "]"
		default:
			panic(fmt.Sprintf("duckdb: a row of an operations table has a %T", v))
		}
	}
	return "(" + strings.Join(values, ", ") + ")"
}
