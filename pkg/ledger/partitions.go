package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Partitions returns the published days of a table within a window, in order.
func (l *Ledger) Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error) {
	first, last := partitionKey(subscription, table, w.From), partitionKey(subscription, table, w.To)
	records, err := l.store.Between(ctx, first.PK, first.SK, last.SK)
	if err != nil {
		return nil, err
	}
	days := make([]report.Partition, len(records))
	for i, r := range records {
		if err := decode(r, &days[i]); err != nil {
			return nil, err
		}
		days[i].Version = r.Version
	}
	return days, nil
}

// DaysBetween returns the published days of a subscription whose objects have keys behind one key of the dataset and up to another, in
// the order of their keys. Without the other it is up to the end. Days without an object have no key.
func (l *Ledger) DaysBetween(ctx context.Context, subscription, after, to string) ([]report.Partition, error) {
	first, _ := around(after)
	_, last := around(to)
	records, err := l.store.Between(ctx, subPrefix+subscription, first, last)
	if err != nil {
		return nil, err
	}
	var days []report.Partition
	for _, r := range records {
		s := report.Partition{Version: r.Version}
		if err := decode(r, &s); err != nil {
			return nil, err
		}
		if s.Key > after && (to == "" || s.Key <= to) {
			days = append(days, s)
		}
	}
	return days, nil
}

// around returns sort keys between which all days are whose objects lie beside a key of the dataset: those of its day, of its table,
// or of all tables whose names begin like the key. Behind the first, and before the last, the order of both kinds of keys is the same.
func around(key string) (first, last string) {
	end := strings.IndexFunc(key, func(r rune) bool { return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') })
	if end < 0 {
		end = len(key)
	}
	table, rest := partitionPrefix+key[:end], key[end:]
	if day, ok := strings.CutPrefix(rest, "/dataset_date="); ok && len(day) >= len(time.DateOnly) {
		if _, err := report.ParseDate(day[:len(time.DateOnly)]); err == nil {
			at := table + "#" + day[:len(time.DateOnly)]
			return at, at
		}
	}
	return table, table + "~"
}

// Fence gives the claim of a file the exclusive right to replace the objects of these days until a time, and returns
// the days as they are afterwards. While another claim has that right the error is Transient. When a day has changed
// since it was read it is a Conflict: look again.
func (l *Ledger) Fence(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error) {
	if len(days) == 0 {
		return nil, nil
	}
	t := &tx{}
	fenced := make([]report.Partition, len(days))
	for i, s := range days {
		if s.Version == 0 {
			return nil, fault.New(fault.Internal, "%s of %s is not published: there is nothing to fence", s.Date, s.Table)
		}
		if s.Fenced(f, now) {
			return nil, fault.New(fault.Transient, "%s of %s is being replaced by file %s until %s", s.Date, s.Table, s.Fence.File, s.Fence.Until.Format(time.RFC3339))
		}
		s.Fence = &report.Fence{File: f.Key, Epoch: f.Epoch, Until: until}
		if err := t.putAt(partitionKey(s.Subscription, s.Table, s.Date), s.Version, "", time.Time{}, s); err != nil {
			return nil, err
		}
		s.Version++
		fenced[i] = s
	}
	if err := l.store.Write(ctx, t.writes...); err != nil {
		return nil, fmt.Errorf("fence %d days of %s: %w", len(days), f.Table, err)
	}
	return fenced, nil
}

// Commit records a load: the file's receipt, the published days with what changed of them, and the job's progress, all or nothing. It demands that
// the claim still holds, that every day is as it was read, and that as many files of the table are staged as the load has
// seen: else it is a Conflict, and the caller looks again.
func (l *Ledger) Commit(ctx context.Context, load report.Load, now time.Time) (report.File, error) {
	f := load.File
	also := func(t *tx) error {
		if f.Parts > 1 {
			if err := stillStaged(t, f, load.Staged); err != nil {
				return err
			}
		}
		for _, s := range load.Days {
			s.Fence = nil
			if err := t.putAt(partitionKey(s.Subscription, s.Table, s.Date), s.Version, "", time.Time{}, s); err != nil {
				return err
			}
		}
		if err := t.putRestated(load.Restated); err != nil {
			return err
		}
		return t.daysCame(f.Subscription, load.Days, now)
	}
	committed, err := l.updateFile(ctx, f.Key, f.Job, now, also, func(current *report.File) error {
		if current.Delivery == nil || current.Delivery.ETag != f.Delivery.ETag {
			return fault.New(fault.Conflict, "other content has arrived for file %s", f.Key)
		}
		return current.Load(now, f.Epoch, load.Receipt)
	})
	if err != nil {
		return committed, fmt.Errorf("commit file %s: %w", f.Key, err)
	}
	return committed, nil
}

func stillStaged(t *tx, f report.File, staged int) error {
	var doc jobDoc
	if _, err := t.get(jobKey(f.Job), &doc); err != nil {
		return err
	}
	if n := len(doc.LoadedParts(f.Table, f.Key)); n != staged {
		return fault.New(fault.Conflict, "%d other files of %s are staged now, not %d", n, f.Table, staged)
	}
	return nil
}

// ChangeDay changes the record of a published day; NotFound when there is none. Change may run more than once, and its error is
// returned as it is.
func (l *Ledger) ChangeDay(ctx context.Context, subscription, table string, d report.Date, change func(*report.Partition) error) error {
	return l.changeDay(ctx, subscription, table, d, func(_ *tx, s *report.Partition) error { return change(s) })
}

func (l *Ledger) changeDay(ctx context.Context, subscription, table string, d report.Date, change func(*tx, *report.Partition) error) error {
	key := partitionKey(subscription, table, d)
	return l.atomically(ctx, []Key{key}, func(t *tx) error {
		var s report.Partition
		exists, err := t.get(key, &s)
		if err != nil {
			return err
		}
		if !exists {
			return fault.New(fault.NotFound, "%s of %s of %s is not published", d, table, subscription)
		}
		if err := change(t, &s); err != nil {
			return err
		}
		return t.put(key, "", time.Time{}, s)
	})
}

// MarkDay writes down what a verification of the dataset found of a published day, which must be as it was read: else it is
// a Conflict, and nothing is written. The subscription is to be planned at now.
func (l *Ledger) MarkDay(ctx context.Context, s report.Partition, now time.Time) error {
	t := &tx{}
	if err := t.putAt(partitionKey(s.Subscription, s.Table, s.Date), s.Version, "", time.Time{}, s); err != nil {
		return err
	}
	if err := l.store.Write(ctx, t.writes...); err != nil {
		return fmt.Errorf("mark %s of %s: %w", s.Date, s.Table, err)
	}
	return l.PlanNow(ctx, s.Subscription, now)
}

// Verification returns how far the dataset has been verified; the zero value before the first time.
func (l *Ledger) Verification(ctx context.Context) (report.Verification, error) {
	var v report.Verification
	records, err := l.store.Get(ctx, verificationKey)
	if r, ok := records[verificationKey]; ok && err == nil {
		err = decode(r, &v)
		v.Version = r.Version
	}
	return v, err
}

// NoteVerification writes down how far the dataset has been verified. Conflict when another run has since.
func (l *Ledger) NoteVerification(ctx context.Context, v report.Verification) error {
	t := &tx{}
	if err := t.putAt(verificationKey, v.Version, "", time.Time{}, v); err != nil {
		return err
	}
	return l.store.Write(ctx, t.writes...)
}

// SweptTo returns the last key that a sweep without enough time has dealt with; empty when the last one saw everything.
func (l *Ledger) SweptTo(ctx context.Context) (string, error) {
	var c cursorDoc
	records, err := l.store.Get(ctx, sweepKey)
	if r, ok := records[sweepKey]; ok && err == nil {
		err = decode(r, &c)
	}
	return c.After, err
}

// NoteSweptTo writes it down. Of two sweeps at once the last one counts: the key is a place to begin at, and no more.
func (l *Ledger) NoteSweptTo(ctx context.Context, key string) error {
	return l.atomically(ctx, []Key{sweepKey}, func(t *tx) error {
		return t.put(sweepKey, "", time.Time{}, cursorDoc{After: key})
	})
}

// cursorDoc is where the next sweep begins.
type cursorDoc struct {
	After string `json:"after"`
}

// DecideHeld settles a held day at a person's wish, with what that changes of the published day: nothing else changes. NotFound
// when nothing is held.
func (l *Ledger) DecideHeld(ctx context.Context, subscription, table string, d report.Date, decide func(*report.Partition) error) error {
	return l.changeDay(ctx, subscription, table, d, func(t *tx, s *report.Partition) error {
		if s.Held == nil {
			return fault.New(fault.NotFound, "nothing is held for %s of %s on %s", table, subscription, d)
		}
		before := *s
		if err := decide(s); err != nil {
			return err
		}
		if restated, ok := before.RestatedAs(*s); ok {
			return t.putRestated([]report.Restatement{restated})
		}
		return nil
	})
}
