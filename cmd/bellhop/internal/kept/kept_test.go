package kept_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/kept"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var at = time.Date(2026, time.November, 20, 7, 40, 0, 0, time.UTC)

// chain is three seals, each of a certificate.
func chain() []report.Seal {
	var all []report.Seal
	var last report.Seal
	for _, file := range []string{"a.csv", "b.csv", "c.csv"} {
		last = last.After([]report.Sealed{{File: file, VerifiedAt: at, SHA256: strings.Repeat("0", 64)}}, at)
		all = append(all, last)
	}
	return all
}

func TestEachSealIsCopiedOnce(t *testing.T) {
	seals, dir := chain(), t.TempDir()
	place := kept.Folder(dir)
	place.Locked = func(context.Context) (time.Duration, error) { return 400 * 24 * time.Hour, nil }
	for _, step := range []struct {
		name  string
		seals []report.Seal
		dry   bool
		want  kept.Summary
	}{
		{"tried", seals[:2], true, kept.Summary{Seals: 2, Copied: 2, DryRun: true, LockedDays: new(400)}},
		{"two", seals[:2], false, kept.Summary{Seals: 2, Copied: 2, LockedDays: new(400)}},
		{"again", seals[:2], false, kept.Summary{Seals: 2, There: 2, LockedDays: new(400)}},
		{"one more", seals, false, kept.Summary{Seals: 3, Copied: 1, There: 2, LockedDays: new(400)}},
	} {
		got, err := place.Copy(t.Context(), step.seals, step.dry)
		if diff := cmp.Diff(step.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", step.name, err, diff)
		}
	}
	copies, err := place.Seals(t.Context())
	want := []view.KeptSeal{{Number: 1, Hash: seals[0].Hash}, {Number: 2, Hash: seals[1].Hash}, {Number: 3, Hash: seals[2].Hash}}
	if diff := cmp.Diff(want, copies); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 3 || filepath.Base(files[0]) != "seal-000000000001.json" {
		t.Errorf("the folder has %v", files)
	}
}

func TestAChangedChainIsNotCopiedOver(t *testing.T) {
	seals, place := chain(), kept.Folder(t.TempDir())
	if _, err := place.Copy(t.Context(), seals, false); err != nil {
		t.Fatal(err)
	}
	forged := report.Seal{}.After([]report.Sealed{{File: "other.csv", VerifiedAt: at}}, at)
	if _, err := place.Copy(t.Context(), []report.Seal{forged}, false); err == nil || !strings.Contains(err.Error(), "seal 1 has another hash than its copy") {
		t.Errorf("got %v", err)
	}
}

func TestACopyThatWasChangedIsSeen(t *testing.T) {
	for name, test := range map[string]struct {
		change func(content string) string
		want   string // of the error; without one the hash is another
	}{
		"another certificate": {func(c string) string { return strings.ReplaceAll(c, "a.csv", "z.csv") }, ""},
		"another number":      {func(c string) string { return strings.ReplaceAll(c, `"number":1`, `"number":7`) }, "says that it is seal 7"},
		"far too long":        {func(c string) string { return strings.Repeat(" ", 1<<20) + c }, "is no seal"},
		"no JSON":             {func(string) string { return "hello" }, "is no seal"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			place := kept.Folder(dir)
			if _, err := place.Copy(t.Context(), chain()[:1], false); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "seal-000000000001.json")
			content, err := os.ReadFile(file)
			if err == nil {
				err = os.WriteFile(file, []byte(test.change(string(content))), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			copies, err := place.Seals(t.Context())
			switch {
			case test.want != "":
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v", err)
				}
			case err != nil || len(copies) != 1 || copies[0].Hash == chain()[0].Hash:
				t.Errorf("got %v, %v", copies, err)
			}
		})
	}
}

// overwritten has a later version over each file, which is another seal, put so long after it.
type overwritten struct {
	kept.Store
	after time.Duration
}

func (o overwritten) ListVersions(ctx context.Context, prefix string) iter.Seq2[report.ObjectVersion, error] {
	return func(yield func(report.ObjectVersion, error) bool) {
		for v, err := range o.Store.ListVersions(ctx, prefix) {
			later := v
			later.VersionID, later.ModifiedAt = "nobody reads it", v.ModifiedAt.Add(o.after)
			if !yield(later, err) || !yield(report.ObjectVersion{Key: v.Key, Marker: true, ModifiedAt: later.ModifiedAt}, nil) || !yield(v, err) {
				return
			}
		}
	}
}

func (o overwritten) Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error) {
	if versionID != "" {
		return nil, report.Object{}, errors.New("the later version was read")
	}
	return o.Store.Open(ctx, key, etag, versionID)
}

func TestTheFirstVersionOfACopyCounts(t *testing.T) {
	seals, place := chain(), kept.Folder(t.TempDir())
	if _, err := place.Copy(t.Context(), seals, false); err != nil {
		t.Fatal(err)
	}
	// S3 tells seconds, and lists the newest version first.
	for _, after := range []time.Duration{time.Second, 0} {
		over := place
		over.Store = overwritten{place.Store, after}
		copies, err := over.Seals(t.Context())
		if err != nil || len(copies) != 3 || copies[2].Hash != seals[2].Hash {
			t.Errorf("after %s: got %v, %v", after, copies, err)
		}
	}
}

// quicker lets another run write each copy just before this one does.
type quicker struct{ kept.Store }

func (q quicker) Put(ctx context.Context, w report.Write) (report.Object, error) {
	content, err := io.ReadAll(w.Body)
	for range 2 {
		if err != nil {
			break
		}
		w.Body = bytes.NewReader(content)
		_, err = q.Store.Put(ctx, w)
	}
	return report.Object{}, err
}

func TestTwoRunsMayCopyAtOnce(t *testing.T) {
	seals, place := chain(), kept.Folder(t.TempDir())
	place.Store = quicker{place.Store}
	if _, err := place.Copy(t.Context(), seals, false); err != nil {
		t.Fatal(err)
	}
	if copies, err := place.Seals(t.Context()); err != nil || len(copies) != 3 || copies[2].Hash != seals[2].Hash {
		t.Errorf("got %v, %v", copies, err)
	}
}
