package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The commands of earlier releases about what waits for a person. They stay for one release, with their flags, JSON and exit codes.

// aliasOf makes a command that stands for one of review.
func aliasOf(of, use string, c *cobra.Command) *cobra.Command {
	c.Use, c.Short = use, "Alias of "+of
	c.Long = "An alias of \"bellhop " + of + "\", which stays for one release. See bellhop " + of + " --help."
	return c
}

func (a *app) aliasFamily(name, what string, commands ...*cobra.Command) *cobra.Command {
	c := aliasOf("review", name, &cobra.Command{})
	c.Short += ": " + what
	a.parent(c)
	c.AddCommand(commands...)
	return c
}

func (a *app) heldCommand() *cobra.Command {
	words := func(verb string) string { return verb + " SUBSCRIPTION TABLE DATE" }
	item := func(at Account, args []string) *heldItem {
		date, _ := report.ParseDate(args[2]) // heldArgs has looked at it
		return &heldItem{a: a, at: at, sub: args[0], table: args[1], date: date}
	}
	decide := func(verb review.Verb) *cobra.Command {
		d := decision{verb: verb}
		c := aliasOf("review "+string(verb), words(string(verb)), &cobra.Command{
			Args: heldArgs, Example: "  bellhop held " + string(verb) + " hotel asp_device 2026-11-14 --dry-run",
		})
		d.define(c)
		c.RunE = a.on(func(ctx context.Context, at Account, args []string) error { return a.decideOne(ctx, d, item(at, args)) })
		return c
	}
	return a.aliasFamily("held", "reports that would have erased or shrunk a day",
		aliasOf("review list --kind held", "list", &cobra.Command{
			Args: cobra.NoArgs, Example: "  bellhop held list\n  bellhop held list --json | jq -r '.[] | [.table, .date, .rows, .held_rows, .why] | @tsv'",
			RunE: listAs(a, review.HeldDays),
		}),
		aliasOf("review show", words("show"), &cobra.Command{
			Args: heldArgs, Example: "  bellhop held show hotel asp_device 2026-11-14",
			RunE: a.on(func(ctx context.Context, at Account, args []string) error { return item(at, args).show(ctx) }),
		}),
		decide(review.Accept), decide(review.Drop))
}

func heldArgs(c *cobra.Command, args []string) error {
	if len(args) != 3 {
		return usage(seeReview, "%s needs SUBSCRIPTION, TABLE and DATE", c.CommandPath())
	}
	if _, err := report.ParseDate(args[2]); err != nil {
		return usage("such as 2026-11-14", "the date: %w", err)
	}
	return nil
}

// listAs lists one kind of what waits, in JSON as the older command did.
func listAs[T interface{ Entry() review.Entry }](a *app, read func(context.Context, review.Ledger) ([]T, error)) func(*cobra.Command, []string) error {
	return a.on(func(ctx context.Context, at Account, _ []string) error {
		items, err := read(ctx, at.Ledger)
		if err != nil {
			return err
		}
		return a.show(items, func(s *screen) { s.entries(review.Entries(items), at) })
	})
}

// decideOne carries out a decision about one item, and shows what became of it.
func (a *app) decideOne(ctx context.Context, d decision, item reviewItem) error {
	if err := a.prepareEach(ctx, d, []reviewItem{item}); err != nil {
		return err
	}
	outcome, err := item.carryOut(ctx, d)
	if err != nil {
		return err
	}
	return a.show(outcome, outcome.said)
}

func (a *app) quarantineCommand() *cobra.Command {
	decide := func(verb review.Verb) *cobra.Command {
		d := decision{verb: verb}
		c := aliasOf("review "+string(verb), string(verb)+" FILE...", &cobra.Command{
			Args: atLeastOne("FILE", "bellhop review list"), Example: "  bellhop quarantine " + string(verb) + " DEVICE_0001.csv --dry-run",
		})
		d.define(c)
		c.RunE = a.on(func(ctx context.Context, at Account, keys []string) error {
			items := make([]reviewItem, len(keys))
			for i, key := range keys {
				items[i] = &fileItem{a: a, at: at, changedFile: changedFile{File: key}}
			}
			return a.decideEach(ctx, d, keys, items, func(_ string, outcome changed) changed { return outcome })
		})
		return c
	}
	return a.aliasFamily("quarantine", "files that could not be loaded",
		aliasOf("review list --kind quarantined", "list", &cobra.Command{
			Args: cobra.NoArgs, Example: "  bellhop quarantine list\n  bellhop quarantine list --json | jq -r '.[].reason'",
			RunE: listAs(a, review.QuarantinedFiles),
		}),
		aliasOf("review show", "show FILE", &cobra.Command{
			Args: exactly("FILE"), Example: "  bellhop quarantine show DEVICE_0001.csv",
			RunE: a.on(func(ctx context.Context, at Account, args []string) error {
				return (&fileItem{a: a, at: at, changedFile: changedFile{File: args[0]}}).show(ctx)
			}),
		}),
		decide(review.Replay), decide(review.Drop))
}

func (a *app) deadLettersCommand() *cobra.Command {
	most := 20
	list := aliasOf("review list --kind dead-letters", "list", &cobra.Command{
		Args: cobra.NoArgs, Example: "  bellhop dlq list --stack hotels\n  bellhop dlq list --stack hotels --json | jq -r '.letters[].what[]'",
		PreRunE: func(*cobra.Command, []string) error { return notNegative("last", most) },
	})
	list.Flags().IntVar(&most, "last", most, "how many messages of each queue to show")
	list.RunE = a.onStack(func(ctx context.Context, in *stack.Installation, _ []string) error {
		return a.listMessages(ctx, in, most, stack.DeadLetterQueues()...)
	})
	decide := func(verb review.Verb, use string, args cobra.PositionalArgs, example string) *cobra.Command {
		d := decision{verb: verb}
		c := aliasOf("review "+string(verb), use, &cobra.Command{Args: args, Example: example})
		d.define(c)
		c.RunE = a.onStack(func(ctx context.Context, in *stack.Installation, args []string) error {
			queue := append(args, stack.Deliveries)[0]
			return a.decideOne(ctx, d, &queueItem{a: a, in: in, queue: queue})
		})
		return c
	}
	purge := decide(review.Drop, "purge deliveries|runs", queueArg, "  bellhop dlq purge runs --stack bellhop --dry-run")
	purge.ValidArgs = stack.DeadLetterQueues()
	return a.aliasFamily("dlq", "events and runs that failed for good", list,
		decide(review.Replay, "redrive", cobra.NoArgs, "  bellhop dlq redrive --stack bellhop --dry-run"), purge)
}

func queueArg(c *cobra.Command, args []string) error {
	if err := exactly("queue, deliveries or runs")(c, args); err != nil {
		return err
	}
	if err := cobra.OnlyValidArgs(c, args); err != nil {
		return usage("it is one of deliveries and runs", "there is no queue %q", args[0])
	}
	return nil
}
