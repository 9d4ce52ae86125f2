package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say on one screen whether anything is wrong", Args: cobra.NoArgs,
		Long: `Say on one screen how things stand, and what needs a person. It reads the whole ledger.

Exit code 3 when something needs attention:
  - days are missing, other than today's newest, and no open job asks for them
  - nobody has logged in, or the login is not good any more: all jobs wait
  - a job was refused, or is overdue by more than an hour
  - a newer report that would shrink older data is held back
  - a file is quarantined, or nobody expects it
  - a raw object lies in the delivery bucket for more than 15 minutes without such a reason

Days that have expired are shown, and raise no alarm: nobody can do anything about them any more.`,
		Example: "  bellhop status\n  bellhop status --json | jq -r '.attention[]'\n  bellhop status >/dev/null || echo look at bellhop",
		RunE: answer(a, func(ctx context.Context, at Account, _ []string) (view.Status, error) { return at.view.Status(ctx) },
			(*screen).status, func(s view.Status) int { return attention(len(s.Attention) > 0) }),
	}
}

// status draws the one screen of the status command. It is to be pasted into a ticket: words say what colours say.
func (s *screen) status(v view.Status) {
	s.line("%s %s   as of %s", s.label("WHERE"), v.Place, minute(v.AsOf))
	s.dataLines(v.Data)
	s.jobLines(v.Jobs)
	gaps := view.GroupGaps(v.Gaps)
	for i, g := range gaps {
		if i == maxLines {
			s.line("%s … and %d more: bellhop coverage", s.label(""), len(gaps)-i)
			break
		}
		why := ""
		if g.Why != "" {
			why = "   " + g.Why
		}
		s.line("%s %s   %s, lost after %s%s", s.label("GAPS", i), g.What(), s.paint(coverageTone(g.Status), string(g.Status)), lostAfter(g.Gap), why)
	}
	for i, f := range v.Files.Held {
		if i == maxLines {
			s.line("%s … and %d more: bellhop files list --status QUARANTINED --status STRAY", s.label(""), len(v.Files.Held)-i)
			break
		}
		s.line("%s %s %s: %s   deleted after %s", s.label("HELD", i), s.paint(bad, string(f.Status)), f.Key, f.Reason, cmp.Or(minute(f.Until), "a while"))
	}
	s.rawLine(v)
	if len(v.Attention) == 0 {
		s.line("%s", s.paint(good, "nothing needs attention"))
	}
	for i, what := range v.Attention {
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

func (s *screen) dataLines(data []view.Data) {
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
		parts := []string{"complete to " + cmp.Or(date(d.CompleteTo), "no day yet"), string(s.coverageCounts(d.Counts))}
		if d.Held > 0 {
			parts = append(parts, string(s.paint(bad, fmt.Sprintf("%d held", d.Held))))
		}
		if d.Paused {
			parts = append(parts, string(s.paint(waiting, "paused")))
		}
		s.line("%s %s   %s", s.label("DATA", i), d.Subscription, painted(strings.Join(parts, " · ")))
	}
}

func (s *screen) jobLines(j view.JobsStatus) {
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

func (s *screen) rawLine(v view.Status) {
	text := count(v.Raw.Objects, "object") + " in the delivery bucket"
	if !v.Raw.Known {
		text = count(v.Raw.Objects, "object") + " as far as the ledger knows (name the bucket with --delivery-bucket)"
	}
	if v.Raw.Objects > 0 {
		text += ", the oldest for " + span(v.Raw.Oldest)
	}
	if n := v.Files.Counts[report.FileDeleted]; n > 0 {
		text += fmt.Sprintf(" · %s deleted, last %s", count(n, "file"), minute(v.Files.LastDeleted))
	}
	t := plain
	if len(v.Raw.Overdue) > 0 {
		t = bad
	}
	s.line("%s %s", s.label("RAW"), s.paint(t, text))
}
