package cli

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// overview draws the one screen of the status command. It is to be pasted into a ticket: words say what colours say.
func (s *screen) overview(o overview) {
	s.line("%s %s   as of %s", s.label("WHERE"), o.Place, minute(o.AsOf))
	s.dataLines(o.Data)
	s.jobLines(o.Jobs)
	today := report.DateOf(o.AsOf)
	gaps := groupGaps(o.Gaps)
	for i, g := range gaps {
		if i == maxLines {
			s.line("%s … and %d more: bellhop coverage", s.label(""), len(gaps)-i)
			break
		}
		why := ""
		if g.Why != "" {
			why = "   " + g.Why
		}
		s.line("%s %s   %s, lost after %s%s", s.label("GAPS", i), g.what(), s.paint(coverageTone(g.Status), string(g.Status)), lostAfter(g.gap, today), why)
	}
	for i, f := range o.Files.Held {
		if i == maxLines {
			s.line("%s … and %d more: bellhop files list --status QUARANTINED --status STRAY", s.label(""), len(o.Files.Held)-i)
			break
		}
		s.line("%s %s %s: %s   deleted after %s", s.label("HELD", i), s.paint(bad, string(f.Status)), f.Key, f.Reason, orElse(minute(f.Until), "a while"))
	}
	s.rawLine(o)
	if len(o.Attention) == 0 {
		s.line("%s", s.paint(good, "nothing needs attention"))
		return
	}
	for i, what := range o.Attention {
		s.line("%s %s", s.label("NEEDS", i), s.paint(bad, what))
	}
}

// maxLines is how many things of one kind fit on the screen.
const maxLines = 6

// label begins a line; of several with the same label only the first, number 0, shows it.
func (s *screen) label(word string, number ...int) painted {
	if len(number) > 0 && number[0] > 0 {
		word = ""
	}
	return s.paint(strong, fmt.Sprintf("%-5s", word))
}

func (s *screen) dataLines(data []dataStatus) {
	if len(data) == 0 {
		s.line("%s no subscriptions yet: bellhop subscriptions apply --help", s.label("DATA"))
	}
	for i, d := range data {
		switch {
		case d.Problem != "":
			s.line("%s %s   %s", s.label("DATA", i), d.Subscription, s.paint(bad, d.Problem))
			continue
		case d.Wanted == 0:
			s.line("%s %s   no day is wanted yet", s.label("DATA", i), d.Subscription)
			continue
		}
		parts := []string{"complete to " + orElse(date(d.CompleteTo), "no day yet"), string(s.coverageCounts(d.Counts))}
		if d.Held > 0 {
			parts = append(parts, string(s.paint(bad, fmt.Sprintf("%d held", d.Held))))
		}
		if d.Paused {
			parts = append(parts, string(s.paint(waiting, "paused")))
		}
		s.line("%s %s   %s", s.label("DATA", i), d.Subscription, painted(strings.Join(parts, " · ")))
	}
}

func (s *screen) jobLines(j jobsStatus) {
	var open []string
	for _, status := range report.JobStatuses() {
		n := j.Counts[status]
		if n == 0 || !status.Holds() {
			continue
		}
		part := string(s.paint(jobTone(status), fmt.Sprintf("▸ %d %s", n, status)))
		if status == report.JobAwaitingFiles {
			part += fmt.Sprintf(" (%d of %d files loaded, deadline %s)", j.Loaded, j.Named, minute(j.Deadline))
		}
		open = append(open, part)
	}
	s.line("%s %d open  %s", s.label("JOBS"), j.Open, painted(strings.Join(open, "  ")))
}

func (s *screen) rawLine(o overview) {
	text := fmt.Sprintf("%s in the delivery bucket", count(o.Raw.Objects, "object"))
	if !o.Raw.Known {
		text = fmt.Sprintf("%s as far as the ledger knows (name the bucket with --delivery-bucket)", count(o.Raw.Objects, "object"))
	}
	if o.Raw.Objects > 0 {
		text += ", the oldest for " + span(o.Raw.Oldest)
	}
	if n := o.Files.Counts[report.FileDeleted]; n > 0 {
		text += fmt.Sprintf(" · %s deleted, last %s", count(n, "file"), minute(o.Files.LastDeleted))
	}
	t := plain
	if len(o.Raw.Overdue) > 0 {
		t = bad
	}
	s.line("%s %s", s.label("RAW"), s.paint(t, text))
}
