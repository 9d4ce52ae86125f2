package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
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
	s.facts(
		"job", cell{j.ID, strong},
		"status", cell{string(j.Status), jobTone(j.Status)},
		"why", j.Reason,
		"subscription", j.Subscription+" ("+j.Source+")",
		"days", fmt.Sprintf("%s (%s)", j.Window, count(j.Window.Len(), "day")),
		"tables", strings.Join(j.Tables, ", "),
		"sent", fmt.Sprintf("%s, job number %d for these days", count(j.Requests, "request"), j.Attempt),
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
	next := ""
	switch open := j.Status.NeedsPerson() || j.Status == report.JobLost; {
	case j.Healed:
		next = "Nothing: its days are there. They were asked for again by " + cmp.Or(strings.Join(j.ReplacedBy, ", "), "another job") + "."
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
