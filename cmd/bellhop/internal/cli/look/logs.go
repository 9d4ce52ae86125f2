package look

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

// logOrder is what a command line wants of the logs.
type logOrder struct {
	since  time.Duration
	follow bool
	query  stack.LogQuery
}

// LogsCommand is bellhop logs.
func LogsCommand(a *shell.App) *cobra.Command {
	var o logOrder
	c := &cobra.Command{
		Use: "logs [requester|ingester|janitor]...", Short: "What the functions say",
		Long: `Show the logs of the functions, or of some, oldest line first. Lines hold keys, ids and counts; no row, no token and no
name of a room. With --job or --file it is the story of one job or file across the functions. --follow goes on until
Ctrl-C, which is its ordinary end.`,
		Example: `  bellhop logs --stack bellhop --since 1h
  bellhop logs requester --stack bellhop --follow
  bellhop logs --stack bellhop --since 48h --job hotel-000012
  bellhop logs --stack bellhop --errors --json`,
		ValidArgs: stack.Functions(),
		PreRunE: func(_ *cobra.Command, args []string) error {
			for _, name := range args {
				if !slices.Contains(stack.Functions(), name) {
					return shell.Usage("it is one of "+strings.Join(stack.Functions(), ", "), "there is no function %q", name)
				}
			}
			if o.since <= 0 {
				return shell.Usage("such as 30m or 48h", "--since must be positive")
			}
			return nil
		},
	}
	f := c.Flags()
	f.DurationVar(&o.since, "since", 15*time.Minute, "how far back to look")
	f.BoolVarP(&o.follow, "follow", "f", false, "go on showing lines as they come")
	f.BoolVar(&o.query.Errors, "errors", false, "only warnings and errors")
	f.StringVar(&o.query.Job, "job", "", "lines about one `job`")
	f.StringVar(&o.query.File, "file", "", "lines about one `file`, by its key")
	c.RunE = a.OnStack(func(ctx context.Context, in *stack.Installation, functions []string) error {
		if o.query.Functions = functions; len(functions) == 0 {
			o.query.Functions = stack.Functions()
		}
		o.query.From = a.Time().Add(-o.since)
		return logs(ctx, a, in, o)
	})
	return c
}

// logs shows lines one by one: in JSON each is an object of its own, so that a follower can be read as it goes.
func logs(ctx context.Context, a *shell.App, in *stack.Installation, o logOrder) error {
	var lines iter.Seq2[stack.LogEntry, error]
	if o.follow {
		lines = stack.FollowLogs(ctx, in, o.query, a.Wait)
	} else {
		lines = stack.ReadLogs(ctx, in, o.query)
	}
	shown := 0
	for e, err := range lines {
		if err != nil {
			return err
		}
		if err := logLine(a, e); err != nil {
			return err
		}
		shown++
	}
	if shown == 0 && !o.follow && !a.AsJSON() {
		return a.Draw(func(s *shell.Screen) { s.Line("nothing was logged in the last %s", phrase.Span(o.since)) })
	}
	return nil
}

func logLine(a *shell.App, e stack.LogEntry) error {
	if a.AsJSON() {
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode a line: %w", err)
		}
		return shell.Write(a.Out, shell.ScrubJSON(&a.Secrets, string(raw))+"\n")
	}
	return a.Draw(func(s *shell.Screen) {
		level := shell.Plain
		switch e.Level {
		case "ERROR":
			level = shell.Bad
		case "WARN":
			level = shell.Waiting
		}
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
			if value := fmt.Sprint(e.Fields[name]); value != "" {
				fields = append(fields, name+"="+value)
			}
		}
		s.Line("%s %s %-9s %s  %s", s.Paint(shell.Quiet, phrase.Second(e.At)), s.Paint(level, fmt.Sprintf("%-5s", e.Level)), e.Function, e.Message, s.Paint(shell.Quiet, strings.Join(fields, " ")))
	})
}
