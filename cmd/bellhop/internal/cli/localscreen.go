package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

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
func (s *screen) summary(sum sim.Summary, answers []answered, again func(string) string) {
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
		tables = append(tables, row(t.Table, number(t.Days), number(t.Rows)))
	}
	s.table("  ", []string{"table", "days", "rows"}, []string{"days", "rows"}, tables)
	s.line("  %s", sum.DatasetDir)

	s.answers(answers, again)
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

// answers writes what the dataset said to the questions that were asked.
func (s *screen) answers(answers []answered, again func(string) string) {
	s.heading("WHAT THE DATASET SAYS")
	for _, answer := range answers {
		if answer.err != nil {
			s.line("  not asked: %s", answer.err)
			continue
		}
		s.line("%s", answer.question.Name)
		s.values(answer.result.columns, answer.result.rows)
		if more := answer.result.count - int64(len(answer.result.rows)); more > 0 {
			s.line("%s", s.paint(quiet, fmt.Sprintf("%d more: %s", more, again("analyses run "+answer.question.Slug))))
		}
	}
}

// nextSteps are commands to try after a demonstration.
var nextSteps = []struct{ command, what string }{
	{"status", "is anything wrong?"},
	{"coverage", "the calendar of days"},
	{"jobs list", "what was asked for, and what became of it"},
	{"files list", "what came; bellhop files show KEY tells a file's whole life"},
	{"certificates verify", "check every deletion again"},
	{"analyses list", "questions, each with a query that answers it"},
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

// frame is how often the bar is drawn.
const frame = 100 * time.Millisecond

// bar draws on a terminal how far a demonstration is, in one line below everything else. Stop takes the line away; it must
// be called, once, before anything else is written there. The cursor is never hidden, so that a process that is killed
// meanwhile leaves the terminal as usable as it was.
func bar(w io.Writer) (tell func(sim.Progress), stop func()) {
	b := startBar(w, 30)
	return func(p sim.Progress) { b.tell(p, clean(p.Phase)) }, b.stop
}

// runningBar is a bar for a machine that is kept running: it says what happens next, and above it which files arrived. What is
// written to above goes there, too, a line at a time.
func runningBar(w io.Writer) (tell func(sim.Progress), above io.Writer, stop func()) {
	b := startBar(w, 15)
	return func(p sim.Progress) {
		for _, f := range p.Arrived {
			b.all.Log("%s", arrived(f))
		}
		when := "now"
		if left := p.At.Sub(p.Now); left > 0 {
			when = "in " + span(left.Truncate(time.Second))
		}
		b.tell(p, "next: "+clean(p.Next)+" "+when)
	}, b, b.stop
}

// arrived says that a file was loaded.
func arrived(f sim.Arrival) string {
	return clean("loaded " + f.Table + " of " + f.Window.String() + ": " + f.Key)
}

// liveBar is a bar that is being drawn.
type liveBar struct {
	to      io.Writer
	all     progress.Writer
	tracker *progress.Tracker
	ended   chan struct{}
}

func startBar(w io.Writer, length int) *liveBar {
	// A total of 0 is one that is not known yet, and reaching it is not the end: more jobs may be planned.
	b := &liveBar{w, drawing(w), &progress.Tracker{Message: "starting", AutoStopDisabled: true}, make(chan struct{})}
	b.all.SetTrackerLength(length)
	b.all.AppendTracker(b.tracker)
	go func() {
		defer close(b.ended)
		b.all.Render()
	}()
	return b
}

func (b *liveBar) tell(p sim.Progress, what string) {
	b.tracker.UpdateTotal(int64(p.Total))
	b.tracker.SetValue(int64(p.Done))
	b.tracker.UpdateMessage(fmt.Sprintf("%s of %s loaded · %s", number(int64(p.Done)), count(p.Total, "file"), what))
}

// Write puts a line above the bar.
func (b *liveBar) Write(line []byte) (int, error) {
	b.all.Log("%s", strings.TrimRight(string(line), "\n"))
	return len(line), nil
}

func (b *liveBar) stop() {
	// A stop that comes before the first frame is forgotten, so it is said until it is heard.
	for {
		b.all.Stop()
		select {
		case <-b.ended:
			// A frame is always drawn, and ends below its line, where a terminal may have echoed the ^C. Where this
			// cannot be written, there is no bar.
			_ = write(b.to, "\r"+text.EraseLine.Sprint()+text.CursorUp.Sprint()+text.EraseLine.Sprint())
			return
		case <-time.After(frame / 10):
		}
	}
}

// plainly says in lines how far a machine is that is kept running: what arrived, and what happens next, each time that changes.
func plainly(w io.Writer) func(sim.Progress) {
	last := ""
	return func(p sim.Progress) {
		for _, f := range p.Arrived {
			_ = write(w, second(p.Now)+"  "+arrived(f)+"\n") // the screen may miss a line
		}
		now := fmt.Sprintf("%s of %s loaded; next: %s at %s", number(int64(p.Done)), count(p.Total, "file"), clean(p.Next), second(p.At))
		if !p.At.After(p.Now) {
			now = fmt.Sprintf("%s of %s loaded; next: %s", number(int64(p.Done)), count(p.Total, "file"), clean(p.Next))
		}
		if now != last {
			last = now
			_ = write(w, second(p.Now)+"  "+now+"\n")
		}
	}
}

// drawing returns what draws one tracker as a bar, the time, and the tracker's message.
func drawing(w io.Writer) progress.Writer {
	style := progress.StyleDefault
	style.Chars = progress.StyleCharsBlocks
	style.Chars.BoxLeft, style.Chars.BoxRight, style.Chars.Unfinished = "", "", "░"
	style.Chars.Indeterminate = progress.IndeterminateIndicatorMovingBackAndForth("███", frame)
	style.Options.Separator = "  "
	style.Options.TimeInProgressPrecision = time.Second
	style.Visibility = progress.StyleVisibility{Tracker: true, Time: true}
	all := progress.NewWriter()
	all.SetOutputWriter(w)
	all.SetStyle(style)
	all.SetUpdateFrequency(frame)
	// A line that wraps cannot be taken back.
	all.SetTerminalWidth(columns(w) - 1)
	return all
}

// columns returns how wide the terminal behind w is.
func columns(w io.Writer) int {
	const usual = 80
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return usual
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 2 {
		return usual
	}
	return width
}

// passing shows on a terminal how something goes, in one line that replaces the one before. Done takes the line away; it may be
// called more than once. Without a terminal it shows nothing.
func (a *app) passing() (tell func(format string, args ...any), done func()) {
	if !a.ErrTerminal || a.Getenv("TERM") == "dumb" {
		return func(string, ...any) {}, func() {}
	}
	blank := "\r" + text.EraseLine.Sprint()
	// The screen may miss a line.
	tell = func(format string, args ...any) { _ = write(a.Err, blank+clean(fmt.Sprintf(format, args...))) }
	return tell, func() { _ = write(a.Err, blank) }
}
