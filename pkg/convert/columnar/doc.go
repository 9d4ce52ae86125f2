// Package columnar sorts the rows of a file by date, and encodes each date as a Parquet object, within a fixed amount of memory.
//
// A [Writer] is its only door. It takes rows whose text has been replaced by numbers, which it hands out.
//
// # Memory
//
// What one conversion holds does not grow with the file or with the order of its rows. It is the sum of:
//
//	cells held for later      Budget, 40 MiB: a quarter for rows as columns of numbers, the rest for text
//	the buffer of the reader  256 KiB; for a record that is longer, the next power of two, at most 16 MiB
//	one open row group        8 MiB of text and paths, held about three times (interned, in dictionaries, and as
//	                          a page to compress), and the compressed pages of at most 1,048,576 rows: tens
//	                          of MiB
//	units with descendants    when a day is merged from runs with their text: at most Budget; and 32 KiB for each run
//	places while sorting      4 bytes for each row of a date that is in memory
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
// Encoded partitions are in a temporary file until they are published.
//
// Temporary files are unlinked as soon as they are open where the system allows it, so that a killed
// process leaves no guest data behind.
//
// # What each part buys
//
// A part stays when it saves 15 % of the processor time or of the peak memory, at 10 MB or at 250 MB. Measured on 2026-11-29 by taking
// it out, on one core, the median of nine rounds at 10 MB and of three at 250 MB (ratios without / with the part):
//
//	part                                          10 MB   250 MB   peak     kept
//	rows as numbers, sorted within the Budget                      bound    yes: it is what bounds the memory
//	the units that follow a unit, tried first     0.91    1.21     0.98     yes (convert/hierarchy.go)
//	a hash table of our own for numbers           0.88    0.98     0.93     no
//	pages of the last partition, compressed once  0.85    1.00     0.82     no
//	the text of the last partition, kept          0.90    0.98     0.94     no
//	levels of lists that are alike, made once     0.89    0.97     0.94     no
//	the text that follows a text, tried first     0.89    1.00     0.98     no
//	ranks by the first bytes of words             0.93    0.96     0.97     no
//	rows sorted by counting                       1.03    1.10     1.00     no
//	encoded partitions in memory                  0.90    1.01     0.95     no
//
// Without all that went, a report of DEVICE takes 1.11 times the time at 250 MB and 0.92 at 10 MB, one of COMMUNICATION 1.00 and
// 1.06, and the peak is 0.9 of what it was; every byte that the engine writes is the same.
package columnar
