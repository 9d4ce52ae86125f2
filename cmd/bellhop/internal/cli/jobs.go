package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) jobsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "jobs", Aliases: []string{"job"}, Short: "What was asked for: list, show, retry, cancel",
		Long: `A job is one request for some days of some tables of one subscription. It names the files that it expects.`,
	}
	a.parent(c)
	var filter jobFilter
	list := &cobra.Command{
		Use: "list", Short: "List jobs, the newest last", Args: cobra.NoArgs,
		Long: "List jobs by subscription, the newest last.\n\nStatuses: " + words(report.JobStatuses()) + ".",
		Example: `  bellhop jobs list --open
  bellhop jobs list --subscription hotel --status REFUSED --status LOST
  bellhop jobs list --last 10`,
		PreRunE: func(*cobra.Command, []string) error { return filter.check() },
		RunE: a.on(func(ctx context.Context, at Account, _ []string) error {
			return a.listJobs(ctx, at, filter)
		}),
	}
	f := list.Flags()
	f.StringVar(&filter.subscription, "subscription", "", "only those of one subscription, by its `name`")
	f.StringSliceVar(&filter.statuses, "status", nil, "only those in this `status`; repeat it for more")
	f.BoolVar(&filter.open, "open", false, "only those that are not over")
	f.IntVar(&filter.last, "last", 0, "only the newest `n` (0: all)")
	c.AddCommand(list,
		&cobra.Command{
			Use: "show JOB", Short: "Show one job: its files and its timeline", Args: exactly("JOB"),
			Example: "  bellhop jobs show hotel-000001",
			RunE:    a.on(a.showJob),
		},
		a.retryCommand(), a.cancelCommand(),
	)
	return c
}

// words lists statuses for a help text.
func words[T ~string](statuses []T) string {
	texts := make([]string, len(statuses))
	for i, s := range statuses {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}

// checkStatuses brings words into their form, and refuses those that are no status.
func checkStatuses[T ~string](given []string, known []T) error {
	for i, word := range given {
		given[i] = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(word), "-", "_"))
		if !slices.Contains(known, T(given[i])) {
			return usage("there are "+words(known), "unknown status %q", word)
		}
	}
	return nil
}

type jobFilter struct {
	subscription string
	statuses     []string
	open         bool
	last         int
}

func (f jobFilter) check() error {
	if f.last < 0 {
		return usage("", "--last cannot be negative")
	}
	return checkStatuses(f.statuses, report.JobStatuses())
}

func (f jobFilter) wants(j report.Job) bool {
	return (!f.open || j.Status.Holds()) && (len(f.statuses) == 0 || slices.Contains(f.statuses, string(j.Status)))
}

// listedJob is a job in one line.
type listedJob struct {
	ID           string           `json:"id"`
	Subscription string           `json:"subscription"`
	Source       string           `json:"source"`
	Window       report.Window    `json:"window"`
	Tables       []string         `json:"tables"`
	Status       report.JobStatus `json:"status"`
	Reason       string           `json:"reason,omitempty"`
	Attempt      int              `json:"attempt"`
	PlannedAt    time.Time        `json:"planned_at"`
	SubmittedAt  time.Time        `json:"submitted_at,omitzero"`
	FinishedAt   time.Time        `json:"finished_at,omitzero"`
	DueAt        time.Time        `json:"due_at,omitzero"`
	FilesLoaded  int              `json:"files_loaded"`
	FilesNamed   int              `json:"files_named"`
}

func listed(j report.Job) listedJob {
	l := listedJob{
		ID: j.ID, Subscription: j.Subscription, Source: j.Source, Window: j.Window, Tables: some(j.Tables), Status: j.Status,
		Reason: j.Reason, Attempt: j.Requests, PlannedAt: j.PlannedAt, SubmittedAt: j.SubmittedAt, FinishedAt: j.FinishedAt,
		DueAt: j.DueAt, FilesNamed: len(j.Files),
	}
	for _, f := range j.Files {
		if f.Status == report.FileLoaded {
			l.FilesLoaded++
		}
	}
	return l
}

func (a *app) listJobs(ctx context.Context, at Account, filter jobFilter) error {
	subs, err := subscriptionsOf(ctx, at, filter.subscription)
	if err != nil {
		return err
	}
	var jobs []listedJob
	for _, sub := range subs {
		all, err := at.Ledger.Jobs(ctx, sub.Name)
		if err != nil {
			return err
		}
		for _, j := range all {
			if filter.wants(j) {
				jobs = append(jobs, listed(j))
			}
		}
	}
	if filter.last > 0 && len(jobs) > filter.last {
		slices.SortStableFunc(jobs, func(x, y listedJob) int { return x.PlannedAt.Compare(y.PlannedAt) })
		jobs = jobs[len(jobs)-filter.last:]
	}
	return a.show(some(jobs), func(s *screen) {
		if len(jobs) == 0 {
			s.line("No jobs.")
			return
		}
		var rows [][]cell
		for _, j := range jobs {
			rows = append(rows, append(cells(j.ID, j.Window.String(), tables(j.Tables)),
				cell{string(j.Status), jobTone(j.Status)}, cell{text: fmt.Sprintf("%d/%d", j.FilesLoaded, j.FilesNamed)},
				cell{text: minute(j.PlannedAt)}, cell{text: minute(j.DueAt)}, cell{j.Reason, quiet}))
		}
		s.table("", []string{"job", "days", "tables", "status", "files", "planned", "due", "why"}, []string{"files"}, rows)
	})
}

// subscriptionsOf returns the named subscription, or all.
func subscriptionsOf(ctx context.Context, at Account, name string) ([]report.Subscription, error) {
	if name == "" {
		return at.Ledger.Subscriptions(ctx)
	}
	sub, err := at.Ledger.Subscription(ctx, name)
	if err != nil {
		return nil, missing(err, "see which there are: bellhop subscriptions list")
	}
	return []report.Subscription{sub}, nil
}

func tables(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return count(len(names), "table")
}

func jobTone(s report.JobStatus) tone {
	switch s {
	case report.JobLoaded:
		return good
	case report.JobPlanned, report.JobSubmitting, report.JobPolling, report.JobAwaitingFiles, report.JobWaitingUpstream,
		report.JobBackoff, report.JobNotEligible, report.JobUnknown:
		return waiting
	case report.JobRefused, report.JobLost:
		return bad
	case report.JobCancelled:
		return quiet
	default:
		panic("cli: unhandled job status " + string(s))
	}
}

// shownJob is a job with its files as they are now. What the source needs to fetch them is left out: it may let in
// whoever has it.
type shownJob struct {
	report.Job
	Ticket string      `json:"ticket,omitempty"`
	Files  []shownPart `json:"files"`
	aftermath
}

type shownPart struct {
	Key    string            `json:"key"`
	Table  string            `json:"table"`
	Status report.FileStatus `json:"status"`
	Rows   int64             `json:"rows"`
	Reason string            `json:"reason,omitempty"`
}

func (a *app) showJob(ctx context.Context, at Account, args []string) error {
	job, err := at.Ledger.Job(ctx, args[0])
	if err != nil {
		return missing(err, "see which there are: bellhop jobs list")
	}
	shown := shownJob{Job: job, Files: []shownPart{}}
	for _, named := range job.Files {
		part := shownPart{Key: named.Key, Table: named.Table, Status: named.Status}
		f, err := at.Ledger.File(ctx, named.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if err == nil && f.Job == job.ID {
			part.Status, part.Reason = f.Status, whyNotLoaded(f)
			if f.Receipt != nil {
				part.Rows = f.Receipt.Rows
			}
		}
		shown.Files = append(shown.Files, part)
	}
	if shown.aftermath, err = a.aftermathOf(ctx, at, job); err != nil {
		return err
	}
	return a.show(shown, func(s *screen) { s.job(shown) })
}

func (s *screen) job(j shownJob) {
	s.facts(
		cell{"job", plain}, cell{j.ID, strong},
		cell{"status", plain}, cell{string(j.Status), jobTone(j.Status)},
		cell{"why", plain}, cell{j.Reason, plain},
		cell{"subscription", plain}, cell{j.Subscription + " (" + j.Source + ")", plain},
		cell{"days", plain}, cell{fmt.Sprintf("%s (%s)", j.Window, count(j.Window.Len(), "day")), plain},
		cell{"tables", plain}, cell{strings.Join(j.Tables, ", "), plain},
		cell{"sent", plain}, cell{fmt.Sprintf("%s, job number %d for these days", count(j.Requests, "request"), j.Attempt), plain},
		cell{"planned", plain}, cell{second(j.PlannedAt), plain},
		cell{"submitted", plain}, cell{second(j.SubmittedAt), plain},
		cell{"finished", plain}, cell{second(j.FinishedAt), plain},
		cell{"looked at next", plain}, cell{second(j.DueAt), plain},
		cell{"vendor's request", plain}, cell{j.RequestID, plain},
	)
	if len(j.Files) > 0 {
		s.heading("FILES")
		var rows [][]cell
		for _, f := range j.Files {
			rows = append(rows, []cell{{f.Table, plain}, {string(f.Status), fileTone(f.Status)}, {number(f.Rows), plain}, {f.Key, plain}, {f.Reason, quiet}})
		}
		s.table("", []string{"table", "status", "rows", "file", "why"}, []string{"rows"}, rows)
	}
	s.timeline(j.Timeline)
	switch open := j.Status.NeedsPerson() || j.Status == report.JobLost; {
	case j.Healed:
		s.heading("NEXT")
		s.line("Nothing: its days are there. They were asked for again by %s.", orElse(strings.Join(j.ReplacedBy, ", "), "another job"))
	case open && j.TooOld:
		s.heading("NEXT")
		s.line("Nothing can be done: its days are too old for the vendor to be asked for them again.")
	case open && len(j.ReplacedBy) > 0:
		s.heading("NEXT")
		s.line("Its days were asked for again: bellhop jobs show %s", j.ReplacedBy[len(j.ReplacedBy)-1])
	case open:
		s.heading("NEXT")
		s.line("When the cause is gone: bellhop jobs retry %s", j.ID)
	}
}

// timeline writes every transition: when, from, to, why, attempt.
func (s *screen) timeline(of report.Timeline) {
	if len(of.History) == 0 {
		return
	}
	s.heading("TIMELINE")
	var rows [][]cell
	for i, e := range of.History {
		if of.LeftOut > 0 && i == report.FirstEvents {
			rows = append(rows, []cell{{fmt.Sprintf("… %d events left out …", of.LeftOut), quiet}, {}, {}, {}, {}})
		}
		since := ""
		if i > 0 {
			since = "+" + span(e.At.Sub(of.History[i-1].At))
		}
		step := e.To
		if e.From != "" {
			step = e.From + " → " + e.To
		}
		attempt := ""
		if e.Attempt > 0 {
			attempt = fmt.Sprint(e.Attempt)
		}
		rows = append(rows, []cell{{second(e.At), plain}, {since, quiet}, {step, plain}, {attempt, plain}, {e.Why, quiet}})
	}
	s.table("", []string{"when", "after", "step", "attempt", "why"}, []string{"after", "attempt"}, rows)
}

// jobCounts counts jobs by status, in the order of the statuses.
func (s *screen) jobCounts(counts map[report.JobStatus]int) painted {
	var parts []string
	for _, status := range report.JobStatuses() {
		if n := counts[status]; n > 0 {
			parts = append(parts, string(s.paint(jobTone(status), fmt.Sprintf("%d %s", n, status))))
		}
	}
	return joined(parts)
}

func joined(parts []string) painted {
	if len(parts) == 0 {
		return "none"
	}
	return painted(strings.Join(parts, " · "))
}
