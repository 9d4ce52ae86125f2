package own

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Store is where the dataset lies. *objects.Bucket and migrate.Folder are some.
type Store interface {
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	Put(ctx context.Context, w report.Write) (report.Object, error)
}

// Version is one import of a table. A version is never changed; the newest one is what queries see.
type Version struct {
	Table      string    `json:"table"`
	Version    int       `json:"version"`
	Rows       int       `json:"rows"`
	ImportedAt time.Time `json:"imported_at"`
	Key        string    `json:"key"`
}

// Import is what became of a file.
type Import struct {
	Table string `json:"table"`
	Rows  int    `json:"rows"`
	// Version is the one that was made, or would be; or the newest where the file says the same.
	Version   int  `json:"version"`
	Unchanged bool `json:"unchanged"`
	DryRun    bool `json:"dry_run"`
	// Mistakes keep the file from being imported.
	Mistakes []Mistake `json:"mistakes"`
}

// Order is a file to import.
type Order struct {
	// Table is the name of a table, as in [dataset.OwnTables].
	Table   string
	Content []byte
	// Known tells whether the dataset has a unit; nil when that cannot be told, or does not matter.
	Known func(unit string) bool
	// Erased tells whether a unit was erased; nil when that cannot be told. It must not come back.
	Erased func(unit string) bool
	DryRun bool
}

// Run imports a file as the newest version of its table, unless there are mistakes in it. A file that says what the newest version
// says changes nothing.
func Run(ctx context.Context, s Store, o Order) (Import, error) {
	done := Import{Table: o.Table, DryRun: o.DryRun, Mistakes: []Mistake{}}
	table, known := dataset.LookupOwn(o.Table)
	if !known {
		return done, fault.New(fault.Poison, "no table of your own is called %q", o.Table)
	}
	rows, mistakes, err := read(table, o)
	if err != nil {
		return done, err
	}
	if done.Rows = len(rows); len(mistakes) > 0 {
		done.Mistakes = mistakes
		return done, nil
	}
	keys, err := versions(ctx, s, o.Table)
	if err != nil {
		return done, err
	}
	if n := len(keys); n > 0 {
		newest := keys[n-1]
		before, err := stored(ctx, s, o.Table, newest.Key)
		if err != nil {
			return done, err
		}
		done.Version = newest.version
		if done.Unchanged = slices.Equal(plain(before), plain(rows)); done.Unchanged {
			return done, nil
		}
	}
	done.Version++
	content, err := forms[o.Table].encode(rows, int32(done.Version))
	if err != nil || o.DryRun {
		return done, err
	}
	_, err = s.Put(ctx, report.Write{
		Key: report.OwnKey(o.Table, done.Version), Body: bytes.NewReader(content), Condition: report.Condition{Absent: true},
		ContentType: "application/vnd.apache.parquet",
	})
	return done, err
}

// plain returns the rows without their version, as they can be compared.
func plain(rows []row) []row {
	same := make([]row, len(rows))
	for i, r := range rows {
		same[i] = r.of(0)
	}
	return same
}

// List returns the versions of all tables, or of one, the newest of each first.
func List(ctx context.Context, s Store, only string) ([]Version, error) {
	all := []Version{}
	for _, t := range dataset.OwnTables() {
		if only != "" && t.Name != only {
			continue
		}
		keys, err := versions(ctx, s, t.Name)
		if err != nil {
			return nil, err
		}
		slices.Reverse(keys)
		for _, k := range keys {
			rows, err := stored(ctx, s, t.Name, k.Key)
			if err != nil {
				return nil, err
			}
			all = append(all, Version{Table: t.Name, Version: k.version, Rows: len(rows), ImportedAt: k.ModifiedAt, Key: k.Key})
		}
	}
	return all, nil
}

// TableOf returns the table of which a version lies under a key; ok is false for other keys.
func TableOf(key string) (table string, ok bool) {
	table = path.Base(path.Dir(key))
	n, err := strconv.Atoi(strings.TrimSuffix(path.Base(key), ".parquet"))
	_, known := dataset.LookupOwn(table)
	return table, err == nil && known && report.OwnKey(table, n) == key
}

// Without returns a stored version of a table without the rows of some units, and how many rows these are. It stays the same version:
// it may be left without any row.
func Without(table string, content []byte, gone func(unit string) bool) (left []byte, rows int, err error) {
	all, err := forms[table].decode(content)
	if err != nil || len(all) == 0 {
		return content, 0, err
	}
	kept := slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r.unit() != "" && gone(r.unit()) })
	if rows = len(all) - len(kept); rows == 0 {
		return content, 0, nil
	}
	left, err = forms[table].encode(kept, all[0].numbered())
	return left, rows, err
}

type numbered struct {
	report.Object
	version int
}

// versions returns the objects of a table, oldest first.
func versions(ctx context.Context, s Store, table string) ([]numbered, error) {
	var all []numbered
	for o, err := range s.List(ctx, path.Dir(report.OwnKey(table, 1))+"/") {
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(strings.TrimSuffix(path.Base(o.Key), ".parquet"))
		if err == nil && report.OwnKey(table, n) == o.Key {
			all = append(all, numbered{o, n})
		}
	}
	slices.SortFunc(all, func(a, b numbered) int { return a.version - b.version })
	return all, nil
}

func stored(ctx context.Context, s Store, table, key string) (rows []row, err error) {
	body, _, err := s.Open(ctx, key, "", "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	if rows, err = forms[table].decode(content); err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return rows, nil
}
