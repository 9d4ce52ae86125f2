// Package duckdb runs SQL over a dataset in a folder of this machine, with DuckDB in the process. The plain name of a
// table is its default view, by which sums are right; all of its rows are in the schema raw.
//
// DuckDB is C++ code, so the engine is there only in a program that was built with cgo. [Available] tells.
package duckdb

import (
	"context"
	"errors"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Options say what the engine works on.
type Options struct {
	// Dataset is the folder with the tables, in the layout of the dataset bucket. Nothing outside of it can be read, and
	// nothing at all can be written, by any statement.
	Dataset string
	// Days are those whose files are opened; the zero window is all. Every statement looks into each file for its columns, so a year of
	// files costs a tenth of a second before a statement about one week begins.
	Days report.Window
	// Hold reads each default view into memory when a statement first names it: for many statements about the same few days.
	Hold bool
	// With are files of CSV that a person names: each is read once, into a table of its name.
	With []query.Named
	// Output is the file that [Engine.Copy] or [Engine.Database] makes, in a folder of its own, because DuckDB makes others
	// beside it; empty when neither is called.
	Output string
	// Memory is the most that a query may hold, in DuckDB's words, such as 1GB; beyond that it goes to a temporary folder.
	Memory string
	// Threads is how many threads a query may use; 0 leaves it to DuckDB, which takes all processors.
	Threads int
	// Operations returns the rows of an operations table, as [operations.Tables.Rows] does. It is asked for a table when a statement
	// names it. Nil where there is no ledger.
	Operations func(ctx context.Context, table string) ([][]any, error)
}

// ErrNoCgo is the error of a program that was built without cgo.
var ErrNoCgo = errors.New("this bellhop was built without cgo, and DuckDB needs it")
