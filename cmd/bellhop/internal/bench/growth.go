package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// sizesOf are the numbers of files at which a ledger is looked at. The first is what the others are compared with.
func sizesOf(least, most int) (all []int) {
	for n := least; n <= most; n *= 10 {
		all = append(all, n)
	}
	return all
}

// growth measures a ledger that grows against one that does not, in turn. It must cost the same.
func growth(ctx context.Context, b *bench) error {
	embedded, served := sizesOf(1000, 1_000_000), sizesOf(1000, 10_000)
	if b.quick {
		embedded, served = sizesOf(1000, 10_000), sizesOf(200, 2000)
	}
	if err := b.growSQLite(ctx, embedded); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	b.printf("\n")
	if err := b.growDynamoDB(ctx, served); err != nil {
		return fmt.Errorf("DynamoDB: %w", err)
	}
	return nil
}

func (b *bench) growSQLite(ctx context.Context, sizes []int) (err error) {
	dir := filepath.Join(b.dir, "ledgers")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var both [2]*books
	for i, name := range []string{"small.db", "large.db"} {
		var closeIt func() error
		if both[i], closeIt, err = openBooks(ctx, filepath.Join(dir, name)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closeIt()) }() //nolint:gocritic // two of them, until the end
	}
	return b.compareBooks(ctx, "SQLite", both[0], both[1], sizes, 30)
}

// openBooks opens a ledger in SQLite.
func openBooks(ctx context.Context, path string) (b *books, closeIt func() error, err error) {
	store, err := sqlitestore.Open(ctx, path, time.Now)
	if err != nil {
		return nil, nil, err
	}
	b = newBooks(store, nil)
	b.trim = func(ctx context.Context) error { return store.TrimChanges(ctx, math.MaxInt64) }
	return b, store.Close, nil
}

func newBooks(store ledger.Store, units func() float64) *books {
	tally := &tallyStore{Store: store, units: units}
	return &books{Ledger: ledger.New(tally), store: tally}
}

// compareBooks brings a ledger to one size after the other and lets it do the same as a small one does, in turn.
func (b *bench) compareBooks(ctx context.Context, name string, small, large *books, sizes []int, usual int) error {
	for _, ledger := range []*books{small, large} {
		if err := ledger.open(ctx); err != nil {
			return err
		}
	}
	if err := small.grow(ctx, sizes[0], b.tell); err != nil {
		return err
	}
	g := newGrid(name+": files in the ledger", "ms, p50", "÷ ledger of "+strconv.Itoa(sizes[0]), "calls", "records read", "written", "capacity units")
	for _, size := range sizes {
		if err := large.grow(ctx, size, b.tell); err != nil {
			return fmt.Errorf("grow to %d files: %w", size, err)
		}
		rounds, err := inTurn(ctx, small, large, b.roundsOr(usual))
		if err != nil {
			return err
		}
		addSteps(g, size, rounds)
	}
	return b.show(g)
}

// round is the same life in both ledgers.
type round struct{ small, large []step }

// inTurn lets both ledgers live through jobs in turn. The first goes uncounted, and every other round begins with the other.
func inTurn(ctx context.Context, small, large *books, count int) (rounds []round, err error) {
	for n := range count + 1 {
		var r round
		order := []func() error{
			func() (err error) { r.small, err = small.life(ctx); return err },
			func() (err error) { r.large, err = large.life(ctx); return err },
		}
		if n%2 == 1 {
			order[0], order[1] = order[1], order[0]
		}
		for _, live := range order {
			if err := live(); err != nil {
				return nil, err
			}
		}
		if n > 0 {
			rounds = append(rounds, r)
		}
	}
	return rounds, nil
}

func addSteps(g *grid, size int, rounds []round) {
	for i, last := range rounds[len(rounds)-1].large {
		var took, base []float64
		for _, r := range rounds {
			took = append(took, r.large[i].took.Seconds()*1000)
			base = append(base, r.small[i].took.Seconds()*1000)
		}
		units := ""
		if last.work.units > 0 {
			units = decimal(last.work.units, 1)
		}
		g.add(fmt.Sprintf("%d: %s", size, last.name), decimal(median(took), 2), decimal(median(ratios(took, base)), 2),
			strconv.Itoa(last.work.calls), strconv.Itoa(last.work.read), strconv.Itoa(last.work.written), units)
	}
}
