package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

func (a *app) deadLettersCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "dlq", Short: "Events and runs that failed for good: list, redrive, purge",
		Long: `What failed for good waits for a person in two queues, for 14 days:

  deliveries   notifications of files that could not be loaded after five tries. The sweep starts their loads again in
               any case, as long as the file is there; a redrive does so at once.
  runs         what schedules started, and batches of changes, where they failed for good. The next run does their
               work; the messages say what keeps failing, and a purge deletes them.`,
	}
	a.parent(c)
	c.AddCommand(a.listLettersCommand(), a.redriveCommand(), a.purgeCommand())
	return c
}

func (a *app) listLettersCommand() *cobra.Command {
	most := 20
	c := &cobra.Command{
		Use: "list", Short: "Show what was given up", Args: cobra.NoArgs,
		Long: `Show how many messages there are, and what some of them are about. For a moment they are hidden from others who
look; they stay where they are.`,
		Example: "  bellhop dlq list --stack hotels\n  bellhop dlq list --stack hotels --json | jq -r '.letters[].what[]'",
		PreRunE: func(*cobra.Command, []string) error {
			if most < 0 {
				return usage("0 shows none, and counts", "--last must not be negative")
			}
			return nil
		},
	}
	c.Flags().IntVar(&most, "last", most, "how many messages of each queue to show")
	c.RunE = a.onStack(func(ctx context.Context, in *stack.Installation, _ []string) error {
		return a.listLetters(ctx, in, most)
	})
	return c
}

// givenUp is what was given up.
type givenUp struct {
	Counts  map[string]int  `json:"counts"`
	Letters []stack.Message `json:"letters"`
}

func (a *app) listLetters(ctx context.Context, in *stack.Installation, most int) error {
	up := givenUp{Counts: map[string]int{}}
	for _, k := range stack.DeadLetterQueues() {
		box, err := in.DeadLetters(k)
		if err != nil {
			return err
		}
		if up.Counts[k], err = box.Count(ctx); err != nil {
			return err
		}
		letters, err := box.Peek(ctx, most)
		if err != nil {
			return err
		}
		up.Letters = append(up.Letters, letters...)
	}
	up.Letters = some(up.Letters)
	return a.show(up, func(s *screen) {
		for _, k := range stack.DeadLetterQueues() {
			if up.Counts[k] == 0 {
				s.line("%s", s.paint(good, "no "+k))
			} else {
				s.line("%s", s.paint(bad, fmt.Sprintf("about %s of %s", count(up.Counts[k], "message"), k)))
			}
		}
		var rows [][]cell
		for _, l := range up.Letters {
			rows = append(rows, []cell{{l.Queue, plain}, {minute(l.SentAt), plain}, {strings.Join(l.What, ", "), plain}, {l.ID, quiet}})
		}
		if len(rows) > 0 {
			s.line("")
			s.table("", []string{"queue", "sent", "about", "message"}, nil, rows)
		}
	})
}

// boxOf opens the queue that an argument names.
func boxOf(in *stack.Installation, name string) (*stack.DeadLetters, error) {
	if !slices.Contains(stack.DeadLetterQueues(), name) {
		return nil, usage("it is one of deliveries and runs", "there is no queue %q", name)
	}
	return in.DeadLetters(name)
}

// movedLetters is what a redrive or a purge did.
type movedLetters struct {
	Queue    string `json:"queue"`
	Messages int64  `json:"messages"`
	DryRun   bool   `json:"dry_run"`
}

func (a *app) redriveCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "redrive", Short: "Have given-up deliveries loaded again", Args: cobra.NoArgs,
		Long: `Move all messages of deliveries back into the ingest queue, once the cause is gone. Every load may be repeated: what
was loaded meanwhile is recognised, and what is deleted is left alone. SQS does the moving; Ctrl-C stops the watching
alone. Runs cannot be redriven: the next run does their work.`,
		Example: "  bellhop dlq redrive --stack bellhop --dry-run\n  bellhop dlq redrive --stack bellhop",
	}
	dryRun := c.Flags().Bool("dry-run", false, "say what would happen, without doing it")
	c.RunE = a.onStack(func(ctx context.Context, in *stack.Installation, _ []string) error {
		box, err := in.DeadLetters(stack.Deliveries)
		if err != nil {
			return err
		}
		n, err := box.Count(ctx)
		if err != nil {
			return err
		}
		done := movedLetters{Queue: box.Name, Messages: int64(n), DryRun: *dryRun}
		if n > 0 && !*dryRun {
			tell, over := a.passing()
			move, err := box.Redrive(ctx, a.Wait, func(m stack.Move) { tell("%d of about %d moved", m.Moved, m.Total) })
			over()
			if err != nil {
				return err
			}
			done.Messages = move.Moved
		}
		return a.show(done, func(s *screen) {
			switch {
			case n == 0:
				s.line("no deliveries were given up")
			case *dryRun:
				s.line("about %s would be moved back into the ingest queue", count(n, "message"))
			default:
				s.line("%s moved back into the ingest queue", count(int(done.Messages), "message"))
			}
		})
	})
	return c
}

func (a *app) purgeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "purge deliveries|runs", Short: "Delete what was given up", Args: exactly("queue, deliveries or runs"),
		Long: `Delete all messages of one queue. Nothing of the data is lost by it: the ledger knows what is missing, and the sweep
and the next run do what these messages were about, as far as it is still to be done.`,
		Example: "  bellhop dlq purge runs --stack bellhop --dry-run\n  bellhop dlq purge runs --stack bellhop --confirm",
	}
	c.ValidArgs = stack.DeadLetterQueues()
	dryRun := c.Flags().Bool("dry-run", false, "say what would happen, without doing it")
	confirmed := c.Flags().Bool("confirm", false, "do not ask")
	c.RunE = a.onStack(func(ctx context.Context, in *stack.Installation, args []string) error {
		box, err := boxOf(in, args[0])
		if err != nil {
			return err
		}
		n, err := box.Count(ctx)
		if err != nil {
			return err
		}
		if !*dryRun && n > 0 {
			if !*confirmed {
				if err := a.ask(fmt.Sprintf("Delete about %s of %s for good? [y/N] ", count(n, "message"), box.Name)); err != nil {
					return err
				}
			}
			if err := box.Purge(ctx); err != nil {
				return err
			}
		}
		return a.show(movedLetters{Queue: box.Name, Messages: int64(n), DryRun: *dryRun}, func(s *screen) {
			if *dryRun {
				s.line("about %s of %s would be deleted", count(n, "message"), box.Name)
			} else {
				s.line("about %s of %s deleted", count(n, "message"), box.Name)
			}
		})
	})
	return c
}
