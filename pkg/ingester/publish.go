package ingester

import (
	"context"
	"fmt"
	"strconv"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// step is what is to be done about one day of the file's window.
type step struct {
	day       *report.EncodedDay // nil when the file has no rows for it
	partition report.Partition   // as the ledger has it; Version 0 when it has none
	outcome   report.PartitionOutcome
	fell      []string // with SliceHeld: what fell too far, and why that is so
	why       string
}

// publish puts the file's days into the dataset. It returns the proofs for the receipt, and the days' records that are to
// be committed with it. Nothing it does is undone by doing it again.
func (s *Service) publish(ctx context.Context, f report.File, days []report.EncodedDay) ([]report.PartitionProof, []report.Partition, error) {
	steps, err := s.steps(ctx, f, days)
	if err != nil {
		return nil, nil, err
	}
	if err := s.fence(ctx, f, steps); err != nil {
		return nil, nil, err
	}
	proofs := make([]report.PartitionProof, 0, len(steps))
	var changed []report.Partition
	for i := range steps {
		proof, commit, err := s.perform(ctx, f, &steps[i])
		if err != nil {
			return nil, nil, err
		}
		proofs = append(proofs, proof)
		if commit {
			changed = append(changed, steps[i].partition)
		}
	}
	return proofs, changed, nil
}

// steps compares the file with the published days.
func (s *Service) steps(ctx context.Context, f report.File, days []report.EncodedDay) ([]step, error) {
	published, err := s.Days.Partitions(ctx, f.Subscription, f.Table, f.Window)
	if err != nil {
		return nil, err
	}
	known := make(map[report.Date]report.Partition, len(published))
	for _, partition := range published {
		known[partition.Date] = partition
	}
	fresh := make(map[report.Date]*report.EncodedDay, len(days))
	for i := range days {
		fresh[days[i].Date] = &days[i]
	}
	now := s.Now()
	steps := make([]step, 0, f.Window.Len())
	for d := range f.Window.Days() {
		partition, ok := known[d]
		if !ok {
			partition = report.Partition{Subscription: f.Subscription, Table: f.Table, Date: d}
		}
		if partition.Fenced(f, now) {
			return nil, fault.New(fault.Transient, "%s of %s is being replaced by file %s", d, f.Table, partition.Fence.File)
		}
		st := step{day: fresh[d], partition: partition}
		s.decide(f, &st)
		if rewrites := st.outcome == report.PartitionWritten || st.outcome == report.PartitionUnchanged; rewrites && partition.Vanished != nil {
			// There is no object that a condition could name. A report with less than was there is held all the same.
			st.outcome, st.partition.Key, st.partition.ETag, st.partition.Vanished = report.PartitionWritten, "", "", nil
		}
		if st.outcome == report.PartitionUnchanged {
			if err := s.verifyUnchanged(ctx, &st); err != nil {
				return nil, err
			}
		}
		steps = append(steps, st)
	}
	return steps, nil
}

// verifyUnchanged looks whether the object that need not be written again is really there. When it is not, it is written:
// this load may have been asked for because somebody missed it.
func (s *Service) verifyUnchanged(ctx context.Context, st *step) error {
	o, err := s.Dataset.Stat(ctx, st.partition.Key)
	switch {
	case fault.Is(err, fault.NotFound):
		st.outcome, st.partition.Key, st.partition.ETag = report.PartitionWritten, "", ""
	case err != nil:
		return fmt.Errorf("look for %s of %s: %w", st.partition.Date, st.partition.Table, err)
	case o.ETag != st.partition.ETag:
		// The write that is now due runs into it, and goes by its generation: it may be a newer one than ours.
		st.outcome = report.PartitionWritten
	}
	return nil
}

// decide says what a file's report of one day means for the published one.
func (s *Service) decide(f report.File, st *step) {
	partition, day := st.partition, st.day
	var newer report.EncodedDay
	if day != nil {
		newer = *day
	}
	fell, why := partition.Fallen(newer, s.ShrinkBelow(f.Table))
	switch {
	case partition.Generation.After(f.Generation), fell != nil && heldNewer(partition, f):
		st.outcome = report.PartitionSuperseded
	case fell != nil:
		st.outcome, st.fell, st.why = report.PartitionHeld, fell, why
	case day == nil:
		st.outcome = report.PartitionZero
	case partition.SHA256 == day.SHA256:
		st.outcome = report.PartitionUnchanged
	default:
		st.outcome = report.PartitionWritten
	}
}

// heldNewer reports whether a newer report of the day than the file's waits for a person's decision.
func heldNewer(partition report.Partition, f report.File) bool {
	return partition.Held != nil && partition.Held.Generation.After(f.Generation)
}

// fence takes the exclusive right to replace the objects that are there already.
func (s *Service) fence(ctx context.Context, f report.File, steps []step) error {
	var indices []int
	var replaced []report.Partition
	for i, st := range steps {
		if st.outcome == report.PartitionWritten && st.partition.Key != "" {
			indices = append(indices, i)
			replaced = append(replaced, st.partition)
		}
	}
	now := s.Now()
	fenced, err := s.Days.Fence(ctx, f, replaced, now, s.lease(ctx, now))
	if err != nil {
		return err
	}
	for i, partition := range fenced {
		steps[indices[i]].partition = partition
	}
	return nil
}

// perform does one step. It reports whether the day's record is to be committed.
func (s *Service) perform(ctx context.Context, f report.File, st *step) (report.PartitionProof, bool, error) {
	partition := &st.partition
	proof := report.PartitionProof{Date: partition.Date, Outcome: st.outcome, Key: partition.Key, ETag: partition.ETag}
	if st.day != nil {
		proof.Rows = st.day.Rows
	}
	switch st.outcome {
	case report.PartitionSuperseded:
		return proof, false, nil
	case report.PartitionHeld:
		held := &report.Held{Generation: f.Generation, Job: f.Job, File: f.Key, Rows: proof.Rows, Fell: st.fell, Why: st.why, At: s.Now()}
		proof.Key, proof.ETag = "", ""
		if st.day != nil {
			held.Figures = st.day.Figures
			if partition.Figures == nil {
				held.Sums = st.day.Sums
			}
			held.Key = report.HeldKey(f.Subscription, f.Table, partition.Date, f.Generation)
			o, err := put(ctx, s.Dataset, f, held.Key, *st.day, report.Condition{})
			if err != nil {
				return proof, false, fmt.Errorf("hold %s of %s: %w", partition.Date, f.Table, ofDataset(err))
			}
			proof.Key, proof.ETag = held.Key, o.ETag
		}
		partition.Held = held
		return proof, true, nil
	case report.PartitionZero:
	case report.PartitionUnchanged:
		partition.Figures = st.day.Figures // the record may be older than they are
	case report.PartitionWritten:
		newer, err := replace(ctx, s.Dataset, f, st)
		if err != nil {
			return proof, false, fmt.Errorf("publish %s of %s: %w", partition.Date, f.Table, err)
		}
		proof.Key, proof.ETag = partition.Key, partition.ETag
		if newer {
			proof.Outcome = report.PartitionSuperseded
			return proof, false, nil
		}
	case report.PartitionStaged:
		return proof, false, fault.New(fault.Internal, "a staged day is not published")
	}
	partition.Generation, partition.Job, partition.File, partition.LoadedAt = f.Generation, f.Job, f.Key, s.Now()
	if !heldNewer(*partition, f) {
		partition.Held = nil
	}
	return proof, true, nil
}

// replace puts a day's object and notes it in the day's record. When a newer generation turns out to be there, it is
// left alone, and newer is true.
func replace(ctx context.Context, in Dataset, f report.File, st *step) (newer bool, err error) {
	partition, day := &st.partition, st.day
	key := report.PartitionKey(f.Subscription, f.Table, partition.Date)
	condition := report.Condition{Absent: partition.Key == "", ETag: partition.ETag}
	o, err := put(ctx, in, f, key, *day, condition)
	for range maxAttempts {
		if !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
			break
		}
		// The object is another than the ledger knows, by the work of a run that was stopped before its commit, ours or
		// another's; or it is gone.
		there, statErr := in.Stat(ctx, key)
		switch {
		case fault.Is(statErr, fault.NotFound):
			condition = report.Condition{Absent: true}
		case statErr != nil:
			return false, statErr
		case there.Metadata[report.MetaSHA256] == day.SHA256 && there.Generation().Equal(f.Generation):
			o, err = there, nil
			continue
		case there.Generation().After(f.Generation):
			partition.Key, partition.ETag = key, there.ETag
			return true, nil
		default:
			// Equal bytes of an older generation are put again as well: a worker with a generation in between goes by that of
			// the object as long as the ledger has no record of the day.
			condition = report.Condition{ETag: there.ETag}
		}
		o, err = put(ctx, in, f, key, *day, condition)
	}
	if err != nil {
		return false, ofDataset(err)
	}
	if partition.SHA256 != "" && partition.SHA256 != day.SHA256 {
		partition.Restated++
	}
	partition.Key, partition.ETag, partition.SHA256 = key, o.ETag, day.SHA256
	partition.Rows, partition.Sums, partition.Figures = day.Rows, day.Sums, day.Figures
	return false, nil
}

// ofDataset returns an error of the dataset as one that may pass. An object that is missing there says nothing about the
// delivery: as a NotFound the error would be taken for the news that the delivered file is gone.
func ofDataset(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.As(fault.Transient, err)
	}
	return err
}

func put(ctx context.Context, in Dataset, f report.File, key string, day report.EncodedDay, c report.Condition) (report.Object, error) {
	return in.Put(ctx, report.Write{Key: key, Body: day.Body, Condition: c, ContentType: "application/vnd.apache.parquet", Metadata: map[string]string{
		report.MetaGeneration: report.FormatGeneration(f.Generation),
		report.MetaJob:        f.Job,
		report.MetaSourceETag: f.Delivery.ETag,
		report.MetaRows:       strconv.FormatInt(day.Rows, 10),
		report.MetaSHA256:     day.SHA256,
		report.MetaFormat:     strconv.Itoa(report.DatasetFormat),
	}})
}
