package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
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
			part += fmt.Sprintf(" (%d of %d files loaded", j.Loaded, j.Named)
			if !j.Deadline.IsZero() {
				part += ", deadline " + minute(j.Deadline)
			}
			part += ")"
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

const doctorHelp = `Look at everything that bellhop depends on, and say what is wrong with the remedy beside it: the stack, the ledger
and its stream, the delivery bucket (the vendor's statement word for word, ownership, encryption, versions,
lifecycle, public access, notification), the queues, functions and schedules, the credential and its scope, the
alarms and whether somebody hears them, this machine's clock, when the vendor last accepted a request, published days that
vanished, and the dataset's format.

It changes nothing, with one exception: when it asks Login with Amazon for an access token, Amazon may replace the
refresh token, and doctor then stores the new one in the secret, as every run does.

On a local folder it looks at the ledger and the dataset alone. The exit code is 3 when something is wrong, and 5 when something
could not be looked at.`

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Is everything set up correctly?", Long: doctorHelp, Args: cobra.NoArgs,
		Example: "  bellhop doctor --stack hotels\n  bellhop doctor --stack hotels --json | jq '.findings[] | select(.status != \"ok\")'",
		RunE: a.run(func(cmd *cobra.Command, _ []string) error {
			p, err := a.where()
			if err != nil {
				return err
			}
			if p.AWS && p.Stack == "" {
				return usage("name it with --stack", "%s needs the stack, and not its parts", cmd.CommandPath())
			}
			return a.examine(cmd.Context(), p)
		}),
	}
}

func (a *app) examine(ctx context.Context, p Place) (err error) {
	at, err := a.open(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	if at.Installation == nil {
		return a.report(ctx, at.Name, stack.DataChecks(at.Ledger, at.Dataset, at.Now))
	}
	return a.report(ctx, at.Name, a.subject(at.Installation, at.Ledger, at.Dataset, at.Now).Checks())
}

func (a *app) subject(in *stack.Installation, l stack.Records, d stack.Dataset, now func() time.Time) stack.Subject {
	return stack.Subject{Installation: in, Ledger: l, Dataset: d, Now: now, Scrubber: &a.secrets}
}

// examination is what a doctor found.
type examination struct {
	Place    string          `json:"place"`
	Status   stack.Status    `json:"status"`
	Findings []stack.Finding `json:"findings"`
}

// report runs checks and shows what they find.
func (a *app) report(ctx context.Context, place string, checks []stack.Check) error {
	findings, err := stack.Examine(ctx, checks)
	if err != nil {
		return err
	}
	e := examination{place, stack.Worst(findings), findings}
	if err := a.show(e, func(s *screen) { s.findings(e) }); err != nil {
		return err
	}
	switch e.Status {
	case stack.Wrong:
		return exit(ExitAttention)
	case stack.Unknown:
		return exit(ExitPartly)
	case stack.OK:
	}
	return nil
}

func (s *screen) findings(e examination) {
	s.line("%s %s", s.paint(strong, "EXAMINED"), e.Place)
	area, wrong, unknown := "", 0, 0
	for _, f := range e.Findings {
		if f.Area != area {
			area = f.Area
			s.line("")
			s.line("%s", s.paint(quiet, area))
		}
		mark := s.paint(good, "✔")
		switch f.Status {
		case stack.Wrong:
			mark = s.paint(bad, "✖")
			wrong++
		case stack.Unknown:
			mark = s.paint(waiting, "?")
			unknown++
		case stack.OK:
		}
		s.line("  %s %s: %s", mark, f.Check, f.Detail)
		if f.Remedy != "" {
			s.line("      → %s", f.Remedy)
		}
	}
	s.line("")
	switch {
	case wrong > 0:
		s.line("%s", s.paint(bad, count(wrong, "thing")+" to mend"))
	case unknown > 0:
		s.line("%s", s.paint(waiting, count(unknown, "thing")+" could not be looked at"))
	default:
		s.line("%s", s.paint(good, "everything is set up correctly"))
	}
}

const verifyHelp = `Compare the dataset with the ledger, now: every published day must have its object, as it was published. A day whose
object is gone, or was replaced by another hand, is marked as missing; the planner asks for it again while the vendor still
has it. A day whose object is back is marked as there. The objects themselves are only listed.

The command names each object among the tables that the ledger does not know, because a reader of the tables reads it, too.
It never deletes such an object: see what it is, and move it away.

The janitor does the same once a day; this command does not wait for that.

Exit code 3 when a day is gone or replaced, also when an earlier verification has found it, and when an object is unknown.`

func (a *app) verifyCommand() *cobra.Command {
	var v janitor.Verifier
	c := &cobra.Command{
		Use: "verify [SUBSCRIPTION]", Short: "Compare the dataset with the ledger: is every published day there?", Long: verifyHelp,
		Example: "  bellhop verify\n  bellhop verify hotel --table asp_device --dry-run\n  bellhop verify --stack bellhop --json | jq '.missing[].key'",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&v.Table, "table", "", "only one `table`")
	c.Flags().BoolVar(&v.DryRun, "dry-run", false, "say what is missing without marking it")
	c.PreRunE = func(*cobra.Command, []string) error {
		if _, known := dataset.Lookup(v.Table); v.Table != "" && !known {
			return usage("see which there are: bellhop tables", "--table: there is no table %q", v.Table)
		}
		return nil
	}
	c.RunE = answer(a, func(ctx context.Context, at Account, args []string) (view.Verification, error) {
		if at.Dataset == nil {
			return view.Verification{}, usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
		}
		if len(args) > 0 {
			v.Only = args[0]
		}
		return at.view.VerifyDataset(ctx, v)
	}, (*screen).verification, func(v view.Verification) int { return attention(len(v.Missing)+len(v.Unknown) > 0) })
	return c
}

func (s *screen) verification(v view.Verification) {
	s.line("%s compared with the dataset", count(v.Days, "published day"))
	if v.Returned > 0 {
		s.line("%s", s.paint(good, count(v.Returned, "day")+" are back as they were published"))
	}
	if v.Unsettled > 0 {
		s.line("%s changed meanwhile: run the command again", count(v.Unsettled, "day"))
	}
	if len(v.Missing) == 0 {
		s.line("%s", s.paint(good, "every published day is there"))
	} else {
		s.heading("MISSING")
		rows(s, "subscription|table|day|lost after|why", v.Missing, func(m view.MissingDay) []cell {
			until := m.LostAfter.String()
			if m.Expired {
				until += " (expired)"
			}
			return row(m.Subscription, m.Table, m.Date, until, m.Why)
		})
		s.line("")
		s.line("The requester asks for them again with its next run, while the vendor has them.")
	}
	if len(v.Unknown) == 0 {
		return
	}
	s.heading("UNKNOWN OBJECTS")
	rows(s, "object|>bytes|last modified", v.Unknown, func(o view.UnknownObject) []cell {
		return row(o.Key, number(o.Size), second(o.LastModified))
	})
	if v.MoreUnknown > 0 {
		s.line("and %d more", v.MoreUnknown)
	}
	s.line("")
	s.line("The ledger does not know them, but a reader of the tables reads them, too. See what they are, and move them away.")
}

// warnOfVanished says on the error output which of the tables that a person reads lack days that were published. Only the
// dataset of the local folder has a ledger beside it; where that cannot be read, nothing is known of its days.
func (a *app) warnOfVanished(ctx context.Context, e EngineChoice, read func(table string) bool) {
	if e.Name != EngineDuckDB || e.Dataset != filepath.Join(a.place.Home, "s3", LocalDataset) {
		return
	}
	at, err := a.open(ctx, Place{Home: a.place.Home})
	if err != nil {
		return
	}
	defer func() { _ = at.Close() }() // only read from
	gone, err := at.view.Vanished(ctx)
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if read(name) {
			_ = write(a.Err, fmt.Sprintf("bellhop: %s of %s vanished from the dataset, so the answer lacks them\n  → see: bellhop verify\n", count(gone[name], "published day"), name))
		}
	}
}
