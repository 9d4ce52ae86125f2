package bench_test

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The subscription whose ledger grows: five tables, windows of four days. Its days are those of 88, asked for again and
// again, so that what grows is the number of jobs and files, and not that of the days that a planner has to look at.
const (
	grower     = "grower"
	windowDays = 4
	horizon    = 88
)

var (
	growerTables = []string{"asp_device", "asp_domain_engagement", "asp_proactive_campaign", "asp_property_skill", "asp_communication"}
	firstDay     = report.NewDate(2026, time.August, 1)
	noon         = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)
)

// books is one ledger under measurement.
type books struct {
	*ledger.Ledger
	store *countedStore
	// lives counts the jobs that have run.
	lives int
	// trim, if set, forgets the change feed of what was written, as those do who follow it.
	trim func(context.Context) error
	// seeded counts the jobs that were copied into it.
	seeded int
}

// open makes the subscription and lets every day of it be loaded once.
func (b *books) open(ctx context.Context) error {
	sub := report.Subscription{
		Name: grower, Source: report.SourceASPAnalytics, Params: report.Params{"unit_id": "amzn1.alexa.unit.did.GROWER"},
		From: firstDay, LagDays: 3, RefreshDays: 4, MaxWindowDays: windowDays,
	}
	if _, err := b.Apply(ctx, sub, noon); err != nil {
		return err
	}
	for range horizon / windowDays {
		if _, err := b.life(ctx); err != nil {
			return err
		}
	}
	return nil
}

// step is what one kind of work cost.
type step struct {
	name string
	took time.Duration
	work
}

// measured runs one step.
func (b *books) measured(name string, do func() error) (step, error) {
	before, began := b.store.sofar(), time.Now()
	err := do()
	return step{name, time.Since(began), b.store.sofar().minus(before)}, err
}

// life runs one job from its plan to the certificates of its five files, in the calls that requester, ingester and janitor
// make when nothing goes wrong.
func (b *books) life(ctx context.Context) ([]step, error) {
	now := noon.Add(time.Duration(b.lives) * time.Hour)
	from := firstDay + report.Date(b.lives*windowDays%horizon)
	b.lives++
	ask := report.Request{Window: report.Window{From: from, To: from + windowDays - 1}, Tables: growerTables, Attempt: 1, Why: "refresh"}
	var snapshot report.Snapshot
	var job report.Job
	planned, err := b.measured("read-the-snapshot", func() (err error) {
		snapshot, err = b.Snapshot(ctx, grower)
		return err
	})
	if err != nil {
		return nil, err
	}
	requested, err := b.measured("request", func() (err error) {
		job, err = b.request(ctx, snapshot, ask, now)
		return err
	})
	if err != nil {
		return nil, err
	}
	loaded, err := b.measured("load-and-delete-five-files", func() error {
		for _, f := range job.Files {
			if err := b.file(ctx, f.Key, now.Add(time.Minute)); err != nil {
				return fmt.Errorf("file %s: %w", f.Key, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	swept, err := b.measured("ask-what-is-due", func() error {
		files, err := b.DueFiles(ctx, now.Add(time.Hour), 1000)
		if err != nil {
			return err
		}
		jobs, err := b.DueJobs(ctx, now.Add(time.Hour), 1000)
		if err == nil && len(files)+len(jobs) > 0 {
			err = fmt.Errorf("%d files and %d jobs are due although all is done", len(files), len(jobs))
		}
		return err
	})
	return []step{planned, requested, loaded, swept}, err
}

// request does the requester's part.
func (b *books) request(ctx context.Context, snapshot report.Snapshot, ask report.Request, now time.Time) (report.Job, error) {
	jobs, err := b.Reserve(ctx, snapshot, []report.Request{ask}, now)
	if err != nil {
		return report.Job{}, err
	}
	job, err := b.UpdateJob(ctx, jobs[0].ID, func(j *report.Job) error { return j.Begin("requester", now, now.Add(time.Minute)) })
	if err != nil {
		return job, err
	}
	answer := report.Answer{Outcome: report.OutcomeAccepted, RequestID: "0a1b2c3d-0000-4000-8000-000000000000"}
	for _, table := range growerTables {
		answer.Files = append(answer.Files, report.NamedFile{Name: job.ID + "-" + table + ".csv", Table: table})
	}
	job, _, err = b.Accept(ctx, job.ID, job.Epoch, answer, now, now.Add(6*time.Hour))
	return job, err
}

// file does the parts of the ingester and the janitor.
func (b *books) file(ctx context.Context, key string, now time.Time) error {
	d := report.Delivery{Bucket: "deliveries", Key: key, ETag: "6f5902ac237024bdd0c176cb93063dc4", Size: 40_000, At: now}
	f, decision, err := b.Arrive(ctx, d, report.Claim{Worker: "ingester", Lease: now.Add(time.Minute), Grace: now.Add(6 * time.Hour)}, now)
	if err == nil && decision != report.DecideLoad {
		err = fault.New(fault.Internal, "its arrival is decided as %s", decision)
	}
	if err != nil {
		return err
	}
	published, err := b.Partitions(ctx, grower, f.Table, f.Window)
	if err != nil {
		return err
	}
	if published, err = b.Fence(ctx, f, published, now, now.Add(time.Minute)); err != nil {
		return err
	}
	receipt := report.Receipt{SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Bytes: d.Size, Rows: 400, LoadedAt: now}
	days := make([]report.Partition, f.Window.Len())
	for i := range days {
		date := f.Window.From + report.Date(i)
		days[i] = report.Partition{
			Subscription: grower, Table: f.Table, Date: date, Generation: f.Generation, Job: f.Job, File: f.Key, Rows: 100,
			Key: report.PartitionKey(grower, f.Table, date), ETag: d.ETag, SHA256: receipt.SHA256, LoadedAt: now,
		}
		if len(published) > 0 {
			days[i].Version = published[i].Version
		}
		receipt.Partitions = append(receipt.Partitions, report.PartitionProof{Date: date, Outcome: report.PartitionWritten, Rows: 100, Key: days[i].Key, ETag: d.ETag})
	}
	if _, err := b.Commit(ctx, report.Load{File: f, Receipt: receipt, Days: days}, now); err != nil {
		return err
	}
	if f, err = b.File(ctx, key); err != nil {
		return err
	}
	gone := now.Add(time.Second)
	_, err = b.Certify(ctx, key, report.Certificate{
		File: key, Bucket: d.Bucket, Key: key, ETag: d.ETag, Size: d.Size, SHA256: receipt.SHA256, Subscription: grower, Job: f.Job,
		Cause: f.Status, DeliveredAt: d.At, LoadedAt: now, DeletedAt: gone, VerifiedAt: gone, RequestID: "0123456789ABCDEF",
	}, gone)
	return err
}
