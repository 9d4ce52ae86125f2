package bench_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// BenchmarkLedger lets a ledger that grows live through the same as one that does not, in turn. It must cost the same.
func BenchmarkLedger(b *testing.B) {
	inSQLite, inDynamoDB := []int{1000, 10_000, 100_000, 1_000_000}, []int{1000, 10_000}
	if testing.Short() {
		inSQLite, inDynamoDB = []int{1000, 10_000}, []int{200, 2000}
	}
	b.Run("SQLite", func(b *testing.B) { compareBooks(b, inSQLite, sqliteBooks(b), sqliteBooks(b)) })
	b.Run("dynoxide", func(b *testing.B) {
		open := dynamoBooks(b)
		compareBooks(b, inDynamoDB, open("small"), open("large"))
	})
}

func sqliteBooks(tb testing.TB) *books {
	tb.Helper()
	store, err := sqlitestore.Open(tb.Context(), filepath.Join(tb.TempDir(), "ledger.db"), time.Now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := store.Close(); err != nil {
			tb.Error(err)
		}
	})
	b := newBooks(store, nil)
	b.trim = func(ctx context.Context) error { return store.TrimChanges(ctx, math.MaxInt64) }
	return b
}

// dynamoBooks starts a server and returns what opens a ledger in a table of it.
func dynamoBooks(tb testing.TB) func(name string) *books {
	tb.Helper()
	endpoint := standin.Dynoxide.Start(tb)
	template, err := ledgertest.TableOf(filepath.Join(standin.Root(tb), "template.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	// The server keeps every change in memory, and slows down by it; a real stream costs a write nothing.
	template.StreamSpecification = nil
	config, units := ledgertest.Config(endpoint), 0.0
	config.APIOptions = append(config.APIOptions, ledgertest.Consumed(&units))
	client := dynamodb.NewFromConfig(config)
	return func(name string) *books {
		template.TableName = &name
		if _, err := client.CreateTable(tb.Context(), template); err != nil {
			tb.Fatalf("create the table: %v", err)
		}
		return newBooks(dynamostore.New(client, name), func() float64 { return units })
	}
}

// compareBooks brings a ledger to one size after the other and lets it do the same as a small one does, in turn.
func compareBooks(b *testing.B, sizes []int, small, large *books) {
	b.Helper()
	ctx := b.Context()
	for _, ledger := range []*books{small, large} {
		if err := ledger.open(ctx); err != nil {
			b.Fatal(err)
		}
	}
	if err := small.grow(ctx, sizes[0]); err != nil {
		b.Fatal(err)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprint(size, "-files"), func(b *testing.B) {
			if err := large.grow(ctx, size); err != nil {
				b.Fatalf("grow to %d files: %v", size, err)
			}
			var rounds [][2][]step
			if _, err := inTurn(ctx, small, large, false); err != nil { // the first goes uncounted
				b.Fatal(err)
			}
			for b.Loop() {
				// Every other round begins with the other.
				round, err := inTurn(ctx, small, large, len(rounds)%2 == 0)
				if err != nil {
					b.Fatal(err)
				}
				rounds = append(rounds, round)
			}
			for i, last := range rounds[len(rounds)-1][1] {
				var took, base []float64
				for _, r := range rounds {
					took, base = append(took, r[1][i].took.Seconds()*1000), append(base, r[0][i].took.Seconds()*1000)
				}
				line(b, last.name, ratio(took, base), figures{
					"ms-p50": median(took), "calls": float64(last.calls), "read": float64(last.read), "written": float64(last.written), "units": last.units,
				})
			}
		})
	}
}

// inTurn lets both ledgers live through a job, one after the other.
func inTurn(ctx context.Context, small, large *books, largeFirst bool) (both [2][]step, err error) {
	order := []int{0, 1}
	if largeFirst {
		order = []int{1, 0}
	}
	for _, i := range order {
		if both[i], err = []*books{small, large}[i].life(ctx); err != nil {
			return both, err
		}
	}
	return both, nil
}

// grown is a ledger in SQLite with so many files.
func grown(t *testing.T, size int) *books {
	t.Helper()
	b := sqliteBooks(t)
	if err := b.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.grow(t.Context(), size); err != nil {
		t.Fatal(err)
	}
	return b
}

// What a job and its files cost must not depend on how many there were before. This counts; only make bench times.
func TestALedgerThatGrowsCostsTheSame(t *testing.T) {
	both := []*books{grown(t, 200), grown(t, 2000)}
	for n := range 2 {
		steps, err := inTurn(t.Context(), both[0], both[1], n%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, small := range steps[0] {
			if large := steps[1][i]; small.work != large.work || small.calls == 0 {
				t.Errorf("%s: %+v with 200 files, %+v with 2000", small.name, small.work, large.work)
			}
		}
	}
}

// A ledger that was grown by copying has what one has that has lived through it.
func TestAGrownLedgerIsWhole(t *testing.T) {
	b := grown(t, 300)
	files, certificates := 0, 0
	for f, err := range b.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if files++; f.Status != report.FileDeleted || f.Key[:len(f.Job)+1] != f.Job+"-" {
			t.Errorf("file %s of job %s is %s", f.Key, f.Job, f.Status)
		}
	}
	for c, err := range b.Certificates(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if certificates++; c.File != c.Key || c.File[:len(c.Job)+1] != c.Job+"-" {
			t.Errorf("the certificate of %s speaks of %s, job %s", c.File, c.Key, c.Job)
		}
	}
	jobs, err := b.Jobs(t.Context(), grower)
	if err != nil || files != 300 || certificates != 300 || len(jobs) != 60 {
		t.Errorf("%d files, %d certificates, %d jobs (%v); want 300, 300, 60", files, certificates, len(jobs), err)
	}
}

// On DynamoDB each step that reads or writes costs capacity, and a larger ledger costs no more.
func TestCapacityIsCounted(t *testing.T) {
	open := dynamoBooks(t)
	var all [2][]step
	for i, size := range []int{150, 200} {
		b := open(fmt.Sprint("ledger-", size))
		if err := b.open(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.grow(t.Context(), size); err != nil {
			t.Fatal(err)
		}
		var err error
		if all[i], err = b.life(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i, small := range all[0] {
		if small.units <= 0 || small.work != all[1][i].work {
			t.Errorf("%s: %+v with 150 files, %+v with 200", small.name, small.work, all[1][i].work)
		}
	}
	if len(all[0]) != 4 {
		t.Errorf("%d steps, want four", len(all[0]))
	}
}

func newBooks(store ledger.Store, units func() float64) *books {
	counted := &countedStore{Store: store, units: units}
	return &books{Ledger: ledger.New(counted), store: counted}
}
