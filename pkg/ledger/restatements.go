package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// changeDoc is what one transaction restated: a single record, since the days of a load may fill the transaction almost alone.
type changeDoc struct {
	Days []report.Restatement `json:"days"`
}

// putRestated writes what changed of published days, beside their records. It is never written again.
func (t *tx) putRestated(days []report.Restatement) error {
	if len(days) == 0 {
		return nil
	}
	return t.putAt(changeKey(days[0]), 0, "", time.Time{}, changeDoc{days})
}

// Restatements returns what changed of the published days of a subscription from a time on, oldest first; all of it since the zero
// time.
func (l *Ledger) Restatements(ctx context.Context, subscription string, since time.Time) ([]report.Restatement, error) {
	records, err := l.store.Between(ctx, subPrefix+subscription, changePrefix+instant(since), changePrefix+"~")
	if err != nil {
		return nil, err
	}
	var all []report.Restatement
	for _, r := range records {
		var doc changeDoc
		if err := decode(r, &doc); err != nil {
			return nil, err
		}
		all = append(all, doc.Days...)
	}
	return all, nil
}

// dropRestated removes the records of what changed of any of these days.
func (l *Ledger) dropRestated(ctx context.Context, days []report.Partition) error {
	dropped := map[Key]bool{}
	bySubscription := map[string]bool{}
	for _, s := range days {
		dropped[partitionKey(s.Subscription, s.Table, s.Date)], bySubscription[s.Subscription] = true, true
	}
	for subscription := range bySubscription {
		records, err := l.store.Query(ctx, subPrefix+subscription, changePrefix)
		if err != nil {
			return err
		}
		t := &tx{}
		for _, r := range records {
			var doc changeDoc
			if err := decode(r, &doc); err != nil {
				return err
			}
			if slices.ContainsFunc(doc.Days, func(c report.Restatement) bool { return dropped[partitionKey(c.Subscription, c.Table, c.Date)] }) {
				t.deleteAt(r.Key, r.Version)
			}
		}
		for chunk := range slices.Chunk(t.writes, MaxMutations) {
			if err := l.store.Write(ctx, chunk...); err != nil && !fault.Is(err, fault.Conflict) {
				return fmt.Errorf("remove what was restated of %s: %w", subscription, err)
			}
		}
	}
	return nil
}
