// Package act has the commands that look at, and change, what is collected: subscriptions, jobs, campaigns, and what waits for a
// person.
package act

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// JobsCommand is bellhop jobs.
func JobsCommand(a *shell.App) *cobra.Command {
	statuses := shell.Words(report.JobStatuses())
	return a.Parent(&cobra.Command{
		Use: "jobs", Aliases: []string{"job"}, Short: "What was asked for: list, show, retry, cancel",
		Long: `A job is one request for some days of some tables of one subscription. It names the files that it expects.`,
	},
		shell.ListCommand(a, &cobra.Command{
			Use: "list", Short: "List jobs, the newest last",
			Long: "List jobs by subscription, the newest last.\n\nStatuses: " + strings.Join(statuses, ", ") + ".",
			Example: `  bellhop jobs list --open
  bellhop jobs list --subscription hotel --status REFUSED --status LOST
  bellhop jobs list --last 10`,
		}, shell.Listing[view.Job]{
			Find: (*view.View).Jobs, Status: "status", StatusHelp: "only those in this `status`; repeat it for more", Statuses: statuses,
			Flags: func(f *pflag.FlagSet, filter *view.Filter) {
				f.BoolVar(&filter.Open, "open", false, "only those that are not over")
			},
			None: "No jobs.", Header: "job|days|tables|status|>files|planned|due|why",
			Row: func(j view.Job) []shell.Cell {
				return shell.Row(j.ID, j.Window, phrase.Tables(j.Tables), shell.Toned(string(j.Status), shell.JobTone(j.Status)),
					fmt.Sprintf("%d/%d", j.FilesLoaded, j.FilesNamed), phrase.Minute(j.PlannedAt), phrase.Minute(j.DueAt), shell.Toned(j.Reason, shell.Quiet))
			},
		}),
		&cobra.Command{
			Use: "show JOB", Short: "Show one job: its files and its timeline", Args: shell.Exactly("JOB"),
			Example: "  bellhop jobs show hotel-000001",
			RunE:    shell.About(a, (*view.View).Job, drawJob),
		},
		retryCommand(a), cancelCommand(a),
	)
}

func drawJob(s *shell.Screen, j view.JobDetails) {
	sent := fmt.Sprintf("%s, job number %d for these days", phrase.Count(j.Requests, "request"), j.Attempt)
	if j.Imported() {
		sent = "nothing: a person imported its files"
	}
	s.Facts(
		"job", shell.Toned(j.ID, shell.Strong),
		"status", shell.Toned(string(j.Status), shell.JobTone(j.Status)),
		"why", j.Reason,
		"subscription", j.Subscription+" ("+j.Source+")",
		"days", fmt.Sprintf("%s (%s)", j.Window, phrase.Count(j.Window.Len(), "day")),
		"tables", strings.Join(j.Tables, ", "),
		"sent", sent,
		"planned", phrase.Second(j.PlannedAt),
		"submitted", phrase.Second(j.SubmittedAt),
		"finished", phrase.Second(j.FinishedAt),
		"looked at next", phrase.Second(j.DueAt),
		"vendor's request", j.RequestID,
	)
	if len(j.Files) > 0 {
		s.Heading("FILES")
		shell.Rows(s, "table|status|>rows|file|why", j.Files, func(f view.JobFile) []shell.Cell {
			return shell.Row(f.Table, shell.Toned(string(f.Status), shell.FileTone(f.Status)), phrase.Number(f.Rows), f.Key, shell.Toned(f.Reason, shell.Quiet))
		})
	}
	s.Timeline(j.Timeline)
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
	s.Heading("NEXT")
	s.Line("%s", next)
}

// jobChange is one thing that a person may do to jobs.
type jobChange struct {
	verb, done string
	// from are the statuses in which it is possible.
	from  string
	apply func(at shell.Account, j *report.Job) error
	// check, if set, is asked before anything is written. It says what the person should know of the change.
	check func(ctx context.Context, at shell.Account, j report.Job) (note string, err error)
	// healed is set where a job whose days are there needs --force.
	healed bool
}

func retryCommand(a *shell.App) *cobra.Command {
	return changeCommand(a, jobChange{
		verb: "retry", done: "is PLANNED again: the next run of the requester asks for its days", from: "REFUSED, LOST, CANCELLED or BACKOFF",
		apply: func(at shell.Account, j *report.Job) error {
			if j.Imported() {
				return shell.Refuse("import its files again: bellhop import --help", "job %s is an import: no vendor is asked for it", j.ID)
			}
			return j.Retry(at.Now(), "asked again by a person")
		},
		check: retryable, healed: true,
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

func cancelCommand(a *shell.App) *cobra.Command {
	return changeCommand(a, jobChange{
		verb: "cancel", done: "is CANCELLED", from: "open and not just being submitted",
		apply: func(at shell.Account, j *report.Job) error { return j.Cancel(at.Now(), "cancelled by a person") },
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

func changeCommand(a *shell.App, c jobChange, cmd *cobra.Command) *cobra.Command {
	dryRun := cmd.Flags().Bool("dry-run", false, "say what would happen, without doing it")
	force := true
	if c.healed {
		cmd.Flags().BoolVar(&force, "force", false, "even if all of the job's days are already loaded")
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return shell.Usage("see which there are: bellhop jobs list", "%s needs a JOB", cmd.CommandPath())
		}
		return nil
	}
	cmd.RunE = a.On(func(ctx context.Context, at shell.Account, ids []string) error {
		return a.ChangeEach(ctx, ids, func(id string) (shell.Changed, error) {
			if !force {
				if err := unhealed(ctx, at, id); err != nil {
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

func (r changedJob) Failed(why string) shell.Changed {
	r.Error = why
	return r
}

func (r changedJob) Said(s *shell.Screen) {
	switch {
	case r.Error != "":
	case r.DryRun:
		s.Line("job %s would go from %s to %s", s.Paint(shell.Strong, r.Job), r.From, r.To)
	default:
		s.Line("job %s %s", s.Paint(shell.Strong, r.Job), r.done)
	}
	if r.Note != "" && r.Error == "" {
		s.Line("  %s", s.Paint(shell.Waiting, r.Note))
	}
}

// one changes one job, or only tries how that would be.
func (c jobChange) one(ctx context.Context, at shell.Account, id string, dryRun bool) (changedJob, error) {
	r := changedJob{Job: id, DryRun: dryRun}
	job, err := at.Ledger.Job(ctx, id)
	if err != nil {
		return r, shell.Missing(err, "see which there are: bellhop jobs list")
	}
	change := func(j *report.Job) error {
		r.From = j.Status
		if err := c.apply(at, j); err != nil {
			if _, refused := errors.AsType[*report.TransitionError](err); refused {
				return shell.Refuse("see: bellhop jobs show "+id, "job %s is %s: only a job that is %s can be asked to %s", id, j.Status, c.from, c.verb)
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
func unhealed(ctx context.Context, at shell.Account, id string) error {
	job, err := at.Ledger.Job(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	after, err := at.View.Aftermath(ctx, job)
	if err != nil || !after.Healed {
		return err
	}
	return shell.Refuse("ask for them again with --force", "job %s needs no retry: its days are there, by %s", id, cmp.Or(strings.Join(after.ReplacedBy, ", "), "another job"))
}

// retryable demands that a retry of j would send something, and says what that is when it is not the job as it was.
func retryable(ctx context.Context, at shell.Account, j report.Job) (note string, err error) {
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
	source, err := at.View.Source(sub)
	if err != nil {
		return "", nil //nolint:nilerr // a subscription that this tool cannot judge is left to the requester
	}
	limits := source.Limits(sub.Params)
	first, outdated := j.Outdated(limits, report.DateOf(at.Now()))
	switch {
	case !outdated:
		return "", nil
	case j.Window.To < first:
		return "", shell.Refuse("see which of its days are there: bellhop coverage --subscription "+j.Subscription+" --from "+j.Window.From.String()+" --to "+j.Window.To.String(),
			"job %s cannot be retried: the vendor can be asked for the last %s only, from %s on, and its days are %s", j.ID, phrase.Count(limits.HorizonDays, "day"), first, j.Window)
	default:
		return fmt.Sprintf("Its days before %s can no longer be asked for. So the requester does not send this job: it becomes LOST, and a new job asks for %s.", first, report.Window{From: first, To: j.Window.To}), nil
	}
}

// unasked demands that no other open job holds days of j: a retry would ask for them twice.
func unasked(ctx context.Context, at shell.Account, j report.Job) error {
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
			return shell.Refuse("see: bellhop jobs show "+m.Job, "job %s cannot be retried: job %s has asked for some of its days since, and is %s", j.ID, m.Job, m.Status)
		}
	}
	return nil
}
