//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// explained is what stands before a statement that is to be explained. EXPLAIN ANALYZE runs it, so what stands behind is
// looked at like any other: EXPLAIN ANALYZE COPY writes a file.
var explained = regexp.MustCompile(`(?is)^\s*EXPLAIN(\s+ANALYZE)?\s+`)

// readsOnly refuses everything but one statement that reads. Files are read-only to nobody in DuckDB once they may be read,
// so what COPY, ATTACH and their kin may do is decided here, by DuckDB's own parser: json_serialize_sql takes nothing but
// SELECT and what is one beneath, such as DESCRIBE, SHOW and SUMMARIZE.
func (e *Engine) readsOnly(ctx context.Context, statement string) error {
	statement = explained.ReplaceAllString(statement, "")
	parsed, err := parse(ctx, e.db, statement)
	if err != nil {
		return err
	}
	if failed, _ := parsed["error"].(bool); failed {
		message := fmt.Sprint(parsed["error_message"])
		if parsed["error_type"] == "not implemented" {
			return fault.New(fault.Poison, "only read-only statements are allowed: SELECT, DESCRIBE, SHOW, SUMMARIZE, and EXPLAIN of them")
		}
		return fault.New(fault.Poison, "%s%s", message, where(statement, parsed["position"]))
	}
	switch statements, _ := parsed["statements"].([]any); len(statements) {
	case 1:
		return nil
	case 0:
		return fault.New(fault.Poison, "there is no statement")
	default:
		return fault.New(fault.Poison, "there are %d statements, and one can be run at a time", len(statements))
	}
}

// Parse returns the tree of a statement, as DuckDB's json_serialize_sql gives it. What is no SELECT, or cannot be read, has a tree
// that says so, with a member error and without statements. Nothing is run, and no dataset is needed.
func Parse(ctx context.Context, statement string) (parsed map[string]any, err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("start DuckDB: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return parse(ctx, db, explained.ReplaceAllString(statement, ""))
}

func parse(ctx context.Context, db *sql.DB, statement string) (map[string]any, error) {
	var answer any
	if err := db.QueryRowContext(ctx, "SELECT json_serialize_sql(?::VARCHAR)", statement).Scan(&answer); err != nil {
		return nil, refused(ctx, err)
	}
	parsed, ok := answer.(map[string]any)
	if !ok {
		return nil, fault.New(fault.Internal, "DuckDB parses a statement to %T", answer)
	}
	return parsed, nil
}

// where returns the line and column of a position that DuckDB names, in text, counted in bytes from 0.
func where(statement string, position any) string {
	var at int
	if _, err := fmt.Sscan(fmt.Sprint(position), &at); err != nil || at < 0 || at > len(statement) {
		return ""
	}
	before := statement[:at]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	return fmt.Sprintf(" (line %d, column %d)", line, column)
}
