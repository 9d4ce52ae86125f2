package ingester

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// HeldDays is the ledger's record of days, as a decision about a held report needs it.
type HeldDays interface {
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	Fence(ctx context.Context, f report.File, days []report.Partition, now, until time.Time) ([]report.Partition, error)
	// ErasedUnits returns the units whose rows are left out.
	ErasedUnits(ctx context.Context) (report.ErasedUnits, error)
	// DecideHeld changes the record of a day of which a report is held; NotFound when none is. Decide may run more than once.
	DecideHeld(ctx context.Context, subscription, table string, d report.Date, decide func(*report.Partition) error) error
}

// HeldDataset is the dataset bucket, as a decision about a held report needs it.
type HeldDataset interface {
	Dataset
	// Delete deletes the object on the condition that it still has the ETag. NotFound when it is gone, Conflict when it has
	// changed.
	Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error)
}

// Holds carries out what a person decides about reports that were held because they would have erased or shrunk a
// published day. All fields are required. Every method may be called again after an error.
type Holds struct {
	Days      HeldDays
	Dataset   HeldDataset
	Converter Converter
	Now       func() time.Time
}

// decisionTimeout is how long a person's decision keeps loads of the day away: it takes a moment.
const decisionTimeout = time.Minute

// byPerson fences days for a person. No claim has such an epoch.
const byPerson = -1

// Accept publishes the held report in place of the published one, which is then a day that was restated. A report without
// rows takes the day's object away. NotFound when nothing is held; Conflict when a newer report was published or held
// meanwhile, or when held is not the generation of what is held: look again.
func (h *Holds) Accept(ctx context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error) {
	partition, err := h.find(ctx, subscription, table, d, held)
	if err != nil {
		return partition, err
	}
	if partition.Generation.After(held) {
		return partition, fault.New(fault.Conflict, "a newer report of %s is published: there is nothing to accept any more", d)
	}
	f := report.File{
		Key: partition.Held.File, Job: partition.Held.Job, Subscription: subscription, Table: table, Window: report.Window{From: d, To: d},
		Generation: held, Epoch: byPerson,
	}
	day, source, err := h.read(ctx, f, partition)
	if err != nil {
		return partition, err
	}
	f.Delivery = &report.Delivery{ETag: source}
	now := h.Now()
	fenced, err := h.Days.Fence(ctx, f, []report.Partition{partition}, now, now.Add(decisionTimeout))
	if err != nil {
		return partition, err
	}
	st := step{day: day, partition: fenced[0]}
	if err := h.take(ctx, f, &st); err != nil {
		return partition, fmt.Errorf("publish the held report of %s of %s: %w", d, table, err)
	}
	return h.settle(ctx, f, st.partition)
}

// Drop forgets the held report: the published day stays as it is. Errors are those of [Holds.Accept].
func (h *Holds) Drop(ctx context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error) {
	partition, err := h.find(ctx, subscription, table, d, held)
	if err != nil {
		return partition, err
	}
	key := partition.Held.Key
	err = h.Days.DecideHeld(ctx, subscription, table, d, func(s *report.Partition) error {
		if !s.Held.Generation.Equal(held) {
			return another(d)
		}
		s.Held = nil
		partition = *s
		return nil
	})
	if err != nil {
		return partition, err
	}
	return partition, h.remove(ctx, key, held)
}

func another(d report.Date) error {
	return fault.New(fault.Conflict, "another report of %s is held by now: look at it", d)
}

// find returns the day with the held report that is meant.
func (h *Holds) find(ctx context.Context, subscription, table string, d report.Date, held time.Time) (report.Partition, error) {
	days, err := h.Days.Partitions(ctx, subscription, table, report.Window{From: d, To: d})
	if err != nil {
		return report.Partition{}, err
	}
	if len(days) != 1 || days[0].Held == nil {
		return report.Partition{}, fault.New(fault.NotFound, "no report is held for %s of %s on %s", table, subscription, d)
	}
	if !days[0].Held.Generation.Equal(held) {
		return days[0], another(d)
	}
	return days[0], nil
}

// read reads the held report; nil for one without rows. Source is the ETag of the delivery that it came with.
func (h *Holds) read(ctx context.Context, f report.File, partition report.Partition) (day *report.EncodedDay, source string, err error) {
	key := partition.Held.Key
	if key == "" {
		return nil, "", nil
	}
	o, err := h.Dataset.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil, "", fault.New(fault.Poison, "the held report of %s is no longer kept: drop it; while the vendor has the day, bellhop asks for its next report as planned", partition.Date)
	}
	if err != nil {
		return nil, "", err
	}
	if !o.Generation().Equal(f.Generation) {
		// A load that was stopped before its commit has put a younger one there, and will come again.
		return nil, "", another(partition.Date)
	}
	part, err := readWhole(ctx, h.Dataset, key, o.ETag)
	if err != nil {
		return nil, "", err
	}
	erased, err := h.Days.ErasedUnits(ctx)
	if err != nil {
		return nil, "", err
	}
	contract := report.Contract{Subscription: f.Subscription, Table: f.Table, Window: f.Window, Erased: erased}
	merged, err := h.Converter.Merge(ctx, contract, partition.Date, []*io.SectionReader{part})
	if err != nil {
		return nil, "", fmt.Errorf("read the held report of %s: %w", partition.Date, err)
	}
	if merged.Rows == 0 {
		return nil, o.Metadata[report.MetaSourceETag], nil // of erased units alone
	}
	return &merged, o.Metadata[report.MetaSourceETag], nil
}

// take brings the day's object to what the held report says.
func (h *Holds) take(ctx context.Context, f report.File, st *step) error {
	if st.day != nil {
		if err := st.look(ctx, h.Dataset, f); err != nil {
			return err
		}
		newer, err := replace(ctx, h.Dataset, f, st)
		if err == nil && newer {
			err = another(st.partition.Date)
		}
		return err
	}
	if st.partition.Key != "" {
		_, err := h.Dataset.Delete(ctx, st.partition.Key, st.partition.ETag, "")
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		st.partition.Restated++
	}
	st.partition.Key, st.partition.ETag, st.partition.SHA256 = "", "", ""
	st.partition.Rows, st.partition.Sums, st.partition.Figures = 0, nil, nil
	return nil
}

// settle commits the day as it is now published, if nobody took it over, and removes what was held.
func (h *Holds) settle(ctx context.Context, f report.File, published report.Partition) (report.Partition, error) {
	key := published.Held.Key
	published.Generation, published.Job, published.File, published.LoadedAt = f.Generation, f.Job, f.Key, h.Now()
	published.Held, published.Fence = nil, nil
	err := h.Days.DecideHeld(ctx, f.Subscription, f.Table, published.Date, func(s *report.Partition) error {
		if !s.Held.Generation.Equal(f.Generation) || s.Fence == nil || s.Fence.File != f.Key || s.Fence.Epoch != f.Epoch {
			return another(published.Date)
		}
		*s = published
		return nil
	})
	if err != nil {
		return published, err
	}
	return published, h.remove(ctx, key, f.Generation)
}

// remove deletes a held report after the decision. One that has come since is left alone.
func (h *Holds) remove(ctx context.Context, key string, held time.Time) error {
	if key == "" {
		return nil
	}
	o, err := h.Dataset.Stat(ctx, key)
	if err == nil && o.Generation().Equal(held) {
		_, err = h.Dataset.Delete(ctx, key, o.ETag, "")
	}
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("it is decided, but its held copy %s could not be removed: %w", key, err)
	}
	return nil
}
