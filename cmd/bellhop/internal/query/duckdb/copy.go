//go:build cgo

package duckdb

import (
	"context"
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// Copy writes what one statement selects as Parquet to the output of the options, and returns how many rows those are. The
// file may be there in part when it fails.
func (e *Engine) Copy(ctx context.Context, statement string) (int64, error) {
	if err := e.ready(ctx, statement); err != nil {
		return 0, err
	}
	// The line breaks end a comment at the end of the statement.
	return e.count(ctx, fmt.Sprintf("COPY (\n%s\n) TO %s (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)", bare(statement), quoted(e.output)))
}

// bare takes the semicolon from the end of a statement.
func bare(statement string) string {
	return strings.TrimRight(strings.TrimSpace(statement), "; \t\r\n")
}

// Database writes parts of the dataset as the tables of a new DuckDB database, the output of the options, and returns how
// many rows those are. The file may be there in part when it fails.
func (e *Engine) Database(ctx context.Context, parts []query.Copied) (int64, error) {
	if _, err := e.db.ExecContext(ctx, "ATTACH "+quoted(e.output)+" AS exported"); err != nil {
		return 0, refused(ctx, err)
	}
	var rows int64
	for _, p := range parts {
		if err := e.ready(ctx, p.Query); err != nil {
			return 0, err
		}
		n, err := e.count(ctx, fmt.Sprintf("CREATE TABLE exported.%s AS %s", p.Table, bare(p.Query)))
		if err != nil {
			return 0, err
		}
		rows += n
	}
	if _, err := e.db.ExecContext(ctx, "DETACH exported"); err != nil {
		return 0, refused(ctx, err)
	}
	return rows, nil
}

// count runs a statement whose result is a number of rows.
func (e *Engine) count(ctx context.Context, statement string) (n int64, err error) {
	if err := e.db.QueryRowContext(ctx, statement).Scan(&n); err != nil {
		return 0, refused(ctx, err)
	}
	return n, nil
}
