package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const deviceHeader = "dataset_date,unitId_level_0,device_count,active_device_count,dialog_count\n"

// device is a delivered file of one unit with so many dialogs on each of some dates.
func device(dialogs string, dates ...string) string {
	content := deviceHeader
	for _, d := range dates {
		content += d + ",amzn1.alexa.unit.did.1,3,2," + dialogs + "\n"
	}
	return content
}

// delivered writes files into a folder of the test, and returns their paths in order of their names.
func delivered(t *testing.T, files map[string]string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// tree returns the paths of all files under dir, with slashes.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	paths := []string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

type ingested struct {
	File, Table, Error string
	DryRun             bool `json:"dry_run"`
	Receipt            report.Receipt
	ReceiptFile        string `json:"receipt_file"`
}

func (i ingested) outcomes() map[string]report.PartitionOutcome {
	days := map[string]report.PartitionOutcome{}
	for _, s := range i.Receipt.Partitions {
		days[s.Date.String()] = s.Outcome
	}
	return days
}

// The vendor's own sample of a device report has seven days of one row, with one device each.
func TestIngestTheVendorsSample(t *testing.T) {
	sample := filepath.Join("..", "..", "..", "..", "testdata", "asp", "device.csv")
	dir := t.TempDir()
	code, out, errs := newBench(t).run(t.Context(), "ingest", sample, "-o", dir, "--subscription", "hotel")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	results := decode[[]ingested](t, out)
	if len(results) != 1 || results[0].Table != "asp_device" || results[0].Receipt.Rows != 7 || !results[0].Receipt.LoadedAt.Equal(now) {
		t.Fatalf("got %+v", results)
	}
	if want := map[string]string{"device_count": "7", "active_device_count": "0", "dialog_count": "0"}; !reflect.DeepEqual(results[0].Receipt.Sums, want) {
		t.Errorf("sums %v, want %v", results[0].Receipt.Sums, want)
	}
	receipt, err := os.ReadFile(results[0].ReceiptFile)
	if err != nil {
		t.Fatal(err)
	}
	var saved ingested
	if err := json.Unmarshal(receipt, &saved); err != nil || !reflect.DeepEqual(saved, results[0]) {
		t.Errorf("the receipt that was saved is %+v: %v", saved, err)
	}
	want := []string{"_format.json", "_receipts/asp_device/hotel-" + saved.Receipt.SHA256[:16] + ".json"}
	for _, date := range []string{"2023-08-15", "2023-08-16", "2023-08-17", "2023-08-19", "2023-08-20", "2023-08-21", "2023-08-22"} {
		want = append(want, "asp_device/dataset_date="+date+"/hotel.parquet")
	}
	if got := tree(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder has %q, want %q", got, want)
	}
	sameAsLoaded(t, sample, dir)
}

// What a source fetched is recognised by its header, needs no unit, and no --unit refuses it.
func TestIngestTablesWithoutUnits(t *testing.T) {
	for name, days := range map[string]map[string]report.PartitionOutcome{
		"skill_metrics": {"2026-11-01": report.PartitionWritten, "2026-11-02": report.PartitionWritten},
		"asp_campaigns": {"2026-11-01": report.PartitionWritten, "2026-11-02": report.PartitionWritten},
	} {
		sample := filepath.Join("..", "..", "..", "..", "testdata", "fetched", name+".csv")
		dir := t.TempDir()
		code, out, errs := newBench(t).run(t.Context(), "ingest", sample, "-o", dir, "--unit", "amzn1.alexa.unit.did.ours")
		if code != 0 {
			t.Fatalf("%s: exit %d: %s", name, code, errs)
		}
		if got := decode[[]ingested](t, out); got[0].Table != name || !reflect.DeepEqual(got[0].outcomes(), days) {
			t.Errorf("got %+v", got)
		}
	}
}

// sameAsLoaded compares a folder with what the ingester's converter makes of a file.
func sameAsLoaded(t *testing.T, file, dir string) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	window := report.Window{From: report.NewDate(2023, 8, 15), To: report.NewDate(2023, 8, 22)}
	c, err := convert.NewConverter().Convert(t.Context(), in, report.Contract{Subscription: "hotel", Table: "asp_device", Window: window})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, day := range c.Days {
		want, err := io.ReadAll(day.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, report.PartitionKey("hotel", "asp_device", day.Date))); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has other bytes than a load would write: %v", day.Date, err)
		}
	}
}

func TestIngestAgain(t *testing.T) {
	const first, second, third = "2026-11-01", "2026-11-02", "2026-11-03"
	tests := map[string]struct {
		content string
		args    []string
		code    int
		says    string
		want    map[string]report.PartitionOutcome
		left    int // Parquet files in the end; two were there
	}{
		"the same":                         {device("5", first, second), nil, 0, "", map[string]report.PartitionOutcome{first: "unchanged", second: "unchanged"}, 2},
		"one day more":                     {device("5", second, third), nil, 0, "", map[string]report.PartitionOutcome{second: "unchanged", third: "written"}, 3},
		"another number":                   {device("6", first), nil, 1, "there is other content for " + first + " of asp_device", nil, 2},
		"other numbers and a new day":      {device("6", first, second, third), nil, 1, first + " and 1 more day of asp_device", nil, 2},
		"another number, to be replaced":   {device("6", first), []string{"--replace"}, 0, "", map[string]report.PartitionOutcome{first: "written"}, 2},
		"a day that was asked for is gone": {device("5", first), []string{"--window", first + ".." + third}, 1, "there is other content for " + second, nil, 2},
		"and that is to be taken":          {device("5", first), []string{"--window", first + ".." + third, "--replace"}, 0, "", map[string]report.PartitionOutcome{first: "unchanged", second: "zero", third: "zero"}, 1},
		"a day that was not asked for":     {device("5", first, third), []string{"--window", first + ".." + second}, 1, "line 3, column dataset_date: date outside the window", nil, 2},
		"another subscription":             {device("6", first), []string{"--subscription", "clinic"}, 0, "", map[string]report.PartitionOutcome{first: "written"}, 3},
		"tried out":                        {device("6", first, third), []string{"--replace", "--dry-run"}, 0, "", map[string]report.PartitionOutcome{first: "written", third: "written"}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := newBench(t)
			if code, _, errs := b.run(t.Context(), "ingest", delivered(t, map[string]string{"a.csv": device("5", first, second)})[0], "-o", dir); code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			before := contents(t, dir)
			path := delivered(t, map[string]string{"b.csv": tt.content})[0]
			code, out, errs := b.run(t.Context(), append([]string{"ingest", path, "-o", dir}, tt.args...)...)
			if code != tt.code || !strings.Contains(errs, tt.says) {
				t.Fatalf("exit %d: %s%s", code, out, errs)
			}
			if got := decode[[]ingested](t, out)[0]; tt.code == 0 && !reflect.DeepEqual(got.outcomes(), tt.want) {
				t.Errorf("days %v, want %v", got.outcomes(), tt.want)
			}
			after := contents(t, dir)
			if (tt.code != 0 || slices.Contains(tt.args, "--dry-run")) && !reflect.DeepEqual(before, after) {
				t.Error("it changed the folder")
			}
			parquet := 0
			for name := range after {
				if strings.HasSuffix(name, ".parquet") {
					parquet++
				}
			}
			if parquet != tt.left {
				t.Errorf("%d days are left, want %d", parquet, tt.left)
			}
		})
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range tree(t, dir) {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(content)
	}
	return all
}

func TestIngestGoodAndBad(t *testing.T) {
	files := delivered(t, map[string]string{
		"1-good.csv": device("5", "2026-11-01"), "2-number.csv": device("5.5", "2026-11-02"), "3-gzip.csv": "\x1f\x8b\x08",
		"4-foreign.csv": "date,room\n2026-11-01,Secret Suite\n", "5-again.csv": device("7", "2026-11-01"), "6-extra.csv": strings.Replace(device("5", "2026-11-06"), "count\n", "count,mood\n", 1),
		"7-more.csv": strings.Replace(strings.Replace(device("5", "2026-11-07"), "count\n", "count,mood\n", 1), "5\n", "5,well\n", 1),
	})
	files = append(files, filepath.Join(t.TempDir(), "none.csv"), t.TempDir())
	dir := t.TempDir()
	b := newBench(t)
	code, out, errs := b.run(t.Context(), append([]string{"ingest", "--replace", "-o", dir}, files...)...)
	if code != shell.ExitPartly {
		t.Errorf("exit %d", code)
	}
	reasons := []string{
		"", "line 2, column dialog_count", "gzip data", "none of the 2 cells", "2026-11-01 of asp_device is in " + files[0],
		"line 2", "", "no such file", "it is a folder",
	}
	for i, r := range decode[[]ingested](t, out) {
		if r.File != files[i] || (r.Error == "") != (reasons[i] == "") || !strings.Contains(r.Error, reasons[i]) || r.Error != "" && !strings.Contains(errs, files[i]+": "+r.Error) {
			t.Errorf("%+v, want %q; %s", r, reasons[i], errs)
		}
	}
	if strings.Contains(out+errs, "Secret") {
		t.Error("a cell of a file is shown")
	}
	if got := tree(t, dir); len(got) != 5 {
		t.Errorf("the folder has %q, want its format, two days and two receipts", got)
	}

	b.terminal = true
	_, out, _ = b.run(t.Context(), "ingest", "-o", t.TempDir(), "--dry-run", files[0], files[1], files[6])
	for i, f := range map[string]string{"GOOD": files[0], "BAD": files[1], "MORE": files[6]} {
		out = strings.Replace(out, f, i, 1)
	}
	want := `FILE TABLE ROWS DAYS
GOOD asp_device 1 1 written
BAD asp_device refused
MORE asp_device 1 1 written
 unknown column kept in extra: mood
Nothing was written: this was a dry run.`
	// How wide the columns are depends on the folder of the test.
	lines(t, strings.Join(slices.DeleteFunc(strings.Split(spaces.ReplaceAllString(out, " "), "\n"), func(l string) bool { return strings.TrimSpace(l) == "" }), "\n"), want)
}

var spaces = regexp.MustCompile(` +`)

func TestIngestUsage(t *testing.T) {
	file := delivered(t, map[string]string{"a.csv": device("5", "2026-11-01")})[0]
	tests := map[string]struct {
		args []string
		says string
	}{
		"no file":           {[]string{"-o", "d"}, "needs a FILE"},
		"no folder":         {[]string{file}, "-o DIR"},
		"no such table":     {[]string{file, "-o", "d", "--table", "devices"}, "bellhop tables"},
		"no slug":           {[]string{file, "-o", "d", "--subscription", "../up"}, "not a slug"},
		"no window":         {[]string{file, "-o", "d", "--window", "yesterday"}, "2026-11-01..2026-11-07"},
		"too long a window": {[]string{file, "-o", "d", "--window", "2026-01-01..2026-11-01"}, "no report has more than 90"},
		"on AWS":            {[]string{file, "-o", "d", "--aws"}, "this machine only"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			code, out, errs := newBench(t).run(t.Context(), append([]string{"ingest"}, tt.args...)...)
			if code != shell.ExitUsage || out != "" || !strings.Contains(errs, tt.says) {
				t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
			}
			if got := tree(t, "."); len(got) > 0 {
				t.Errorf("it wrote %q", got)
			}
		})
	}
}

func TestIngestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	code, _, errs := newBench(t).run(ctx, "ingest", "-o", dir, delivered(t, map[string]string{"a.csv": device("5", "2026-11-01")})[0])
	if code != shell.ExitError || !strings.Contains(errs, "stopped before the end") || len(tree(t, dir)) > 0 {
		t.Errorf("exit %d, %q", code, errs)
	}
}

// What cannot be written leaves nothing half done behind, and a later run does the rest.
func TestIngestThatCannotWrite(t *testing.T) {
	content := device("5", "2026-11-01")
	file := delivered(t, map[string]string{"a.csv": content})[0]
	const day = "asp_device/dataset_date=2026-11-01/local.parquet"
	receipt := "_receipts/asp_device/local-" + fmt.Sprintf("%x", sha256.Sum256([]byte(content)))[:16] + ".json"
	tests := map[string]struct {
		inTheWay string // a folder where a file must go
		left     []string
	}{
		"the day":     {day, []string{}},
		"the receipt": {receipt, []string{report.FormatKey, day}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, tt.inTheWay, "in-the-way"), 0o700); err != nil {
				t.Fatal(err)
			}
			b := newBench(t)
			code, out, errs := b.run(t.Context(), "ingest", "--replace", "-o", dir, file)
			if r := decode[[]ingested](t, out)[0]; code != shell.ExitError || r.ReceiptFile != "" || r.Error == "" {
				t.Errorf("exit %d, %+v, %q", code, r, errs)
			}
			if got := tree(t, dir); !slices.Equal(got, tt.left) {
				t.Errorf("it left %q, want %q", got, tt.left)
			}
			if err := os.RemoveAll(filepath.Join(dir, tt.inTheWay)); err != nil {
				t.Fatal(err)
			}
			if code, _, errs := b.run(t.Context(), "ingest", "-o", dir, file); code != 0 || !slices.Equal(tree(t, dir), []string{report.FormatKey, receipt, day}) {
				t.Errorf("afterwards: exit %d, %q, %s", code, tree(t, dir), errs)
			}
		})
	}
}

// A folder says its format from its first day on; one of a newer format is left alone, and an old one is left to be migrated.
func TestIngestLooksAtTheFormat(t *testing.T) {
	file := delivered(t, map[string]string{"a.csv": device("5", "2026-11-01")})[0]
	tests := map[string]struct {
		before       map[string]string
		code         int
		after, error string
	}{
		"a new folder":              {nil, shell.ExitFine, "{\"format\":2}\n", ""},
		"a dry run in a new folder": {nil, shell.ExitFine, "", ""},
		"a folder of today":         {map[string]string{report.FormatKey: `{"format":2}`}, shell.ExitFine, `{"format":2}`, ""},
		"a folder without a number": {map[string]string{"asp_device/dataset_date=2026-10-01/local.parquet": "old"}, shell.ExitFine, "", ""},
		"a newer folder":            {map[string]string{report.FormatKey: `{"format":3}`}, shell.ExitError, `{"format":3}`, "is of format 3, and this bellhop knows none after 2: use a newer bellhop"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for key, content := range tt.before {
				if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(key)), 0o700), os.WriteFile(filepath.Join(dir, key), []byte(content), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			args := []string{"ingest", "-o", dir, file}
			if strings.Contains(name, "dry run") {
				args = append(args, "--dry-run")
			}
			code, _, errs := newBench(t).run(t.Context(), args...)
			got, err := os.ReadFile(filepath.Join(dir, report.FormatKey))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if code != tt.code || !strings.Contains(errs, tt.error) || string(got) != tt.after {
				t.Errorf("exit %d, %q; the folder says %q", code, errs, got)
			}
			if wrote := len(tree(t, dir)) > len(tt.before); wrote != (code == 0 && !strings.Contains(name, "dry run")) {
				t.Errorf("the folder has %q", tree(t, dir))
			}
		})
	}
}

func TestIngestOfAnotherUnit(t *testing.T) {
	files := delivered(t, map[string]string{"d.csv": device("7", "11/1/2026")})
	for unit, want := range map[string]int{"amzn1.alexa.unit.did.1": shell.ExitFine, "amzn1.alexa.unit.did.2": shell.ExitError} {
		code, out, errs := newBench(t).run(t.Context(), "ingest", files[0], "-o", filepath.Join(t.TempDir(), "dataset"), "--unit", unit)
		if code != want || (code != shell.ExitFine) != strings.Contains(errs, "line 2: not of the unit that the report was asked for") {
			t.Errorf("%s: exit %d, %s%s", unit, code, out, errs)
		}
	}
}

// What stands in for an id or a date and is none refuses the file, as on AWS.
func TestIngestTakesUnitsAndDaysOnly(t *testing.T) {
	tests := map[string]struct {
		date, unit string
		args       []string
		says       string
	}{
		"a unit":                    {"11/1/2026", "amzn1.alexa.unit.did.1", nil, ""},
		"no unit":                   {"11/1/2026", "Total", nil, "line 2: column unitId_level_0: not a unit's id: each begins with amzn1.alexa.unit."},
		"another form of unit":      {"11/1/2026", "room-1", []string{"--unit-ids", "inn-,room-"}, ""},
		"any unit":                  {"11/1/2026", "Total", []string{"--unit-ids", "*"}, ""},
		"a year without a century":  {"11/1/0026", "amzn1.alexa.unit.did.1", nil, "line 2, column dataset_date: date before the year 2000"},
		"a day that is yet to come": {"12/1/9999", "amzn1.alexa.unit.did.1", nil, "line 2, column dataset_date: date after tomorrow"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := delivered(t, map[string]string{"d.csv": deviceHeader + test.date + "," + test.unit + ",3,2,7\n"})
			code, _, errs := newBench(t).run(t.Context(), append([]string{"ingest", files[0], "-o", filepath.Join(t.TempDir(), "dataset")}, test.args...)...)
			if (code == shell.ExitFine) != (test.says == "") || !strings.Contains(errs, test.says) {
				t.Errorf("exit %d: %s", code, errs)
			}
		})
	}
}

func TestIngestSaysWhichRowsCameAgain(t *testing.T) {
	row := strings.TrimPrefix(device("7", "11/1/2026"), deviceHeader)
	files := delivered(t, map[string]string{"d.csv": deviceHeader + row + row + row})
	code, out, errs := newBench(t).run(t.Context(), "ingest", files[0], "-o", filepath.Join(t.TempDir(), "dataset"))
	if code != shell.ExitFine || !strings.Contains(out, `"rows": 1,`) || !strings.Contains(out, `"duplicates": 2,`) {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	files = delivered(t, map[string]string{"d.csv": deviceHeader + row + strings.Replace(row, ",7", ",8", 1)})
	code, _, errs = newBench(t).run(t.Context(), "ingest", files[0], "-o", filepath.Join(t.TempDir(), "dataset"))
	if want := "line 3: the same date, unit and dimensions as in line 2, with other values"; code != shell.ExitError || !strings.Contains(errs, want) {
		t.Errorf("exit %d: %s, want %q", code, errs, want)
	}
}
