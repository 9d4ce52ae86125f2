package review

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// QuarantinedFile is a quarantined file in one line.
type QuarantinedFile struct {
	Key          string        `json:"key"`
	Reason       string        `json:"reason"`
	Subscription string        `json:"subscription,omitempty"`
	Job          string        `json:"job,omitempty"`
	Table        string        `json:"table,omitempty"`
	Window       report.Window `json:"window,omitzero"`
	Bytes        int64         `json:"bytes"`
	Loads        int           `json:"loads"`
	DeliveredAt  time.Time     `json:"delivered_at,omitzero"`
	// DeletedAfter is when the first sweep that follows deletes it.
	DeletedAfter time.Time `json:"deleted_after"`

	// QuarantinedAt is when it was found that the file cannot be loaded.
	QuarantinedAt time.Time `json:"-"`
}

// Entry describes the file as one of the things that wait.
func (f QuarantinedFile) Entry() Entry {
	return Entry{Kind: Quarantined, Key: f.Key, Since: f.QuarantinedAt, Until: f.DeletedAfter, Reason: f.Reason, Verbs: []Verb{Replay, Drop}}
}

// QuarantinedFiles returns the quarantined files, the first to be deleted first. It reads the whole ledger.
func QuarantinedFiles(ctx context.Context, l Ledger) ([]QuarantinedFile, error) {
	files := []QuarantinedFile{}
	for f, err := range l.Files(ctx) {
		if err != nil {
			return nil, err
		}
		if f.Status != report.FileQuarantined {
			continue
		}
		q := QuarantinedFile{
			Key: f.Key, Reason: f.Reason, Subscription: f.Subscription, Job: f.Job, Table: f.Table, Window: f.Window, Loads: f.Loads, DeletedAfter: f.DueAt,
		}
		if f.Delivery != nil {
			q.Bytes, q.DeliveredAt = f.Delivery.Size, f.Delivery.At
		}
		for _, e := range f.History {
			if e.To == string(report.FileQuarantined) {
				q.QuarantinedAt = e.At
			}
		}
		files = append(files, q)
	}
	slices.SortFunc(files, func(x, y QuarantinedFile) int {
		return cmp.Or(x.DeletedAfter.Compare(y.DeletedAfter), strings.Compare(x.Key, y.Key))
	})
	return files, nil
}

// Change applies a transition to a file, or only tries it, and returns the file as it is, or would be, then.
func Change(ctx context.Context, l Ledger, key string, now time.Time, dryRun bool, change func(*report.File) error) (report.File, error) {
	if !dryRun {
		return l.UpdateFile(ctx, key, now, change)
	}
	f, err := l.File(ctx, key)
	if err != nil {
		return f, err
	}
	f.History = slices.Clone(f.History)
	err = change(&f)
	return f, err
}
