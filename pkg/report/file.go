package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Delivery is an object that arrived in the delivery bucket.
type Delivery struct {
	Bucket    string    `json:"bucket"`
	Key       string    `json:"key"`
	ETag      string    `json:"etag"`
	VersionID string    `json:"version_id,omitempty"`
	Size      int64     `json:"size"`
	At        time.Time `json:"at"`
}

// IsOf reports whether the delivery is of this content of an object: by the ETag, and by the version where both sides know one. A
// listing tells none.
func (d Delivery) IsOf(o Object) bool {
	return d.ETag == o.ETag && (d.VersionID == "" || o.VersionID == "" || d.VersionID == o.VersionID)
}

// tick is the grain of the times in notifications.
const tick = time.Millisecond

// Found returns the delivery of an object that was seen in the bucket just now, whose notification may be lost. S3 dates it by
// the second, or by the begin of a multipart upload, and notifications by the millisecond. So content other than the recorded
// one came after it, whatever its date says, and likewise what lies there after the file's deletion.
func (f *File) Found(bucket string, o Object) Delivery {
	d := Delivery{Bucket: bucket, Key: o.Key, ETag: o.ETag, VersionID: o.VersionID, Size: o.Size, At: o.ModifiedAt}
	var before time.Time
	switch {
	case f.Status == FileDeleted:
		before = f.DeletedAt
	case f.Delivery == nil || f.Delivery.Key != o.Key:
	case f.Delivery.IsOf(o):
		d.At = f.Delivery.At
	default:
		before = f.Delivery.At
	}
	if !d.At.After(before) {
		d.At = before.Add(tick)
	}
	return d
}

// File is the ledger's record of one expected or arrived delivery.
type File struct {
	// Key is the name under which the file is expected; for a stray, the object's key.
	Key    string     `json:"key"`
	Status FileStatus `json:"status"`

	// What the requester knows. Empty for a stray.
	Job          string    `json:"job,omitempty"`
	Subscription string    `json:"subscription,omitempty"`
	Table        string    `json:"table,omitempty"`
	Window       Window    `json:"window,omitzero"`
	Generation   time.Time `json:"generation,omitzero"`
	// Parts is how many files of the table the job expects.
	Parts int `json:"parts,omitempty"`
	// Root is the unit that every row must be of, or below. Empty in a record that is older than this check.
	Root string `json:"root,omitempty"`

	// What the ingester knows.
	Delivery *Delivery `json:"delivery,omitempty"`
	Receipt  *Receipt  `json:"receipt,omitempty"`
	Epoch    int64     `json:"epoch"`
	// Worker is the name of the latest claim. Two workers may claim at the same instant, and no two have the same name.
	Worker string `json:"worker,omitempty"`
	// Loads counts how often loading the present content was begun.
	Loads int `json:"loads,omitempty"`
	// Setbacks counts those of them that ended with a failure of something else, which says nothing about the content.
	Setbacks int `json:"setbacks,omitempty"`

	Reason    string    `json:"reason,omitempty"`
	DeletedAt time.Time `json:"deleted_at,omitzero"`
	// DueAt is when somebody must look at the file next. Zero: never.
	DueAt time.Time `json:"due_at,omitzero"`
	Timeline
}

// MaxLoads is how often loading the same content is begun before the file is quarantined: content that
// kills its worker each time must not do so for ever. Setbacks do not count: an outage is not the content's fault. But a fault
// that lasts is a person's to see before the bucket's lifecycle removes the file: 24 setbacks take 21 hours, by their pauses.
const (
	MaxLoads    = 8
	MaxSetbacks = 24
)

// The pauses after which the sweep starts a load again that has failed: each time twice as long.
const (
	firstPause   = 5 * time.Minute
	longestPause = time.Hour
)

func (f *File) to(next FileStatus, now time.Time, why string) error {
	if f.Status != "" && !slices.Contains(f.Status.next(), next) {
		return &TransitionError{What: "file " + f.Key, From: string(f.Status), To: string(next)}
	}
	f.note(now, next, why)
	f.Status, f.Reason, f.DueAt = next, why, time.Time{}
	return nil
}

func (f *File) note(now time.Time, next FileStatus, why string) {
	f.add(Event{At: now, From: string(f.Status), To: string(next), Why: why, Attempt: f.Loads})
}

// Due reports whether the file wants attention at now.
func (f *File) Due(now time.Time) bool { return due(f.DueAt, now) }

// Expect records that job expects the file. A file that has arrived already keeps its delivery: the caller
// sees it and starts the load. A name that the vendor uses again is taken over from a job that is done with
// it; while another job is not, the error is a Conflict.
func (f *File) Expect(now time.Time, job Job, named JobFile, parts int, deadline time.Time) error {
	switch f.Status {
	case "", FileStray, FileDeleted, FileLost:
	case FileExpected, FileClaimed, FileLoaded, FileQuarantined:
		if f.Job != job.ID || f.Status == FileClaimed && !f.Generation.Equal(job.SubmittedAt) {
			return fault.New(fault.Conflict, "file %s is still %s for job %s", f.Key, f.Status, f.Job)
		}
		if f.Generation.Equal(job.SubmittedAt) {
			return nil
		}
		// The job was asked for again, and the vendor used the name again: what lies there is loaded anew.
	}
	arrived := f.Delivery != nil && f.Status.HoldsObject()
	if err := f.to(FileExpected, now, "named by job "+job.ID); err != nil {
		return err
	}
	f.Job, f.Subscription, f.Table, f.Window = job.ID, job.Subscription, named.Table, job.Window
	f.Generation, f.Parts, f.Root, f.DueAt = job.SubmittedAt, parts, named.Root, deadline
	f.Receipt, f.Loads, f.Setbacks, f.DeletedAt = nil, 0, 0, time.Time{}
	if arrived {
		f.DueAt = now
	} else {
		f.Delivery = nil
	}
	return nil
}

// Decision is what is to be done about an arrival.
type Decision int

// The decisions.
const (
	// DecideLoad: the file is claimed for the caller, who must load it.
	DecideLoad Decision = iota
	// DecideDuplicate: this content is known and dealt with. Nothing to do, nothing to write.
	DecideDuplicate
	// DecideBusy: somebody else holds the lease on this content.
	DecideBusy
	// DecideStray: nobody expects it. It is on record and is never opened.
	DecideStray
	// DecideExhausted: loading it was begun too often; the caller must quarantine it. It is claimed.
	DecideExhausted
	// DecideReturned: content that was loaded and deleted has been put again; it waits to be deleted again.
	DecideReturned
)

// String returns the decision's name for logs.
func (d Decision) String() string {
	switch d {
	case DecideLoad:
		return "load"
	case DecideDuplicate:
		return "duplicate"
	case DecideBusy:
		return "busy"
	case DecideStray:
		return "stray"
	case DecideExhausted:
		return "exhausted"
	case DecideReturned:
		return "returned"
	default:
		return "unhandled decision"
	}
}

// Claim is how an arrival is claimed.
type Claim struct {
	// Worker has a new name for each claim.
	Worker string
	// Lease is until when the claim holds, and Grace until when a stray rests.
	Lease, Grace time.Time
}

// Arrive records an arrival and decides about it. When the decision changes nothing in f, as for a duplicate,
// nothing needs to be written.
func (f *File) Arrive(d Delivery, c Claim, now time.Time) (Decision, error) {
	same := f.Delivery != nil && f.Delivery.IsOf(Object{ETag: d.ETag, VersionID: d.VersionID})
	stale := f.Delivery != nil && !same && d.At.Before(f.Delivery.At)
	switch f.Status {
	case "", FileStray:
		if same || stale {
			return DecideStray, nil
		}
		if err := f.to(FileStray, now, "nobody expects it"); err != nil {
			return 0, err
		}
		f.Delivery, f.DueAt = &d, c.Grace
		return DecideStray, nil
	case FileClaimed:
		if stale || same && f.DueAt.After(now) {
			return DecideBusy, nil
		}
	case FileLoaded, FileQuarantined:
		if same || stale {
			return DecideDuplicate, nil
		}
	case FileDeleted:
		if !d.At.After(f.DeletedAt) {
			return DecideDuplicate, nil
		}
		return f.returned(d, same, c, now)
	case FileExpected, FileLost:
	}
	return f.claim(d, same, c, now)
}

// returned handles an object that was put after the file's deletion.
func (f *File) returned(d Delivery, same bool, c Claim, now time.Time) (Decision, error) {
	switch {
	case f.Job == "":
		if err := f.to(FileStray, now, "put again after its deletion"); err != nil {
			return 0, err
		}
		f.Delivery, f.DueAt = &d, c.Grace
		return DecideStray, nil
	case same && f.Receipt != nil:
		if err := f.to(FileLoaded, now, "the same content was put again"); err != nil {
			return 0, err
		}
		f.Delivery, f.DueAt = &d, now
		return DecideReturned, nil
	default:
		return f.claim(d, same, c, now)
	}
}

func (f *File) claim(d Delivery, same bool, c Claim, now time.Time) (Decision, error) {
	why := "arrived"
	if f.Status == FileClaimed {
		why = "the lease ran out, or other content arrived"
	}
	if !same {
		f.Loads, f.Setbacks = 0, 0
	}
	f.Loads++
	if err := f.to(FileClaimed, now, why); err != nil {
		return 0, err
	}
	f.Epoch++
	f.Worker, f.Delivery, f.DueAt = c.Worker, &d, c.Lease
	if f.Loads-f.Setbacks > MaxLoads || f.Setbacks >= MaxSetbacks {
		return DecideExhausted, nil
	}
	return DecideLoad, nil
}

// Exhausted says why a claimed file is not to be loaded again.
func (f *File) Exhausted() string {
	if f.Setbacks < MaxSetbacks {
		return fmt.Sprintf("loading was begun %d times and never ended", MaxLoads)
	}
	last := ""
	for _, e := range f.History {
		if e.To == string(FileExpected) {
			last = e.Why
		}
	}
	return fmt.Sprintf("loading failed %d times, though not for its content; the last time: %s", MaxSetbacks, last)
}

// HeldBy reports, as a Conflict, that the claim with the given epoch is over.
func (f *File) HeldBy(epoch int64) error {
	if f.Status != FileClaimed || f.Epoch != epoch {
		return fault.New(fault.Conflict, "file %s is %s at epoch %d: the claim at epoch %d is over", f.Key, f.Status, f.Epoch, epoch)
	}
	return nil
}

// Load commits the receipt of a claimed file. From now on the delivered object may be deleted, on proof.
func (f *File) Load(now time.Time, epoch int64, r Receipt) error {
	if err := f.HeldBy(epoch); err != nil {
		return err
	}
	if err := f.to(FileLoaded, now, ""); err != nil {
		return err
	}
	f.Receipt, f.DueAt = &r, now
	return nil
}

// Quarantine records that the content of a claimed file can never load. It is kept until a time.
func (f *File) Quarantine(now time.Time, epoch int64, until time.Time, why string) error {
	if err := f.HeldBy(epoch); err != nil {
		return err
	}
	if err := f.to(FileQuarantined, now, why); err != nil {
		return err
	}
	f.DueAt = until
	return nil
}

// Unclaim gives a claimed file back after a failure; setback says that it was not the content's. An event may claim it again at
// once. The sweep, which would start its load with every run, does so after a pause: the more often it failed, the longer.
func (f *File) Unclaim(now time.Time, epoch int64, setback bool, why string) error {
	if err := f.HeldBy(epoch); err != nil {
		return err
	}
	if err := f.to(FileExpected, now, why); err != nil {
		return err
	}
	if setback {
		f.Setbacks++
	}
	f.DueAt = now.Add(min(firstPause<<min(f.Loads-1, 10), longestPause))
	return nil
}

// Reopen makes a LOADED or QUARANTINED file loadable again: its proof failed, or a person asked for it ([File.Replay]).
// It is due at once. Loads that were begun still count, so that a proof which fails each time does not go on for ever.
func (f *File) Reopen(now time.Time, why string) error {
	if f.Job == "" {
		return fault.New(fault.Conflict, "file %s belongs to no job", f.Key)
	}
	if err := f.to(FileExpected, now, why); err != nil {
		return err
	}
	f.Receipt, f.DueAt = nil, now
	return nil
}

// Replay makes a QUARANTINED file loadable again because a person wants it: the next sweep starts its load. Loads that
// were begun no longer count; a person has looked at it since, and content that still kills its worker ends here again.
func (f *File) Replay(now time.Time, why string) error {
	if f.Status != FileQuarantined {
		return &TransitionError{What: "file " + f.Key, From: string(f.Status), To: string(FileExpected)}
	}
	if err := f.Reopen(now, why); err != nil {
		return err
	}
	f.Loads, f.Setbacks = 0, 0
	return nil
}

// Drop ends the hold of a QUARANTINED file because a person wants it: the next sweep deletes it, with a certificate.
// Until then it stays QUARANTINED, for its old reason. Dropping it twice changes nothing.
func (f *File) Drop(now time.Time, why string) error {
	if f.Status != FileQuarantined {
		return &TransitionError{What: "file " + f.Key, From: string(f.Status), To: string(FileDeleted)}
	}
	if !f.DueAt.After(now) {
		return nil
	}
	f.note(now, f.Status, why)
	f.DueAt = now
	return nil
}

// Delete records the verified deletion of the delivered object.
func (f *File) Delete(now time.Time, why string) error {
	if err := f.to(FileDeleted, now, why); err != nil {
		return err
	}
	f.DeletedAt = now
	return nil
}

// MarkLost records that the file did not come in time, or that its object is gone before it was loaded.
func (f *File) MarkLost(now time.Time, why string) error { return f.to(FileLost, now, why) }

// Finished returns when nothing of the file was left to be dealt with; ok is false while an object of it may lie in the
// delivery bucket.
func (f *File) Finished() (at time.Time, ok bool) {
	if f.Status.HoldsObject() {
		return at, false
	}
	return f.History[len(f.History)-1].At, true
}
