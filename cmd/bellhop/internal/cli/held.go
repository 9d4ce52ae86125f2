package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) heldCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "held", Short: "Reports that would have erased or shrunk a day: list, show, accept, drop",
		Long: `bellhop does not publish a newer report of a day when it has fewer than half of the published rows, or when a measure
has values in fewer than half as many cells, or adds up to less than half, over LEAF rows. It holds the report for a
person to decide on, and the day keeps its older content. The vendor may have corrected the day, or made a mistake.`,
	}
	a.parent(c)
	list := &cobra.Command{
		Use: "list", Short: "List the days of which a report is held", Args: cobra.NoArgs,
		Example: "  bellhop held list\n  bellhop held list --json | jq -r '.[] | [.table, .date, .rows, .held_rows, .why] | @tsv'",
		RunE:    a.on(func(ctx context.Context, at Account, _ []string) error { return a.listHeld(ctx, at) }),
	}
	c.AddCommand(list, a.showHeldCommand(), a.decideCommand(decision{
		verb: "accept", done: "is published", question: "Replace %s by %s? [y/N] ",
		decide: func(ctx context.Context, h Holds, s report.Partition) (report.Partition, error) {
			return h.Accept(ctx, s.Subscription, s.Table, s.Date, s.Held.Generation)
		},
	}, &cobra.Command{
		Short: "Publish a held report instead of the day's older content",
		Long: `Publish the held report: the vendor was right. The day's object is replaced in one step; by a report without rows it is
taken away. On AWS the bucket keeps the older content for 30 days. It may be repeated after a failure.`,
		Example: "  bellhop held accept hotel asp_device 2026-11-14 --dry-run\n  bellhop held accept hotel asp_device 2026-11-14",
	}), a.decideCommand(decision{
		verb: "drop", done: "is forgotten", question: "Keep %s and forget %s? [y/N] ",
		decide: func(ctx context.Context, h Holds, s report.Partition) (report.Partition, error) {
			return h.Drop(ctx, s.Subscription, s.Table, s.Date, s.Held.Generation)
		},
	}, &cobra.Command{
		Short: "Forget a held report, and keep the day as it is",
		Long: `Forget the held report: it was an accident. The day stays as it is published. Another report that would shrink it is held
again.`,
		Example: "  bellhop held drop hotel asp_device 2026-11-14 --dry-run\n  bellhop held drop hotel asp_device 2026-11-14",
	}))
	return c
}

// heldDay is a day of which a report is held.
type heldDay struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Rows         int64       `json:"rows"`
	HeldRows     int64       `json:"held_rows"`
	// Fell names what fell too far: rows, or measures.
	Fell   []string  `json:"fell"`
	Why    string    `json:"why"`
	HeldAt time.Time `json:"held_at"`
	// AskedAt is when the held report was asked for.
	AskedAt time.Time `json:"asked_at"`
	Job     string    `json:"job"`
	File    string    `json:"file"`
}

func heldAs(s report.Partition) heldDay {
	fell := s.Held.Fell
	if fell == nil {
		fell = []string{report.FellRows} // the only reason of older releases
	}
	return heldDay{
		Subscription: s.Subscription, Table: s.Table, Date: s.Date, Rows: s.Rows, HeldRows: s.Held.Rows, Fell: fell, Why: s.Held.Why,
		HeldAt: s.Held.At, AskedAt: s.Held.Generation, Job: s.Held.Job, File: s.Held.File,
	}
}

// heldIn returns the held reports of all subscriptions, in order.
func heldIn(ctx context.Context, at Account) ([]heldDay, error) {
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	held := []heldDay{}
	for _, sub := range subs {
		snapshot, err := at.Ledger.Snapshot(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		for _, s := range snapshot.Partitions {
			if s.Held != nil {
				held = append(held, heldAs(s))
			}
		}
	}
	slices.SortFunc(held, func(x, y heldDay) int {
		return cmp.Or(strings.Compare(x.Subscription, y.Subscription), strings.Compare(x.Table, y.Table), cmp.Compare(x.Date, y.Date))
	})
	return held, nil
}

func (a *app) listHeld(ctx context.Context, at Account) error {
	held, err := heldIn(ctx, at)
	if err != nil {
		return err
	}
	return a.show(held, func(s *screen) {
		if len(held) == 0 {
			s.line("No report is held.")
			return
		}
		var rows [][]cell
		for _, h := range held {
			rows = append(rows, []cell{
				{h.Subscription, plain}, {h.Table, plain}, {h.Date.String(), plain}, {number(h.Rows), plain}, {number(h.HeldRows), plain},
				{strings.Join(h.Fell, ", "), bad}, {minute(h.AskedAt), plain}, {minute(h.HeldAt), waiting}, {h.Job, plain},
			})
		}
		s.table("", []string{"subscription", "table", "date", "rows", "held rows", "fell", "asked", "held since", "job"}, []string{"rows", "held rows"}, rows)
		s.line("")
		s.line("compare one: bellhop held show SUBSCRIPTION TABLE DATE · then accept or drop it, by the same three words")
	})
}

// decision is one thing that a person may do about a held report.
type decision struct {
	verb, done, question string
	decide               func(ctx context.Context, h Holds, s report.Partition) (report.Partition, error)
}

// decidedDay is what became of a held report.
type decidedDay struct {
	heldDay
	// RowsNow is what the day has after the decision.
	RowsNow int64 `json:"rows_now"`
	DryRun  bool  `json:"dry_run"`
}

func heldArgs(c *cobra.Command, args []string) error {
	if len(args) != 3 {
		return usage("see which there are: bellhop held list", "%s needs SUBSCRIPTION, TABLE and DATE", c.CommandPath())
	}
	if _, err := report.ParseDate(args[2]); err != nil {
		return usage("such as 2026-11-14", "the date: %w", err)
	}
	return nil
}

func (a *app) decideCommand(d decision, c *cobra.Command) *cobra.Command {
	c.Use = d.verb + " SUBSCRIPTION TABLE DATE"
	dryRun := c.Flags().Bool("dry-run", false, "say what would happen, without doing it")
	confirmed := c.Flags().Bool("confirm", false, "do not ask")
	c.Args = heldArgs
	c.RunE = a.on(func(ctx context.Context, at Account, args []string) (err error) {
		partition, err := findHeld(ctx, at, args)
		if err != nil {
			return err
		}
		done := decidedDay{heldDay: heldAs(partition), RowsNow: partition.Rows, DryRun: *dryRun}
		older := fmt.Sprintf("%s of %s (%s)", partition.Date, partition.Table, count(int(partition.Rows), "row"))
		less := ""
		if !slices.Contains(done.Fell, report.FellRows) {
			less = " and less in " + strings.Join(done.Fell, ", ")
		}
		newer := fmt.Sprintf("the report with %s%s that was asked for at %s", count(int(partition.Held.Rows), "row"), less, minute(partition.Held.Generation))
		if !*dryRun {
			if !*confirmed {
				if err := a.ask(fmt.Sprintf(d.question, older, newer)); err != nil {
					return err
				}
			}
			if partition, err = a.decide(ctx, at, d, partition); err != nil {
				return err
			}
			done.RowsNow = partition.Rows
		}
		return a.show(done, func(s *screen) {
			if *dryRun {
				s.line("would %s %s, instead of %s", d.verb, newer, older)
				return
			}
			s.line("%s %s: %s of %s has %s now", newer, d.done, done.Date, done.Table, count(int(done.RowsNow), "row"))
		})
	})
	return c
}

func findHeld(ctx context.Context, at Account, args []string) (report.Partition, error) {
	date, err := report.ParseDate(args[2])
	if err != nil {
		return report.Partition{}, err
	}
	found, err := at.Ledger.Partitions(ctx, args[0], args[1], report.Window{From: date, To: date})
	if err != nil {
		return report.Partition{}, err
	}
	if len(found) != 1 || found[0].Held == nil {
		return report.Partition{}, &Problem{Code: ExitError, Err: fmt.Errorf("no report of %s is held for %s of %s", date, args[1], args[0]), Remedy: "see which there are: bellhop held list"}
	}
	return found[0], nil
}

func (a *app) decide(ctx context.Context, at Account, d decision, s report.Partition) (_ report.Partition, err error) {
	if at.Holds == nil {
		return s, usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
	}
	holds, closing, err := at.Holds(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	return d.decide(ctx, holds, s)
}
