package view

import (
	"context"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Verification is what comparing the dataset with the ledger found.
type Verification struct {
	AsOf time.Time `json:"as_of"`
	// Days counts the published days that were compared, New those that were found missing just now, Returned those that
	// are back.
	Days     int          `json:"days"`
	New      int          `json:"new"`
	Returned int          `json:"returned"`
	Missing  []MissingDay `json:"missing"`
	// Unknown are objects among the tables that the ledger does not know, and MoreUnknown counts those that are not named.
	Unknown     []UnknownObject `json:"unknown"`
	MoreUnknown int             `json:"more_unknown"`
	// Unsettled counts days that changed while they were looked at.
	Unsettled int  `json:"unsettled"`
	DryRun    bool `json:"dry_run"`
}

// UnknownObject is an object of no day.
type UnknownObject struct {
	Key          string    `json:"key"`
	Size         int64     `json:"size"`
	LastModified time.Time `json:"last_modified"`
}

// MissingDay is a published day that is not there as it was published.
type MissingDay struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Key          string      `json:"key"`
	Why          string      `json:"why"`
	// LostAfter is the last day on which the vendor can be asked for it again.
	LostAfter report.Date `json:"lost_after"`
	Expired   bool        `json:"expired"`
}

// VerifyDataset compares the dataset with the ledger, now, and marks what it finds unless it is a dry run. The verifier's
// choice of a subscription and a table counts; it needs the dataset.
func (v *View) VerifyDataset(ctx context.Context, verifier janitor.Verifier) (Verification, error) {
	shown := Verification{AsOf: v.Now().UTC(), DryRun: verifier.DryRun, Missing: []MissingDay{}, Unknown: []UnknownObject{}}
	subs, err := v.Subscriptions(ctx, verifier.Only)
	if err != nil {
		return shown, err
	}
	verifier.Days, verifier.Dataset, verifier.Now = v.Ledger, v.Dataset, v.Now
	found, err := verifier.All(ctx)
	if err != nil {
		return shown, err
	}
	shown.Days, shown.New, shown.Returned = found.Days, len(found.Vanished), len(found.Returned)
	shown.Unsettled, shown.MoreUnknown = found.Unsettled, found.MoreUnknown
	for _, o := range found.Unknown {
		shown.Unknown = append(shown.Unknown, UnknownObject{o.Key, o.Size, o.ModifiedAt})
	}
	for _, sub := range subs {
		source, err := v.Source(sub)
		if err != nil {
			return shown, err
		}
		snapshot, err := v.Ledger.Snapshot(ctx, sub.Name)
		if err != nil {
			return shown, err
		}
		lasts := report.Date(source.Limits(sub.Params).LostAfterDays)
		for _, s := range asSeen(snapshot.Partitions, byKey(found)) {
			if s.Vanished != nil && (verifier.Table == "" || s.Table == verifier.Table) {
				shown.Missing = append(shown.Missing, MissingDay{
					Subscription: sub.Name, Table: s.Table, Date: s.Date, Key: s.Key, Why: s.Vanished.Why(),
					LostAfter: s.Date + lasts, Expired: v.today() > s.Date+lasts,
				})
			}
		}
	}
	return shown, nil
}

// Vanished counts by table the published days that are not there as they were published.
func (v *View) Vanished(ctx context.Context) (map[string]int, error) {
	subs, err := v.Ledger.Subscriptions(ctx)
	if err != nil {
		return nil, err
	}
	gone := map[string]int{}
	for _, sub := range subs {
		snapshot, err := v.snapshot(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		for _, s := range snapshot.Partitions {
			if s.Vanished != nil {
				gone[s.Table]++
			}
		}
	}
	return gone, nil
}

// snapshot returns everything about a subscription's days. Where listing the dataset costs nothing, the days are as a
// verification finds them now, which marks nothing.
func (v *View) snapshot(ctx context.Context, subscription string) (report.Snapshot, error) {
	snapshot, err := v.Ledger.Snapshot(ctx, subscription)
	if err != nil || v.Dataset == nil || !v.Listed || len(snapshot.Partitions) == 0 {
		return snapshot, err
	}
	if v.seen == nil {
		found, err := janitor.Verifier{Days: v.Ledger, Dataset: v.Dataset, Now: v.Now, DryRun: true}.All(ctx)
		if err != nil {
			return snapshot, err
		}
		v.seen = byKey(found)
	}
	snapshot.Partitions = asSeen(snapshot.Partitions, v.seen)
	return snapshot, nil
}

// byKey returns the days whose mark a verification changes, as they are then.
func byKey(found janitor.Verified) map[string]report.Partition {
	days := map[string]report.Partition{}
	for _, s := range slices.Concat(found.Vanished, found.Returned) {
		days[s.Key] = s
	}
	return days
}

func asSeen(days []report.Partition, seen map[string]report.Partition) []report.Partition {
	days = slices.Clone(days)
	for i, s := range days {
		if now, changed := seen[s.Key]; changed {
			days[i] = now
		}
	}
	return days
}
