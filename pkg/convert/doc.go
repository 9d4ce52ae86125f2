// Package convert decodes delivered CSV into the rows of a table, and makes one Parquet partition of each day of them.
//
// The table's definition, a [dataset.Definition], drives the matching of CSV headers; there is no second list of columns.
//
// A [Converter] reads one delivered file to its end and only then returns all its days, each as a complete
// Parquet object. Whether a row is a LEAF or a ROLLUP depends on every other row of its date, so nothing is
// encoded for good before the last row has been read. Rows are sorted and encoded by package columnar.
package convert
