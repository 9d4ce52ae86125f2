//go:build cgo

package duckdb_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// with opens the hotels with files of CSV that a person names.
func with(t *testing.T, named ...query.Named) (*duckdb.Engine, error) {
	t.Helper()
	e, err := duckdb.Open(t.Context(), duckdb.Options{Dataset: string(hotels(t)), Memory: "1GB", Threads: 1, With: named})
	if err == nil {
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return e, err
}

// Room 101 has 20 dialogs on the one day, and room 201 7 on the other.
func TestAFileThatAPersonNamesIsJoined(t *testing.T) {
	folder := t.TempDir()
	file, other := filepath.Join(folder, "it's [a] room*.csv"), filepath.Join(folder, "other.csv")
	for _, name := range []string{file, other} {
		if err := os.WriteFile(name, []byte("unit_id,guests\namzn1.alexa.unit.did.room101,2\namzn1.alexa.unit.did.room201,7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := with(t, query.Named{Name: "stays", File: file})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, e, "SELECT sum(guests), typeof(any_value(guests)) FROM stays", []string{"9", "BIGINT"})
	for _, statement := range []string{"FROM read_csv('" + other + "')", "FROM '" + folder + "/*.csv'", "COPY stays TO '" + file + "'"} {
		if err := e.Run(t.Context(), statement, &rows{}); !fault.Is(err, fault.Poison) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestAFileThatCannotBeNamedSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(file, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for says, named := range map[string]query.Named{
		"lower-case letters": {Name: `x" AS SELECT 1; --`, File: file},
		"already exists":     {Name: "asp_device", File: file},
		"No files found":     {Name: "x", File: file + ".none"},
	} {
		if _, err := with(t, named); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", named, err)
		}
	}
}
