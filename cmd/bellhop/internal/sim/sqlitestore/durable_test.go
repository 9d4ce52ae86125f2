package sqlitestore_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// victim is the environment variable by which the test binary knows that it is to write until it is killed.
const victim = "BELLHOP_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		if err := writeForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver says the number of each pair of records when its write is acknowledged.
func writeForEver(path string) error {
	s, err := sqlitestore.Open(context.Background(), path, clock)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if err := s.Write(context.Background(),
			ledger.Mutation{Record: ledger.Record{Key: pair("A", n), Doc: []byte(`{}`)}},
			ledger.Mutation{Record: ledger.Record{Key: pair("B", n), Doc: []byte(`{}`)}}); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func pair(pk string, n int) ledger.Key { return ledger.Key{PK: pk, SK: fmt.Sprintf("%09d", n)} }

func TestKilledWriterLosesNothingAcknowledged(t *testing.T) {
	for range 3 {
		path := filepath.Join(t.TempDir(), "ledger.db")
		acknowledged := killAfter(t, path, 50)
		s := open(t, path)
		a, errA := s.Query(t.Context(), "A", "")
		b, errB := s.Query(t.Context(), "B", "")
		if errA != nil || errB != nil || len(a) < acknowledged || len(a) != len(b) {
			t.Fatalf("%d and %d records after %d acknowledged writes: %v %v", len(a), len(b), acknowledged, errA, errB)
		}
		changes, _, err := s.Changes(t.Context(), 0, 1<<30)
		if err != nil || len(changes) != len(a)+len(b) {
			t.Fatalf("%d changes of %d records: %v", len(changes), len(a)+len(b), err)
		}
	}
}

// killAfter lets another process write into path, kills it after n acknowledged writes, and returns how many it
// had acknowledged by then.
func killAfter(t *testing.T, path string, n int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, heard := bufio.NewScanner(out), 0
	for lines.Scan() {
		if heard++; heard == n {
			_ = cmd.Process.Kill() // SIGKILL: nothing is tidied up
		}
	}
	_ = cmd.Wait()
	if heard < n {
		t.Fatalf("the writer ended after %d writes", heard)
	}
	return heard
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder with ? # % and ü.db")
	r := ledger.Record{Key: pair("A", 1), Doc: []byte(`{"n":1}`)}
	first := open(t, path)
	write(t, first, r)
	// A second process, while the first is there: it reads, and its writes are in the first one's feed.
	second := open(t, path)
	got, err := second.Get(t.Context(), r.Key)
	if err != nil || got[r.Key].Version != 1 {
		t.Fatalf("the second reads %v: %v", got, err)
	}
	if err := second.Write(t.Context(), ledger.Mutation{Record: r, Expect: 1}); err != nil {
		t.Fatal(err)
	}
	if changes, _, err := first.Changes(t.Context(), 0, 10); err != nil || len(changes) != 2 {
		t.Fatalf("%d changes: %v", len(changes), err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, path).Get(t.Context(), r.Key); err != nil || got[r.Key].Version != 2 {
		t.Fatalf("opened again there is %v: %v", got, err)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.db")); len(files) != 1 {
		t.Fatalf("the folder has %v", files)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.db")
	db, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE theirs (x)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"another program's": other, "another file": text, "no folder": filepath.Join(dir, "none", "ledger.db")} {
		if s, err := sqlitestore.Open(t.Context(), path, clock); err == nil || s != nil || !fault.Is(err, fault.Internal) {
			t.Errorf("%s: %v (%v), want an internal error", name, err, fault.KindOf(err))
		}
	}
}

func TestChanges(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "ledger.db"))
	select {
	case <-s.Notify():
		t.Fatal("woken by nothing")
	default:
	}
	for n := range 5 {
		write(t, s, ledger.Record{Key: pair("A", n), Doc: []byte(`{}`)})
	}
	select {
	case <-s.Notify():
	default:
		t.Fatal("five writes did not wake the reader")
	}
	page, last, err := s.Changes(t.Context(), 0, 3)
	if err != nil || len(page) != 3 || last != 3 || page[2].Key != pair("A", 2) || !page[2].At.Equal(noon) {
		t.Fatalf("%v, last %d: %v", page, last, err)
	}
	if page, last, err = s.Changes(t.Context(), last, 3); err != nil || len(page) != 2 || last != 5 {
		t.Fatalf("%d changes, last %d: %v", len(page), last, err)
	}
	if page, last, err = s.Changes(t.Context(), last, 3); err != nil || len(page) != 0 || last != 5 {
		t.Fatalf("%d changes, last %d: %v", len(page), last, err)
	}
	if err := s.TrimChanges(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	// The numbers go on, even when all changes are forgotten.
	write(t, s, ledger.Record{Key: pair("A", 5), Doc: []byte(`{}`)})
	if page, last, err = s.Changes(t.Context(), 0, 10); err != nil || len(page) != 1 || last != 6 {
		t.Fatalf("%d changes, last %d: %v", len(page), last, err)
	}
}

// Two processes that write at once wait for each other; neither is told that the file is busy.
func TestTwoWritersWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	group, ctx := errgroup.WithContext(t.Context())
	for _, pk := range []string{"A", "B"} {
		s := open(t, path)
		group.Go(func() error {
			for n := range 50 {
				if err := s.Write(ctx, ledger.Mutation{Record: ledger.Record{Key: pair(pk, n), Doc: []byte(`{}`)}}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}
