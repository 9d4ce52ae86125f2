package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// format1 is what the first release left. The path is absolute, because the embedded S3 changes the working directory.
var format1, errFormat1 = filepath.Abs(filepath.Join("..", "..", "..", "..", "testdata", "format1"))

// firstFormat puts into a ledger and a bucket what the first release left, and returns the published days with their content.
func firstFormat(t *testing.T, store ledger.Store, dataset *objects.Bucket) map[string][]byte {
	t.Helper()
	if errFormat1 != nil {
		t.Fatal(errFormat1)
	}
	var records []struct {
		PK, SK, Lane string
		DueAt        time.Time `json:"due_at"`
		Doc          json.RawMessage
	}
	var stored []struct {
		Bucket, Key, ETag string
		Metadata          map[string]string
	}
	for name, into := range map[string]any{"ledger.json": &records, "objects.json": &stored} {
		content, err := os.ReadFile(filepath.Join(format1, name))
		if err == nil {
			err = json.Unmarshal(content, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range records {
		record := ledger.Record{Key: ledger.Key{PK: r.PK, SK: r.SK}, Queue: ledger.DueQueue(r.Lane), DueAt: r.DueAt, Doc: r.Doc}
		if err := store.Write(t.Context(), ledger.Mutation{Record: record}); err != nil {
			t.Fatal(err)
		}
	}
	days := map[string][]byte{}
	for _, o := range stored {
		if o.Bucket != sim.DatasetBucket {
			continue
		}
		content, err := os.ReadFile(filepath.Join(format1, o.Bucket, o.Key))
		if err != nil {
			t.Fatal(err)
		}
		put, err := dataset.Put(t.Context(), report.Write{Key: o.Key, Body: bytes.NewReader(content), Metadata: o.Metadata})
		if err != nil || put.ETag != o.ETag {
			t.Fatalf("%s has the ETag %s, and the ledger knows %s: %v", o.Key, put.ETag, o.ETag, err)
		}
		if _, _, _, ok := report.ParsePartitionKey(o.Key); ok {
			days[o.Key] = content
		}
	}
	return days
}

// place is where a dataset of the first format lies: how it is named on the command line, and how an object of it is read.
type place struct {
	days  map[string][]byte
	flags []string
	read  func(key string) ([]byte, error)
}

func inFolder(t *testing.T) place {
	home := t.TempDir()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(home, "ledger.db"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	server, err := s3server.Start(t.Context(), s3server.Options{Dir: home, Clock: time.Now, Buckets: map[string]s3server.OnCreated{sim.DatasetBucket: nil, sim.DeliveryBucket: nil}})
	if err != nil {
		t.Fatal(err)
	}
	days := firstFormat(t, store, objects.NewBucket(server.Client(), sim.DatasetBucket))
	if err := errors.Join(server.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	return place{days, []string{"--home", home}, func(key string) ([]byte, error) {
		return os.ReadFile(filepath.Join(home, "s3", sim.DatasetBucket, key))
	}}
}

func onStack(t *testing.T) place {
	a := Deploy(t, nil)
	a.environment(t)
	dataset := objects.NewBucket(objects.NewClient(a.Config), a.ID(stack.DatasetBucket))
	days := firstFormat(t, dynamostore.New(dynamodb.NewFromConfig(a.Config), a.ID(stack.Ledger)), dataset)
	return place{days, []string{"--stack", stackName}, func(key string) ([]byte, error) {
		body, _, err := dataset.Open(t.Context(), key, "", "")
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(body)
		return content, errors.Join(err, body.Close())
	}}
}

// run runs a command, and stops it after so many days of a migration, if that is more than none.
func (p place) run(t *testing.T, stopAfter int, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var stdout, stderr bytes.Buffer
	code = cli.Run(ctx, append(args, p.flags...), shell.Environment{
		In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }, Now: time.Now,
		Find: account.Find, Sources: account.Sources(), OpenEngine: account.OpenEngine,
		Open: func(ctx context.Context, place shell.Place) (shell.Account, error) {
			at, err := account.Open(ctx, place)
			migration := at.Migration
			at.Migration = func(ctx context.Context, progress func(done, total int)) (shell.Migrator, func() error, error) {
				return migration(ctx, func(done, total int) {
					progress(done, total)
					if stopAfter > 0 && done == stopAfter {
						stop()
					}
				})
			}
			return at, err
		},
	})
	return code, stdout.String(), stderr.String()
}

// publishOperations publishes the operations tables twice: the second time each is there already.
func publishOperations(t *testing.T, p place) {
	t.Helper()
	if !duckdb.Available {
		return
	}
	for _, first := range []bool{true, false} {
		code, out, errs := p.run(t, 0, "operations", "publish")
		if code != 0 || strings.Contains(out, `"changed": true`) != first || strings.Contains(out, `"changed": false`) == first {
			t.Errorf("publish: exit %d: %s%s", code, out, errs)
		}
	}
	for _, o := range dataset.Operations() {
		if content, err := p.read(report.OperationsKey(o.Name)); err != nil || !bytes.HasPrefix(content, []byte("PAR1")) {
			t.Errorf("%s begins with %q: %v", o.Published(), content[:min(4, len(content))], err)
		}
	}
}

type migrated struct {
	From     int `json:"from_format"`
	Objects  int
	Migrated int
	Already  int `json:"of_this_format_already"`
}

// What the first release left is brought to today's format from the command line, also when that is stopped half-way: every row and sum
// is there, and the ledger and the dataset agree all the time.
func TestMigrateFromTheCommandLine(t *testing.T) {
	for name, open := range map[string]func(*testing.T) place{"in a folder": inFolder, "on a stack": onStack} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(".") // the embedded S3 changes the working directory; this puts it back
			p := open(t)
			const half = 6
			agrees := func(when string) {
				t.Helper()
				if code, out, errs := p.run(t, 0, "verify"); code != 0 {
					t.Errorf("verify %s: exit %d: %s%s", when, code, out, errs)
				}
			}
			step := func(stopAfter, wantCode int, want migrated, args ...string) {
				t.Helper()
				code, out, errs := p.run(t, stopAfter, append([]string{"migrate"}, args...)...)
				var got migrated
				if err := json.Unmarshal([]byte(out), &got); code == 0 && err != nil {
					t.Errorf("%q: %v", out, err)
				}
				if code != wantCode || got != want {
					t.Errorf("migrate %v: exit %d, %+v, want exit %d, %+v; %s", args, code, got, wantCode, want, errs)
				}
			}
			all := len(p.days)
			step(0, 0, migrated{1, all, all, 0}, "--dry-run")
			agrees("before")
			step(half, shell.ExitError, migrated{})
			agrees("half-way")
			step(0, 0, migrated{1, all, all - half, half})
			agrees("afterwards")
			publishOperations(t, p)
			agrees("beside the published operations")
			step(0, 0, migrated{2, 0, 0, 0})
			if content, err := p.read(report.FormatKey); err != nil || string(content) != "{\"format\":2}\n" {
				t.Errorf("the dataset says %q: %v", content, err)
			}
			for key, before := range p.days {
				after, err := p.read(key)
				if err != nil {
					t.Errorf("%s: %v", key, err)
					continue
				}
				if was, is := sums(t, before), sums(t, after); was != is || bytes.Equal(before, after) {
					t.Errorf("%s had %s, and has %s", key, was, is)
				}
			}
		})
	}
}

// A folder of bellhop ingest has no ledger and no metadata.
func TestMigrateAFolderByItsName(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(format1, sim.DatasetBucket)
	if err := os.CopyFS(dir, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	code, out, errs := place{}.run(t, 0, "migrate", dir)
	var got migrated
	if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil || got != (migrated{1, 13, 13, 0}) {
		t.Fatalf("exit %d, %+v, %v; %s", code, got, err, errs)
	}
	paths, err := filepath.Glob(filepath.Join(old, "asp_*", "*", "*.parquet"))
	if err != nil || len(paths) != 13 {
		t.Fatalf("%d days, %v", len(paths), err)
	}
	for _, path := range paths {
		name, err := filepath.Rel(old, path)
		if err != nil {
			t.Fatal(err)
		}
		before, beforeErr := os.ReadFile(path)
		after, afterErr := os.ReadFile(filepath.Join(dir, name))
		if err := errors.Join(beforeErr, afterErr); err != nil {
			t.Fatal(err)
		}
		if was, is := sums(t, before), sums(t, after); was != is || bytes.Equal(before, after) {
			t.Errorf("%s had %s, and has %s", name, was, is)
		}
	}
}

// sums are the rows of a Parquet file of the dataset, and the sums of its measures.
func sums(t *testing.T, content []byte) string {
	t.Helper()
	rows, totals, err := convert.ReadSums(io.NewSectionReader(bytes.NewReader(content), 0, int64(len(content))))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(rows, totals)
}
