package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// pipeline plays whole lives of reports on this machine, and compares them with the least that one can do with the same
// files. Nothing goes wrong in them: no fault of the vendor, no event lost or doubled.
func pipeline(ctx context.Context, b *bench) error {
	var runs []wholeRun
	for round := range b.roundsOr(3) {
		run, err := b.wholeRun(ctx, filepath.Join(b.dir, fmt.Sprintf("pipeline-%d", round)))
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	pick := func(f func(wholeRun) float64) (all []float64) {
		for _, r := range runs {
			all = append(all, f(r))
		}
		return all
	}
	whole := pick(func(r wholeRun) float64 { return r.summary.Elapsed.Seconds() })
	least := pick(func(r wholeRun) float64 { return r.least.Seconds() })
	last := runs[len(runs)-1].summary
	files := float64(last.Files[report.FileDeleted])
	g := newGrid("median of the rounds", "whole pipeline", "bare work", "ratio")
	g.add(fmt.Sprintf("seconds for %.0f files", files), decimal(median(whole), 2), decimal(median(least), 2), ratio(ratios(whole, least)))
	g.add("files per second", decimal(files/median(whole), 0), decimal(files/median(least), 0), "")
	g.add("exposure p50, ms", milliseconds(pick(func(r wholeRun) float64 { return r.summary.Exposure.P50.Seconds() })), "", "")
	g.add("exposure p99, ms", milliseconds(pick(func(r wholeRun) float64 { return r.summary.Exposure.P99.Seconds() })), "", "")
	b.printf("%d rounds. Bare work: PUT, GET, conversion, PUT of the partitions and DELETE of the same files, four at a time, on\nthe same S3, without ledger, events, proof or vendor\n\n", len(runs))
	if err := b.show(g); err != nil {
		return err
	}
	b.printf("\n")
	calls := newGrid("calls", "per file", "per duplicate event", "in all")
	for _, c := range []struct {
		name  string
		count sim.CallCount
	}{{"ledger", last.LedgerCalls}, {"S3", last.S3Calls}} {
		calls.add(c.name, decimal(c.count.PerFile, 2), perDuplicate(c.count), decimal(float64(c.count.Total), 0))
	}
	return b.show(calls)
}

// perDuplicate is how many calls an event costs that tells of a file that is known.
func perDuplicate(c sim.CallCount) string {
	if c.Duplicates == 0 {
		return ""
	}
	return decimal(c.PerDuplicate, 2)
}

func milliseconds(seconds []float64) string { return decimal(median(seconds)*1000, 1) }

// wholeRun is one life of all reports, and the least that its files cost.
type wholeRun struct {
	summary sim.Summary
	least   time.Duration
}

func (b *bench) wholeRun(ctx context.Context, dir string) (run wholeRun, err error) {
	kept := &keeper{bodies: map[string][]byte{}}
	// One day to a request makes many files.
	o := sim.Options{Dir: dir, Faults: []alexa.Fault{}, Chaos: &sim.Chaos{DuplicateEvery: 10}, WindowDays: 1, Delivered: kept.keep}
	if b.quick {
		o.WindowDays = 7
	}
	if run.summary, err = demonstrate(ctx, o); err != nil {
		return run, err
	}
	if err := whole(run.summary, len(kept.bodies)); err != nil {
		return run, err
	}
	run.least, err = leastWork(ctx, filepath.Join(dir, "least"), kept)
	return run, errors.Join(err, os.RemoveAll(dir))
}

func demonstrate(ctx context.Context, o sim.Options) (sum sim.Summary, err error) {
	m, err := sim.Open(ctx, o)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return m.Demonstrate(ctx)
}

// whole demands that everything was loaded and deleted: work that was left undone costs nothing.
func whole(s sim.Summary, delivered int) error {
	days := s.Coverage[report.CoverageComplete] + s.Coverage[report.CoverageZero]
	if deleted := s.Files[report.FileDeleted]; deleted != delivered || s.Certificates != deleted || days != s.Wanted || s.RawObjects != 0 {
		return fmt.Errorf("%d files of %d deleted with %d certificates, %d days of %d there, %d objects left", deleted, delivered, s.Certificates, days, s.Wanted, s.RawObjects)
	}
	return nil
}

// keeper keeps what the vendor delivers.
type keeper struct {
	mu     sync.Mutex
	bodies map[string][]byte
}

func (k *keeper) keep(key string, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bodies[key] = body
}

func (k *keeper) keys() []string { return slices.Sorted(maps.Keys(k.bodies)) }
