// Package look has the commands that only look, at days, files, certificates, logs and costs.
package look

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// StatusCommand is bellhop status.
func StatusCommand(a *shell.App) *cobra.Command {
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
		RunE: shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (view.Status, error) {
			return at.View.Status(ctx)
		},
			drawStatus, func(s view.Status) int { return shell.Attention(len(s.Attention) > 0) }),
	}
}

// drawStatus draws the one screen of the status command. It is to be pasted into a ticket: words say what colours say.
func drawStatus(s *shell.Screen, v view.Status) {
	s.Line("%s %s   as of %s", drawLabel(s, "WHERE"), v.Place, phrase.Minute(v.AsOf))
	drawDataLines(s, v.Data)
	drawJobLines(s, v.Jobs)
	gaps := view.GroupGaps(v.Gaps)
	for i, g := range gaps {
		if i == shell.MaxLines {
			s.Line("%s … and %d more: bellhop coverage", drawLabel(s, ""), len(gaps)-i)
			break
		}
		why := ""
		if g.Why != "" {
			why = "   " + g.Why
		}
		s.Line("%s %s   %s, lost after %s%s", drawLabel(s, "GAPS", i), g.What(), s.Paint(shell.CoverageTone(g.Status), string(g.Status)), lostAfter(g.Gap), why)
	}
	for i, f := range v.Files.Held {
		if i == shell.MaxLines {
			s.Line("%s … and %d more: bellhop files list --status QUARANTINED --status STRAY", drawLabel(s, ""), len(v.Files.Held)-i)
			break
		}
		s.Line("%s %s %s: %s   deleted after %s", drawLabel(s, "HELD", i), s.Paint(shell.Bad, string(f.Status)), f.Key, f.Reason, cmp.Or(phrase.Minute(f.Until), "a while"))
	}
	drawRawLine(s, v)
	if len(v.Attention) == 0 {
		s.Line("%s", s.Paint(shell.Good, "nothing needs attention"))
	}
	for i, what := range v.Attention {
		s.Line("%s %s", drawLabel(s, "NEEDS", i), s.Paint(shell.Bad, what))
	}
}

// drawLabel begins a line; of several with the same label only the first, number 0, shows it.
func drawLabel(s *shell.Screen, word string, number ...int) shell.Painted {
	if len(number) > 0 && number[0] > 0 {
		word = ""
	}
	return s.Paint(shell.Strong, fmt.Sprintf("%-5s", word))
}

func drawDataLines(s *shell.Screen, data []view.Data) {
	if len(data) == 0 {
		s.Line("%s no subscriptions yet: bellhop subscriptions apply --help", drawLabel(s, "DATA"))
	}
	for i, d := range data {
		switch {
		case d.Problem != "":
			s.Line("%s %s   %s", drawLabel(s, "DATA", i), d.Subscription, s.Paint(shell.Bad, d.Problem))
			continue
		case d.Wanted == 0:
			s.Line("%s %s   no day is wanted yet", drawLabel(s, "DATA", i), d.Subscription)
			continue
		}
		parts := []string{"complete to " + cmp.Or(phrase.Date(d.CompleteTo), "no day yet"), string(s.CoverageCounts(d.Counts))}
		if d.Held > 0 {
			parts = append(parts, string(s.Paint(shell.Bad, fmt.Sprintf("%d held", d.Held))))
		}
		if d.Paused {
			parts = append(parts, string(s.Paint(shell.Waiting, "paused")))
		}
		s.Line("%s %s   %s", drawLabel(s, "DATA", i), d.Subscription, shell.Painted(strings.Join(parts, " · ")))
	}
}

func drawJobLines(s *shell.Screen, j view.JobsStatus) {
	var open []string
	for _, status := range report.JobStatuses() {
		n := j.Counts[status]
		if n == 0 || !status.Holds() {
			continue
		}
		part := string(s.Paint(shell.JobTone(status), fmt.Sprintf("▸ %d %s", n, status)))
		if status == report.JobAwaitingFiles {
			part += fmt.Sprintf(" (%d of %d files loaded", j.Loaded, j.Named)
			if !j.Deadline.IsZero() {
				part += ", deadline " + phrase.Minute(j.Deadline)
			}
			part += ")"
		}
		open = append(open, part)
	}
	s.Line("%s %d open  %s", drawLabel(s, "JOBS"), j.Open, shell.Painted(strings.Join(open, "  ")))
}

func drawRawLine(s *shell.Screen, v view.Status) {
	text := phrase.Count(v.Raw.Objects, "object") + " in the delivery bucket"
	if !v.Raw.Known {
		text = phrase.Count(v.Raw.Objects, "object") + " as far as the ledger knows (name the bucket with --delivery-bucket)"
	}
	if v.Raw.Objects > 0 {
		text += ", the oldest for " + phrase.Span(v.Raw.Oldest)
	}
	if n := v.Files.Counts[report.FileDeleted]; n > 0 {
		text += fmt.Sprintf(" · %s deleted, last %s", phrase.Count(n, "file"), phrase.Minute(v.Files.LastDeleted))
	}
	t := shell.Plain
	if len(v.Raw.Overdue) > 0 {
		t = shell.Bad
	}
	s.Line("%s %s", drawLabel(s, "RAW"), s.Paint(t, text))
}
