package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) subscriptionsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "subscriptions",
		Aliases: []string{"subscription", "subs"},
		Short:   "What is collected: list, show, apply, pause, resume, remove",
		Long: `A subscription says which days of which reports must exist: a source, its parameters, since when and
how fresh. The requester asks for whatever is missing, every day, until it is there.`,
	}
	a.parent(c)
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the subscriptions", Args: cobra.NoArgs,
			Example: "  bellhop subscriptions list\n  bellhop subscriptions list --json | jq '.[].name'",
			RunE: answer(a, func(ctx context.Context, at Account, _ []string) ([]report.Subscription, error) {
				return at.view.Subscriptions(ctx, "")
			}, (*screen).subscriptions, nil),
		},
		&cobra.Command{
			Use: "show NAME", Short: "Show one subscription with its coverage in numbers", Args: exactly("NAME"),
			Example: "  bellhop subscriptions show hotel",
			RunE:    about(a, (*view.View).State, (*screen).subscription),
		},
		a.applyCommand(), a.pauseCommand(), a.resumeCommand(), a.removeCommand(),
	)
	return c
}

func (s *screen) subscriptions(subs []report.Subscription) {
	if len(subs) == 0 {
		s.line("There are no subscriptions yet. See: bellhop subscriptions apply --help")
		return
	}
	rows(s, "name|source|from|>lag|>refresh|>max window|state", subs, func(sub report.Subscription) []cell {
		state := cell{"active", good}
		if sub.Paused {
			state = cell{"paused", waiting}
		}
		return row(sub.Name, sub.Source, date(sub.From), sub.LagDays, sub.RefreshDays, sub.MaxWindowDays, state)
	})
}

func (s *screen) subscription(v view.SubscriptionState) {
	state := cell{"active", good}
	if v.Paused {
		state = cell{"paused: nothing new is planned", waiting}
	}
	facts := []any{
		"name", cell{v.Name, strong}, "source", v.Source, "state", state, "from", date(v.From), "lag days", v.LagDays,
		"refresh days", v.RefreshDays, "max window", count(v.MaxWindowDays, "day"),
	}
	for _, name := range slices.Sorted(maps.Keys(v.Params)) {
		facts = append(facts, name, strings.ReplaceAll(v.Params[name], ",", ", "))
	}
	s.facts(facts...)
	s.heading("DAYS")
	s.line("%d wanted: %s", v.Wanted, s.coverageCounts(v.Coverage))
	s.heading("JOBS")
	s.line("%s", counts(s, report.JobStatuses(), v.Jobs, jobTone))
}

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

const removeHelp = `Stop collecting for a subscription, for good. Nothing is planned for it any more, its open jobs are cancelled,
and files that the vendor still delivers for it are strays: they are never loaded, and deleted with a certificate.

What happens to the days that it has loaded is your decision:
  --keep-dataset   they stay and can be queried; "subscriptions apply" with the same name takes them up again
  --drop-dataset   they are deleted, with the reports held for them; on AWS the bucket keeps the versions for 30 days

Jobs, files and certificates stay in the ledger as proof. To stop for a while only, use "subscriptions pause".
The command may be repeated after a failure; it goes on where it stopped.`

type removeOptions struct{ keep, drop, confirmed, dryRun bool }

func (a *app) removeCommand() *cobra.Command {
	var o removeOptions
	c := &cobra.Command{
		Use: "remove NAME", Short: "Stop collecting for a subscription, and keep or delete its days", Long: removeHelp,
		Example: `  bellhop subscriptions remove hotel --drop-dataset --dry-run
  bellhop subscriptions remove hotel --keep-dataset
  bellhop subscriptions remove hotel --drop-dataset --confirm`,
		Args: exactly("NAME"),
	}
	c.Flags().BoolVar(&o.keep, "keep-dataset", false, "keep the days that are loaded")
	c.Flags().BoolVar(&o.drop, "drop-dataset", false, "delete the days that are loaded")
	c.MarkFlagsMutuallyExclusive("keep-dataset", "drop-dataset")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would happen, without doing it")
	c.Flags().BoolVar(&o.confirmed, "confirm", false, "do not ask")
	c.RunE = a.on(func(ctx context.Context, at Account, args []string) error { return a.remove(ctx, at, args[0], o) })
	return c
}

// removal is the answer of the remove command.
type removal struct {
	Subscription string `json:"subscription"`
	// Jobs are those that were cancelled; Days and Rows are what the dataset holds of the subscription.
	Jobs    []string `json:"jobs_cancelled"`
	Days    int      `json:"days"`
	Rows    int64    `json:"rows"`
	Dropped bool     `json:"dataset_dropped"`
	DryRun  bool     `json:"dry_run"`
	// Waiting says what has to end before the rest can be done, by running the command again.
	Waiting []string `json:"waiting"`
}

func (a *app) remove(ctx context.Context, at Account, name string, o removeOptions) error {
	snapshot, err := at.Ledger.Snapshot(ctx, name)
	if err != nil {
		return missing(err, "see which there are: bellhop subscriptions list")
	}
	if snapshot.Subscription.Removed() && len(snapshot.Partitions) == 0 {
		return &Problem{Code: ExitError, Err: fmt.Errorf("subscription %s was removed on %s", name, minute(snapshot.Subscription.RemovedAt)), Remedy: "see which there are: bellhop subscriptions list"}
	}
	r := removal{Subscription: name, Jobs: []string{}, Days: len(snapshot.Partitions), DryRun: o.dryRun, Waiting: []string{}}
	for _, s := range snapshot.Partitions {
		r.Rows += s.Rows
	}
	if !o.keep && !o.drop {
		return usage("say --keep-dataset or --drop-dataset", "subscription %s has %s with %s in the dataset, and they can be kept or deleted", name, count(r.Days, "day"), count(int(r.Rows), "row"))
	}
	if o.drop && at.Drop == nil {
		return usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
	}
	if !o.dryRun && !o.confirmed {
		fate := "Keep"
		if o.drop {
			fate = "Delete"
		}
		if err := a.ask(fmt.Sprintf("Stop collecting for %s? %s its %s with %s. [y/N] ", name, fate, count(r.Days, "day"), count(int(r.Rows), "row"))); err != nil {
			return err
		}
	}
	if err := a.carryOut(ctx, at, &r, o); err != nil {
		return err
	}
	if err := a.show(r, func(s *screen) { s.removal(r, o) }); err != nil {
		return err
	}
	if len(r.Waiting) > 0 {
		return exit(ExitPartly)
	}
	return nil
}

// carryOut takes the subscription off the list first, so that nothing new begins while the rest is ended.
func (a *app) carryOut(ctx context.Context, at Account, r *removal, o removeOptions) error {
	if !o.dryRun {
		if err := at.Ledger.Remove(ctx, r.Subscription, at.Now()); err != nil {
			return err
		}
	}
	if err := endJobs(ctx, at, r, o.dryRun); err != nil {
		return err
	}
	if !o.drop {
		return nil
	}
	for f, err := range at.Ledger.Files(ctx) {
		if err != nil {
			return err
		}
		if f.Subscription == r.Subscription && f.Delivery != nil && f.Status.HoldsObject() {
			r.Waiting = append(r.Waiting, fmt.Sprintf("file %s is %s and still in the delivery bucket", f.Key, f.Status))
		}
	}
	if len(r.Waiting) > 0 || o.dryRun {
		return nil
	}
	r.Dropped = true
	return dropDataset(ctx, at, r.Subscription)
}

// endJobs cancels the open jobs of the subscription and forgets the files that have not come for any of its jobs.
func endJobs(ctx context.Context, at Account, r *removal, dryRun bool) error {
	jobs, err := at.Ledger.Jobs(ctx, r.Subscription)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if dryRun && j.Status == report.JobSubmitting {
			r.Waiting = append(r.Waiting, "job "+j.ID+" is being submitted")
			continue
		}
		if !dryRun {
			if _, err := at.Ledger.Disown(ctx, j.ID, at.Now()); fault.Is(err, fault.Conflict) {
				r.Waiting = append(r.Waiting, "job "+j.ID+" is being submitted")
				continue
			} else if err != nil {
				return err
			}
		}
		if j.Status.Holds() {
			r.Jobs = append(r.Jobs, j.ID)
		}
	}
	return nil
}

// dropDataset deletes the objects of all days, each only as the ledger knows it, and then the days' records. A day whose object
// is gone already loses its record, too; one whose object another hand has replaced is left, and said.
func dropDataset(ctx context.Context, at Account, name string) (err error) {
	snapshot, err := at.Ledger.Snapshot(ctx, name)
	if err != nil {
		return err
	}
	bucket, closing, err := at.Drop(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	var gone []report.Partition
	var problems []error
	for _, s := range snapshot.Partitions {
		if err := deleteDay(ctx, bucket, s); err != nil {
			problems = append(problems, fmt.Errorf("delete %s of %s: %w", s.Date, s.Table, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		gone = append(gone, s)
	}
	// What was deleted is recorded also after Ctrl-C.
	problems = append(problems, at.Ledger.DropDays(context.WithoutCancel(ctx), gone))
	return errors.Join(problems...)
}

func deleteDay(ctx context.Context, bucket Dropper, s report.Partition) error {
	objects := map[string]string{}
	if s.Key != "" {
		objects[s.Key] = s.ETag
	}
	if s.Held != nil && s.Held.Key != "" {
		o, err := bucket.Stat(ctx, s.Held.Key)
		if err == nil {
			objects[s.Held.Key] = o.ETag
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	for key, etag := range objects {
		if _, err := bucket.Delete(ctx, key, etag, ""); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

func (s *screen) removal(r removal, o removeOptions) {
	word := func(done, would string) string {
		if r.DryRun {
			return would
		}
		return done
	}
	s.line("subscription %s %s", s.paint(strong, r.Subscription), word("is removed: nothing is planned for it any more", "would be removed"))
	if len(r.Jobs) > 0 {
		s.line("  %s %s", count(len(r.Jobs), "open job"), word("cancelled; what still arrives for them is a stray and is deleted", "would be cancelled"))
	}
	days := fmt.Sprintf("%s with %s", count(r.Days, "day"), count(int(r.Rows), "row"))
	switch {
	case !o.drop:
		s.line("  %s %s", days, word("stay in the dataset", "would stay in the dataset"))
	case r.Dropped:
		s.line("  %s are deleted from the dataset", days)
	case len(r.Waiting) == 0:
		s.line("  %s would be deleted from the dataset", days)
	}
	for i, what := range r.Waiting {
		if i == maxLines {
			s.line("  … and %d more", len(r.Waiting)-i)
			break
		}
		s.line("  %s", s.paint(waiting, what))
	}
	if len(r.Waiting) > 0 {
		s.line("  %s", s.paint(bad, "The rest has to wait for that: run the same command again in some minutes"))
	}
}
