package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

const roomsHeader = "unit_id,room,building,wing,property_code\n"

// mapped is a bench whose dataset has the units u1 and u2, and a file of rooms to import.
func mapped(t *testing.T, content string) (b *bench, file string) {
	t.Helper()
	b, folder := asked(t)
	b.own = migrate.Folder(t.TempDir())
	b.engine.columns, b.engine.rows = []query.Column{{Name: "id", Type: "VARCHAR"}}, [][]any{{"u1"}, {"u2"}}
	file = filepath.Join(folder, "rooms.csv")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return b, file
}

func TestOwnDataIsImported(t *testing.T) {
	b, file := mapped(t, roomsHeader+"u1,101,,,\nu2,102,,,\n")
	b.terminal = true
	for _, step := range []struct {
		args []string
		says string
	}{
		{[]string{"import", file, "--as", "rooms", "--dry-run"}, "Would import 2 rows as version 1 of own_rooms. Nothing was written."},
		{[]string{"list"}, "Nothing was imported yet."},
		{[]string{"import", file, "--as", "rooms"}, "Imported 2 rows as version 1 of own_rooms."},
		{[]string{"import", file, "--as", "rooms"}, "own_rooms has these 2 rows already, as version 1."},
		{[]string{"list"}, "own_rooms        1     2  20"},
		{[]string{"show", "rooms"}, "The room's number or name."},
		{[]string{"show", "own_survey"}, "No two rows have the same unit_id, survey_month."},
	} {
		code, out, errs := b.run(t.Context(), append([]string{"map"}, step.args...)...)
		if code != shell.ExitFine || !strings.Contains(out, step.says) {
			t.Errorf("%v: exit %d, %s%s", step.args, code, out, errs)
		}
	}
	b.in = "campaign_id,campaign_group\nspa,Wellness\n"
	asked := len(b.engine.statements)
	if code, _, errs := b.run(t.Context(), "map", "import", "-", "--as", "campaigns"); code != shell.ExitFine || len(b.engine.statements) != asked {
		t.Errorf("from a pipe: exit %d, asked %q: %s", code, b.engine.statements[asked:], errs)
	}
}

// What is wrong is said with its line, and without what stands there.
func TestOwnDataWithMistakes(t *testing.T) {
	b, file := mapped(t, roomsHeader+"u1,101,,,\nu9,Mrs Smith,,,\n")
	code, out, errs := b.run(t.Context(), "map", "import", file, "--as", "rooms")
	got := decode[own.Import](t, out)
	if code != shell.ExitError || len(got.Mistakes) != 1 || got.Mistakes[0].Line != 3 || !strings.Contains(errs, "1 mistake in the file: nothing was imported") {
		t.Errorf("exit %d, %+v, %s", code, got, errs)
	}
	if strings.Contains(out+errs, "Smith") || strings.Contains(out+errs, "u9") {
		t.Errorf("it says what stands in the file: %s%s", out, errs)
	}
	if code, out, errs := b.run(t.Context(), "map", "import", file, "--as", "rooms", "--any-unit"); code != shell.ExitFine {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}

func TestMapUsage(t *testing.T) {
	b, file := mapped(t, roomsHeader)
	for says, args := range map[string][]string{
		"needs one FILE":              {"import", "--as", "rooms"},
		`is called ""`:                {"import", file},
		`is called "guests"`:          {"import", file, "--as", "guests"},
		`your own is called "suites"`: {"show", "suites"},
		"there is no folder":          {"list", "--dataset", file},
		"exclude":                     {"list", "--home", "x", "--stack", "s"},
		"a folder is on this machine": {"list", "--dataset", ".", "--stack", "s"},
	} {
		if code, _, errs := b.run(t.Context(), append([]string{"map"}, args...)...); code != shell.ExitUsage || !strings.Contains(errs, says) {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
	b.own = nil
	if code, _, errs := b.run(t.Context(), "map", "list"); code != shell.ExitUsage || !strings.Contains(errs, "dataset bucket is not known") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
