package cli_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
)

func TestIngestTakesWhatPeopleHave(t *testing.T) {
	content := []byte(device("5", "2026-11-01"))
	dir := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(content)
	_ = z.Close()
	for name, body := range map[string][]byte{"a.csv": content, "b.csv.gz": packed.Bytes(), "folder/c.csv": content, "folder/notes.txt": nil, "empty/x.txt": nil, "bad.csv.gz": content, "z.zip": nil} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		arg  string
		code int
		says string
	}{
		"a file":               {filepath.Join(dir, "a.csv"), cli.ExitFine, ""},
		"what gzip packed":     {filepath.Join(dir, "b.csv.gz"), cli.ExitFine, ""},
		"a folder":             {filepath.Join(dir, "folder"), cli.ExitFine, ""},
		"the standard input":   {"-", cli.ExitFine, ""},
		"a folder without any": {filepath.Join(dir, "empty"), cli.ExitError, "without a .csv or .csv.gz file"},
		"no gzip":              {filepath.Join(dir, "bad.csv.gz"), cli.ExitError, "gzip cannot read it"},
		"a zip archive":        {filepath.Join(dir, "z.zip"), cli.ExitError, "→ unpack it first: unzip"},
		"an object":            {"s3://b/k.csv", cli.ExitError, "→ fetch it first: aws s3 cp s3://b/k.csv ."},
		"a pattern":            {filepath.Join(dir, "*.nope"), cli.ExitError, "no file fits the pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.in = string(content)
			code, out, errs := b.run(t.Context(), "ingest", tt.arg, "-o", filepath.Join(t.TempDir(), "out"))
			if code != tt.code || !strings.Contains(errs, tt.says) || code == 0 && !strings.Contains(out, "asp_device") {
				t.Errorf("exit %d, %s%s", code, out, errs)
			}
			if left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "bellhop-*")); len(left) > 0 {
				t.Errorf("temporary folders are left: %q", left)
			}
		})
	}
}
