package view

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A raw object may lie in the bucket, and due work may wait, for so long before a person should look.
const (
	rawLimit = 15 * time.Minute
	dueLimit = time.Hour
)

// Status is how an installation stands, and what needs a person.
type Status struct {
	Place     string      `json:"place"`
	AsOf      time.Time   `json:"as_of"`
	Data      []Data      `json:"data"`
	Jobs      JobsStatus  `json:"jobs"`
	Gaps      []Gap       `json:"gaps"`
	Files     FilesStatus `json:"files"`
	Raw       Raw         `json:"raw"`
	Attention []string    `json:"attention"`

	refusals []refusal
}

// Data is one subscription's days.
type Data struct {
	Subscription string `json:"subscription"`
	Paused       bool   `json:"paused"`
	// CompleteTo is the last day up to which every wanted day of every table is there.
	CompleteTo report.Date                   `json:"complete_to,omitzero"`
	Wanted     int                           `json:"wanted"`
	Counts     map[report.CoverageStatus]int `json:"counts"`
	Held       int                           `json:"held"`
	Problem    string                        `json:"problem,omitempty"`
}

// JobsStatus counts the jobs.
type JobsStatus struct {
	Open    int                      `json:"open"`
	Counts  map[report.JobStatus]int `json:"counts"`
	Refused []string                 `json:"refused"`
	Overdue []string                 `json:"overdue"`
	// Named files of jobs that wait for them, how many of those have been loaded, and the next deadline.
	Named    int       `json:"files_named"`
	Loaded   int       `json:"files_loaded"`
	Deadline time.Time `json:"deadline,omitzero"`
}

// FilesStatus counts the files.
type FilesStatus struct {
	Counts map[report.FileStatus]int `json:"counts"`
	// Held are the strays and the quarantined files.
	Held        []File    `json:"held"`
	LastDeleted time.Time `json:"last_deleted,omitzero"`
}

// Raw is what lies in the delivery bucket.
type Raw struct {
	// Known tells whether the delivery bucket could be looked into; otherwise Objects counts what the ledger knows of.
	Known   bool `json:"known"`
	Objects int  `json:"objects"`
	// Overdue are the keys of objects that are older than they should be, without a reason.
	Overdue []string      `json:"overdue"`
	Oldest  time.Duration `json:"oldest_ns"`
}

// Status looks at everything. It reads the whole ledger.
func (v *View) Status(ctx context.Context) (Status, error) {
	s := Status{
		Place: v.Name, AsOf: v.Now().UTC(), Data: []Data{}, Gaps: []Gap{}, Attention: []string{},
		Jobs:  JobsStatus{Counts: map[report.JobStatus]int{}, Refused: []string{}, Overdue: []string{}},
		Files: FilesStatus{Counts: map[report.FileStatus]int{}, Held: []File{}}, Raw: Raw{Overdue: []string{}},
	}
	subs, err := v.Ledger.Subscriptions(ctx)
	if err != nil {
		return s, err
	}
	credential, err := v.Ledger.Credential(ctx, report.CredentialLWA)
	if err != nil {
		return s, err
	}
	if credential.Shut() {
		s.need("all jobs wait for a login since %s: bellhop auth login. %s", phrase.Minute(credential.ShutSince), credential.Reason)
	}
	for _, sub := range subs {
		if err := v.lookAtDays(ctx, sub, &s); err != nil {
			return s, err
		}
		jobs, err := v.Ledger.Jobs(ctx, sub.Name)
		if err != nil {
			return s, err
		}
		for _, j := range jobs {
			s.job(j, sub.Paused, credential.Shut())
		}
	}
	if err := v.lookAtFiles(ctx, &s); err != nil {
		return s, err
	}
	s.judge()
	return s, nil
}

func (s *Status) need(format string, args ...any) {
	s.Attention = append(s.Attention, fmt.Sprintf(format, args...))
}

func (v *View) lookAtDays(ctx context.Context, sub report.Subscription, s *Status) error {
	d := Data{Subscription: sub.Name, Paused: sub.Paused}
	defer func() { s.Data = append(s.Data, d) }()
	if _, err := v.Source(sub); err != nil {
		// A person has to correct it; the other subscriptions are shown all the same.
		if d.Problem = err.Error(); !sub.Paused {
			s.need("%s", d.Problem)
		}
		return nil
	}
	c, err := v.coverage(ctx, sub, report.Window{})
	if err != nil {
		return err
	}
	d.Wanted, d.Counts, d.Held = len(c.Days), c.Counts, len(c.Held)
	complete := c.Window.To
	var missing []Gap
	for _, g := range c.Gaps {
		complete = min(complete, g.Window.From-1)
		if g.Status == report.CoverageMissing || g.Status == report.CoverageExpired {
			s.Gaps = append(s.Gaps, g)
		}
		// A day that became wanted only today is not forgotten: the next run asks for it.
		newest := g.Why == "" && g.Window.From == c.Window.To
		if g.Status == report.CoverageMissing && !newest && !sub.Paused {
			missing = append(missing, g)
		}
	}
	for _, g := range GroupGaps(missing) {
		s.need("%s of %s (%s) missing%s", phrase.Count(g.Days, "day"), phrase.Tables(g.Tables), sub.Name, g.openEnd())
	}
	if complete >= c.Window.From {
		d.CompleteTo = complete
	}
	if d.Held > 0 && !sub.Paused {
		s.need("%s of %s with a newer report that is held, because it has much less: bellhop review list", phrase.Count(d.Held, "day"), sub.Name)
	}
	return nil
}

// job counts a job. A job of a paused subscription needs no person. Without a credential, a job that was not sent yet is
// not overdue: it waits for a login.
func (s *Status) job(job report.Job, paused, shut bool) {
	j := &s.Jobs
	j.Counts[job.Status]++
	if job.Status.NeedsPerson() {
		if !paused {
			s.refuse(job)
		}
		return
	}
	if !job.Status.Holds() {
		return
	}
	j.Open++
	waits := shut && job.Asks()
	if !paused && !waits && !job.DueAt.IsZero() && s.AsOf.Sub(job.DueAt) > dueLimit {
		j.Overdue = append(j.Overdue, job.ID)
	}
	if job.Status == report.JobAwaitingFiles {
		j.Named += len(job.Files)
		j.Loaded += loaded(job)
		if j.Deadline.IsZero() || !job.Deadline.IsZero() && job.Deadline.Before(j.Deadline) {
			j.Deadline = job.Deadline
		}
	}
}

// lookAtFiles counts the files, and compares the delivery bucket with them.
func (v *View) lookAtFiles(ctx context.Context, s *Status) error {
	delivered := map[string]report.File{}
	for f, err := range v.Ledger.Files(ctx) {
		if err != nil {
			return err
		}
		s.Files.Counts[f.Status]++
		if f.DeletedAt.After(s.Files.LastDeleted) {
			s.Files.LastDeleted = f.DeletedAt
		}
		if f.Delivery != nil && f.Status.HoldsObject() {
			delivered[f.Delivery.Key] = f
		}
		if heldBack(f) {
			s.Files.Held = append(s.Files.Held, fileOf(f))
		}
	}
	if v.Deliveries == nil {
		for key, f := range delivered {
			s.raw(key, f.Delivery.At, f)
		}
		return nil
	}
	s.Raw.Known = true
	for object, err := range v.Deliveries.List(ctx, "") {
		if fault.Is(err, fault.NotFound) {
			break
		}
		if err != nil {
			return fmt.Errorf("look into the delivery bucket: %w", err)
		}
		since, f := object.ModifiedAt, delivered[object.Key]
		if f.Delivery != nil {
			since = f.Delivery.At
		}
		s.raw(object.Key, since, f)
	}
	return nil
}

// heldBack reports whether a file is kept on purpose, for a person or a latecomer.
func heldBack(f report.File) bool {
	return f.Status == report.FileStray || f.Status == report.FileQuarantined
}

func (s *Status) raw(key string, since time.Time, f report.File) {
	s.Raw.Objects++
	age := s.AsOf.Sub(since)
	s.Raw.Oldest = max(s.Raw.Oldest, age)
	if age > rawLimit && !heldBack(f) {
		s.Raw.Overdue = append(s.Raw.Overdue, key)
	}
}

// judge says what needs attention beyond the days.
func (s *Status) judge() {
	// Refusals are the cause of days that are missing, and so come before those.
	var first []string
	for _, r := range s.refusals {
		first = append(first, r.need())
	}
	s.Attention = some(append(first, s.Attention...))
	if n := len(s.Jobs.Overdue); n > 0 {
		s.need("%s overdue by more than an hour: does the requester run? bellhop jobs show %s", phrase.Count(n, "job"), s.Jobs.Overdue[0])
	}
	if n := len(s.Files.Held); n > 0 {
		s.need("%s quarantined or unexpected: bellhop files show %s", phrase.Count(n, "file"), s.Files.Held[0].Key)
	}
	if n := len(s.Raw.Overdue); n > 0 {
		s.need("%s in the delivery bucket for more than 15 minutes: does the janitor run?", phrase.Count(n, "raw object"))
	}
}
