package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

func TestDbtInit(t *testing.T) {
	b, dir, folder := newBench(t), t.TempDir(), t.TempDir()
	file := filepath.Join(folder, "asp_device", "dataset_date=2026-11-01", "hotel.parquet")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no folder": {[]string{"--dataset", filepath.Join(folder, "x")}, shell.ExitUsage, "there is no folder"},
		"no table":  {[]string{"--dataset", folder}, shell.ExitUsage, "there is no table in"},
		"two":       {[]string{"a", "b"}, shell.ExitUsage, "accepts at most 1 arg"},
	} {
		if code, _, errs := b.run(t.Context(), append([]string{"dbt", "init"}, tt.args...)...); code != tt.code || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: exit %d: %s", name, code, errs)
		}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	type made struct {
		Folder        string
		Files, Tables int
	}
	one, all := filepath.Join(dir, "one"), filepath.Join(dir, "all")
	code, out, _ := b.run(t.Context(), "dbt", "init", one, "--dataset", folder)
	if got := decode[made](t, out); code != 0 || got != (made{one, 6, 1}) {
		t.Errorf("with a dataset: exit %d: %+v", code, got)
	}
	code, out, _ = b.run(t.Context(), "dbt", "init", all)
	if got := decode[made](t, out); code != 0 || got.Tables < 30 {
		t.Errorf("without a dataset: exit %d: %+v", code, got)
	}
	if code, _, errs := b.run(t.Context(), "dbt", "init", all); code != shell.ExitUsage || !strings.Contains(errs, "dbt_project.yml is there already") {
		t.Errorf("again: exit %d: %s", code, errs)
	}
}
