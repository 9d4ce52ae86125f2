package shell

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// completionTime is how long a shell's user is kept waiting for a proposal.
const completionTime = 2 * time.Second

// Complete proposes values of a flag.
func Complete(c *cobra.Command, flag string, propose cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, propose); err != nil {
		panic("shell: " + err.Error()) // the flag is not defined yet
	}
}

// Proposed proposes what find finds in the place that the command line names. What cannot be looked up is not proposed: a
// shell has no use for an error.
func (a *App) Proposed(find func(ctx context.Context, at Account) ([]cobra.Completion, error)) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completionTime)
		defer cancel()
		place, err := a.Where()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		at, err := a.OpenAccount(ctx, place)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer func() { _ = at.Close() }() // only read from
		found, err := find(ctx, at)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found = slices.DeleteFunc(found, func(c cobra.Completion) bool { return slices.Contains(args, c) })
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// Fixed proposes statuses.
func Fixed[T ~string](statuses []T) cobra.CompletionFunc {
	return cobra.FixedCompletions(Words(statuses), cobra.ShellCompDirectiveNoFileComp)
}

// EveryCommand visits a command and all below it.
func EveryCommand(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		EveryCommand(sub, visit)
	}
}
