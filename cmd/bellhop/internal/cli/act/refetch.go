package act

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

const refetchHelp = `Ask the vendor again for days of a subscription, whether they are loaded, missing or were given up.
Use it when the vendor has corrected a report, when days vanished from the dataset, or when the cause of
repeated failures is gone.

The planner makes the requests, as it does on every day: it cuts the days into the fewest requests, leaves
out days that an open job asks for already, and never asks for days that the vendor no longer has. The next
run of the requester sends them: on a stack within 15 minutes, on this machine with "bellhop local run".

A loaded day stays as it is until its new report arrives and replaces it in one step. A report that would
shrink a day is held for a person to decide on (see "bellhop review"). Running the command twice asks once.`

// refetchOptions say which days of which tables are wanted again.
type refetchOptions struct {
	subscription string
	window       report.Window
	tables       []string
	dryRun       bool
}

// RefetchCommand is bellhop refetch.
func RefetchCommand(a *shell.App) *cobra.Command {
	var o refetchOptions
	c := &cobra.Command{
		Use: "refetch SUBSCRIPTION FROM..TO", Short: "Ask the vendor again for days of a subscription", Long: refetchHelp,
		Example: `  bellhop refetch hotel 2026-11-01..2026-11-07 --dry-run
  bellhop refetch hotel 2026-11-01..2026-11-07 --table asp_device
  bellhop refetch hotel 2026-11-14 --stack bellhop`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return shell.Usage("such as: bellhop refetch hotel 2026-11-01..2026-11-07", "%s needs SUBSCRIPTION and FROM..TO", cmd.CommandPath())
			}
			var err error
			if o.window, err = report.ParseWindow(args[1]); err != nil {
				return shell.Usage("write them like 2026-11-01..2026-11-07", "the days: %w", err)
			}
			o.subscription = args[0]
			return nil
		},
	}
	c.Flags().StringSliceVar(&o.tables, "table", nil, "only this `table`; repeat it for more (default: all that the subscription feeds)")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "show the requests without making them")
	c.RunE = a.On(func(ctx context.Context, at shell.Account, _ []string) error { return refetch(ctx, a, at, o) })
	return c
}

// refetched is the answer of the refetch command.
type refetched struct {
	Subscription string           `json:"subscription"`
	Window       report.Window    `json:"window"`
	Requests     []refetchRequest `json:"requests"`
	LeftOut      []leftOut        `json:"left_out"`
	Files        int              `json:"files"`
	Seconds      float64          `json:"seconds"`
	Cost         float64          `json:"cost_usd"`
	DryRun       bool             `json:"dry_run"`
}

// refetchRequest is one request to the vendor.
type refetchRequest struct {
	// Job is the job's id; empty in a dry run.
	Job    string        `json:"job,omitempty"`
	Window report.Window `json:"window"`
	Tables []string      `json:"tables"`
	// Files is how many files the vendor sends at least: one for each table.
	Files int    `json:"files"`
	Why   string `json:"why"`
}

// leftOut are chosen days of one table that are not asked for.
type leftOut struct {
	Table  string        `json:"table"`
	Window report.Window `json:"window"`
	Why    string        `json:"why"`
	// Job is the open job that asks for the days already, if that is the reason.
	Job string `json:"job,omitempty"`
}

func refetch(ctx context.Context, a *shell.App, at shell.Account, o refetchOptions) error {
	sub, limits, err := refetchable(ctx, at, o)
	if err != nil {
		return err
	}
	snapshot, err := at.Ledger.Snapshot(ctx, sub.Name)
	if err != nil {
		return err
	}
	today, narrow := report.DateOf(at.Now()), report.Narrow{Window: o.window, Tables: o.tables, Refresh: true}
	shown := refetched{Subscription: sub.Name, Window: o.window, DryRun: o.dryRun, Requests: []refetchRequest{}}
	shown.LeftOut = shell.Some(leaveOut(snapshot, limits, today, o))
	if o.dryRun {
		for _, r := range report.Plan(snapshot, limits, today, narrow) {
			shown.add("", r.Window, r.Tables, r.Why)
		}
	} else {
		service := requester.Service{Ledger: at.Ledger, Sources: a.Sources, Now: at.Now}
		jobs, err := service.Plan(ctx, sub, narrow)
		for _, j := range jobs {
			shown.add(j.ID, j.Window, j.Tables, j.History[0].Why)
		}
		if err != nil {
			return fmt.Errorf("%s planned before the error: %w", phrase.Count(len(jobs), "request"), err)
		}
	}
	if err := shown.estimate(); err != nil {
		return err
	}
	if err := a.Show(shown, func(s *shell.Screen) { drawRefetched(s, shown, a.Place.OnAWS()) }); err != nil {
		return err
	}
	underway := slices.ContainsFunc(shown.LeftOut, func(l leftOut) bool { return l.Job != "" })
	if len(shown.Requests) == 0 && !underway {
		return shell.Refuse("see which days are wanted: bellhop coverage --subscription "+sub.Name, "no day of %s can be asked for again", o.window)
	}
	return nil
}

// refetchable returns the subscription with its limits, if it can be asked for again.
func refetchable(ctx context.Context, at shell.Account, o refetchOptions) (report.Subscription, report.Limits, error) {
	sub, err := at.Ledger.Subscription(ctx, o.subscription)
	if err != nil {
		return sub, report.Limits{}, shell.Missing(err, "see which there are: bellhop subscriptions list")
	}
	source, err := at.View.Source(sub)
	if err != nil {
		return sub, report.Limits{}, err
	}
	limits := source.Limits(sub.Params)
	for _, name := range o.tables {
		if !slices.Contains(limits.Tables, name) {
			return sub, limits, shell.Usage("it feeds "+strings.Join(limits.Tables, ", "), "--table: subscription %s does not feed %q", sub.Name, name)
		}
	}
	if sub.Paused {
		return sub, limits, shell.Refuse("first: bellhop subscriptions resume "+sub.Name, "subscription %s is paused, so nothing is planned for it", sub.Name)
	}
	return sub, limits, nil
}

func (r *refetched) add(job string, w report.Window, tables []string, why string) {
	r.Requests = append(r.Requests, refetchRequest{Job: job, Window: w, Tables: tables, Files: len(tables), Why: why})
	r.Files += len(tables)
}

// refetchPace is the pace that the requester keeps unless it is configured otherwise.
const refetchPace = time.Second

// estimate says how long the requests take under the pace, and what their files cost on AWS.
func (r *refetched) estimate() error {
	reference, err := cost.Reference()
	if err != nil {
		return err
	}
	thousand := cost.Of(reference, cost.Template, cost.Wish{Assumed: cost.Usual}).PerThousand.Total
	r.Seconds = (time.Duration(len(r.Requests)) * refetchPace).Seconds()
	r.Cost = thousand * float64(r.Files) / 1000
	return nil
}

// leaveOut returns the chosen days that the planner does not ask for, in runs of days with one reason.
func leaveOut(b report.Snapshot, l report.Limits, today report.Date, o refetchOptions) []leftOut {
	var all []leftOut
	for _, name := range l.Tables {
		if len(o.tables) > 0 && !slices.Contains(o.tables, name) {
			continue
		}
		for d := range o.window.Days() {
			out := leftOut{Table: name, Window: report.Window{From: d, To: d}}
			if out.Why, out.Job = whyLeftOut(b, l, today, name, d); out.Why == "" {
				continue
			}
			if n := len(all); n > 0 && all[n-1].Table == name && all[n-1].Window.To == d-1 && all[n-1].Why == out.Why {
				all[n-1].Window.To = d
				continue
			}
			all = append(all, out)
		}
	}
	return all
}

// whyLeftOut says why the planner does not ask for a day, and which job asks for it already; empty when it does ask.
func whyLeftOut(b report.Snapshot, l report.Limits, today report.Date, table string, d report.Date) (why, job string) {
	for _, m := range b.Markers {
		if m.Status.Holds() && m.Covers(table, d) {
			return fmt.Sprintf("job %s asks for it already and is %s", m.Job, m.Status), m.Job
		}
	}
	wanted := l.Wanted(b.Subscription, today)
	switch {
	case l.LastDay != 0 && d > l.LastDay:
		return fmt.Sprintf("the vendor ended its service after %s", l.LastDay), ""
	case d < today-report.Date(l.LostAfterDays):
		return "the vendor no longer has it", ""
	case d < today-report.Date(l.HorizonDays):
		return fmt.Sprintf("it is older than the %s that are safe to ask for", phrase.Count(l.HorizonDays, "day")), ""
	case d < wanted.From:
		return fmt.Sprintf("the subscription begins on %s", wanted.From), ""
	case d > wanted.To:
		return fmt.Sprintf("the vendor is asked %s after a day (lag_days)", phrase.Count(b.Subscription.LagDays, "day")), ""
	default:
		return "", ""
	}
}

func drawRefetched(s *shell.Screen, r refetched, onAWS bool) {
	if len(r.Requests) > 0 {
		word := "planned"
		if r.DryRun {
			word = "would be planned"
		}
		s.Line("%s %s: at least %s, %s at one request a second, about $%.4f on AWS", phrase.Count(len(r.Requests), "request"), word, phrase.Count(r.Files, "file"), phrase.Span(time.Duration(r.Seconds*float64(time.Second))), r.Cost)
		shell.Rows(s, "job|days|tables|>files|why", r.Requests, func(q refetchRequest) []shell.Cell {
			return shell.Row(cmp.Or(q.Job, "(dry run)"), q.Window, strings.Join(q.Tables, ", "), q.Files, q.Why)
		})
	}
	if len(r.LeftOut) > 0 {
		s.Heading("LEFT OUT")
		shell.Rows(s, "table|days|why", r.LeftOut, func(l leftOut) []shell.Cell { return shell.Row(l.Table, l.Window, l.Why) })
	}
	if len(r.Requests) > 0 && !r.DryRun {
		next := "send them with: bellhop local run"
		if onAWS {
			next = "the next run of the requester sends them, within 15 minutes"
		}
		s.Line("")
		s.Line("%s · follow them with: bellhop jobs list --subscription %s", next, r.Subscription)
	}
}

// syncCommand is a refetch of today's snapshots.
func syncCommand(a *shell.App) *cobra.Command {
	return &cobra.Command{
		Use: "sync", Short: "Take today's snapshot of all campaigns again", Args: cobra.NoArgs,
		Long: `Plan today's snapshot again for each subscription to the source "campaigns", so that the table asp_campaigns has what was
created, changed or deleted since. The requester takes it with its next run.`,
		Example: "  bellhop campaigns sync --stack bellhop",
		RunE: a.On(func(ctx context.Context, at shell.Account, _ []string) error {
			subs, err := at.Ledger.Subscriptions(ctx)
			if err != nil {
				return err
			}
			subs = slices.DeleteFunc(subs, func(s report.Subscription) bool { return s.Source != report.SourceCampaigns || s.Paused })
			if len(subs) == 0 {
				return shell.Refuse("see: bellhop sources show campaigns --example", "no subscription takes snapshots of campaigns")
			}
			today := report.DateOf(at.Now())
			narrow := report.Narrow{Window: report.Window{From: today, To: today}, Refresh: true}
			service := requester.Service{Ledger: at.Ledger, Sources: a.Sources, Now: at.Now}
			planned := []report.Job{}
			for _, sub := range subs {
				jobs, err := service.Plan(ctx, sub, narrow)
				planned = append(planned, jobs...)
				if err != nil {
					return fmt.Errorf("plan a snapshot for %s: %w", sub.Name, err)
				}
			}
			return a.Show(planned, func(s *shell.Screen) {
				if len(planned) == 0 {
					s.Line("Today's snapshot is planned already.")
				}
				for _, j := range planned {
					s.Line("planned job %s for %s", s.Paint(shell.Strong, j.ID), j.Window.From)
				}
			})
		}),
	}
}
