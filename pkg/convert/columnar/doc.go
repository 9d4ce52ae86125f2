// Package columnar sorts the rows of a file by date, and encodes each date as a Parquet object, within a fixed amount of memory.
//
// A [Writer] is its only door. It takes rows whose text has been replaced by numbers, which it hands out.
//
// # Memory
//
// What one conversion holds does not grow with the file or with the order of its rows. It is the sum of:
//
//	cells held for later      Budget, 40 MiB: a quarter for rows as columns of numbers, the rest for text
//	encoded bodies            BodyMemory, 8 MiB; the rest is in a temporary file
//	the buffer of the reader  256 KiB; for a record that is longer, the next power of two, at most 16 MiB
//	one open row group        8 MiB of text and paths, held about three times (interned, in dictionaries, and as
//	                          a page to compress), and the compressed pages of at most 1,048,576 rows: tens
//	                          of MiB
//	pages of the last partition   8 MiB, to compress none twice that repeats
//	units with descendants    when a day is merged from runs with their text: at most Budget; and 32 KiB for each run
//	places while sorting      16 bytes for each row of a date that is in memory
//
// The process takes up to twice as much, as Go's collector lets garbage grow; set GOMEMLIMIT in a function.
// bench/README.md has figures.
//
// When the rows pass their share of the budget, those of the date with the most are stored in a temporary file,
// in six to eleven bytes each. When the text passes its share (some 45,000 units with ids of a hundred bytes), all
// rows are sorted and written with their text to another one, and each date is merged from there at the end: that
// costs several times as much.
//
// The rows of a date are sorted before they are encoded. A date whose rows do not fit is sorted in runs, as many rows
// as fit at a time, which are merged with one block of each in memory.
//
// Temporary files are unlinked as soon as they are open where the system allows it, so that a killed
// process leaves no guest data behind.
package columnar
