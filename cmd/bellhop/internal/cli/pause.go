package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) pauseCommand() *cobra.Command {
	return a.pausing(true, &cobra.Command{
		Use: "pause NAME", Short: "Plan nothing new for a subscription for a while",
		Long: `Plan nothing new for a subscription until "subscriptions resume". Jobs that are planned or under way go on; cancel
them with "jobs cancel". Its missing days raise no alarm meanwhile, but the vendor goes on forgetting them: see
"lost after" in "bellhop coverage".`,
		Example: "  bellhop subscriptions pause hotel",
	})
}

func (a *app) resumeCommand() *cobra.Command {
	return a.pausing(false, &cobra.Command{
		Use: "resume NAME", Short: "Plan for a paused subscription again",
		Long: `Plan for a paused subscription again. The next run of the requester asks for all days that became missing
meanwhile, as far back as the vendor still has them.`,
		Example: "  bellhop subscriptions resume hotel",
	})
}

// pausing applies the subscription with another state: what "subscriptions apply NAME --paused" does.
func (a *app) pausing(paused bool, c *cobra.Command) *cobra.Command {
	c.Args = exactly("NAME")
	dryRun := c.Flags().Bool("dry-run", false, "say what would change, without changing it")
	c.RunE = a.on(func(ctx context.Context, at Account, args []string) error {
		sub, err := at.Ledger.Subscription(ctx, args[0])
		if err != nil {
			return missing(err, "see which there are: bellhop subscriptions list")
		}
		changed := sub.Paused != paused
		sub.Paused = paused
		if changed && !*dryRun {
			// Whatever else is wrong with the subscription, it can be paused.
			if _, err := at.Ledger.Apply(ctx, sub, at.Now()); err != nil {
				return fmt.Errorf("change subscription %s: %w", sub.Name, err)
			}
		}
		return a.show(map[string]any{"subscription": sub.Name, "paused": paused, "changed": changed, "dry_run": *dryRun}, func(s *screen) {
			state := map[bool]string{true: "paused: nothing new is planned", false: "active: missing days are planned at the next run"}[paused]
			switch {
			case !changed:
				s.line("subscription %s was already %s", s.paint(strong, sub.Name), state)
			case *dryRun:
				s.line("subscription %s would be %s", s.paint(strong, sub.Name), state)
			default:
				s.line("subscription %s is %s", s.paint(strong, sub.Name), state)
			}
		})
	})
	return c
}
