package sim

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Summary is what the machine has done so far, as the ledger and the buckets show it.
type Summary struct {
	// Resumed tells that an earlier run had begun the work. Posts are all requests that the vendor saw, NewPosts those
	// of this run.
	Resumed       bool `json:"resumed"`
	Subscriptions int  `json:"subscriptions"`
	Posts         int  `json:"posts"`
	NewPosts      int  `json:"new_posts"`

	Jobs     map[report.JobStatus]int      `json:"jobs"`
	Files    map[report.FileStatus]int     `json:"files"`
	Rows     []TableRows                   `json:"rows"`
	Coverage map[report.CoverageStatus]int `json:"coverage"`
	Wanted   int                           `json:"wanted"`

	// Exposure is how long loaded files lay in the delivery bucket.
	Exposure Exposure `json:"exposure"`
	// HeldOnPurpose are the strays and quarantined files, which are kept for a while.
	HeldOnPurpose []HeldOnPurpose `json:"held_on_purpose"`
	RawObjects    int             `json:"raw_objects"`
	Certificates  int             `json:"certificates"`
	// Unverified counts deleted files without a certificate that proves it.
	Unverified int `json:"unverified"`

	// Imported is what the demonstration imported, in this run or an earlier one.
	Imported Imported `json:"imported,omitzero"`
	// Left is what the demonstration left on purpose; nothing of it is a shortcoming.
	Left Left `json:"left"`
	// Faults are what went wrong on purpose in this run and was healed, in words.
	Faults []string `json:"faults"`
	// LedgerCalls and S3Calls are those that the functions made in this run.
	LedgerCalls CallCount `json:"ledger_calls"`
	S3Calls     CallCount `json:"s3_calls"`
	// Usage is what this run would be charged for on AWS; nil when it loaded nothing.
	Usage      *cost.Usage   `json:"usage,omitempty"`
	Elapsed    time.Duration `json:"elapsed"`
	Skipped    time.Duration `json:"skipped"`
	DatasetDir string        `json:"dataset_dir"`
}

// TableRows is how much one table holds: days of a subscription, and their rows.
type TableRows struct {
	Table string `json:"table"`
	Days  int64  `json:"days"`
	Rows  int64  `json:"rows"`
}

// Exposure is the distribution of how long objects lay in the delivery bucket.
type Exposure struct {
	Count int           `json:"count"`
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
	Max   time.Duration `json:"max"`
}

// HeldOnPurpose is how many objects were kept for a person or a latecomer, and how long at the most.
type HeldOnPurpose struct {
	Cause   report.FileStatus `json:"cause"`
	Count   int               `json:"count"`
	Longest time.Duration     `json:"longest"`
}

// CallCount is how often a service was called: in all, for each file that was loaded and deleted, and for each duplicate.
type CallCount struct {
	Total        int     `json:"total"`
	Files        int     `json:"files"`
	PerFile      float64 `json:"per_file"`
	Duplicates   int     `json:"duplicates"`
	PerDuplicate float64 `json:"per_duplicate"`
	// WritesPerDuplicate must be 0: what is loaded already is not written again.
	WritesPerDuplicate float64 `json:"writes_per_duplicate"`
}

// Summarize reads the ledger and the buckets.
func (m *Machine) Summarize(ctx context.Context) (Summary, error) {
	s := Summary{
		Jobs: map[report.JobStatus]int{}, Files: map[report.FileStatus]int{}, Coverage: map[report.CoverageStatus]int{},
		Posts: m.vendor.Requests(), DatasetDir: filepath.Join(m.Dir, "s3", DatasetBucket),
		LedgerCalls: m.tally.count(m.counted(), "DynamoDB"),
		S3Calls:     m.tally.count(m.counted(), "S3"),
		Left:        m.leftNothing(),
	}
	subs, err := m.ledger.Subscriptions(ctx)
	if err != nil {
		return s, err
	}
	for _, sub := range subs {
		s.Subscriptions++
		if err := m.summarizeSubscription(ctx, sub, &s); err != nil {
			return s, err
		}
	}
	if err := m.summarizeFiles(ctx, &s); err != nil {
		return s, err
	}
	for _, err := range m.deliveries.List(ctx, "") {
		if err != nil {
			return s, err
		}
		s.RawObjects++
	}
	s.Faults = m.wentWrong()
	return s, nil
}

func (m *Machine) summarizeSubscription(ctx context.Context, sub report.Subscription, s *Summary) error {
	snapshot, err := m.ledger.Snapshot(ctx, sub.Name)
	if err != nil {
		return err
	}
	limits, err := m.limits(sub)
	if err != nil {
		return err
	}
	days := report.Coverage(snapshot, limits, report.DateOf(m.clock.Now()))
	for _, day := range days {
		s.Wanted++
		s.Coverage[day.Status]++
	}
	s.Left.summarizeDays(m.left, sub.Name, days, snapshot.Partitions)
	for _, table := range limits.Tables {
		rows := s.table(table)
		for _, partition := range snapshot.Partitions {
			if partition.Table == table {
				rows.Days++
				rows.Rows += partition.Rows
			}
		}
	}
	jobs, err := m.ledger.Jobs(ctx, sub.Name)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		s.Jobs[j.Status]++
	}
	return nil
}

// table returns the figures of a table, which several subscriptions may feed.
func (s *Summary) table(name string) *TableRows {
	i := slices.IndexFunc(s.Rows, func(r TableRows) bool { return r.Table == name })
	if i < 0 {
		i = len(s.Rows)
		s.Rows = append(s.Rows, TableRows{Table: name})
	}
	return &s.Rows[i]
}

func (m *Machine) summarizeFiles(ctx context.Context, s *Summary) error {
	deleted := map[string]bool{}
	for f, err := range m.ledger.Files(ctx) {
		if err != nil {
			return err
		}
		s.Files[f.Status]++
		if m.rests(f) {
			s.Left.Quarantined = append(s.Left.Quarantined, LeftFile{Key: f.Key, Reason: f.Reason, Until: f.DueAt})
		}
		if f.Status == report.FileDeleted {
			deleted[f.Key] = true
		}
	}
	kept := map[report.FileStatus][]time.Duration{}
	for c, err := range m.ledger.Certificates(ctx) {
		if err != nil {
			return err
		}
		s.Certificates++
		if !c.VerifiedAt.Before(c.DeletedAt) && !c.DeletedAt.Before(c.DeliveredAt) {
			delete(deleted, c.File)
		}
		kept[c.Cause] = append(kept[c.Cause], c.Exposure())
	}
	for _, cause := range report.FileStatuses() {
		if n := len(kept[cause]); n > 0 && cause != report.FileLoaded {
			s.HeldOnPurpose = append(s.HeldOnPurpose, HeldOnPurpose{cause, n, slices.Max(kept[cause])})
		}
	}
	s.Unverified = len(deleted)
	s.Exposure = distribution(kept[report.FileLoaded])
	return nil
}

// distribution uses the nearest-rank method: each figure is one that was really measured.
func distribution(d []time.Duration) Exposure {
	if len(d) == 0 {
		return Exposure{}
	}
	slices.Sort(d)
	rank := func(percent int) time.Duration { return d[max(0, (len(d)*percent+99)/100-1)] }
	return Exposure{Count: len(d), P50: rank(50), P99: rank(99), Max: d[len(d)-1]}
}

// wentWrong says what went wrong on purpose in this run.
func (m *Machine) wentWrong() (words []string) {
	say := func(n int, what string) {
		if n > 0 {
			words = append(words, times(n, what))
		}
	}
	counted := m.vendor.faults()
	for _, f := range m.Faults {
		say(counted[f.Kind]-m.before[f.Kind], "the vendor "+m.vendor.words(f.Kind))
		delete(counted, f.Kind)
	}
	lost, doubled := m.queue.Disturbed()
	say(lost, "an event was lost")
	say(doubled, "an event came twice")
	return words
}
