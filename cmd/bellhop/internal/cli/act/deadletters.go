package act

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

// DeadLettersCommand is bellhop dlq.
func DeadLettersCommand(a *shell.App) *cobra.Command {
	most := 20
	list := aliasOf("review list --kind dead-letters", "list", &cobra.Command{
		Args: cobra.NoArgs, Example: "  bellhop dlq list --stack hotels\n  bellhop dlq list --stack hotels --json | jq -r '.letters[].what[]'",
		PreRunE: func(*cobra.Command, []string) error { return notNegative("last", most) },
	})
	list.Flags().IntVar(&most, "last", most, "how many messages of each queue to show")
	list.RunE = a.OnStack(func(ctx context.Context, in *stack.Installation, _ []string) error {
		return listMessages(ctx, a, in, most, stack.DeadLetterQueues()...)
	})
	decide := func(verb review.Verb, use string, args cobra.PositionalArgs, example string) *cobra.Command {
		d := decision{verb: verb}
		c := aliasOf("review "+string(verb), use, &cobra.Command{Args: args, Example: example})
		d.define(c)
		c.RunE = a.OnStack(func(ctx context.Context, in *stack.Installation, args []string) error {
			queue := append(args, stack.Deliveries)[0]
			return decideOne(ctx, a, d, &queueItem{a: a, in: in, queue: queue})
		})
		return c
	}
	purge := decide(review.Drop, "purge deliveries|runs", queueArg, "  bellhop dlq purge runs --stack bellhop --dry-run")
	purge.ValidArgs = stack.DeadLetterQueues()
	return aliasFamily(a, "dlq", "events and runs that failed for good", list,
		decide(review.Replay, "redrive", cobra.NoArgs, "  bellhop dlq redrive --stack bellhop --dry-run"), purge)
}

func queueArg(c *cobra.Command, args []string) error {
	if err := shell.Exactly("queue, deliveries or runs")(c, args); err != nil {
		return err
	}
	if err := cobra.OnlyValidArgs(c, args); err != nil {
		return shell.Usage("it is one of deliveries and runs", "there is no queue %q", args[0])
	}
	return nil
}

// movedMessages is what a redrive or a purge did.
type movedMessages struct {
	Queue    string `json:"queue"`
	Messages int64  `json:"messages"`
	DryRun   bool   `json:"dry_run"`
	told
}

// queueItem is the messages of a queue of dead letters.
type queueItem struct {
	a       *shell.App
	in      *stack.Installation
	queue   string
	most    int
	letters *stack.DeadLetters
	count   int
	err     error
}

func (q *queueItem) show(ctx context.Context) error {
	return listMessages(ctx, q.a, q.in, q.most, q.queue)
}

func listMessages(ctx context.Context, a *shell.App, in *stack.Installation, most int, queues ...string) error {
	found, err := review.Messages(ctx, in, most, queues...)
	if err != nil {
		return err
	}
	return a.Show(found, func(s *shell.Screen) {
		for _, name := range queues {
			if found.Counts[name] == 0 {
				s.Line("%s", s.Paint(shell.Good, "no "+name))
			} else {
				s.Line("%s", s.Paint(shell.Bad, fmt.Sprintf("about %s of %s", phrase.Count(found.Counts[name], "message"), name)))
			}
		}
		if len(found.Letters) > 0 {
			s.Line("")
			shell.Rows(s, "queue|sent|about|message", found.Letters, func(m stack.Message) []shell.Cell {
				return shell.Row(m.Queue, phrase.Minute(m.SentAt), strings.Join(m.What, ", "), shell.Toned(m.ID, shell.Quiet))
			})
		}
	})
}

func (q *queueItem) prepare(ctx context.Context, d decision) string {
	if d.verb == review.Accept || d.verb == review.Replay && q.queue == stack.Runs {
		q.err = notFor(d.verb, q.queue, "the next run does the work of runs, and drop deletes messages")
		return ""
	}
	if q.letters, q.err = q.in.DeadLetters(q.queue); q.err == nil {
		q.count, q.err = q.letters.Count(ctx)
	}
	if q.count == 0 || d.verb == review.Replay {
		return ""
	}
	return fmt.Sprintf("Delete about %s of %s for good?", phrase.Count(q.count, "message"), q.queue)
}

func (q *queueItem) carryOut(ctx context.Context, d decision) (shell.Changed, error) {
	if q.err != nil {
		return nil, q.err
	}
	done := movedMessages{Queue: q.queue, Messages: int64(q.count), DryRun: d.dryRun}
	about := "about " + phrase.Count(q.count, "message")
	switch {
	case d.verb == review.Drop && d.dryRun:
		done.line = about + " of " + q.queue + " would be deleted"
	case d.verb == review.Drop:
		done.line = about + " of " + q.queue + " deleted"
		if q.count > 0 {
			return done, q.letters.Purge(ctx)
		}
	case q.count == 0:
		done.line = "no deliveries were given up"
	case d.dryRun:
		done.line = about + " would be moved back into the ingest queue"
	default:
		tell, over := q.a.Passing()
		defer over()
		move, err := q.letters.Redrive(ctx, q.a.Wait, func(m stack.Move) { tell("%d of about %d moved", m.Moved, m.Total) })
		if err != nil {
			return nil, err
		}
		done.Messages = move.Moved
		done.line = phrase.Count(int(move.Moved), "message") + " moved back into the ingest queue"
	}
	return done, nil
}
