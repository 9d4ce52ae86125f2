package view

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var (
	// refusedBy is a reason that names the job, which of several jobs with the same cause each has of its own.
	refusedBy = regexp.MustCompile(`^job \S+ was refused`)
	// lastAttempt is a reason that says that the planner asks no more.
	lastAttempt = regexp.MustCompile(`^job \S+ was the last of`)
)

func causeOf(why string) string { return refusedBy.ReplaceAllString(why, "refused") }

// GapGroup are gaps of one subscription that have one cause.
type GapGroup struct {
	Gap    // the first one, with all of their days; its window reaches over all of them
	Tables []string
	gaps   int
}

// GroupGaps puts gaps together that have one cause, in their order.
func GroupGaps(gaps []Gap) []GapGroup {
	var groups []GapGroup
	for _, g := range gaps {
		cause := causeOf(g.Why)
		at := slices.IndexFunc(groups, func(have GapGroup) bool {
			return have.Subscription == g.Subscription && have.Status == g.Status && causeOf(have.Why) == cause
		})
		if at < 0 {
			groups = append(groups, GapGroup{g, []string{g.Table}, 1})
			continue
		}
		group := &groups[at]
		group.gaps++
		group.Days += g.Days
		group.Window = report.Window{From: min(group.Window.From, g.Window.From), To: max(group.Window.To, g.Window.To)}
		if g.LostAfter < group.LostAfter {
			group.LostAfter, group.DaysLeft = g.LostAfter, g.DaysLeft
		}
		group.Why = cause
		if !slices.Contains(group.Tables, g.Table) {
			group.Tables = append(group.Tables, g.Table)
		}
	}
	return groups
}

// What says which days the gaps are of.
func (g GapGroup) What() string {
	if g.gaps == 1 {
		return fmt.Sprintf("%s %s %s", g.Table, phrase.Days(g.Window), g.Subscription)
	}
	return fmt.Sprintf("%s of %s in %s %s", phrase.Count(g.Days, "day"), phrase.Tables(g.Tables), phrase.Days(g.Window), g.Subscription)
}

// openEnd says why missing days stay missing, and what a person can do about that; what to do about refused jobs is said
// with the jobs.
func (g GapGroup) openEnd() string {
	them := "them"
	if g.Days == 1 {
		them = "it"
	}
	switch {
	case strings.HasPrefix(causeOf(g.Why), "refused"):
		return ": refused by the vendor"
	case lastAttempt.MatchString(g.Why) && g.gaps == 1:
		return fmt.Sprintf(", and no open job asks for %s; ask once more: bellhop refetch %s %s --table %s", them, g.Subscription, phrase.Days(g.Window), g.Table)
	default:
		return ", and no open job asks for " + them
	}
}

// refusal are refused jobs that have one cause.
type refusal struct {
	subscription, reason string
	jobs                 []string
}

// refuse notes a refused job.
func (s *Status) refuse(job report.Job) {
	s.Jobs.Refused = append(s.Jobs.Refused, job.ID)
	at := slices.IndexFunc(s.refusals, func(r refusal) bool { return r.subscription == job.Subscription && r.reason == job.Reason })
	if at < 0 {
		at = len(s.refusals)
		s.refusals = append(s.refusals, refusal{subscription: job.Subscription, reason: job.Reason})
	}
	s.refusals[at].jobs = append(s.refusals[at].jobs, job.ID)
}

// need says what a person has to do about them: remove the cause, and then ask again.
func (r refusal) need() string {
	const most = 8
	ids := strings.Join(r.jobs[:min(most, len(r.jobs))], " ")
	if more := len(r.jobs) - most; more > 0 {
		ids += fmt.Sprintf(" and %d more: bellhop jobs list --status REFUSED", more)
	}
	return fmt.Sprintf("%s refused: bellhop jobs show %s, and bellhop subscriptions show %s; when the cause is gone: bellhop jobs retry %s",
		phrase.Count(len(r.jobs), "job"), r.jobs[0], r.subscription, ids)
}
