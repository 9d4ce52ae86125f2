// Package look has the commands that only look, at days, files, certificates, logs and costs.
package look

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// status is what the command shows.
type status struct {
	view.Status
	// Checks are what the last run of the checks found in the dataset of the local folder; null where they never ran.
	Checks *checked `json:"checks"`
}

// checked counts findings by severity.
type checked struct {
	CheckedAt time.Time                `json:"checked_at"`
	Counts    map[catalog.Severity]int `json:"counts"`
}

// watchEvery is how often the status is drawn again.
const watchEvery = 5 * time.Second

// StatusCommand is bellhop status.
func StatusCommand(a *shell.App) *cobra.Command {
	c := &cobra.Command{
		Use: "status", Short: "Say on one screen whether anything is wrong", Args: cobra.NoArgs,
		Long: `Show on one screen how things are, and what needs a person. It reads the whole ledger.

Exit code 3 when something needs attention:
  - days are missing, other than today's newest, and no open job asks for them
  - nobody has logged in, or the login no longer works: all jobs wait
  - a job was refused, or is overdue by more than an hour
  - a newer report that would shrink older data is held back
  - a file is quarantined, or nobody expects it
  - a raw object lies in the delivery bucket for more than 15 minutes without such a reason

Days that have expired are shown, and raise no alarm: nobody can do anything about them any more.`,
		Example: `  bellhop status
  bellhop status --watch
  bellhop status --json | jq -r '.attention[]'
  bellhop status >/dev/null || echo look at bellhop`,
	}
	again := c.Flags().Bool("watch", false, "draw it again every five seconds, until Ctrl-C")
	once := shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (status, error) { return readStatus(ctx, a, at) },
		drawStatus, func(s status) int { return shell.Attention(len(s.Attention) > 0) })
	c.PreRunE = func(*cobra.Command, []string) error {
		if *again && (!a.OutTerminal || a.AsJSON()) {
			return shell.Usage("leave --watch out, and run it again by a scheduler", "--watch draws on a terminal")
		}
		return nil
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if !*again {
			return once(cmd, args)
		}
		return a.Watch(cmd.Context(), watchEvery, func() error { return once(cmd, args) })
	}
	return c
}

func readStatus(ctx context.Context, a *shell.App, at shell.Account) (s status, err error) {
	if s.Status, err = at.View.Status(ctx); err != nil || !at.View.Listed {
		return s, err
	}
	last, ran, err := quality.Last(a.LocalFolder())
	if ran {
		s.Checks = &checked{last.CheckedAt, last.Counts}
	}
	return s, err
}

// drawStatus draws the one screen of the status command. It is to be pasted into a ticket: words say what colours say.
func drawStatus(s *shell.Screen, v status) {
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
	drawRawLine(s, v.Status)
	if v.Checks != nil {
		found := shell.Counts(s, catalog.Severities(), v.Checks.Counts, shell.SeverityTone)
		s.Line("%s %s, as of %s: bellhop check list", drawLabel(s, "CHECK"), found, phrase.Minute(v.Checks.CheckedAt))
	}
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
