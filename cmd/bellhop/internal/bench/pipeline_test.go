package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// BenchmarkPipeline plays whole lives of reports on this machine, and compares them with the bare work: PUT, GET, conversion,
// PUT of the partitions and DELETE of the same files, four at a time, on the same S3, without ledger, events, proof or vendor.
// Nothing goes wrong in these lives: no fault of the vendor, no event lost or doubled.
func BenchmarkPipeline(b *testing.B) {
	windowDays := 1 // one day to a request makes many files
	if testing.Short() {
		windowDays = 7
	}
	var whole, bare, p50, p99 []float64
	var last sim.Summary
	for b.Loop() {
		run, err := play(b.Context(), filepath.Join(b.TempDir(), "run"), windowDays)
		if err != nil {
			b.Fatal(err)
		}
		last = run.summary
		whole, bare = append(whole, last.Elapsed.Seconds()), append(bare, run.bare.Seconds())
		p50, p99 = append(p50, last.Exposure.P50.Seconds()*1000), append(p99, last.Exposure.P99.Seconds()*1000)
	}
	files := float64(last.Files[report.FileDeleted])
	line(b, "whole", ratio(whole, bare), figures{
		"files": files, "s": median(whole), "files/s": files / median(whole), "ms-exposed-p50": median(p50), "ms-exposed-p99": median(p99),
	})
	line(b, "bare-work", figures{"s": median(bare), "files/s": files / median(bare)})
	for name, calls := range map[string]sim.CallCount{"ledger-calls": last.LedgerCalls, "S3-calls": last.S3Calls} {
		line(b, name, figures{"calls/file": calls.PerFile, "calls": float64(calls.Total)})
		if calls.Duplicates > 0 {
			line(b, name+"-of-duplicates", figures{"calls/duplicate": calls.PerDuplicate})
		}
	}
}

// life is one life of all reports, and how long the bare work with its files takes.
type life struct {
	summary sim.Summary
	bare    time.Duration
}

func play(ctx context.Context, dir string, windowDays int) (run life, err error) {
	kept := &keeper{bodies: map[string][]byte{}}
	o := sim.Options{Dir: dir, Alone: true, Faults: []alexa.Fault{}, Chaos: &sim.Chaos{DuplicateEvery: 10}, WindowDays: windowDays, Delivered: kept.keep}
	m, err := sim.Open(ctx, o)
	if err != nil {
		return run, err
	}
	run.summary, err = m.Demonstrate(ctx)
	if err := errors.Join(err, m.Close(), complete(run.summary, len(kept.bodies))); err != nil {
		return run, err
	}
	run.bare, err = bareWork(ctx, filepath.Join(dir, "bare"), kept)
	return run, errors.Join(err, os.RemoveAll(dir))
}

// complete demands that everything was loaded and deleted: work that was left undone costs nothing.
func complete(s sim.Summary, delivered int) error {
	days := s.Coverage[report.CoverageComplete] + s.Coverage[report.CoverageZero]
	if deleted := s.Files[report.FileDeleted]; deleted != delivered || s.Certificates != deleted || days != s.Wanted || s.RawObjects != 0 {
		return fmt.Errorf("%d files of %d deleted with %d certificates, %d days of %d there, %d objects left",
			deleted, delivered, s.Certificates, days, s.Wanted, s.RawObjects)
	}
	return nil
}

// keeper keeps what the vendor delivers.
type keeper struct {
	mu     sync.Mutex
	bodies map[string][]byte
}

func (k *keeper) keep(key string, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bodies[key] = body
}

// workers is how many ingesters run at once in package sim.
const workers = 4

// bareWork does with files what cannot be left out, as many at a time as the machine has ingesters. It does not know whether
// it was done before, or will have been.
func bareWork(ctx context.Context, dir string, kept *keeper) (took time.Duration, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	server, err := s3server.Start(context.WithoutCancel(ctx), s3server.Options{
		Dir: dir, Buckets: map[string]s3server.OnCreated{sim.DeliveryBucket: nil, sim.DatasetBucket: nil},
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	client, converter := server.Client(), convert.NewConverter()
	began := time.Now()
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(workers)
	for _, key := range slices.Sorted(maps.Keys(kept.bodies)) {
		work.Go(func() error {
			if err := bareFile(ctx, client, converter, key, kept.bodies[key]); err != nil {
				return fmt.Errorf("file %s: %w", key, err)
			}
			return nil
		})
	}
	err = work.Wait()
	return time.Since(began), err
}

func bareFile(ctx context.Context, client *s3.Client, converter *convert.Converter, key string, body []byte) (err error) {
	put := func(bucket, key string, body io.Reader) error {
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: body})
		return err
	}
	if err := put(sim.DeliveryBucket, key, bytes.NewReader(body)); err != nil {
		return err
	}
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(sim.DeliveryBucket), Key: &key})
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(got.Body)
	if err := errors.Join(err, got.Body.Close()); err != nil {
		return err
	}
	definition, err := converter.Recognise(ctx, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	out, err := converter.Convert(ctx, bytes.NewReader(raw), report.Contract{Subscription: sim.Subscription, Table: definition.Name, Window: everyDay})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, day := range out.Days {
		if err := put(sim.DatasetBucket, report.PartitionKey(sim.Subscription, definition.Name, day.Date), day.Body); err != nil {
			return err
		}
	}
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(sim.DeliveryBucket), Key: &key})
	return err
}

func TestTheWholePipelineAndItsLowerBound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	run, err := play(t.Context(), dir, 7)
	if err != nil {
		t.Fatal(err)
	}
	if run.bare <= 0 || run.summary.Exposure.Count == 0 || run.summary.LedgerCalls.PerFile == 0 {
		t.Errorf("nothing was measured: %+v", run)
	}
	s := run.summary
	s.Certificates--
	if complete(s, s.Files[report.FileDeleted]) == nil {
		t.Error("a deletion without a certificate is no whole run")
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the run's folder is still there: %v", err)
	}
}
