// Package dataset says what the tables are: their columns, of which type, what they mean, how they may be added up, and in which
// ways a query over them goes wrong.
//
// One [Definition] per table drives the matching of CSV headers, the Parquet schema, the Glue columns and views, and the data
// dictionary: there is no second list of columns anywhere. The package reads neither CSV nor Parquet.
package dataset
