// Package duckdb runs SQL over a dataset in a folder of this machine, with DuckDB in the process. The plain name of a
// table is its default view, by which sums are right; all of its rows are in the schema raw.
//
// DuckDB is C++ code, so the engine is there only in a program that was built with cgo. [Available] tells.
package duckdb
