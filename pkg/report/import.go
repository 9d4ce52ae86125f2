package report

import (
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Origin is where the files of a job come from. In JSON an origin that is missing is a vendor's: records that are older than
// this word have none.
type Origin string

// The origins.
const (
	OriginVendor Origin = ""
	OriginImport Origin = "import"
)

// String returns the word for people: vendor or import.
func (o Origin) String() string {
	if o == OriginVendor {
		return "vendor"
	}
	return string(o)
}

// Import is what a person brings: files of days that no vendor is asked for.
type Import struct {
	Window Window
	Files  []NamedFile
	// Generation is when the vendor made the files, as the person says. It is never the time of the import: an old file must not
	// outrank a report that the vendor made later.
	Generation time.Time
	// Why says what is imported, for the job's timeline.
	Why string
}

// NewImport returns the job of an import. Its next step is to await the files. No vendor is asked, so it counts no attempt.
// An import that a report could not be is Poison: without files or days, with more days than a job may have, of a generation
// that the import's own time has not reached, or that is older than its last day.
func NewImport(id string, sub Subscription, in Import, now time.Time) (Job, error) {
	switch days := in.Window.Len(); {
	case days < 1 || days > MaxWindowDays:
		return Job{}, fault.New(fault.Poison, "an import of %d days: a job has 1 to %d", days, MaxWindowDays)
	case len(in.Files) == 0:
		return Job{}, fault.New(fault.Poison, "an import without a file")
	case in.Generation.After(now):
		return Job{}, fault.New(fault.Poison, "an import of what was made at %s, which is still to come", in.Generation.UTC().Format(time.RFC3339))
	case in.Generation.Before(in.Window.To.Time()):
		return Job{}, fault.New(fault.Poison, "an import of the day %s from what was made before it, at %s", in.Window.To, in.Generation.UTC().Format(time.RFC3339))
	}
	var tables []string
	for _, f := range in.Files {
		if f.Fetch != "" {
			return Job{}, fault.New(fault.Internal, "an import has nothing to fetch")
		}
		if !slices.Contains(tables, f.Table) {
			tables = append(tables, f.Table)
		}
	}
	j := NewJob(id, sub, Request{Window: in.Window, Tables: tables, Why: in.Why}, now)
	j.Origin, j.SubmittedAt = OriginImport, in.Generation
	return j, nil
}

// Imported reports whether a person brought the files of the job. Nothing is asked of a vendor for it, now or ever.
func (j *Job) Imported() bool { return j.Origin == OriginImport }

// notAsked refuses to ask a vendor for an import.
func (j *Job) notAsked() error {
	if !j.Imported() {
		return nil
	}
	return fault.New(fault.Conflict, "job %s is an import: no vendor is asked for it", j.ID)
}
