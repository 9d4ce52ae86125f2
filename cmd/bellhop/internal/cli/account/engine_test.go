package account_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestWithoutADatasetItIsSaidHowToGetOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dataset := range map[string]string{"no folder": filepath.Join(t.TempDir(), "none"), "a file": file} {
		t.Run(name, func(t *testing.T) {
			if !duckdb.Available {
				testWithoutCgo(t)
				return
			}
			_, err := account.OpenEngine(t.Context(), shell.EngineChoice{Name: shell.EngineDuckDB, Dataset: dataset, Memory: "1GB"})
			p, ok := errors.AsType[*shell.Problem](err)
			if !ok || !strings.Contains(p.Error(), "there is no dataset in "+dataset) || !strings.Contains(p.Remedy, "bellhop ingest") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A dataset of a format that is newer than the program is not read: what it would find there may be wrong.
func TestADatasetOfANewerFormatIsNotRead(t *testing.T) {
	home := t.TempDir()
	dataset := filepath.Join(home, "s3", shell.LocalDataset)
	records, err := sqlitestore.Open(t.Context(), filepath.Join(home, "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(records.Close(), os.MkdirAll(dataset, 0o700), os.WriteFile(filepath.Join(dataset, report.FormatKey), []byte(`{"format":3}`), 0o600)); err != nil {
		t.Fatal(err)
	}
	at, err := account.Open(t.Context(), shell.Place{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := at.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, err = range at.Dataset.ListAfter(t.Context(), "") {
		break
	}
	tests := map[string]error{"list": err}
	store, closing, err := at.Own(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, tests["map import"] = own.Run(t.Context(), store, own.Order{Table: "campaigns", Content: []byte("campaign_id,campaign_group\nspa,Wellness\n")})
	if err := closing(); err != nil {
		t.Error(err)
	}
	if duckdb.Available {
		_, tests["query"] = account.OpenEngine(t.Context(), shell.EngineChoice{Name: shell.EngineDuckDB, Dataset: dataset, Memory: "1GB"})
	}
	for name, err := range tests {
		if err == nil || !strings.Contains(err.Error(), "of format 3, and this bellhop knows none after 2: use a newer bellhop") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestALedgerOfANewerFormatIsNotUsed: an older bellhop, which somebody went back to, stops before it writes anything.
func TestALedgerOfANewerFormatIsNotUsed(t *testing.T) {
	home := t.TempDir()
	records, err := sqlitestore.Open(t.Context(), filepath.Join(home, "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	newer := ledger.Record{Key: ledger.Key{PK: "FORMAT#", SK: "META"}, Doc: []byte(`{"format":2}`)}
	if err := errors.Join(records.Write(t.Context(), ledger.Mutation{Record: newer}), records.Close()); err != nil {
		t.Fatal(err)
	}
	at, err := account.Open(t.Context(), shell.Place{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	_, looking := at.Ledger.Subscriptions(t.Context())
	_, running := account.Start(t.Context(), sim.Options{Dir: home})
	for name, err := range map[string]error{"look": looking, "run": running} {
		if err == nil || !strings.Contains(err.Error(), "the ledger is of format 2, and this bellhop knows none after 1: use a newer bellhop") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := at.Close(); err != nil {
		t.Error(err)
	}
}

func testWithoutCgo(t *testing.T) {
	t.Helper()
	_, err := account.OpenEngine(t.Context(), shell.EngineChoice{Name: shell.EngineDuckDB, Dataset: t.TempDir(), Memory: "1GB"})
	p, ok := errors.AsType[*shell.Problem](err)
	if !ok || p.Code != shell.ExitError || !strings.Contains(p.Error(), "without cgo") || !strings.Contains(p.Remedy, "C compiler") {
		t.Errorf("got %v", err)
	}
}

// The program has to be whole without a C compiler too, and say what it lacks. It is built as a user without one builds it.
func TestWithoutCgoTheProgramSaysWhatItLacks(t *testing.T) {
	program := filepath.Join(t.TempDir(), "bellhop")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/bellhop-asp/bellhop/cmd/bellhop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program, "query", "--dataset", t.TempDir(), "SELECT 1").CombinedOutput()
	failed, ok := errors.AsType[*exec.ExitError](err)
	if !ok || failed.ExitCode() != shell.ExitError || !strings.Contains(string(out), "built without cgo") || !strings.Contains(string(out), "C compiler") {
		t.Errorf("%v: %s", err, out)
	}
}
