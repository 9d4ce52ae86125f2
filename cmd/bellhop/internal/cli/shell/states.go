package shell

import (
	"fmt"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// CoverageCounts counts days by status.
func (s *Screen) CoverageCounts(days map[report.CoverageStatus]int) Painted {
	return Counts(s, report.CoverageStatuses(), days, CoverageTone)
}

// CoverageTone says how the state of a day is meant.
func CoverageTone(status report.CoverageStatus) Tone {
	switch status {
	case report.CoverageComplete, report.CoverageZero:
		return Good
	case report.CoveragePending, report.CoverageNotEligible:
		return Waiting
	case report.CoverageMissing, report.CoverageExpired:
		return Bad
	default:
		panic("shell: unhandled coverage status " + string(status))
	}
}

// FileTone says how the state of a file is meant.
func FileTone(s report.FileStatus) Tone {
	switch s {
	case report.FileLoaded, report.FileDeleted:
		return Good
	case report.FileExpected, report.FileClaimed:
		return Waiting
	case report.FileStray, report.FileQuarantined, report.FileLost:
		return Bad
	default:
		panic("shell: unhandled file status " + string(s))
	}
}

// JobTone says how the state of a job is meant.
func JobTone(s report.JobStatus) Tone {
	switch s {
	case report.JobLoaded:
		return Good
	case report.JobPlanned, report.JobSubmitting, report.JobPolling, report.JobAwaitingFiles, report.JobWaitingUpstream,
		report.JobBackoff, report.JobNotEligible, report.JobUnknown:
		return Waiting
	case report.JobRefused, report.JobLost:
		return Bad
	case report.JobCancelled:
		return Quiet
	default:
		panic("shell: unhandled job status " + string(s))
	}
}

// Timeline writes every transition: when, from, to, why, attempt.
func (s *Screen) Timeline(of report.Timeline) {
	if len(of.History) == 0 {
		return
	}
	s.Heading("TIMELINE")
	var all [][]Cell
	for i, e := range of.History {
		if of.LeftOut > 0 && i == report.FirstEvents {
			all = append(all, Row(Cell{fmt.Sprintf("… %d events left out …", of.LeftOut), Quiet}, "", "", "", ""))
		}
		since, step, attempt := "", e.To, ""
		if i > 0 {
			since = "+" + phrase.Span(e.At.Sub(of.History[i-1].At))
		}
		if e.From != "" {
			step = e.From + " → " + e.To
		}
		if e.Attempt > 0 {
			attempt = fmt.Sprint(e.Attempt)
		}
		all = append(all, Row(phrase.Second(e.At), Cell{since, Quiet}, step, attempt, Cell{e.Why, Quiet}))
	}
	Rows(s, "when|>after|step|>attempt|why", all, func(r []Cell) []Cell { return r })
}
