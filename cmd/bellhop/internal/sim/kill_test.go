package sim

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The folder in which a process started by TestKillNine runs the demonstration. Empty in all others.
const victimDir = "BELLHOP_TEST_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		machine, err := Open(context.Background(), Options{Dir: dir, Alone: true, Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			_, err = machine.Demonstrate(context.Background())
			err = errors.Join(err, machine.Close())
		}
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n") //nolint:errcheck // there is nowhere else to say it
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A machine that is killed with signal 9, again and again, goes on where it was. With it the simulated vendors die, too, and one that
// forgets an export three times has its day lost: such sources have the tables of crash points.
func TestKillNine(t *testing.T) {
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, after := range []time.Duration{400 * time.Millisecond, 700 * time.Millisecond, time.Second, 1300 * time.Millisecond} {
		victim := exec.CommandContext(t.Context(), program)
		victim.Env = append(os.Environ(), victimDir+"="+dir)
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		if err := victim.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if err := victim.Wait(); err != nil {
			killed++
		}
	}
	if killed == 0 {
		t.Fatal("nobody was killed: the test tests nothing")
	}
	m, err := Open(t.Context(), Options{Dir: dir, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := m.Demonstrate(t.Context())
	snapshot, snapshotErr := m.ledger.Snapshot(t.Context(), Subscription)
	limits, limitsErr := m.limits(snapshot.Subscription)
	if err := errors.Join(err, snapshotErr, limitsErr, m.Close()); err != nil {
		t.Fatal(err)
	}
	// A kill may cost the vendor its memory of a request, and the oldest days may be too old when that is noticed.
	today, aged := report.DateOf(m.clock.Now()), 0
	for _, day := range report.Coverage(snapshot, limits, today) {
		if !day.Status.Covered() && day.Date < today-report.Date(limits.HorizonDays) && day.Why != "" {
			aged++
		}
	}
	covered := sum.Coverage[report.CoverageComplete] + sum.Coverage[report.CoverageZero]
	if covered+aged != sum.Wanted || sum.RawObjects != 0 || sum.Unverified != 0 || sum.Wanted == 0 {
		t.Logf("at %s: %v; open or lost: %+v", m.clock.Now(), sum.Coverage, snapshot.Markers)
		t.Errorf("after %d kills %d of %d days are covered, %d raw objects are left, %d deletions have no certificate", killed, covered, sum.Wanted, sum.RawObjects, sum.Unverified)
	}
}
