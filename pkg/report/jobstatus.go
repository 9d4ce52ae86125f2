package report

import (
	"fmt"
	"slices"
)

// JobStatus is where a job stands.
type JobStatus string

// The statuses of a job.
const (
	// Planned: reserved in the ledger, not yet asked for.
	JobPlanned JobStatus = "PLANNED"
	// Submitting: a requester holds the job's lease and is asking the vendor now.
	JobSubmitting JobStatus = "SUBMITTING"
	// Polling: the vendor is preparing an export that has to be asked after.
	JobPolling JobStatus = "POLLING"
	// AwaitingFiles: accepted; every expected name is in the ledger.
	JobAwaitingFiles JobStatus = "AWAITING_FILES"
	// Loaded: every expected file is in the dataset. Terminal.
	JobLoaded JobStatus = "LOADED"
	// WaitingUpstream: the vendor has no data yet and says to come back in hours.
	JobWaitingUpstream JobStatus = "WAITING_UPSTREAM"
	// Backoff: throttled or failed in passing; tried again at the due time.
	JobBackoff JobStatus = "BACKOFF"
	// NotEligible: the unit is too young to be reported on, until the due time.
	JobNotEligible JobStatus = "NOT_ELIGIBLE"
	// Unknown: the request went out and no readable answer came back. Never asked again before the
	// delivery window is over.
	JobUnknown JobStatus = "UNKNOWN"
	// Refused: the vendor said no. Needs a person.
	JobRefused JobStatus = "REFUSED"
	// Lost: the deadline passed with files missing, or a file's content could never load. Terminal; the
	// planner asks for its days again while attempts remain.
	JobLost JobStatus = "LOST"
	// Cancelled by a person. Terminal.
	JobCancelled JobStatus = "CANCELLED"
)

// JobStatuses returns every status of a job.
func JobStatuses() []JobStatus {
	return []JobStatus{
		JobPlanned, JobSubmitting, JobPolling, JobAwaitingFiles, JobLoaded, JobWaitingUpstream,
		JobBackoff, JobNotEligible, JobUnknown, JobRefused, JobLost, JobCancelled,
	}
}

// Holds reports whether a job in this status keeps its days from being asked for by another job.
// It panics on a status that it does not know, so that a new one cannot be forgotten here.
func (s JobStatus) Holds() bool {
	switch s {
	case JobPlanned, JobSubmitting, JobPolling, JobAwaitingFiles, JobWaitingUpstream,
		JobBackoff, JobNotEligible, JobUnknown, JobRefused:
		return true
	case JobLoaded, JobLost, JobCancelled:
		return false
	default:
		panic("report: unhandled job status " + string(s))
	}
}

// Asks reports whether the next step of a job in this status is to ask the vendor, for which it needs a credential.
func (s JobStatus) Asks() bool {
	switch s {
	case JobPlanned, JobBackoff, JobWaitingUpstream, JobNotEligible, JobPolling:
		return true
	case JobSubmitting, JobAwaitingFiles, JobUnknown, JobLoaded, JobRefused, JobLost, JobCancelled:
		return false
	default:
		panic("report: unhandled job status " + string(s))
	}
}

// NeedsPerson reports whether nothing will move the job but a person.
func (s JobStatus) NeedsPerson() bool { return s == JobRefused }

// next lists the statuses that may follow s.
func (s JobStatus) next() []JobStatus {
	switch s {
	case JobPlanned:
		// Lost: its window has aged while it waited for its turn. Awaiting files: an import, whose files are named at once.
		return []JobStatus{JobSubmitting, JobAwaitingFiles, JobLost, JobCancelled}
	case JobSubmitting:
		return []JobStatus{
			JobAwaitingFiles, JobPolling, JobWaitingUpstream, JobBackoff, JobNotEligible, JobUnknown, JobRefused, JobPlanned,
			JobLost,
		}
	case JobPolling:
		return []JobStatus{JobPolling, JobAwaitingFiles, JobLost, JobRefused, JobCancelled}
	case JobAwaitingFiles:
		// Refused: the vendor said no when a file was to be fetched.
		return []JobStatus{JobLoaded, JobLost, JobRefused, JobCancelled}
	case JobBackoff:
		return []JobStatus{JobSubmitting, JobPlanned, JobLost, JobCancelled}
	case JobWaitingUpstream, JobNotEligible:
		return []JobStatus{JobSubmitting, JobLost, JobCancelled}
	case JobUnknown:
		// Awaiting files: the answer came after all, later than anybody waited for it.
		return []JobStatus{JobAwaitingFiles, JobLost, JobCancelled}
	case JobRefused:
		// Loaded: a file that had been delivered before the vendor's no comes after it, and was the last.
		return []JobStatus{JobPlanned, JobLoaded, JobCancelled}
	case JobCancelled:
		return []JobStatus{JobPlanned, JobCancelled}
	case JobLost:
		// A file that comes after all still loads, and may complete its job.
		return []JobStatus{JobLoaded, JobPlanned}
	case JobLoaded:
		return nil
	default:
		panic("report: unhandled job status " + string(s))
	}
}

// UnmarshalText refuses a status that this release does not know, such as one that a later release wrote: the record cannot
// be read, and nothing else is kept back by it.
func (s *JobStatus) UnmarshalText(text []byte) error { return known(s, text, JobStatuses(), "a job") }

func known[S ~string](s *S, text []byte, all []S, what string) error {
	if !slices.Contains(all, S(text)) {
		return fmt.Errorf("unknown status %q of %s: a later release may have written it", text, what)
	}
	*s = S(text)
	return nil
}
