package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

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
