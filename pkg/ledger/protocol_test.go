package ledger_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

type protocolCases map[string]func(*testing.T, fixture)

// TestProtocol: what a ledger does, told over DynamoDB's stand-in. That every store is as good as that one is the suite's to say.
// Whatever a case does, its store is audited: timelines are only ever appended to, and only what has come to its end may be
// forgotten after the retention.
func TestProtocol(t *testing.T) {
	for _, server := range ledgertest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			client := dynamodb.NewFromConfig(ledgertest.Config(server.Start(t)))
			runProtocol(t, func(t *testing.T) ledger.Store { return dynamostore.New(client, ledgertest.NewTable(t, client)) })
		})
	}
}

func runProtocol(t *testing.T, newStore func(t *testing.T) ledger.Store) {
	t.Helper()
	for group, cases := range map[string]protocolCases{
		"subscriptions": subscriptionCases(),
		"Reserve":       reserveCases(),
		"plans":         planCases(),
		"jobs":          jobCases(),
		"due work":      dueCases(),
		"Accept":        acceptCases(),
		"Import":        importCases(),
		"Arrive":        arriveCases(),
		"Commit":        commitCases(),
		"Fence":         fenceCases(),
		"LoseJob":       loseCases(),
		"Certify":       certifyCases(),
		"Seal":          sealCases(),
		"erasures":      eraseCases(),
		"a removal":     removalCases(),
		"ChangeDay":     changeDayCases(),
		"cursors":       cursorCases(),
		"a crash":       crashCases(),
		"credentials":   credentialCases(),
	} {
		t.Run(group, func(t *testing.T) {
			for name, check := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					audited := newAudit(newStore(t))
					check(t, fixture{retaining(audited), audited})
					audited.verify(t)
				})
			}
		})
	}
}

// noon is when the cases play.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// In a race so many workers go for the same record, and so many rounds are run.
const (
	workers = 8
	rounds  = 10
)

// fixture is a ledger under test. Its fixtures must succeed; a case that looks at how something goes calls the ledger.
type fixture struct {
	*ledger.Ledger
	store ledger.Store
}

// behind returns the same ledger, as a worker sees it whose calls a hook watches.
func (d fixture) behind(hook func(ledgertest.Call) ledgertest.Fault) (*ledger.Ledger, *ledgertest.Faulty) {
	f := ledgertest.NewFaulty(d.store, hook)
	return retaining(f), f
}

// retention is how long the ledgers under test keep what is finished.
const retention = 300 * 24 * time.Hour

func retaining(s ledger.Store) *ledger.Ledger {
	l := ledger.New(s)
	l.Retention = retention
	return l
}

// meanwhile returns a ledger for which do happens just before its first write reaches the store.
func (d fixture) meanwhile(do func()) *ledger.Ledger {
	l, _ := d.behind(func(c ledgertest.Call) ledgertest.Fault {
		if c.Method == ledgertest.Write && c.Nth == 1 {
			do()
		}
		return ledgertest.None
	})
	return l
}

// The story that the cases tell: minutes after noon of one day.
const (
	planned = iota
	begun
	accepted
	arrived
	loaded
	deleted
)

const (
	leaseOver = 30
	deadline  = 360
	recheck   = deadline + 60
	graceOver = 720
)

func at(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

func oct(day int) report.Date { return report.NewDate(2026, time.October, day) }

const (
	device = "asp_device"
	skill  = "asp_property_skill"
)

func hotel(name string) report.Subscription {
	return report.Subscription{
		Name: name, Source: report.SourceASPAnalytics, Params: report.Params{"unit_id": "u-1", "categories": "DEVICE"},
		From: oct(1), LagDays: 3, RefreshDays: 2, MaxWindowDays: 4,
	}
}

// ask is the planner's request for days of October.
func ask(from, to int, tables ...string) report.Request {
	return report.Request{Window: report.Window{From: oct(from), To: oct(to)}, Tables: tables, Attempt: 1, Why: "missing"}
}

func named(name, table string) report.NamedFile { return report.NamedFile{Name: name, Table: table} }

func answer(files ...report.NamedFile) report.Answer {
	return report.Answer{Outcome: report.OutcomeAccepted, RequestID: "r-1", Files: files}
}

func object(key, etag string, minute int) report.Delivery {
	return report.Delivery{Bucket: "deliveries", Key: key, ETag: etag, Size: 100, At: at(minute)}
}

func (d fixture) snapshot(t *testing.T, sub string) report.Snapshot {
	t.Helper()
	b, err := d.Snapshot(t.Context(), sub)
	done(t, "read the snapshot", err)
	return b
}

// planned makes the subscription, if there is none yet, and reserves jobs for it.
func (d fixture) planned(t *testing.T, sub string, requests ...report.Request) []report.Job {
	t.Helper()
	_, err := d.Apply(t.Context(), hotel(sub), at(planned))
	done(t, "apply", err)
	jobs, err := d.Reserve(t.Context(), d.snapshot(t, sub), requests, at(planned))
	done(t, "reserve", err)
	return jobs
}

// begun makes a job for 1 to 4 October that requester r1 holds.
func (d fixture) begun(t *testing.T, sub string, tables ...string) report.Job {
	t.Helper()
	return d.begin(t, d.planned(t, sub, ask(1, 4, tables...))[0].ID, "r1", begun)
}

func (d fixture) begin(t *testing.T, job, worker string, minute int) report.Job {
	t.Helper()
	j, err := d.UpdateJob(t.Context(), job, func(j *report.Job) error { return j.Begin(worker, at(minute), at(minute+leaseOver)) })
	done(t, "begin", err)
	return j
}

// awaiting makes a job for 1 to 4 October that awaits files.
func (d fixture) awaiting(t *testing.T, sub string, files ...report.NamedFile) report.Job {
	t.Helper()
	tables := map[string]bool{}
	for _, f := range files {
		tables[f.Table] = true
	}
	return d.accept(t, d.begun(t, sub, slices.Sorted(maps.Keys(tables))...), files...)
}

func (d fixture) accept(t *testing.T, j report.Job, files ...report.NamedFile) report.Job {
	t.Helper()
	j, _, err := d.Accept(t.Context(), j.ID, j.Epoch, answer(files...), at(accepted), at(deadline))
	done(t, "accept", err)
	return j
}

func arrive(t *testing.T, l *ledger.Ledger, o report.Delivery, worker string, minute int) (report.File, report.Decision) {
	t.Helper()
	f, decision, err := l.Arrive(t.Context(), o, report.Claim{Worker: worker, Lease: at(minute + leaseOver), Grace: at(minute + graceOver)}, at(minute))
	done(t, "arrive", err)
	return f, decision
}

// claimed lets a file arrive, and claims it for worker w1.
func (d fixture) claimed(t *testing.T, key string) report.File {
	t.Helper()
	f, decision := arrive(t, d.Ledger, object(key, "e1", arrived), "w1", arrived)
	same(t, "the decision", decision.String(), "load")
	return f
}

// loaded lets a file arrive, and loads it; no day of it is published.
func (d fixture) loaded(t *testing.T, key string) report.File {
	t.Helper()
	return d.commit(t, d.claimed(t, key))
}

func (d fixture) commit(t *testing.T, f report.File, days ...report.Partition) report.File {
	t.Helper()
	f, err := d.Commit(t.Context(), report.Load{File: f, Receipt: receipt(10), Days: days}, at(loaded))
	done(t, "commit", err)
	return f
}

func (d fixture) quarantined(t *testing.T, key string) report.File {
	t.Helper()
	f := d.claimed(t, key)
	f, err := d.UpdateFile(t.Context(), key, at(loaded), func(current *report.File) error {
		return current.Quarantine(at(loaded), f.Epoch, at(graceOver), "unitId_level_1 is missing")
	})
	done(t, "quarantine", err)
	return f
}

func receipt(rows int64) report.Receipt {
	return report.Receipt{SHA256: "ab12", Bytes: 100, Rows: rows, LoadedAt: at(loaded)}
}

// published is one day of October as the file's load leaves it; version is that of the record which it replaces.
func published(f report.File, day int, etag string, version int64) report.Partition {
	return report.Partition{
		Subscription: f.Subscription, Table: f.Table, Date: oct(day), Generation: f.Generation, Job: f.Job, File: f.Key,
		Rows: 5, Key: report.PartitionKey(f.Subscription, f.Table, oct(day)), ETag: etag, LoadedAt: at(loaded), Version: version,
	}
}

func certificate(f report.File, verified time.Time) report.Certificate {
	return report.Certificate{
		File: f.Key, Bucket: "deliveries", Key: f.Delivery.Key, ETag: f.Delivery.ETag, Size: 100, Subscription: f.Subscription,
		Job: f.Job, Cause: f.Status, DeliveredAt: f.Delivery.At, DeletedAt: verified, VerifiedAt: verified, RequestID: "s3-1",
	}
}

// Each line below tells what counts of a record, so that a case can say in one line how it stands.

// wantJob compares a job with "STATUS file=STATUS …".
func (d fixture) wantJob(t *testing.T, id, want string) report.Job {
	t.Helper()
	j, err := d.Job(t.Context(), id)
	done(t, "read the job", err)
	same(t, "job "+id, jobLine(j), want)
	return j
}

func jobLine(j report.Job) string {
	parts := []string{string(j.Status)}
	for _, f := range j.Files {
		parts = append(parts, f.Key+"="+string(f.Status))
	}
	return strings.Join(parts, " ")
}

// wantFile compares a file with "STATUS job etag epoch"; what it has not is "-".
func (d fixture) wantFile(t *testing.T, key, want string) report.File {
	t.Helper()
	f, err := d.File(t.Context(), key)
	done(t, "read the file", err)
	same(t, "file "+key, fileLine(f), want)
	return f
}

func fileLine(f report.File) string {
	job, etag := "-", "-"
	if f.Job != "" {
		job = f.Job
	}
	if f.Delivery != nil {
		etag = f.Delivery.ETag
	}
	return fmt.Sprintf("%s %s %s %d", f.Status, job, etag, f.Epoch)
}

// wantMarkers compares a snapshot's markers with "job STATUS tables".
func (d fixture) wantMarkers(t *testing.T, sub string, want ...string) []report.Marker {
	t.Helper()
	markers := d.snapshot(t, sub).Markers
	var lines []string
	for _, m := range markers {
		lines = append(lines, fmt.Sprintf("%s %s %s", m.Job, m.Status, strings.Join(m.Tables, ",")))
	}
	same(t, "the markers of "+sub, strings.Join(lines, "; "), strings.Join(want, "; "))
	return markers
}

// wantDays compares the published days of October with "day etag version".
func (d fixture) wantDays(t *testing.T, sub, table string, want ...string) []report.Partition {
	t.Helper()
	days, err := d.Partitions(t.Context(), sub, table, report.Window{From: oct(1), To: oct(31)})
	done(t, "read the days", err)
	var lines []string
	for _, s := range days {
		lines = append(lines, fmt.Sprintf("%d %s v%d", s.Date-oct(0), s.ETag, s.Version))
	}
	same(t, "the days of "+sub, strings.Join(lines, "; "), strings.Join(want, "; "))
	return days
}

// everything returns the whole ledger as text.
func (d fixture) everything(t *testing.T) string {
	t.Helper()
	var lines []string
	for r, err := range d.store.Scan(t.Context(), "") {
		done(t, "scan", err)
		lines = append(lines, fmt.Sprintf("%s v%d %s %s %s", r.Key, r.Version, r.Queue, r.DueAt, r.Doc))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// unchanged runs do and demands that it leaves the ledger as it was.
func (d fixture) unchanged(t *testing.T, do func()) {
	t.Helper()
	before := d.everything(t)
	do()
	same(t, "the ledger", d.everything(t), before)
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s:\ngot  %v\nwant %v", what, got, want)
	}
}

func sameTime(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) {
		t.Fatalf("%s: got %s, want %s", what, got, want)
	}
}

func done(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v (%v)", what, err, fault.KindOf(err))
	}
}

func fails(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("%s: %v (%v), want it to fail as %v", what, err, fault.KindOf(err), kind)
	}
}

// movedOn reports whether err is the news that somebody has done this, or something else, before.
func movedOn(err error) bool {
	var transition *report.TransitionError
	return fault.Is(err, fault.Conflict) || errors.As(err, &transition)
}
