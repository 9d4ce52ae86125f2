package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// filesPerJob is how many files each job of the grower has.
const filesPerJob = 5

// grow brings the ledger to so many files. What the protocol itself left of one finished job and its files is copied under
// other names, through the store's own Write: what is there is what would be there, without having been lived through.
func (b *books) grow(ctx context.Context, files int) error {
	// A sweep has sealed the certificates since: what is copied waits for nothing.
	if _, err := b.Seal(ctx, noon); err != nil {
		return err
	}
	old := fmt.Sprintf("%s-%06d", grower, b.lives)
	records, err := b.recordsOf(ctx, old)
	if err != nil {
		return err
	}
	batch := ledger.MaxMutations / len(records)
	jobs := files/filesPerJob - b.lives - b.seeded
	for done := 0; done < jobs; {
		var writes []ledger.Mutation
		for range min(batch, jobs-done) {
			b.seeded++
			done++
			writes = append(writes, renamed(records, old, fmt.Sprintf("%s-s%07d", grower, b.seeded))...)
		}
		if err := b.store.Store.Write(ctx, writes...); err != nil {
			return err
		}
		if done/batch%500 == 0 {
			if err := b.forget(ctx); err != nil {
				return err
			}
		}
	}
	return b.forget(ctx)
}

func (b *books) forget(ctx context.Context) error {
	if b.trim == nil {
		return nil
	}
	return b.trim(ctx)
}

// recordsOf returns all that the ledger keeps of a job and its files.
func (b *books) recordsOf(ctx context.Context, job string) ([]ledger.Record, error) {
	var records []ledger.Record
	for r, err := range b.store.Store.Scan(ctx, "") {
		if err != nil {
			return nil, err
		}
		if strings.Contains(r.PK+r.SK, job) {
			records = append(records, r)
		}
	}
	// The job, its entry with the subscription, and of each file the record and the certificate.
	if want := 2 + 2*filesPerJob; len(records) != want {
		return nil, fmt.Errorf("a finished job has left %d records, not %d", len(records), want)
	}
	slices.SortFunc(records, func(a, b ledger.Record) int { return strings.Compare(a.String(), b.String()) })
	return records, nil
}

func renamed(records []ledger.Record, from, to string) []ledger.Mutation {
	writes := make([]ledger.Mutation, len(records))
	for i, r := range records {
		r.PK, r.SK = strings.ReplaceAll(r.PK, from, to), strings.ReplaceAll(r.SK, from, to)
		r.Doc = bytes.ReplaceAll(r.Doc, []byte(from), []byte(to))
		writes[i] = ledger.Mutation{Record: r}
	}
	return writes
}
