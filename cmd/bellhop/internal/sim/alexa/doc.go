// Package alexa plays the vendor: Login with Amazon and, behind its tokens, the Analytics API and the Proactive Suggestion
// API of Alexa Smart Properties and the Skill Metrics API over HTTP, and the foreign writer that later drops the CSV files
// into a bucket.
//
// It is written from the vendor's documents and shares no type with bellhop's clients, so that
// a misreading on either side shows. Where the documents are silent, [Switches] holds the
// answer that the simulator assumes and lets a caller change it. [Fault] scripts what goes wrong.
//
// One seed and one sequence of requests give the same bytes, on every machine: all arithmetic is
// done in integers, the clock is injected, and nothing draws from a shared random source.
//
// Facts marked "documented" in comments stand in the pages of the vendor's APIs or in the
// Login with Amazon pages. Facts marked "assumed" are ours.
package alexa
