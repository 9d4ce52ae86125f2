package cli

import (
	"fmt"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// shortcomings lists what a demonstration should not end with. What it leaves on purpose is none of it.
func shortcomings(sum sim.Summary) []string {
	var all []string
	there := 0
	for status, n := range sum.Coverage {
		if status.Covered() {
			there += n
		}
	}
	if open := sum.Wanted - there - len(sum.Left.Gaps); open > 0 {
		all = append(all, fmt.Sprintf("%s of %d wanted neither complete nor zero: bellhop coverage", count(open, "day"), sum.Wanted))
	}
	if raw := sum.RawObjects - len(sum.Left.Quarantined); raw > 0 {
		all = append(all, fmt.Sprintf("%s left in the delivery bucket: bellhop files list", count(raw, "raw object")))
	}
	if sum.Unverified > 0 {
		all = append(all, fmt.Sprintf("%s deleted without a certificate that proves it: bellhop certificates verify", count(sum.Unverified, "file")))
	}
	return all
}

// summary says what a demonstration did; again makes a command line on the same folder.
func (s *screen) summary(sum sim.Summary, again func(string) string) {
	title := "bellhop has played the life of these reports"
	if sum.Resumed {
		title = "bellhop went on where it was"
	}
	s.line("%s in %s (%s of waiting skipped)", s.paint(strong, title), span(sum.Elapsed), span(sum.Skipped))
	s.line("")
	rows := [][]cell{
		{{"asked", quiet}, {fmt.Sprintf("%s, %s in all, %d new in this run", count(sum.Subscriptions, "subscription"), count(sum.Posts, "request"), sum.NewPosts), plain}},
		{{"jobs", quiet}, {string(counts(s, report.JobStatuses(), sum.Jobs, nil)), plain}},
		{{"files", quiet}, {string(counts(s, report.FileStatuses(), sum.Files, nil)), plain}},
		{{"coverage", quiet}, {fmt.Sprintf("%s of %s wanted days", counts(s, report.CoverageStatuses(), sum.Coverage, nil), number(int64(sum.Wanted))), plain}},
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
	s.left(sum.Left, again)
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
func (s *screen) verdict(sum sim.Summary) {
	all := shortcomings(sum)
	t, raw := good, fmt.Sprintf("raw objects left: %d", sum.RawObjects)
	if sum.RawObjects > len(sum.Left.Quarantined) {
		t = bad
	}
	for i, f := range sum.Left.Quarantined {
		if i == 0 {
			raw += ", kept on purpose"
		}
		raw += fmt.Sprintf(": %s (quarantined until %s)", f.Key, minute(f.Until))
	}
	s.line("%s", s.paint(t, raw))
	for _, what := range all {
		s.line("%s", s.paint(bad, "needs attention: "+what))
	}
	every := "every wanted day"
	if n := len(sum.Left.Gaps); n > 0 {
		every = fmt.Sprintf("every wanted day but %d", n)
	}
	if len(all) == 0 {
		s.line("%s", s.paint(good, every+" is there, and every deletion has its certificate"))
	}
	if len(sum.Left.Quarantined)+len(sum.Left.Held)+len(sum.Left.Gaps) > 0 {
		s.line("%s", s.paint(quiet, "what is left on purpose does not count here; bellhop status reports it, with exit code 3"))
	}
}

// left says what a demonstration left on purpose, each with a command to try on it.
func (s *screen) left(l sim.Left, again func(string) string) {
	if len(l.Quarantined)+len(l.Held)+len(l.Gaps)+l.Silent == 0 {
		return
	}
	s.heading("LEFT FOR YOU TO TRY")
	try := func(what, command, does string) {
		s.line("  - %s", what)
		s.line("    %s  %s", again(command), s.paint(quiet, does))
	}
	for _, f := range l.Quarantined {
		try("a file that cannot be loaded, because "+f.Reason, "review show "+f.Key, "why, and what you can do: replay or drop it")
	}
	for _, d := range l.Held {
		try(fmt.Sprintf("a report that is held, because it has %s of %s for %s, where %s are published", count(int(d.HeldRows), "row"), d.Table, d.Date, number(d.Rows)),
			fmt.Sprintf("review show %s/%s/%s", d.Subscription, d.Table, d.Date), "compare both; then accept or drop it")
	}
	for _, d := range l.Gaps {
		try(fmt.Sprintf("a gap: %s of %s, which the vendor promised and did not deliver", d.Table, d.Date),
			fmt.Sprintf("refetch %s %s --table %s", d.Subscription, d.Date, d.Table), "ask once more; then the next local run closes the gap")
	}
	if l.Silent > 0 {
		try(fmt.Sprintf("%s with a device that nobody uses", count(l.Silent, "room")),
			`query "SELECT property_name, unit_name FROM asp_device GROUP BY ALL HAVING sum(dialog_count) = 0"`, "name them")
	}
}

// calls says what a file and a duplicate cost.
func calls(c sim.CallCount) string {
	text := fmt.Sprintf("%s in this run", number(int64(c.Total)))
	if c.Files > 0 {
		text += fmt.Sprintf(" · %.1f for each of %s", c.PerFile, count(c.Files, "file"))
	}
	if c.Duplicates > 0 {
		text += fmt.Sprintf(" · %.1f for each of %s, %.1f of them writes", c.PerDuplicate, count(c.Duplicates, "duplicate"), c.WritesPerDuplicate)
	}
	return text
}
