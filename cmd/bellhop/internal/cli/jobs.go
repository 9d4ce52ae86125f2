package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) jobsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "jobs", Aliases: []string{"job"}, Short: "What was asked for: list, show, retry, cancel",
		Long: `A job is one request for some days of some tables of one subscription. It names the files that it expects.`,
	}
	a.parent(c)
	statuses := words(report.JobStatuses())
	c.AddCommand(
		listCommand(a, &cobra.Command{
			Use: "list", Short: "List jobs, the newest last",
			Long: "List jobs by subscription, the newest last.\n\nStatuses: " + strings.Join(statuses, ", ") + ".",
			Example: `  bellhop jobs list --open
  bellhop jobs list --subscription hotel --status REFUSED --status LOST
  bellhop jobs list --last 10`,
		}, listing[view.Job]{
			find: (*view.View).Jobs, status: "status", statusHelp: "only those in this `status`; repeat it for more", statuses: statuses,
			flags: func(f *pflag.FlagSet, filter *view.Filter) {
				f.BoolVar(&filter.Open, "open", false, "only those that are not over")
			},
			none: "No jobs.", header: "job|days|tables|status|>files|planned|due|why",
			row: func(j view.Job) []cell {
				return row(j.ID, j.Window, tables(j.Tables), cell{string(j.Status), jobTone(j.Status)},
					fmt.Sprintf("%d/%d", j.FilesLoaded, j.FilesNamed), minute(j.PlannedAt), minute(j.DueAt), cell{j.Reason, quiet})
			},
		}),
		&cobra.Command{
			Use: "show JOB", Short: "Show one job: its files and its timeline", Args: exactly("JOB"),
			Example: "  bellhop jobs show hotel-000001",
			RunE:    about(a, (*view.View).Job, (*screen).job),
		},
		a.retryCommand(), a.cancelCommand(),
	)
	return c
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

func (s *screen) job(j view.JobDetails) {
	sent := fmt.Sprintf("%s, job number %d for these days", count(j.Requests, "request"), j.Attempt)
	if j.Imported() {
		sent = "nothing: a person imported its files"
	}
	s.facts(
		"job", cell{j.ID, strong},
		"status", cell{string(j.Status), jobTone(j.Status)},
		"why", j.Reason,
		"subscription", j.Subscription+" ("+j.Source+")",
		"days", fmt.Sprintf("%s (%s)", j.Window, count(j.Window.Len(), "day")),
		"tables", strings.Join(j.Tables, ", "),
		"sent", sent,
		"planned", second(j.PlannedAt),
		"submitted", second(j.SubmittedAt),
		"finished", second(j.FinishedAt),
		"looked at next", second(j.DueAt),
		"vendor's request", j.RequestID,
	)
	if len(j.Files) > 0 {
		s.heading("FILES")
		rows(s, "table|status|>rows|file|why", j.Files, func(f view.JobFile) []cell {
			return row(f.Table, cell{string(f.Status), fileTone(f.Status)}, number(f.Rows), f.Key, cell{f.Reason, quiet})
		})
	}
	s.timeline(j.Timeline)
	var next string
	switch open := j.Status.NeedsPerson() || j.Status == report.JobLost; {
	case j.Healed:
		next = "Nothing: its days are there. They were asked for again by " + cmp.Or(strings.Join(j.ReplacedBy, ", "), "another job") + "."
	case open && j.Imported():
		next = "Import its files again: no vendor is asked for them."
	case open && j.TooOld:
		next = "Nothing can be done: its days are too old for the vendor to be asked for them again."
	case open && len(j.ReplacedBy) > 0:
		next = "Its days were asked for again: bellhop jobs show " + j.ReplacedBy[len(j.ReplacedBy)-1]
	case open:
		next = "When the cause is gone: bellhop jobs retry " + j.ID
	default:
		return
	}
	s.heading("NEXT")
	s.line("%s", next)
}

// timeline writes every transition: when, from, to, why, attempt.
func (s *screen) timeline(of report.Timeline) {
	if len(of.History) == 0 {
		return
	}
	s.heading("TIMELINE")
	var all [][]cell
	for i, e := range of.History {
		if of.LeftOut > 0 && i == report.FirstEvents {
			all = append(all, row(cell{fmt.Sprintf("… %d events left out …", of.LeftOut), quiet}, "", "", "", ""))
		}
		since, step, attempt := "", e.To, ""
		if i > 0 {
			since = "+" + span(e.At.Sub(of.History[i-1].At))
		}
		if e.From != "" {
			step = e.From + " → " + e.To
		}
		if e.Attempt > 0 {
			attempt = fmt.Sprint(e.Attempt)
		}
		all = append(all, row(second(e.At), cell{since, quiet}, step, attempt, cell{e.Why, quiet}))
	}
	rows(s, "when|>after|step|>attempt|why", all, func(r []cell) []cell { return r })
}

// jobChange is one thing that a person may do to jobs.
type jobChange struct {
	verb, done string
	// from are the statuses in which it is possible.
	from  string
	apply func(at Account, j *report.Job) error
	// check, if set, is asked before anything is written. It says what the person should know of the change.
	check func(ctx context.Context, at Account, j report.Job) (note string, err error)
	// healed is set where a job whose days are there needs --force.
	healed bool
}

func (a *app) retryCommand() *cobra.Command {
	return a.changeCommand(jobChange{
		verb: "retry", done: "is PLANNED again: the next run of the requester asks for its days", from: "REFUSED, LOST, CANCELLED or BACKOFF",
		apply: func(at Account, j *report.Job) error {
			if j.Imported() {
				return &Problem{Code: ExitError, Err: fmt.Errorf("job %s is an import: no vendor is asked for it", j.ID), Remedy: "import its files again: bellhop import --help"}
			}
			return j.Retry(at.Now(), "asked again by a person")
		},
		check: a.retryable, healed: true,
	}, &cobra.Command{
		Use: "retry JOB...", Short: "Ask again for the days of jobs that were refused, lost or cancelled, or that back off",
		Long: `Set jobs back to PLANNED once the cause of their failure is gone: the credential is renewed, the subscription is
corrected, or the vendor works again. The next run of the requester sends them. A job that is in BACKOFF is due now.
Jobs that wait for a login need no retry: they are sent as soon as bellhop auth login has worked.

A job whose days are all too old to be asked for is not retried. When only its first days are too old, the
requester plans a new job for the rest.`,
		Example: "  bellhop jobs retry hotel-000012 --dry-run\n  bellhop jobs retry hotel-000012 hotel-000013",
	})
}

func (a *app) cancelCommand() *cobra.Command {
	return a.changeCommand(jobChange{
		verb: "cancel", done: "is CANCELLED", from: "open and not just being submitted",
		apply: func(at Account, j *report.Job) error { return j.Cancel(at.Now(), "cancelled by a person") },
	}, &cobra.Command{
		Use: "cancel JOB...", Short: "Give jobs up",
		Long: `Give jobs up. Days that they had not loaded are missing again, and while the subscription wants them the
planner asks for them anew: to keep days from being asked for, pause the subscription. The vendor
cannot take a request back: bellhop still loads files that arrive for a cancelled job.`,
		Example: "  bellhop jobs cancel hotel-000012 --dry-run\n  bellhop jobs cancel hotel-000012",
	})
}

// changedJob is what became of one job.
type changedJob struct {
	Job    string           `json:"job"`
	From   report.JobStatus `json:"from,omitempty"`
	To     report.JobStatus `json:"to,omitempty"`
	DryRun bool             `json:"dry_run"`
	Note   string           `json:"note,omitempty"`
	Error  string           `json:"error,omitempty"`

	done string // what a person is told when it is done
}

func (a *app) changeCommand(c jobChange, cmd *cobra.Command) *cobra.Command {
	dryRun := cmd.Flags().Bool("dry-run", false, "say what would happen, without doing it")
	force := true
	if c.healed {
		cmd.Flags().BoolVar(&force, "force", false, "also where all of the job's days are there already")
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("see which there are: bellhop jobs list", "%s needs a JOB", cmd.CommandPath())
		}
		return nil
	}
	cmd.RunE = a.on(func(ctx context.Context, at Account, ids []string) error {
		return a.changeEach(ctx, ids, func(id string) (changed, error) {
			if !force {
				if err := a.unhealed(ctx, at, id); err != nil {
					return changedJob{Job: id, DryRun: *dryRun}, err
				}
			}
			r, err := c.one(ctx, at, id, *dryRun)
			r.done = c.done
			return r, err
		})
	})
	return cmd
}

func (r changedJob) failed(why string) changed {
	r.Error = why
	return r
}

func (r changedJob) said(s *screen) {
	switch {
	case r.Error != "":
	case r.DryRun:
		s.line("job %s would go from %s to %s", s.paint(strong, r.Job), r.From, r.To)
	default:
		s.line("job %s %s", s.paint(strong, r.Job), r.done)
	}
	if r.Note != "" && r.Error == "" {
		s.line("  %s", s.paint(waiting, r.Note))
	}
}

// one changes one job, or only tries how that would be.
func (c jobChange) one(ctx context.Context, at Account, id string, dryRun bool) (changedJob, error) {
	r := changedJob{Job: id, DryRun: dryRun}
	job, err := at.Ledger.Job(ctx, id)
	if err != nil {
		return r, missing(err, "see which there are: bellhop jobs list")
	}
	change := func(j *report.Job) error {
		r.From = j.Status
		if err := c.apply(at, j); err != nil {
			if _, refused := errors.AsType[*report.TransitionError](err); refused {
				return &Problem{Code: ExitError, Err: fmt.Errorf("job %s is %s: only a job that is %s can be asked to %s", id, j.Status, c.from, c.verb), Remedy: "see: bellhop jobs show " + id}
			}
			return err
		}
		return nil
	}
	tried := job
	tried.History, tried.Files = slices.Clone(job.History), slices.Clone(job.Files)
	if err := change(&tried); err != nil {
		return r, err
	}
	if c.check != nil {
		if r.Note, err = c.check(ctx, at, job); err != nil {
			return r, err
		}
	}
	if !dryRun {
		if tried, err = at.Ledger.ChangeJob(ctx, id, at.Now(), change); err != nil {
			return r, err
		}
	}
	r.To = tried.Status
	return r, nil
}

// unhealed demands that a job has days that are not there. A job that is not known is left to the change itself.
func (a *app) unhealed(ctx context.Context, at Account, id string) error {
	job, err := at.Ledger.Job(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	after, err := at.view.Aftermath(ctx, job)
	if err != nil || !after.Healed {
		return err
	}
	return &Problem{Code: ExitError, Err: fmt.Errorf("job %s needs no retry: its days are there, by %s", id, cmp.Or(strings.Join(after.ReplacedBy, ", "), "another job")), Remedy: "ask for them again with --force"}
}

// retryable demands that a retry of j would send something, and says what that is when it is not the job as it was.
func (a *app) retryable(ctx context.Context, at Account, j report.Job) (note string, err error) {
	if err := unasked(ctx, at, j); err != nil {
		return "", err
	}
	sub, err := at.Ledger.Subscription(ctx, j.Subscription)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	source, err := at.view.Source(sub)
	if err != nil {
		return "", nil //nolint:nilerr // a subscription that this tool cannot judge is left to the requester
	}
	limits := source.Limits(sub.Params)
	first, outdated := j.Outdated(limits, report.DateOf(at.Now()))
	switch {
	case !outdated:
		return "", nil
	case j.Window.To < first:
		return "", &Problem{
			Code:   ExitError,
			Err:    fmt.Errorf("job %s cannot be retried: the vendor can be asked for the last %s only, from %s on, and its days are %s", j.ID, count(limits.HorizonDays, "day"), first, j.Window),
			Remedy: "see which of its days are there: bellhop coverage --subscription " + j.Subscription + " --from " + j.Window.From.String() + " --to " + j.Window.To.String(),
		}
	default:
		return fmt.Sprintf("Its days before %s can no longer be asked for. So the requester does not send this job: it becomes LOST, and a new job asks for %s.", first, report.Window{From: first, To: j.Window.To}), nil
	}
}

// unasked demands that no other open job holds days of j: a retry would ask for them twice.
func unasked(ctx context.Context, at Account, j report.Job) error {
	if j.Status.Holds() {
		return nil
	}
	snapshot, err := at.Ledger.Snapshot(ctx, j.Subscription)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, m := range snapshot.Markers {
		shared := slices.ContainsFunc(m.Tables, func(t string) bool { return slices.Contains(j.Tables, t) })
		if m.Job != j.ID && m.Status.Holds() && m.Window.Overlaps(j.Window) && shared {
			return &Problem{Code: ExitError, Err: fmt.Errorf("job %s cannot be retried: job %s has asked for some of its days since, and is %s", j.ID, m.Job, m.Status), Remedy: "see: bellhop jobs show " + m.Job}
		}
	}
	return nil
}
