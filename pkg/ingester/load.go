package ingester

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// load converts a claimed file, publishes or stages its days, and commits the receipt.
func (s *Service) load(ctx context.Context, f report.File) (report.File, error) {
	if f.Delivery.Size > s.MaxBytes {
		return f, fault.New(fault.Poison, "the file has %d bytes; at most %d are read", f.Delivery.Size, s.MaxBytes)
	}
	conversion, receipt, err := s.convert(ctx, f)
	if err != nil {
		return f, err
	}
	loaded, err := s.publishOrStage(ctx, f, conversion, receipt)
	if closeErr := conversion.Close(); err == nil && closeErr != nil {
		// What is committed is committed; a temporary file that cannot be removed is still no success.
		err = fault.New(fault.Internal, "release the spilled parts of %s: %w", f.Key, closeErr)
	}
	return loaded, err
}

// convert reads the delivered object once: hash, count and conversion see the same bytes.
func (s *Service) convert(ctx context.Context, f report.File) (c report.Conversion, r report.Receipt, err error) {
	contract, err := s.contract(ctx, f)
	if err != nil {
		return c, r, err
	}
	body, _, err := s.Deliveries.Open(ctx, f.Delivery.Key, f.Delivery.ETag, f.Delivery.VersionID)
	if err != nil {
		return c, r, fmt.Errorf("open the delivery of %s: %w", f.Key, err)
	}
	defer body.Close()
	read := report.NewTally(body)
	contract.Root, contract.Today = f.Root, report.DateOf(s.Now())
	c, err = s.Converter.Convert(ctx, read, contract)
	if err != nil {
		return c, r, err
	}
	if f.Delivery.Size > 0 && read.Bytes() != f.Delivery.Size {
		return c, r, closing(c, fault.New(fault.Transient, "read %d bytes of %d", read.Bytes(), f.Delivery.Size))
	}
	if r, err = read.Receipt(c); err != nil {
		return c, r, closing(c, err)
	}
	return c, r, nil
}

// contract is what rows of the file's table must fulfil.
func (s *Service) contract(ctx context.Context, f report.File) (c report.Contract, err error) {
	c = report.Contract{Subscription: f.Subscription, Table: f.Table, Window: f.Window}
	c.Erased, err = s.Ledger.ErasedUnits(ctx)
	return c, err
}

func closing(c report.Conversion, err error) error {
	if closeErr := c.Close(); closeErr != nil {
		return fault.As(fault.KindOf(err), fmt.Errorf("%w; and its spilled parts stay: %w", err, closeErr))
	}
	return err
}

// maxAttempts is how often a load is published anew in one run when the ledger or an object changes under our hands.
const maxAttempts = 8

// publishOrStage is the one place that publishes again after a Conflict. Each attempt reads the ledger anew, and after the
// first one the objects too. A claim that is over ends it: the error is the Conflict that says so.
func (s *Service) publishOrStage(ctx context.Context, f report.File, c report.Conversion, r report.Receipt) (report.File, error) {
	for n := range maxAttempts {
		loaded, err := s.attempt(ctx, f, c, r, n > 0)
		if !fault.Is(err, fault.Conflict) {
			return loaded, err
		}
		current, readErr := s.Ledger.File(ctx, f.Key)
		if readErr != nil {
			return f, readErr
		}
		if over := current.HeldBy(f.Epoch); over != nil {
			return f, over
		}
	}
	return f, fault.New(fault.Transient, "the days of %s changed %d times while they were being published", f.Key, maxAttempts)
}

// attempt publishes or stages once, from the ledger as it is now.
func (s *Service) attempt(ctx context.Context, f report.File, c report.Conversion, r report.Receipt, again bool) (report.File, error) {
	days, staged := c.Days, 0
	r.Partitions, r.Duplicates, r.Erased = nil, c.Duplicates, c.Erased
	if f.Parts > 1 {
		job, err := s.Ledger.Job(ctx, f.Job)
		if err != nil {
			return f, err
		}
		if r.Partitions, err = s.stage(ctx, f, days); err != nil {
			return f, err
		}
		others := job.LoadedParts(f.Table, f.Key)
		if staged = len(others); staged+1 < f.Parts {
			r.LoadedAt = s.Now()
			return s.Ledger.Commit(ctx, report.Load{File: f, Receipt: r, Staged: staged}, r.LoadedAt)
		}
		if days, err = s.merge(ctx, f, job, r.Partitions); err != nil {
			return f, err
		}
		for _, day := range days {
			r.Duplicates += day.Duplicates
			r.Erased += day.Erased
		}
		// A day of erased units alone is one without rows.
		days = slices.DeleteFunc(days, func(day report.EncodedDay) bool { return day.Rows == 0 })
	}
	load, err := s.publish(ctx, f, days, again)
	if err != nil {
		return f, err
	}
	r.Partitions = append(r.Partitions, load.Receipt.Partitions...)
	r.LoadedAt = s.Now()
	load.Receipt, load.Staged = r, staged
	return s.Ledger.Commit(ctx, load, r.LoadedAt)
}

// stage puts this file's share of each day where the last file of the table will find it. The keys and the bytes are
// functions of the file, so staging twice is harmless.
func (s *Service) stage(ctx context.Context, f report.File, days []report.EncodedDay) ([]report.PartitionProof, error) {
	var proofs []report.PartitionProof
	for _, day := range days {
		key := report.StagedKey(f.Job, f.Table, day.Date, f.Key)
		o, err := put(ctx, s.Dataset, f, key, day, report.Condition{})
		if err != nil {
			return nil, fmt.Errorf("stage %s of file %s: %w", day.Date, f.Key, ofDataset(err))
		}
		proofs = append(proofs, report.PartitionProof{Date: day.Date, Outcome: report.PartitionStaged, Rows: day.Rows, Key: key, ETag: o.ETag})
	}
	return proofs, nil
}

// merge makes the days of a table from what all of its files staged, in the order in which the vendor named the files.
func (s *Service) merge(ctx context.Context, f report.File, job report.Job, mine []report.PartitionProof) ([]report.EncodedDay, error) {
	byDate, names := map[report.Date][]*io.SectionReader{}, map[report.Date][]string{}
	for _, named := range job.Files {
		if named.Table != f.Table {
			continue
		}
		proofs := mine
		if named.Key != f.Key {
			sibling, err := s.Ledger.File(ctx, named.Key)
			if err != nil {
				return nil, err
			}
			if sibling.Receipt == nil {
				return nil, fault.New(fault.Conflict, "file %s is no longer staged", named.Key)
			}
			proofs = sibling.Receipt.Partitions
		}
		for _, p := range proofs {
			if p.Outcome != report.PartitionStaged {
				continue
			}
			part, err := readWhole(ctx, s.Dataset, p.Key, p.ETag)
			if fault.Is(err, fault.NotFound) {
				// The sibling's file is deleted by now, so nobody can stage its share again: only a new report helps.
				return nil, fault.New(fault.Poison, "what file %s has staged for %s is gone from the dataset bucket, so the day cannot be completed; it will be asked for again", named.Key, p.Date)
			}
			if err != nil {
				return nil, err
			}
			byDate[p.Date], names[p.Date] = append(byDate[p.Date], part), append(names[p.Date], named.Key)
		}
	}
	contract, err := s.contract(ctx, f)
	if err != nil {
		return nil, err
	}
	var days []report.EncodedDay
	for d := range f.Window.Days() {
		if parts := byDate[d]; len(parts) > 0 {
			day, err := s.Converter.Merge(ctx, contract, d, parts)
			if err != nil {
				return nil, fmt.Errorf("merge %s of %s, whose parts are %s: %w", d, f.Table, strings.Join(names[d], ", "), err)
			}
			days = append(days, day)
		}
	}
	return slices.Clip(days), nil
}

// readWhole reads a day that is not in its place yet whole: it is compressed, and of one file.
func readWhole(ctx context.Context, from Dataset, key, etag string) (*io.SectionReader, error) {
	body, _, err := from.Open(ctx, key, etag, "")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", key, err)
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, fault.New(fault.Transient, "read %s: %w", key, err)
	}
	return io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))), nil
}
