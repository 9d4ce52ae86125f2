package cli_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

func gzipped(t *testing.T, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipped packs names and contents, one after the other.
func zipped(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tampered changes 16 bits of the first entry in the directory of an archive: its flags are at 8, its method at 10, its checksum at 16.
func tampered(archive string, at int, value uint16) string {
	b := []byte(archive)
	binary.LittleEndian.PutUint16(b[bytes.Index(b, []byte("PK\x01\x02"))+at:], value)
	return string(b)
}

func TestIngestTakesWhatPeopleHave(t *testing.T) {
	first, second := device("5", "2026-11-01"), device("5", "2026-11-02")
	both := zipped(t, "2026/second.CSV", second, "first.csv.gz", gzipped(t, first), "notes.txt", "x", "__MACOSX/._first.csv", "x")
	files := map[string]string{
		"a.csv": first, "b.csv.gz": gzipped(t, first), "packed.csv": gzipped(t, first), "folder/c.csv": first, "folder/d.csv": second, "folder/notes.txt": "x",
		"empty/x.txt": "x", "both.zip": both,
	}
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s3 := buckets{"b": fakeDataset{
		"k.csv": []byte(first), "y/1.csv": []byte(first), "y/2.csv.gz": []byte(gzipped(t, second)), "y/z/3.csv": []byte(first), "y/both.zip": []byte(both),
	}}
	for name, tt := range map[string]struct {
		arg, in string
		want    []string // the names of the files that were loaded, behind the folder
	}{
		"a file":                     {"a.csv", "", []string{"a.csv"}},
		"what gzip packed":           {"b.csv.gz", "", []string{"b.csv.gz"}},
		"packed, by another name":    {"packed.csv", "", []string{"packed.csv"}},
		"a folder":                   {"folder", "", []string{"folder/c.csv", "folder/d.csv"}},
		"a zip archive":              {"both.zip", "", []string{"both.zip:2026/second.CSV", "both.zip:first.csv.gz"}},
		"the standard input":         {"-", first, []string{"-"}},
		"gzip on the standard input": {"-", gzipped(t, first), []string{"-"}},
		"an archive on it":           {"-", both, []string{"-:2026/second.CSV", "-:first.csv.gz"}},
		"an object":                  {"s3://b/k.csv", "", []string{"s3://b/k.csv"}},
		"an archive in a bucket":     {"s3://b/y/both.zip", "", []string{"s3://b/y/both.zip:2026/second.CSV", "s3://b/y/both.zip:first.csv.gz"}},
		"a folder of a bucket":       {"s3://b/y/", "", []string{"s3://b/y/1.csv", "s3://b/y/2.csv.gz"}},
		"the uppermost of a bucket":  {"s3://b", "", []string{"s3://b/k.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			t.Chdir(dir)
			b := newBench(t)
			b.in, b.buckets = tt.in, s3
			code, out, errs := b.run(t.Context(), "ingest", tt.arg, "-o", filepath.Join(t.TempDir(), "out"))
			var got []string
			for _, r := range decode[[]ingested](t, out) {
				if got = append(got, r.File); r.Error != "" || r.Receipt.Rows != 1 {
					t.Errorf("%+v", r)
				}
			}
			if code != shell.ExitFine || !slices.Equal(got, tt.want) {
				t.Errorf("exit %d, loaded %q; %s", code, got, errs)
			}
			if left := tree(t, os.Getenv("TMPDIR")); len(left) > 0 {
				t.Errorf("temporary files are left: %q", left)
			}
		})
	}
}

func TestIngestSaysWhatItCannotRead(t *testing.T) {
	good := device("5", "2026-11-01")
	large := device("5", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06", "2026-11-07", "2026-11-08")
	zeros := strings.Repeat("0", 50<<20)
	archive := zipped(t, "a.csv", good)
	for name, tt := range map[string]struct {
		arg, content string
		limit        int64
		says         string
	}{
		"no gzip":                  {"x.csv.gz", good, 0, "it ends in .gz and is not packed with gzip"},
		"gzip, cut off":            {"x.csv.gz", gzipped(t, good)[:40], 0, "the gzip data is cut off or damaged"},
		"a bomb of gzip":           {"x.csv.gz", gzipped(t, zeros), 0, "longer than"},
		"too large when unpacked":  {"x.csv.gz", gzipped(t, large), 300, "longer than 300 bytes"},
		"too large":                {"x.csv", large, 300, "longer than 300 bytes"},
		"no zip":                   {"x.zip", good, 0, "it ends in .zip and is not a zip archive"},
		"zip, cut off":             {"x.zip", archive[:len(archive)-10], 0, "the zip data is cut off or damaged"},
		"zip with a wrong sum":     {"x.zip", tampered(archive, 16, 0x1234), 0, "the zip data is cut off or damaged: zip: checksum error"},
		"zip without CSV":          {"x.zip", zipped(t, "a.txt", good), 0, "a zip archive without a .csv or .csv.gz file"},
		"an empty zip":             {"x.zip", zipped(t), 0, "a zip archive without a .csv or .csv.gz file"},
		"an encrypted zip":         {"x.zip", tampered(archive, 8, 1), 0, "it is encrypted\n  → unpack it first: unzip x.zip"},
		"a zip by another method":  {"x.zip", tampered(archive, 10, 14), 0, "it is packed in a way that bellhop cannot read\n  → unpack it first: unzip x.zip"},
		"a bomb of zip":            {"x.zip", zipped(t, "a.csv", zeros), 0, "longer than"},
		"many files, large in all": {"x.zip", zipped(t, "a.csv", good, "b.csv", device("5", "2026-11-02"), "c.csv", device("5", "2026-11-03")), 250, "the files of the archive have more than 250 B together"},
		"too many names":           {"x.zip", zipped(t, slices.Repeat([]string{strings.Repeat("n", 60000), ""}, 300)...), 0, "names too many files\n  → unpack it, and name the folder"},
		"a large archive, piped":   {"-", zipped(t, "a.txt", large), 100, "it is larger than 100 B"},
		"a folder without any":     {".", "", 0, "a folder without a .csv or .csv.gz file"},
		"a pattern":                {"*.nope", "", 0, "no file fits the pattern"},
		"no bucket's name":         {"s3:///k.csv", "", 0, "it names no bucket\n  → write it like s3://BUCKET/KEY.csv"},
		"no such bucket":           {"s3://c/k.csv", "", 0, "→ check the bucket's name"},
		"no such object":           {"s3://b/y/k.csv", "", 0, "there is no such object\n  → see which there are: aws s3 ls s3://b/y/"},
		"no such folder in S3":     {"s3://b/none/", "", 0, "there is no .csv or .csv.gz object right below it"},
		"a large object":           {"s3://b/large.csv", "", 100, "it is larger than 100 B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			t.Chdir(t.TempDir())
			b := newBench(t)
			b.in, b.inputLimit, b.buckets = tt.content, tt.limit, buckets{"b": fakeDataset{"large.csv": []byte(large)}}
			if strings.HasPrefix(tt.arg, "x.") {
				if err := os.WriteFile(tt.arg, []byte(tt.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want := shell.ExitError
			if name == "many files, large in all" {
				want = shell.ExitPartly
			}
			code, out, errs := b.run(t.Context(), "ingest", tt.arg, "-o", filepath.Join(t.TempDir(), "out"))
			if code != want || !strings.Contains(errs, tt.says) || strings.Contains(errs, "try again") {
				t.Errorf("exit %d, %s%s", code, out, errs)
			}
			if left := tree(t, os.Getenv("TMPDIR")); len(left) > 0 {
				t.Errorf("temporary files are left: %q", left)
			}
		})
	}
	if code, _, errs := newBench(t).run(t.Context(), "ingest", "-", "-", "-o", "d"); code != shell.ExitUsage || !strings.Contains(errs, "the standard input can be read once") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
