package start

import (
	"fmt"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// shortcomings lists what a demonstration should not end with. What it leaves on purpose does not count.
func shortcomings(sum sim.Summary) []string {
	var all []string
	there := 0
	for status, n := range sum.Coverage {
		if status.Covered() {
			there += n
		}
	}
	if open := sum.Wanted - there - len(sum.Left.Gaps); open > 0 {
		all = append(all, fmt.Sprintf("%s of %d wanted neither complete nor zero: bellhop coverage", phrase.Count(open, "day"), sum.Wanted))
	}
	if raw := sum.RawObjects - len(sum.Left.Quarantined); raw > 0 {
		all = append(all, fmt.Sprintf("%s left in the delivery bucket: bellhop files list", phrase.Count(raw, "raw object")))
	}
	if sum.Unverified > 0 {
		all = append(all, fmt.Sprintf("%s deleted without a certificate that proves it: bellhop certificates verify", phrase.Count(sum.Unverified, "file")))
	}
	return all
}

// drawSummary says what a demonstration did; again makes a command line on the same folder.
func drawSummary(s *shell.Screen, sum sim.Summary, answers []answered, again func(string) string) {
	title := "bellhop has played the life of these reports"
	if sum.Resumed {
		title = "bellhop went on where it was"
	}
	s.Line("%s in %s (%s of waiting skipped)", s.Paint(shell.Strong, title), phrase.Span(sum.Elapsed), phrase.Span(sum.Skipped))
	s.Line("")
	facts := []any{
		"asked", fmt.Sprintf("%s, %s in all, %d new in this run", phrase.Count(sum.Subscriptions, "subscription"), phrase.Count(sum.Posts, "request"), sum.NewPosts),
		"jobs", string(shell.Counts(s, report.JobStatuses(), sum.Jobs, nil)),
		"files", string(shell.Counts(s, report.FileStatuses(), sum.Files, nil)),
		"coverage", fmt.Sprintf("%s of %s wanted days", shell.Counts(s, report.CoverageStatuses(), sum.Coverage, nil), phrase.Number(int64(sum.Wanted))),
		"deleted", fmt.Sprintf("%s, %d deletions without one", phrase.Count(sum.Certificates, "certificate"), sum.Unverified),
		"exposure", fmt.Sprintf("p50 %s · p99 %s · max %s, over %s", phrase.Span(sum.Exposure.P50), phrase.Span(sum.Exposure.P99), phrase.Span(sum.Exposure.Max), phrase.Count(sum.Exposure.Count, "loaded file")),
	}
	if in := sum.Imported; in.Answers > 0 {
		facts = append(facts, "imported", fmt.Sprintf("%s of Pinpoint, which ended on %s: %s that no vendor has any more",
			phrase.Count(in.Answers, "saved answer"), in.Ended, phrase.Count(in.Days, "day")))
	}
	for _, h := range sum.HeldOnPurpose {
		facts = append(facts, "", fmt.Sprintf("kept on purpose: %d %s, the longest for %s", h.Count, h.Cause, phrase.Span(h.Longest)))
	}
	facts = append(facts, "ledger calls", calls(sum.LedgerCalls), "S3 calls", calls(sum.S3Calls))
	s.Facts(facts...)

	s.Heading("DATASET")
	var tables [][]shell.Cell
	for _, t := range sum.Rows {
		tables = append(tables, shell.Row(t.Table, phrase.Number(t.Days), phrase.Number(t.Rows)))
	}
	s.Table("  ", []string{"table", "days", "rows"}, []string{"days", "rows"}, tables)
	s.Line("  %s", sum.DatasetDir)

	drawAnswers(s, answers, again)
	if len(sum.Faults) > 0 {
		s.Heading("WRONG ON PURPOSE, AND HEALED")
		for _, f := range sum.Faults {
			s.Line("  - %s", f)
		}
	}
	s.Line("")
	drawVerdict(s, sum)
	drawLeft(s, sum.Left, again)
	s.Heading("Try next:")
	for _, next := range nextSteps {
		if len(next.command) > len("certificates verify") {
			s.Line("  %s  %s", again(next.command), s.Paint(shell.Quiet, next.what))
			continue
		}
		s.Line("  %-*s  %s", len(again(nextSteps[0].command))+nextWidth, again(next.command), s.Paint(shell.Quiet, next.what))
	}
}

// drawAnswers writes what the dataset said to the questions that were asked.
func drawAnswers(s *shell.Screen, answers []answered, again func(string) string) {
	s.Heading("WHAT THE DATASET SAYS")
	for _, answer := range answers {
		if answer.err != nil {
			s.Line("  not asked: %s", answer.err)
			continue
		}
		s.Line("%s", answer.question.Name)
		s.Values(answer.result.Head, answer.result.Rows)
		if more := answer.result.Count - int64(len(answer.result.Rows)); more > 0 {
			s.Line("%s", s.Paint(shell.Quiet, fmt.Sprintf("%d more: %s", more, again("analyses run "+answer.question.Slug))))
		}
	}
}

// nextSteps are commands to try after a demonstration.
var nextSteps = []struct{ command, what string }{
	{"status", "is anything wrong?"},
	{"console --open", "pages about everything, in the browser"},
	{"coverage", "the calendar of days"},
	{"jobs list", "what was asked for, and what became of it"},
	{"files list", "what came; bellhop files show KEY tells a file's whole life"},
	{"certificates verify", "check every deletion again"},
	{"analyses list", "questions, each with a query that answers it"},
	{`query "SELECT property_name, sum(dialog_count) AS dialogs FROM asp_device GROUP BY ALL"`, "ask the dataset"},
	{"export --table asp_device -o device.csv", "take a table out; .parquet and .duckdb work too"},
}

const nextWidth = len("certificates verify") - len("status")

// drawVerdict ends the summary: what is left, and whether all is as it should be.
func drawVerdict(s *shell.Screen, sum sim.Summary) {
	all := shortcomings(sum)
	t, raw := shell.Good, fmt.Sprintf("raw objects left: %d", sum.RawObjects)
	if sum.RawObjects > len(sum.Left.Quarantined) {
		t = shell.Bad
	}
	for i, f := range sum.Left.Quarantined {
		if i == 0 {
			raw += ", kept on purpose"
		}
		raw += fmt.Sprintf(": %s (quarantined until %s)", f.Key, phrase.Minute(f.Until))
	}
	s.Line("%s", s.Paint(t, raw))
	for _, what := range all {
		s.Line("%s", s.Paint(shell.Bad, "needs attention: "+what))
	}
	every := "every wanted day"
	if n := len(sum.Left.Gaps); n > 0 {
		every = fmt.Sprintf("every wanted day but %d", n)
	}
	if len(all) == 0 {
		s.Line("%s", s.Paint(shell.Good, every+" is there, and every deletion has its certificate"))
	}
	if len(sum.Left.Quarantined)+len(sum.Left.Held)+len(sum.Left.Gaps) > 0 {
		s.Line("%s", s.Paint(shell.Quiet, "what is left on purpose does not count here; bellhop status reports it, with exit code 3"))
	}
}

// drawLeft says what a demonstration left on purpose, each with a command to try on it.
func drawLeft(s *shell.Screen, l sim.Left, again func(string) string) {
	if len(l.Quarantined)+len(l.Held)+len(l.Gaps)+l.Silent == 0 {
		return
	}
	s.Heading("LEFT FOR YOU TO TRY")
	try := func(what, command, does string) {
		s.Line("  - %s", what)
		s.Line("    %s  %s", again(command), s.Paint(shell.Quiet, does))
	}
	for _, f := range l.Quarantined {
		try("a file that cannot be loaded, because "+f.Reason, "review show "+f.Key, "why, and what you can do: replay or drop it")
	}
	for _, d := range l.Held {
		try(fmt.Sprintf("a report that is held, because it has %s of %s for %s, where %s are published", phrase.Count(int(d.HeldRows), "row"), d.Table, d.Date, phrase.Number(d.Rows)),
			fmt.Sprintf("review show %s/%s/%s", d.Subscription, d.Table, d.Date), "compare both; then accept or drop it")
	}
	for _, d := range l.Gaps {
		try(fmt.Sprintf("a gap: %s of %s, which the vendor promised and did not deliver", d.Table, d.Date),
			fmt.Sprintf("refetch %s %s --table %s", d.Subscription, d.Date, d.Table), "ask once more; then the next local run closes the gap")
	}
	if l.Silent > 0 {
		try(fmt.Sprintf("%s with a device that nobody uses", phrase.Count(l.Silent, "room")),
			`query "SELECT property_name, unit_name FROM asp_device GROUP BY ALL HAVING sum(dialog_count) = 0"`, "name them")
	}
}

// calls says what a file and a duplicate cost.
func calls(c sim.CallCount) string {
	text := fmt.Sprintf("%s in this run", phrase.Number(int64(c.Total)))
	if c.Files > 0 {
		text += fmt.Sprintf(" · %.1f for each of %s", c.PerFile, phrase.Count(c.Files, "file"))
	}
	if c.Duplicates > 0 {
		text += fmt.Sprintf(" · %.1f for each of %s, %.1f of them writes", c.PerDuplicate, phrase.Count(c.Duplicates, "duplicate"), c.WritesPerDuplicate)
	}
	return text
}
