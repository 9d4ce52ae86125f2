package view

import (
	"context"
	"slices"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Published returns what the ledger records of the published days of a subscription, in a window, by table and day. Days that
// are not in the dataset any more are left out.
func (v *View) Published(ctx context.Context, subscription string, days report.Window) ([]report.Partition, error) {
	snapshot, err := v.snapshot(ctx, subscription)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(snapshot.Partitions), func(s report.Partition) bool {
		return s.Vanished != nil || !days.Contains(s.Date)
	}), nil
}
