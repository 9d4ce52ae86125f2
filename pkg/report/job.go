package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Job is one request for one window of some tables of one subscription. It names the files that it expects.
type Job struct {
	ID           string    `json:"id"`
	Subscription string    `json:"subscription"`
	Source       string    `json:"source"`
	Origin       Origin    `json:"origin,omitempty"`
	Window       Window    `json:"window"`
	Tables       []string  `json:"tables"`
	Status       JobStatus `json:"status"`
	// Attempt counts how often these days have been asked for, this job included; see [Plan].
	Attempt int `json:"ask"`
	// Requests counts the requests sent for this job.
	Requests int `json:"attempt"`
	// Epoch fences the requester that holds the job: it grows with every lease, and every later write of
	// that requester is conditioned on it.
	Epoch int64 `json:"epoch"`
	// Worker is the name of that requester's lease. Two runs may take one at the same instant, and no two names are the same.
	Worker    string    `json:"worker,omitempty"`
	PlannedAt time.Time `json:"planned_at"`
	// TriedSince is when the first of the requests was sent that the vendor has put off since. What came before it was no
	// attempt: waiting for a run, for the unit to be old enough, or for a person. While files are fetched it is when the
	// present one was first tried.
	TriedSince time.Time `json:"tried_since,omitzero"`
	// Fetches counts the tries to fetch the present file, and FetchedAt is when the last of all was delivered.
	Fetches   int       `json:"fetches,omitempty"`
	FetchedAt time.Time `json:"fetched_at,omitzero"`
	// SubmittedAt is when the latest request began. It is the generation of everything the job loads.
	SubmittedAt time.Time `json:"submitted_at,omitzero"`
	FinishedAt  time.Time `json:"finished_at,omitzero"`
	// DueAt is when somebody must look at the job next: a lease's end, a retry, a deadline. Zero: never.
	DueAt time.Time `json:"due_at,omitzero"`
	// Deadline is when a file that has not come counts as lost. Zero while there are files to fetch, which have no deadline:
	// how long they are tried is the requester's patience.
	Deadline  time.Time `json:"deadline,omitzero"`
	Reason    string    `json:"reason,omitempty"`
	RequestID string    `json:"request_id,omitempty"`
	Ticket    string    `json:"ticket,omitempty"`
	Files     []JobFile `json:"files,omitempty"`
	Timeline
}

// JobFile is a job's own note of one of its files.
type JobFile struct {
	Key   string `json:"key"`
	Table string `json:"table"`
	// Fetch is the source's reference of content that the requester still has to fetch and deliver.
	Fetch string `json:"fetch,omitempty"`
	// Root is the unit that every row of the file must be of, or below.
	Root string `json:"root,omitempty"`
	// Status is EXPECTED, LOADED, QUARANTINED or LOST, as far as the job has been told.
	Status FileStatus `json:"status"`
}

// NewJob returns the PLANNED job that answers a planned request.
func NewJob(id string, sub Subscription, r Request, now time.Time) Job {
	j := Job{
		ID: id, Subscription: sub.Name, Source: sub.Source,
		Window: r.Window, Tables: r.Tables, Attempt: r.Attempt,
		Status: JobPlanned, PlannedAt: now, DueAt: now,
	}
	j.History = []Event{{At: now, To: string(JobPlanned), Why: r.Why}}
	return j
}

func (j *Job) to(next JobStatus, now time.Time, why string) error {
	if !slices.Contains(j.Status.next(), next) {
		return &TransitionError{What: "job " + j.ID, From: string(j.Status), To: string(next)}
	}
	j.add(Event{At: now, From: string(j.Status), To: string(next), Why: why, Attempt: j.Requests})
	j.Status, j.Reason = next, why
	if !next.Holds() {
		j.FinishedAt, j.DueAt = now, time.Time{}
	}
	return nil
}

// Due reports whether the job wants attention at now.
func (j *Job) Due(now time.Time) bool { return due(j.DueAt, now) }

// due reports whether a due time has come. Zero never does.
func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// Begin takes the job to SUBMITTING under a lease: a new attempt, a new epoch, a new generation.
func (j *Job) Begin(worker string, now, leaseUntil time.Time) error {
	if err := j.notAsked(); err != nil {
		return err
	}
	attempt, first := j.Requests+1, j.Status == JobPlanned || j.Status == JobNotEligible || j.TriedSince.IsZero()
	j.Requests = attempt
	if err := j.to(JobSubmitting, now, ""); err != nil {
		j.Requests = attempt - 1
		return err
	}
	j.Epoch++
	j.Worker, j.SubmittedAt, j.DueAt, j.RequestID = worker, now, leaseUntil, ""
	if first {
		j.TriedSince = now
	}
	return nil
}

// BeginPoll puts a lease on a POLLING job, or on an AWAITING_FILES job that has files to fetch, which is a try of the first
// of them. The status stays.
func (j *Job) BeginPoll(worker string, now, leaseUntil time.Time) error {
	if !j.Due(now) {
		return &TransitionError{What: "job " + j.ID, From: string(j.Status), To: "a new lease"}
	}
	j.Epoch++
	j.Worker, j.DueAt = worker, leaseUntil
	if j.Status == JobAwaitingFiles {
		if j.Fetches++; j.TriedSince.IsZero() {
			j.TriedSince = now
		}
	}
	return nil
}

// EndLease makes a job due again that its requester holds.
func (j *Job) EndLease(now time.Time) { j.DueAt = now }

// AwaitFiles records an accepted request: every file by name, and the deadline for the last of them. A job with files that
// are to be fetched is due at once, and has no deadline before the last of them is delivered; see [Job.Fetched].
func (j *Job) AwaitFiles(now time.Time, a Answer, deadline time.Time) error {
	for _, f := range a.Files {
		if err := checkReference(f.Fetch); err != nil {
			return err
		}
	}
	if err := j.to(JobAwaitingFiles, now, "the vendor named "+plural(len(a.Files), "file")); err != nil {
		return err
	}
	j.RequestID, j.Ticket, j.DueAt, j.Deadline = a.RequestID, "", deadline, deadline
	for _, f := range a.Files {
		j.Files = append(j.Files, JobFile{Key: f.Name, Table: f.Table, Fetch: f.Fetch, Root: f.Root, Status: FileExpected})
		if f.Fetch != "" {
			j.DueAt, j.Deadline, j.TriedSince, j.Fetches = now, time.Time{}, time.Time{}, 0
		}
	}
	if len(j.Files) == 0 {
		return j.settled(now)
	}
	return nil
}

// MarkPolling records that the answer is to be asked for again at until.
func (j *Job) MarkPolling(now time.Time, a Answer, until time.Time) error {
	if err := checkReference(a.Ticket); err != nil {
		return err
	}
	if j.Status == JobPolling {
		// A poll that changed nothing is no event: an export may be asked after hundreds of times.
		j.Ticket, j.DueAt = a.Ticket, until
		return nil
	}
	if err := j.to(JobPolling, now, a.Why); err != nil {
		return err
	}
	j.RequestID, j.Ticket, j.DueAt = a.RequestID, a.Ticket, until
	return nil
}

// Postpone puts the job aside as status (WAITING_UPSTREAM, BACKOFF or NOT_ELIGIBLE) until a time. A job that awaits files which
// are to be fetched keeps its own status, because those that were delivered go on loading: only the reason says what it waits for.
func (j *Job) Postpone(status JobStatus, now, until time.Time, why string) error {
	if len(j.ToFetch()) > 0 && j.Status == JobAwaitingFiles {
		j.add(Event{At: now, From: string(j.Status), To: string(j.Status), Why: why, Attempt: j.Fetches})
		j.Reason = why
		if status == JobNotEligible {
			j.TriedSince, j.Fetches = time.Time{}, 0
		}
	} else if err := j.to(status, now, why); err != nil {
		return err
	}
	j.DueAt = until
	return nil
}

// MarkUnknown records that the outcome of the request is not known. The job rests until the delivery window is over.
func (j *Job) MarkUnknown(now, until time.Time, why string) error {
	if err := j.to(JobUnknown, now, why); err != nil {
		return err
	}
	j.DueAt = until
	return nil
}

// Refuse records the vendor's no, to the request or to the fetch of a file. Files that were delivered before are still loaded.
func (j *Job) Refuse(now time.Time, why string) error {
	if err := j.to(JobRefused, now, why); err != nil {
		return err
	}
	j.DueAt = time.Time{}
	return nil
}

// Release gives a SUBMITTING job back, because nothing was sent, or an AWAITING_FILES job whose file could not be fetched for a
// cause that says nothing about it: the try does not count. An empty why leaves the reason as it is.
func (j *Job) Release(now time.Time, why string) error {
	if j.Status == JobAwaitingFiles {
		j.Fetches, j.Reason, j.DueAt = max(j.Fetches-1, 0), cmp.Or(why, j.Reason), now
		return nil
	}
	if err := j.to(JobPlanned, now, why); err != nil {
		return err
	}
	j.Requests--
	j.DueAt = now
	return nil
}

// MarkLost gives the job up at its deadline: what has not come counts as lost. While a quarantined file may
// still be replayed the job stays open, and recheck says when to look again.
func (j *Job) MarkLost(now, recheck time.Time, why string) error {
	quarantined := false
	for i := range j.Files {
		switch j.Files[i].Status {
		case FileExpected:
			j.Files[i].Status = FileLost
		case FileQuarantined:
			quarantined = true
		default:
		}
	}
	if quarantined {
		j.DueAt = recheck
		return nil
	}
	return j.to(JobLost, now, why)
}

// Outdate gives up a job whose window begins before the first day that can be asked for. It was not asked for, so it does not
// count as an attempt for its days: the planner asks for those that are left.
func (j *Job) Outdate(now time.Time, first Date) error {
	if err := j.to(JobLost, now, fmt.Sprintf("not sent: its days before %s can no longer be asked for; those that are left are planned anew", first)); err != nil {
		return err
	}
	j.Attempt--
	return nil
}

// Outdated reports whether the window of the job begins before the first day that can be asked for.
func (j *Job) Outdated(l Limits, today Date) (first Date, outdated bool) {
	first = today - Date(l.HorizonDays)
	return first, j.Window.From < first
}

// Retry takes a REFUSED, LOST, CANCELLED or BACKOFF job back to PLANNED at a person's wish, due now, and forgets how
// often its days were asked for. An import is a Conflict: its files are imported again.
func (j *Job) Retry(now time.Time, why string) error {
	if err := j.notAsked(); err != nil {
		return err
	}
	if err := j.to(JobPlanned, now, why); err != nil {
		return err
	}
	j.Attempt, j.DueAt, j.FinishedAt, j.Files, j.Ticket = 1, now, time.Time{}, nil, ""
	j.Fetches, j.FetchedAt, j.Deadline = 0, time.Time{}, time.Time{}
	return nil
}

// Fetched notes that the content of a file was fetched and delivered, and ends the lease. From then on the file is awaited like
// any other. The deadline begins to count with the last one; before that the job is due for the next.
func (j *Job) Fetched(now time.Time, key string, deadline time.Time) {
	for i := range j.Files {
		if j.Files[i].Key == key {
			j.Files[i].Fetch = ""
		}
	}
	j.Fetches, j.TriedSince, j.Reason, j.DueAt = 0, time.Time{}, "", now
	if len(j.ToFetch()) == 0 {
		j.FetchedAt, j.Deadline, j.DueAt = now, deadline, deadline
	}
}

// Cancel gives the job up at a person's wish.
func (j *Job) Cancel(now time.Time, why string) error { return j.to(JobCancelled, now, why) }

// File returns the job's note of the file with the given key.
func (j *Job) File(key string) (JobFile, bool) {
	for _, f := range j.Files {
		if f.Key == key {
			return f, true
		}
	}
	return JobFile{}, false
}

// SettleFile notes what became of one file and finishes the job when that was the last. Settling the same way
// twice, or a key that the job does not know, changes nothing.
func (j *Job) SettleFile(now time.Time, key string, status FileStatus) error {
	i := slices.IndexFunc(j.Files, func(f JobFile) bool { return f.Key == key })
	if i < 0 || j.Files[i].Status == status {
		return nil
	}
	j.Files[i].Status = status
	return j.settled(now)
}

// settled finishes the job when no file is outstanding any more.
func (j *Job) settled(now time.Time) error {
	for _, f := range j.Files {
		if f.Status == FileExpected || f.Status == FileQuarantined {
			return nil
		}
	}
	pending := j.PendingTables()
	if len(pending) == 0 {
		// What still comes for a cancelled job is loaded like any other file, but only a person brings the job back.
		if j.Status == JobLoaded || j.Status == JobCancelled {
			return nil
		}
		return j.to(JobLoaded, now, "")
	}
	if !j.Status.Holds() || j.Status.NeedsPerson() {
		return nil
	}
	return j.to(JobLost, now, "nothing loaded for "+strings.Join(pending, ", "))
}

// PendingTables returns the tables of which a file is missing, or for which no file was ever named.
func (j *Job) PendingTables() []string {
	var pending []string
	for _, table := range j.Tables {
		named, loaded := 0, 0
		for _, f := range j.Files {
			if f.Table == table {
				named++
				if f.Status == FileLoaded {
					loaded++
				}
			}
		}
		if named == 0 || loaded < named {
			pending = append(pending, table)
		}
	}
	return pending
}

// LoadedParts returns the keys of the loaded files of a table other than the given one, in the order of the answer.
func (j *Job) LoadedParts(table, except string) []string {
	var keys []string
	for _, f := range j.Files {
		if f.Table == table && f.Key != except && f.Status == FileLoaded {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// Asks reports whether the next step of the job is to ask the vendor, for which it needs a credential.
func (j *Job) Asks() bool {
	return j.Status.Asks() || j.Status == JobAwaitingFiles && len(j.ToFetch()) > 0
}

// ToFetch returns the files whose content the requester still has to fetch and deliver.
func (j *Job) ToFetch() []JobFile {
	var files []JobFile
	for _, f := range j.Files {
		if f.Fetch != "" && f.Status == FileExpected {
			files = append(files, f)
		}
	}
	return files
}

// Marker returns what the planner must know of the job, and whether it must still know it: a job that holds
// days, or one that lost them and was an attempt to get them from the vendor.
func (j *Job) Marker() (Marker, bool) {
	m := Marker{Job: j.ID, Window: j.Window, Tables: j.PendingTables(), Status: j.Status, Attempt: j.Attempt, Reason: j.Reason}
	return m, j.Status.Holds() || j.Status == JobLost && !j.Imported()
}

// Finished returns when the job came to an end; ok is false while it holds its days.
func (j *Job) Finished() (at time.Time, ok bool) { return j.FinishedAt, !j.Status.Holds() }

// Marker is a job as the planner sees it: the days of the tables that are still open.
type Marker struct {
	Job     string    `json:"job"`
	Window  Window    `json:"window"`
	Tables  []string  `json:"tables"`
	Status  JobStatus `json:"status"`
	Attempt int       `json:"ask"`
	Reason  string    `json:"reason,omitempty"`
}

// Covers reports whether the marker speaks of that day of that table.
func (m Marker) Covers(table string, d Date) bool {
	return m.Window.Contains(d) && slices.Contains(m.Tables, table)
}
