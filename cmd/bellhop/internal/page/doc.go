// Package page writes pages of HTML that need nothing but themselves: style, script, charts and numbers are in the file, and its
// Content-Security-Policy lets the browser load nothing else. A report is such a page, and so is each screen of a console.
//
// A page has sections of tiles. A [Tile] says one thing: its answer in a sentence, a chart, the same numbers as a table, until when
// there are data, what must not be done with the numbers, and the SQL and the command that say the same. A number that is zero,
// one that is missing, and one that is hidden look different and are read out differently.
//
// The package knows no dataset and no ledger: its callers compute the numbers and fill in the structs.
package page
