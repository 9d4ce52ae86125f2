// Package query is what engines that run SQL over the dataset have in common: the form of their results, and the writers
// of results as text.
package query

import (
	"context"
	"math/big"
	"strings"
)

// Column is one column of a result.
type Column struct {
	Name string `json:"name"`
	// Type is the engine's word for the type of its values.
	Type string `json:"type"`
}

// Result takes the result of a query as it comes. What its methods return ends the query.
type Result interface {
	// Columns is called once, before the first row.
	Columns(columns []Column) error
	// Row is called for each row. The values are nil for NULL, bool, [Number], string, []any or [Object]; they belong to
	// the callee.
	Row(values []any) error
}

// EachRow is a [Result] that is told of the rows alone.
type EachRow func(values []any) error

// Columns does nothing: who knows the statement knows its columns.
func (EachRow) Columns([]Column) error { return nil }

// Row hands a row on.
func (f EachRow) Row(values []any) error { return f(values) }

// Engine runs statements, one at a time.
type Engine interface {
	// Run runs one statement that reads, and hands its result on. A statement that cannot be run as it is, is Poison with
	// the engine's words. When ctx ends, so does the query, and the context's error is returned.
	Run(ctx context.Context, statement string, to Result) error
	// Close lets go of what the engine holds.
	Close() error
}

// Copied is a part of a dataset that is copied into a database.
type Copied struct {
	// Table is the name that it gets, and Query is what is in it.
	Table, Query string
}

// Named is a file of CSV that a person names, with the name of the table that it becomes: lower-case letters, digits and underscores.
type Named struct{ Name, File string }

// Number is a number as its decimal digits, so that no digit is lost on the way: 1.500000 or 12345678901234567890.
type Number string

// Decimal returns unscaled / 10^scale with all digits of the scale, zeros too: 1.500000 says how exact it is.
func Decimal(unscaled *big.Int, scale int) Number {
	digits := new(big.Int).Abs(unscaled).String()
	if scale > 0 {
		digits = strings.Repeat("0", max(0, scale+1-len(digits))) + digits
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if unscaled.Sign() < 0 {
		digits = "-" + digits
	}
	return Number(digits)
}

// Object is a value with named members, in the order of the engine.
type Object []Member

// Member returns the value of one member, nil where there is none.
func (o Object) Member(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// Member is one member of an [Object].
type Member struct {
	Name  string
	Value any
}
