//go:build cgo

package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	duck "github.com/duckdb/duckdb-go/v2"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/scratch"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Available tells whether DuckDB is in this program.
const Available = true

// Engine runs statements that read.
type Engine struct {
	db           *sql.DB
	temp, output string
	operations   func(ctx context.Context, table string) ([][]any, error)
	filled       map[string]bool
	holds        bool
	held         map[string]bool
}

// Open starts DuckDB in memory with the tables and views of a dataset. A table without files is empty, with its columns.
func Open(ctx context.Context, o Options) (*Engine, error) {
	folder, err := filepath.Abs(o.Dataset)
	if err != nil {
		return nil, fmt.Errorf("find the dataset: %w", err)
	}
	e := &Engine{output: o.Output, operations: o.Operations, holds: o.Hold}
	if e.temp, err = scratch.Make(); err != nil {
		return nil, fmt.Errorf("make a folder for what does not fit in memory: %w", err)
	}
	if e.db, err = sql.Open("duckdb", ""); err != nil {
		return nil, errors.Join(fmt.Errorf("start DuckDB: %w", err), e.Close())
	}
	// An in-memory database belongs to its connection, and so do the settings.
	e.db.SetMaxOpenConns(1)
	statements, err := setUp(folder, e.temp, o)
	for _, s := range statements {
		if err != nil {
			break
		}
		_, err = e.db.ExecContext(ctx, s)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the dataset in %s: %w", o.Dataset, err), e.Close())
	}
	return e, nil
}

// setUp returns the statements that make the session: where it may read, what is in it, and last the lock, after which
// no statement can change either.
func setUp(folder, temp string, o Options) ([]string, error) {
	open := quoted(folder + string(filepath.Separator))
	if o.Output != "" {
		// DuckDB keeps journals beside a database that it writes.
		open += ", " + quoted(filepath.Dir(o.Output)+string(filepath.Separator))
	}
	statements := []string{
		"SET allowed_directories = [" + open + "]",
		"SET temp_directory = " + quoted(temp),
		"SET memory_limit = " + quoted(o.Memory),
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET TimeZone = 'UTC'",
	}
	if o.Threads > 0 {
		statements = append(statements, fmt.Sprintf("SET threads = %d", o.Threads))
	}
	views, err := views(folder, o.Days)
	if err != nil {
		return nil, err
	}
	named, err := namedFiles(o.With)
	if err != nil {
		return nil, err
	}
	statements = append(append(append(statements, "CREATE SCHEMA raw"), views...), named...)
	return append(statements, "SET enable_external_access = false", "SET lock_configuration = true"), nil
}

// quoted returns text as a literal of SQL.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Close removes what did not fit in memory.
func (e *Engine) Close() error {
	var err error
	if e.db != nil {
		err = e.db.Close()
	}
	return errors.Join(err, os.RemoveAll(e.temp))
}

// Run runs one SELECT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.
func (e *Engine) Run(ctx context.Context, statement string, to query.Result) error {
	if err := e.ready(ctx, statement); err != nil {
		return err
	}
	rows, err := e.db.QueryContext(ctx, statement)
	if err != nil {
		return refused(ctx, err)
	}
	defer func() { _ = rows.Close() }() // its error is that of rows.Err
	columns, err := describe(rows)
	if err != nil {
		return err
	}
	if err := to.Columns(columns); err != nil {
		return err
	}
	for rows.Next() {
		values, err := scan(rows, columns)
		if err != nil {
			return err
		}
		if err := to.Row(values); err != nil {
			return err
		}
	}
	return refused(ctx, rows.Err())
}

// ready lets one statement that reads through, with all that it names in place.
func (e *Engine) ready(ctx context.Context, statement string) error {
	if err := e.readsOnly(ctx, statement); err != nil {
		return err
	}
	if e.holds {
		if err := e.hold(ctx, statement); err != nil {
			return err
		}
	}
	return e.fill(ctx, statement)
}

// refused makes Poison of what DuckDB says of a statement. An interrupted one has DuckDB's words for that, and the
// context's error says it better.
func refused(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if said, ok := errors.AsType[*duck.Error](err); ok {
		return fault.New(fault.Poison, "%s", said.Msg)
	}
	return fault.As(fault.Poison, err)
}
