package cli

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/local"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// shortcomings lists what a demonstration should not end with.
func shortcomings(sum local.Summary) []string {
	var all []string
	there := 0
	for status, n := range sum.Coverage {
		if status.Covered() {
			there += n
		}
	}
	if open := sum.Wanted - there; open > 0 {
		all = append(all, fmt.Sprintf("%s of %d wanted neither complete nor zero: bellhop coverage", count(open, "day"), sum.Wanted))
	}
	if sum.RawObjects > 0 {
		all = append(all, fmt.Sprintf("%s left in the delivery bucket: bellhop files list", count(sum.RawObjects, "raw object")))
	}
	if sum.Unverified > 0 {
		all = append(all, fmt.Sprintf("%s deleted without a certificate that proves it: bellhop certificates verify", count(sum.Unverified, "file")))
	}
	return all
}

// summary says what a demonstration did; again makes a command line on the same folder.
func (s *screen) summary(sum local.Summary, again func(string) string) {
	title := "bellhop has played the life of these reports"
	if sum.Resumed {
		title = "bellhop went on where it was"
	}
	s.line("%s in %s (%s of waiting skipped)", s.paint(strong, title), span(sum.Elapsed), span(sum.Skipped))
	s.line("")
	rows := [][]cell{
		{{"asked", quiet}, {fmt.Sprintf("%s, %s in all, %d new in this run", count(sum.Subscriptions, "subscription"), count(sum.Posts, "request"), sum.NewPosts), plain}},
		{{"jobs", quiet}, {counted(report.JobStatuses(), sum.Jobs), plain}},
		{{"files", quiet}, {counted(report.FileStatuses(), sum.Files), plain}},
		{{"coverage", quiet}, {fmt.Sprintf("%s of %s wanted days", counted(report.CoverageStatuses(), sum.Coverage), number(int64(sum.Wanted))), plain}},
		{{"deleted", quiet}, {fmt.Sprintf("%s, %d deletions without one", count(sum.Certificates, "certificate"), sum.Unverified), plain}},
		{{"exposure", quiet}, {fmt.Sprintf("p50 %s · p99 %s · max %s, over %s", span(sum.Exposure.P50), span(sum.Exposure.P99), span(sum.Exposure.Max), count(sum.Exposure.Count, "loaded file")), plain}},
	}
	for _, h := range sum.HeldOnPurpose {
		rows = append(rows, []cell{{"", quiet}, {fmt.Sprintf("kept on purpose: %d %s, the longest for %s", h.Count, h.Cause, span(h.Longest)), plain}})
	}
	rows = append(rows,
		[]cell{{"ledger calls", quiet}, {calls(sum.LedgerCalls), plain}},
		[]cell{{"S3 calls", quiet}, {calls(sum.S3Calls), plain}},
	)
	s.table("", nil, nil, rows)

	s.heading("DATASET")
	var tables [][]cell
	for _, t := range sum.Rows {
		tables = append(tables, cells(t.Table, number(t.Days), number(t.Rows)))
	}
	s.table("  ", []string{"table", "days", "rows"}, []string{"days", "rows"}, tables)
	s.line("  %s", sum.DatasetDir)

	if len(sum.Faults) > 0 {
		s.heading("WRONG ON PURPOSE, AND HEALED")
		for _, f := range sum.Faults {
			s.line("  - %s", f)
		}
	}
	s.line("")
	s.verdict(sum)
	s.heading("Try next:")
	for _, next := range nextSteps {
		if len(next.command) > len("certificates verify") {
			s.line("  %s  %s", again(next.command), s.paint(quiet, next.what))
			continue
		}
		s.line("  %-*s  %s", len(again(nextSteps[0].command))+nextWidth, again(next.command), s.paint(quiet, next.what))
	}
}

// nextSteps are commands to try after a demonstration.
var nextSteps = []struct{ command, what string }{
	{"status", "is anything wrong?"},
	{"coverage", "the calendar of days"},
	{"jobs list", "what was asked for, and what became of it"},
	{"files list", "what came; bellhop files show KEY tells a file's whole life"},
	{"certificates verify", "check every deletion again"},
	{`query "SELECT property_name, sum(dialog_count) AS dialogs FROM asp_device GROUP BY ALL"`, "ask the dataset"},
	{"export --table asp_device -o device.csv", "take a table out; .parquet and .duckdb work too"},
}

const nextWidth = len("certificates verify") - len("status")

// verdict ends the summary: what is left, and whether all is as it should be.
func (s *screen) verdict(sum local.Summary) {
	all := shortcomings(sum)
	t := good
	if sum.RawObjects > 0 {
		t = bad
	}
	s.line("%s", s.paint(t, fmt.Sprintf("raw objects left: %d", sum.RawObjects)))
	if len(all) == 0 {
		s.line("%s", s.paint(good, "every wanted day is there, and every deletion has its certificate"))
		return
	}
	for _, what := range all {
		s.line("%s", s.paint(bad, "needs attention: "+what))
	}
}

// counted counts in the order of the statuses.
func counted[T ~string](statuses []T, counts map[T]int) string {
	var parts []string
	for _, status := range statuses {
		if n := counts[status]; n > 0 {
			parts = append(parts, number(int64(n))+" "+string(status))
		}
	}
	return orElse(strings.Join(parts, " · "), "none")
}

// calls says what a file and a duplicate cost.
func calls(c local.CallCount) string {
	text := fmt.Sprintf("%s in this run", number(int64(c.Total)))
	if c.Files > 0 {
		text += fmt.Sprintf(" · %.1f for each of %s", c.PerFile, count(c.Files, "file"))
	}
	if c.Duplicates > 0 {
		text += fmt.Sprintf(" · %.1f for each of %s, %.1f of them writes", c.PerDuplicate, count(c.Duplicates, "duplicate"), c.WritesPerDuplicate)
	}
	return text
}
