package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say on one screen whether anything is wrong", Args: cobra.NoArgs,
		Long: `Say on one screen how things stand, and what needs a person. It reads the whole ledger.

Exit code 3 when something needs attention:
  - days are missing, other than today's newest, and no open job asks for them
  - nobody has logged in, or the login is not good any more: all jobs wait
  - a job was refused, or is overdue by more than an hour
  - a newer report that would shrink older data is held back
  - a file is quarantined, or nobody expects it
  - a raw object lies in the delivery bucket for more than 15 minutes without such a reason

Days that have expired are shown, and raise no alarm: nobody can do anything about them any more.`,
		Example: "  bellhop status\n  bellhop status --json | jq -r '.attention[]'\n  bellhop status >/dev/null || echo look at bellhop",
		RunE:    a.on(a.status),
	}
}

// Raw objects may lie for so long, and due work may wait for so long, before somebody should look.
const (
	rawLimit = 15 * time.Minute
	dueLimit = time.Hour
)

// overview is the answer of the status command.
type overview struct {
	Place     string       `json:"place"`
	AsOf      time.Time    `json:"as_of"`
	Data      []dataStatus `json:"data"`
	Jobs      jobsStatus   `json:"jobs"`
	Gaps      []gap        `json:"gaps"`
	Files     filesStatus  `json:"files"`
	Raw       rawStatus    `json:"raw"`
	Attention []string     `json:"attention"`
}

// dataStatus is one subscription's days.
type dataStatus struct {
	Subscription string `json:"subscription"`
	Paused       bool   `json:"paused"`
	// CompleteTo is the last day up to which every wanted day of every table is there.
	CompleteTo report.Date                   `json:"complete_to,omitzero"`
	Wanted     int                           `json:"wanted"`
	Counts     map[report.CoverageStatus]int `json:"counts"`
	Held       int                           `json:"held"`
	Problem    string                        `json:"problem,omitempty"`
}

type jobsStatus struct {
	Open    int                      `json:"open"`
	Counts  map[report.JobStatus]int `json:"counts"`
	Refused []string                 `json:"refused"`
	Overdue []string                 `json:"overdue"`

	refusals []refusal
	// Named files of jobs that wait for them, how many of those have been loaded, and the next deadline.
	Named    int       `json:"files_named"`
	Loaded   int       `json:"files_loaded"`
	Deadline time.Time `json:"deadline,omitzero"`
}

type filesStatus struct {
	Counts map[report.FileStatus]int `json:"counts"`
	// Held are the keys of strays and quarantined files.
	Held        []heldFile `json:"held"`
	LastDeleted time.Time  `json:"last_deleted,omitzero"`
}

type heldFile struct {
	Key    string            `json:"key"`
	Status report.FileStatus `json:"status"`
	Reason string            `json:"reason"`
	// Until is when it is deleted.
	Until time.Time `json:"until,omitzero"`
}

type rawStatus struct {
	// Known tells whether the delivery bucket could be looked into; without that Objects counts what the ledger knows of.
	Known   bool `json:"known"`
	Objects int  `json:"objects"`
	// Overdue are the keys of objects that are older than they should be, without a reason.
	Overdue []string      `json:"overdue"`
	Oldest  time.Duration `json:"oldest_ns"`
}

func (a *app) status(ctx context.Context, at Account, _ []string) error {
	o := overview{
		Place: at.Name, AsOf: at.Now().UTC(), Data: []dataStatus{}, Gaps: []gap{}, Attention: []string{},
		Jobs:  jobsStatus{Counts: map[report.JobStatus]int{}, Refused: []string{}, Overdue: []string{}},
		Files: filesStatus{Counts: map[report.FileStatus]int{}, Held: []heldFile{}}, Raw: rawStatus{Overdue: []string{}},
	}
	subs, err := at.Ledger.Subscriptions(ctx)
	if err != nil {
		return err
	}
	credential, err := at.Ledger.Credential(ctx, report.CredentialLWA)
	if err != nil {
		return err
	}
	if credential.Shut() {
		o.Attention = append(o.Attention, fmt.Sprintf("all jobs wait for a login since %s: bellhop auth login. %s", minute(credential.ShutSince), credential.Reason))
	}
	for _, sub := range subs {
		if err := a.lookAtDays(ctx, at, sub, &o); err != nil {
			return err
		}
		jobs, err := at.Ledger.Jobs(ctx, sub.Name)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			o.Jobs.add(j, sub.Paused, credential.Shut(), o.AsOf)
		}
	}
	if err := lookAtFiles(ctx, at, &o); err != nil {
		return err
	}
	o.judge()
	if err := a.show(o, func(s *screen) { s.overview(o) }); err != nil {
		return err
	}
	if len(o.Attention) > 0 {
		return exit(ExitAttention)
	}
	return nil
}

func (a *app) lookAtDays(ctx context.Context, at Account, sub report.Subscription, o *overview) error {
	d := dataStatus{Subscription: sub.Name, Paused: sub.Paused}
	if d.Problem = a.flaw(sub); d.Problem != "" {
		// It has to be put right, and keeps nobody from seeing the others.
		o.Data = append(o.Data, d)
		if sub.Paused {
			return nil
		}
		o.Attention = append(o.Attention, d.Problem)
		return nil
	}
	c, err := a.coverageOf(ctx, at, sub, report.Window{})
	if err != nil {
		return err
	}
	d.Wanted, d.Counts, d.Held = len(c.Days), c.Counts, len(c.Held)
	complete := c.Window.To
	var missing []gap
	for _, g := range c.Gaps {
		complete = min(complete, g.Window.From-1)
		if g.Status == report.CoverageMissing || g.Status == report.CoverageExpired {
			o.Gaps = append(o.Gaps, g)
		}
		if g.Status == report.CoverageMissing && !newest(g, c.Window) && !sub.Paused {
			missing = append(missing, g)
		}
	}
	for _, g := range groupGaps(missing) {
		o.Attention = append(o.Attention, fmt.Sprintf("%s of %s (%s) missing%s", count(g.Days, "day"), tables(g.tables), sub.Name, g.openEnd()))
	}
	if complete >= c.Window.From {
		d.CompleteTo = complete
	}
	if d.Held > 0 && !sub.Paused {
		o.Attention = append(o.Attention, fmt.Sprintf("%s of %s with a newer report that is held, because it has much less: bellhop review list", count(d.Held, "day"), sub.Name))
	}
	o.Data = append(o.Data, d)
	return nil
}

// flaw says why a subscription cannot be understood, if so.
func (a *app) flaw(sub report.Subscription) string {
	_, err := a.source(sub)
	if err == nil {
		return ""
	}
	return err.Error()
}

// add counts a job. One of a paused subscription needs nobody. Without a credential, a job that is yet to be asked for is not
// overdue: it waits for a login.
func (j *jobsStatus) add(job report.Job, paused, shut bool, now time.Time) {
	j.Counts[job.Status]++
	if job.Status.NeedsPerson() {
		if !paused {
			j.refuse(job)
		}
		return
	}
	if !job.Status.Holds() {
		return
	}
	j.Open++
	waits := shut && job.Status.Asks()
	if !paused && !waits && !job.DueAt.IsZero() && now.Sub(job.DueAt) > dueLimit {
		j.Overdue = append(j.Overdue, job.ID)
	}
	if job.Status == report.JobAwaitingFiles {
		l := listed(job)
		j.Named += l.FilesNamed
		j.Loaded += l.FilesLoaded
		if j.Deadline.IsZero() || job.Deadline.Before(j.Deadline) {
			j.Deadline = job.Deadline
		}
	}
}

// lookAtFiles counts the files, and compares the delivery bucket with them.
func lookAtFiles(ctx context.Context, at Account, o *overview) error {
	delivered := map[string]report.File{}
	for f, err := range at.Ledger.Files(ctx) {
		if err != nil {
			return err
		}
		o.Files.Counts[f.Status]++
		if f.DeletedAt.After(o.Files.LastDeleted) {
			o.Files.LastDeleted = f.DeletedAt
		}
		if f.Delivery != nil && f.Status.HoldsObject() {
			delivered[f.Delivery.Key] = f
		}
		if heldBack(f) {
			o.Files.Held = append(o.Files.Held, heldFile{f.Key, f.Status, f.Reason, f.DueAt})
		}
	}
	if at.Deliveries == nil {
		for key, f := range delivered {
			o.Raw.add(key, f.Delivery.At, f, o.AsOf)
		}
		return nil
	}
	o.Raw.Known = true
	for object, err := range at.Deliveries.List(ctx, "") {
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
		o.Raw.add(object.Key, since, f, o.AsOf)
	}
	return nil
}

// heldBack reports whether a file is kept on purpose, for a person or a latecomer.
func heldBack(f report.File) bool {
	return f.Status == report.FileStray || f.Status == report.FileQuarantined
}

func (r *rawStatus) add(key string, since time.Time, f report.File, now time.Time) {
	r.Objects++
	age := now.Sub(since)
	r.Oldest = max(r.Oldest, age)
	if age > rawLimit && !heldBack(f) {
		r.Overdue = append(r.Overdue, key)
	}
}

// judge says what needs attention beyond the days.
func (o *overview) judge() {
	need := func(format string, args ...any) { o.Attention = append(o.Attention, fmt.Sprintf(format, args...)) }
	// They are the cause of days that are missing, and so come before those.
	for _, r := range slices.Backward(o.Jobs.refusals) {
		o.Attention = slices.Insert(o.Attention, 0, r.need())
	}
	if n := len(o.Jobs.Overdue); n > 0 {
		need("%s overdue by more than an hour: does the requester run? bellhop jobs show %s", count(n, "job"), o.Jobs.Overdue[0])
	}
	if n := len(o.Files.Held); n > 0 {
		need("%s quarantined or unexpected: bellhop files show %s", count(n, "file"), o.Files.Held[0].Key)
	}
	if n := len(o.Raw.Overdue); n > 0 {
		need("%s in the delivery bucket for more than %s: does the janitor run?", count(n, "raw object"), "15 minutes")
	}
}
