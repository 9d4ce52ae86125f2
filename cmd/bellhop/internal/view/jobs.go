package view

import (
	"context"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Filter chooses from a list. The zero value chooses everything; a list ignores what it does not have.
type Filter struct {
	Subscription, Job string
	// Statuses are those of jobs or files, or what the file of a certificate was deleted as.
	Statuses []string
	// Open chooses jobs that are not over.
	Open bool
	// SlowerThan chooses longer exposures.
	SlowerThan time.Duration
	// Last chooses only the newest; 0 is all.
	Last int
}

// fits compares what all lists have.
func (f Filter) fits(subscription, job, status string) bool {
	return (f.Subscription == "" || f.Subscription == subscription) && (f.Job == "" || f.Job == job) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, status))
}

// Job is a job in one line.
type Job struct {
	ID           string           `json:"id"`
	Subscription string           `json:"subscription"`
	Source       string           `json:"source"`
	Origin       string           `json:"origin"`
	Window       report.Window    `json:"window"`
	Tables       []string         `json:"tables"`
	Status       report.JobStatus `json:"status"`
	Reason       string           `json:"reason,omitempty"`
	Attempt      int              `json:"attempt"`
	PlannedAt    time.Time        `json:"planned_at"`
	SubmittedAt  time.Time        `json:"submitted_at,omitzero"`
	FinishedAt   time.Time        `json:"finished_at,omitzero"`
	DueAt        time.Time        `json:"due_at,omitzero"`
	FilesLoaded  int              `json:"files_loaded"`
	FilesNamed   int              `json:"files_named"`
	// VendorRequestID is what the vendor called the request.
	VendorRequestID string `json:"vendor_request_id,omitempty"`
}

func jobOf(j report.Job) Job {
	return Job{
		ID: j.ID, Subscription: j.Subscription, Source: j.Source, Origin: j.Origin.String(), Window: j.Window, Tables: some(j.Tables), Status: j.Status,
		Reason: j.Reason, Attempt: j.Requests, PlannedAt: j.PlannedAt, SubmittedAt: j.SubmittedAt, FinishedAt: j.FinishedAt,
		DueAt: j.DueAt, FilesLoaded: loaded(j), FilesNamed: len(j.Files), VendorRequestID: j.RequestID,
	}
}

// loaded counts the files of a job that were loaded.
func loaded(j report.Job) int {
	n := 0
	for _, f := range j.Files {
		if f.Status == report.FileLoaded {
			n++
		}
	}
	return n
}

// Jobs lists jobs by subscription, the newest last; the newest of all subscriptions come in the order of time.
func (v *View) Jobs(ctx context.Context, f Filter) ([]Job, error) {
	subs, err := v.Subscriptions(ctx, f.Subscription)
	if err != nil {
		return nil, err
	}
	var jobs []Job
	for _, sub := range subs {
		all, err := v.Ledger.Jobs(ctx, sub.Name)
		if err != nil {
			return nil, err
		}
		for _, j := range all {
			if f.fits(j.Subscription, j.ID, string(j.Status)) && (!f.Open || j.Status.Holds()) {
				jobs = append(jobs, jobOf(j))
			}
		}
	}
	if f.Last > 0 && len(jobs) > f.Last {
		slices.SortStableFunc(jobs, func(x, y Job) int { return x.PlannedAt.Compare(y.PlannedAt) })
	}
	return newest(jobs, f.Last), nil
}

// JobDetails is a job with its files as they are now. What the source needs to fetch them is left out: it may let in
// anybody who has it.
type JobDetails struct {
	report.Job
	Ticket string    `json:"ticket,omitempty"`
	Files  []JobFile `json:"files"`
	Aftermath
}

// JobFile is one file of a job.
type JobFile struct {
	Key    string            `json:"key"`
	Table  string            `json:"table"`
	Status report.FileStatus `json:"status"`
	Rows   int64             `json:"rows"`
	Reason string            `json:"reason,omitempty"`
}

// Job returns a job with its files.
func (v *View) Job(ctx context.Context, id string) (JobDetails, error) {
	job, err := v.Ledger.Job(ctx, id)
	if err != nil {
		return JobDetails{}, missing(err, "see which there are: bellhop jobs list")
	}
	details := JobDetails{Job: job, Files: []JobFile{}}
	for _, named := range job.Files {
		part := JobFile{Key: named.Key, Table: named.Table, Status: named.Status}
		f, err := v.Ledger.File(ctx, named.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return details, err
		}
		if err == nil && f.Job == job.ID {
			part.Status, part.Reason = f.Status, WhyNotLoaded(f)
			if f.Receipt != nil {
				part.Rows = f.Receipt.Rows
			}
		}
		details.Files = append(details.Files, part)
	}
	details.Aftermath, err = v.Aftermath(ctx, job)
	return details, err
}

// Aftermath is what became of a job's days after it failed.
type Aftermath struct {
	// ReplacedBy are the later jobs that asked for some of its days.
	ReplacedBy []string `json:"replaced_by,omitempty"`
	// Healed tells that all of its days are there now, so that a retry would fetch them once more for nothing.
	Healed bool `json:"healed,omitempty"`
	// TooOld tells that none of its days can be asked for any more.
	TooOld bool `json:"too_old,omitempty"`
}

// Aftermath looks at a job that ended without its files; it is empty for others.
func (v *View) Aftermath(ctx context.Context, job report.Job) (after Aftermath, err error) {
	if !job.Status.NeedsPerson() && job.Status != report.JobLost && job.Status != report.JobCancelled {
		return after, nil
	}
	sub, err := v.Ledger.Subscription(ctx, job.Subscription)
	if fault.Is(err, fault.NotFound) {
		return after, nil
	}
	if err != nil {
		return after, err
	}
	jobs, err := v.Ledger.Jobs(ctx, job.Subscription)
	if err != nil {
		return after, err
	}
	for _, later := range jobs {
		shared := slices.ContainsFunc(later.Tables, func(t string) bool { return slices.Contains(job.Tables, t) })
		if later.ID != job.ID && later.PlannedAt.After(job.PlannedAt) && later.Window.Overlaps(job.Window) && shared {
			after.ReplacedBy = append(after.ReplacedBy, later.ID)
		}
	}
	source, err := v.Source(sub)
	if err != nil {
		return after, nil //nolint:nilerr // without knowing what it wants its coverage cannot be told
	}
	first, _ := job.Outdated(source.Limits(sub.Params), v.today())
	after.TooOld = job.Window.To < first
	c, err := v.coverage(ctx, sub, job.Window, job.Tables...)
	if err != nil {
		return after, err
	}
	there := len(slices.DeleteFunc(c.Days, func(d report.DayCoverage) bool { return !d.Status.Covered() }))
	after.Healed = there > 0 && there == job.Window.Len()*len(job.Tables)
	return after, nil
}
