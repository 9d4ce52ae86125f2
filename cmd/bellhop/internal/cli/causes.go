package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// refusedBy is a reason that names the job, which of several jobs with the same cause each has of its own.
var refusedBy = regexp.MustCompile(`^job \S+ was refused`)

// gapGroup are gaps of one subscription that have one cause.
type gapGroup struct {
	gap    // the first one, with all of their days; its window reaches over all of them
	tables []string
	gaps   int
}

// groupGaps puts gaps together that have one cause, in their order.
func groupGaps(gaps []gap) []gapGroup {
	var groups []gapGroup
	for _, g := range gaps {
		cause := refusedBy.ReplaceAllString(g.Why, "refused")
		at := slices.IndexFunc(groups, func(have gapGroup) bool {
			return have.Subscription == g.Subscription && have.Status == g.Status && refusedBy.ReplaceAllString(have.Why, "refused") == cause
		})
		if at < 0 {
			groups = append(groups, gapGroup{g, []string{g.Table}, 1})
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
		if !slices.Contains(group.tables, g.Table) {
			group.tables = append(group.tables, g.Table)
		}
	}
	return groups
}

// what says which days the gaps are of.
func (g gapGroup) what() string {
	when := g.Window.From.String()
	if g.Window.Len() > 1 {
		when = g.Window.String()
	}
	if g.gaps == 1 {
		return fmt.Sprintf("%s %s %s", g.Table, when, g.Subscription)
	}
	return fmt.Sprintf("%s of %s in %s %s", count(g.Days, "day"), tables(g.tables), when, g.Subscription)
}

// lastAttempt is a reason that says that the planner asks no more.
var lastAttempt = regexp.MustCompile(`^job \S+ was the last of`)

// openEnd says why missing days stay missing, and what a person can do that is not said of their jobs already.
func (g gapGroup) openEnd() string {
	them := "them"
	if g.Days == 1 {
		them = "it"
	}
	switch {
	case strings.HasPrefix(refusedBy.ReplaceAllString(g.Why, "refused"), "refused"):
		return ": refused by the vendor"
	case lastAttempt.MatchString(g.Why) && g.gaps == 1:
		days := g.Window.From.String()
		if g.Window.Len() > 1 {
			days = g.Window.String()
		}
		return fmt.Sprintf(", and no open job asks for %s; ask once more: bellhop refetch %s %s --table %s", them, g.Subscription, days, g.Table)
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
func (j *jobsStatus) refuse(job report.Job) {
	j.Refused = append(j.Refused, job.ID)
	for i, r := range j.refusals {
		if r.subscription == job.Subscription && r.reason == job.Reason {
			j.refusals[i].jobs = append(j.refusals[i].jobs, job.ID)
			return
		}
	}
	j.refusals = append(j.refusals, refusal{job.Subscription, job.Reason, []string{job.ID}})
}

// need says what a person has to do about them: mend the cause, and then ask again.
func (r refusal) need() string {
	const most = 8
	ids := strings.Join(r.jobs[:min(most, len(r.jobs))], " ")
	if more := len(r.jobs) - most; more > 0 {
		ids += fmt.Sprintf(" and %d more: bellhop jobs list --status REFUSED", more)
	}
	return fmt.Sprintf("%s refused: bellhop jobs show %s, and bellhop subscriptions show %s; when the cause is gone: bellhop jobs retry %s", count(len(r.jobs), "job"), r.jobs[0], r.subscription, ids)
}
