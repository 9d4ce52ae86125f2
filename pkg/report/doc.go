// Package report is bellhop's vocabulary and its rules: subscriptions, windows, jobs, files, partitions,
// coverage, the transitions between states, and the planner. It is pure: no clock, no chance, no I/O.
// Its callers pass the time in.
//
// The JSON form of the types here is the form in which the ledger keeps them.
package report
