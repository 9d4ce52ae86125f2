// Package cli is the command line of bellhop: what a person types, sees and gets as an exit code. It decides nothing
// about reports; it asks the ledger, the use-cases and the machine that it is given, and shows what they say.
//
// What it shows is a table on a terminal and JSON in a pipe, from the same values. Text that comes from elsewhere, such
// as an object's key, is shown without control characters, and everything without what looks like a credential.
package cli
