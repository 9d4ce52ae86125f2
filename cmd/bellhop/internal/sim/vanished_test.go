package sim

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Whatever somebody takes out of the dataset, or replaces there, is missed by the next run, asked for again, and comes back
// byte for byte.
func TestWhatVanishesFromTheDatasetComesBack(t *testing.T) {
	const table = "asp_device"
	dir, start := t.TempDir(), time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	run := func() Summary {
		t.Helper()
		return demonstrated(t, Options{
			Dir: dir, Now: func() time.Time { return start }, Faults: []alexa.Fault{}, Chaos: &Chaos{}, WindowDays: 30, outside: outside{unmeasured: true},
		})
	}
	dataset := filepath.Join(dir, "s3", DatasetBucket)
	object := func(d report.Date) string {
		return filepath.Join(dataset, filepath.FromSlash(report.PartitionKey(Subscription, table, d)))
	}
	first := run()
	before := contents(t, dataset)
	day := report.NewDate(2026, 11, 10)
	for _, tt := range []struct {
		name  string
		harm  func() error
		posts int
	}{
		{"nothing", func() error { return nil }, 0},
		{"one object is deleted", func() error { return os.Remove(object(day)) }, 1},
		{"one object is replaced by another day's", func() error {
			if err := os.Remove(object(day)); err != nil {
				return err
			}
			other, err := os.ReadFile(object(day - 1))
			if err != nil {
				return err
			}
			return os.WriteFile(object(day), other, 0o600)
		}, 1},
		// 86 days of 30 at most.
		{"a whole table is deleted", func() error { return os.RemoveAll(filepath.Join(dataset, table)) }, 3},
	} {
		if err := tt.harm(); err != nil {
			t.Fatal(err)
		}
		sum := run()
		if sum.NewPosts != tt.posts || !maps.Equal(sum.Coverage, first.Coverage) || sum.Unverified != 0 {
			t.Errorf("%s: %d requests, want %d; coverage %v, want %v", tt.name, sum.NewPosts, tt.posts, sum.Coverage, first.Coverage)
		}
		if !maps.EqualFunc(contents(t, dataset), before, bytes.Equal) {
			t.Errorf("%s: the dataset is another than before", tt.name)
		}
	}
}

// contents returns the files below a folder by name.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		all[path] = content
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	return all
}
