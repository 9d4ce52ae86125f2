package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const verifyHelp = `Compare the dataset with the ledger, now: every published day must have its object, as it was published. A day whose
object is gone, or was replaced by another hand, is marked as missing; the planner asks for it again while the vendor still
has it. A day whose object is back is marked as there. The objects themselves are only listed.

An object among the tables that the ledger does not know is named: whoever reads the tables reads it, too. It is never deleted; see
what it is, and move it away.

The janitor does the same by itself, once a day; this command does not wait for that.

Exit code 3 when a day is gone or replaced, also when an earlier verification has found it, and when an object is unknown.`

func (a *app) verifyCommand() *cobra.Command {
	var v janitor.Verifier
	c := &cobra.Command{
		Use: "verify [SUBSCRIPTION]", Short: "Compare the dataset with the ledger: is every published day there?", Long: verifyHelp,
		Example: "  bellhop verify\n  bellhop verify hotel --table asp_device --dry-run\n  bellhop verify --stack bellhop --json | jq '.missing[].key'",
		Args:    cobra.MaximumNArgs(1),
	}
	c.Flags().StringVar(&v.Table, "table", "", "only one `table`")
	c.Flags().BoolVar(&v.DryRun, "dry-run", false, "say what is missing without marking it")
	c.PreRunE = func(*cobra.Command, []string) error {
		if _, known := dataset.Lookup(v.Table); v.Table != "" && !known {
			return usage("see which there are: bellhop tables", "--table: there is no table %q", v.Table)
		}
		return nil
	}
	c.RunE = a.on(func(ctx context.Context, at Account, args []string) error {
		if len(args) > 0 {
			v.Only = args[0]
		}
		return a.verifyDataset(ctx, at, v)
	})
	return c
}

// verifiedDataset is the answer of the verify command.
type verifiedDataset struct {
	AsOf time.Time `json:"as_of"`
	// Days counts the published days that were compared, New those that were found missing just now, Returned those that
	// are back.
	Days     int          `json:"days"`
	New      int          `json:"new"`
	Returned int          `json:"returned"`
	Missing  []missingDay `json:"missing"`
	// Unknown are objects among the tables that the ledger does not know, and MoreUnknown counts those that are not named.
	Unknown     []unknownObject `json:"unknown"`
	MoreUnknown int             `json:"more_unknown"`
	// Unsettled counts days that changed while they were looked at.
	Unsettled int  `json:"unsettled"`
	DryRun    bool `json:"dry_run"`
}

// unknownObject is an object of no day.
type unknownObject struct {
	Key          string    `json:"key"`
	Size         int64     `json:"size"`
	LastModified time.Time `json:"last_modified"`
}

// missingDay is a published day that is not there as it was published.
type missingDay struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Key          string      `json:"key"`
	Why          string      `json:"why"`
	// LostAfter is the last day on which the vendor can be asked for it again.
	LostAfter report.Date `json:"lost_after"`
	Expired   bool        `json:"expired"`
}

func (a *app) verifyDataset(ctx context.Context, at Account, v janitor.Verifier) error {
	if at.Dataset == nil {
		return usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
	}
	subs, err := subscriptionsOf(ctx, at, v.Only)
	if err != nil {
		return err
	}
	v.Days, v.Dataset, v.Now = at.Ledger, at.Dataset, at.Now
	found, err := v.All(ctx)
	if err != nil {
		return err
	}
	shown := verifiedDataset{
		AsOf: at.Now().UTC(), Days: found.Days, New: len(found.Vanished), Returned: len(found.Returned), Unsettled: found.Unsettled,
		DryRun: v.DryRun, Missing: []missingDay{}, Unknown: []unknownObject{}, MoreUnknown: found.MoreUnknown,
	}
	for _, o := range found.Unknown {
		shown.Unknown = append(shown.Unknown, unknownObject{o.Key, o.Size, o.ModifiedAt})
	}
	for _, sub := range subs {
		if err := a.missingDays(ctx, at, sub, v, &shown); err != nil {
			return err
		}
	}
	if err := a.show(shown, func(s *screen) { s.verifiedDataset(shown) }); err != nil {
		return err
	}
	if len(shown.Missing)+len(shown.Unknown) > 0 {
		return exit(ExitAttention)
	}
	return nil
}

// missingDays lists the days of a subscription that are not there as they were published.
func (a *app) missingDays(ctx context.Context, at Account, sub report.Subscription, v janitor.Verifier, shown *verifiedDataset) error {
	source, err := a.source(sub)
	if err != nil {
		return err
	}
	snapshot, err := at.Ledger.Snapshot(ctx, sub.Name)
	if err != nil {
		return err
	}
	days := snapshot.Partitions
	if v.DryRun {
		if days, err = a.asListed(ctx, at, days); err != nil {
			return err
		}
	}
	lasts := report.Date(source.Limits(sub.Params).LostAfterDays)
	for _, s := range days {
		if s.Vanished == nil || v.Table != "" && s.Table != v.Table {
			continue
		}
		shown.Missing = append(shown.Missing, missingDay{
			Subscription: sub.Name, Table: s.Table, Date: s.Date, Key: s.Key, Why: s.Vanished.Why(),
			LostAfter: s.Date + lasts, Expired: report.DateOf(shown.AsOf) > s.Date+lasts,
		})
	}
	return nil
}

func (s *screen) verifiedDataset(v verifiedDataset) {
	s.line("%s compared with the dataset", count(v.Days, "published day"))
	if v.Returned > 0 {
		s.line("%s", s.paint(good, fmt.Sprintf("%s are back as they were published", count(v.Returned, "day"))))
	}
	if v.Unsettled > 0 {
		s.line("%s changed meanwhile: run the command again", count(v.Unsettled, "day"))
	}
	if len(v.Missing) == 0 {
		s.line("%s", s.paint(good, "every published day is there"))
	} else {
		s.missingDays(v)
	}
	if len(v.Unknown) == 0 {
		return
	}
	s.heading("UNKNOWN OBJECTS")
	var rows [][]cell
	for _, o := range v.Unknown {
		rows = append(rows, cells(o.Key, number(o.Size), second(o.LastModified)))
	}
	s.table("", []string{"object", "bytes", "last modified"}, []string{"bytes"}, rows)
	if v.MoreUnknown > 0 {
		s.line("and %d more", v.MoreUnknown)
	}
	s.line("")
	s.line("The ledger does not know them, and whoever reads the tables reads them, too. See what they are, and move them away.")
}

func (s *screen) missingDays(v verifiedDataset) {
	s.heading("MISSING")
	var rows [][]cell
	for _, m := range v.Missing {
		until := m.LostAfter.String()
		if m.Expired {
			until += " (expired)"
		}
		rows = append(rows, cells(m.Subscription, m.Table, m.Date.String(), until, m.Why))
	}
	s.table("", []string{"subscription", "table", "day", "lost after", "why"}, nil, rows)
	s.line("")
	s.line("The requester asks for them again with its next run, while the vendor has them.")
}

// warnOfVanished says on the error output which of the tables that a person reads lack days that were published. Only the
// dataset of the local folder has a ledger beside it; where that cannot be read, nothing is known of its days.
func (a *app) warnOfVanished(ctx context.Context, e EngineChoice, read func(table string) bool) {
	if e.Name != EngineDuckDB || e.Dataset != filepath.Join(a.place.Home, "s3", LocalDataset) {
		return
	}
	at, err := a.Open(ctx, Place{Home: a.place.Home})
	if err != nil {
		return
	}
	defer func() { _ = at.Close() }() // only read from
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return
	}
	gone := map[string]int{}
	for _, sub := range subs {
		snapshot, err := at.Ledger.Snapshot(ctx, sub.Name)
		if err == nil {
			snapshot.Partitions, err = a.asListed(ctx, at, snapshot.Partitions)
		}
		if err != nil {
			return
		}
		for _, s := range snapshot.Partitions {
			if s.Vanished != nil && read(s.Table) {
				gone[s.Table]++
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		_ = write(a.Err, fmt.Sprintf("bellhop: %s of %s vanished from the dataset, so the answer lacks them\n  → see: bellhop verify\n", count(gone[name], "published day"), name))
	}
}

// asListed returns published days as a listing of the dataset shows them now, and marks nothing. On one machine a listing
// costs nothing, so that its screens are right before any sweep has run. On AWS the days are as the janitor last found them;
// "bellhop verify" lists.
func (a *app) asListed(ctx context.Context, at Account, days []report.Partition) ([]report.Partition, error) {
	if at.Dataset == nil || a.place.AWS || a.place.Stack != "" || len(days) == 0 {
		return days, nil
	}
	if a.listed == nil {
		listed := map[string]string{}
		for o, err := range at.Dataset.ListAfter(ctx, "") {
			if err != nil {
				return nil, fmt.Errorf("list the dataset: %w", err)
			}
			listed[o.Key] = o.ETag
		}
		a.listed = listed
	}
	last, err := at.Ledger.Verification(ctx)
	if err != nil {
		return nil, err
	}
	days = slices.Clone(days)
	for i, s := range days {
		if etag, there := a.listed[s.Key]; !s.Suspect(etag, there) {
			continue
		}
		var there *report.Object
		switch o, err := at.Dataset.Stat(ctx, s.Key); {
		case err == nil:
			there = &o
		case !fault.Is(err, fault.NotFound):
			return nil, err
		}
		days[i] = s.Seen(there, at.Now(), last.WholeAt)
	}
	return days, nil
}
