package act

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const seeReview = "see which there are: bellhop review list"

// notFor says that a verb does not go with a kind.
func notFor(verb review.Verb, what, instead string) error {
	return shell.Usage(instead, "%s cannot be decided with %s", what, verb)
}

// told is the line that says what became of one thing.
type told struct{ line string }

func (t told) Failed(string) shell.Changed { return t }

func (t told) Said(s *shell.Screen) { s.Line("%s", t.line) }

// decidedDay is what became of a held report.
type decidedDay struct {
	review.HeldDay
	// RowsNow is what the day has after the decision.
	RowsNow int64 `json:"rows_now"`
	DryRun  bool  `json:"dry_run"`
	told
}

// heldItem is a report that is held.
type heldItem struct {
	a            *shell.App
	at           shell.Account
	sub, table   string
	date         report.Date
	partition    report.Partition
	newer, older string
	err          error
}

func (h *heldItem) find(ctx context.Context) error {
	h.partition, h.err = review.FindHeld(ctx, h.at.Ledger, h.sub, h.table, h.date)
	h.err = shell.Missing(h.err, seeReview)
	return h.err
}

func (h *heldItem) show(ctx context.Context) error {
	if err := h.find(ctx); err != nil {
		return err
	}
	c := review.Compare(h.partition)
	return h.a.Show(c, func(s *shell.Screen) { drawComparison(s, c) })
}

func (h *heldItem) prepare(ctx context.Context, d decision) string {
	if d.verb == review.Replay {
		h.err = notFor(d.verb, "a held report", "use accept or drop")
		return ""
	}
	if h.find(ctx) != nil {
		return ""
	}
	p, less := h.partition, ""
	if fell := review.HeldDayOf(p).Fell; !slices.Contains(fell, report.FellRows) {
		less = " and less in " + strings.Join(fell, ", ")
	}
	h.older = fmt.Sprintf("%s of %s (%s)", p.Date, p.Table, phrase.Count(int(p.Rows), "row"))
	h.newer = fmt.Sprintf("the report with %s%s that was asked for at %s", phrase.Count(int(p.Held.Rows), "row"), less, phrase.Minute(p.Held.Generation))
	if d.verb == review.Accept {
		return fmt.Sprintf("Replace %s by %s?", h.older, h.newer)
	}
	return fmt.Sprintf("Keep %s and forget %s?", h.older, h.newer)
}

func (h *heldItem) carryOut(ctx context.Context, d decision) (_ shell.Changed, err error) {
	if h.err != nil {
		return nil, h.err
	}
	done := decidedDay{HeldDay: review.HeldDayOf(h.partition), RowsNow: h.partition.Rows, DryRun: d.dryRun}
	if d.dryRun {
		done.line = fmt.Sprintf("would %s %s, instead of %s", d.verb, h.newer, h.older)
		return done, nil
	}
	if h.at.Holds == nil {
		return nil, shell.Usage("name it with --stack, --dataset-bucket or BELLHOP_DATASET_BUCKET", "the dataset bucket is not known")
	}
	holds, closing, err := h.at.Holds(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	decide, word := holds.Accept, "published"
	if d.verb == review.Drop {
		decide, word = holds.Drop, "forgotten"
	}
	now, err := decide(ctx, h.sub, h.table, h.date, h.partition.Held.Generation)
	if err != nil {
		return nil, err
	}
	done.RowsNow = now.Rows
	done.line = fmt.Sprintf("%s is %s: %s of %s has %s now", h.newer, word, h.date, h.table, phrase.Count(int(now.Rows), "row"))
	return done, nil
}

func drawComparison(s *shell.Screen, c review.Comparison) {
	s.Facts("day", shell.Toned(fmt.Sprintf("%s of %s of %s", c.Date, c.Table, c.Subscription), shell.Strong), "held because", shell.Toned(c.Why, shell.Bad),
		"held since", shell.Toned(phrase.Minute(c.HeldAt), shell.Waiting), "asked", phrase.Minute(c.AskedAt), "job", c.Job, "file", c.File)
	s.Line("")
	var rows [][]shell.Cell
	add := func(measure, what, before, after string, fell bool) {
		t := shell.Plain
		if fell {
			t = shell.Bad
		}
		rows = append(rows, shell.Row(shell.Toned(measure, t), what, before, shell.Toned(after, t), shell.Toned(percent(before, after), t)))
	}
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	add("", "rows", whole(c.Rows), whole(c.HeldRows), slices.Contains(c.Fell, report.FellRows))
	for _, m := range c.Measures {
		what := "sum of all rows"
		if m.Values != nil {
			what = "sum"
			add(m.Measure, "values", whole(*m.Values), whole(*m.HeldValues), m.Fell)
		}
		add(m.Measure, what, m.Sum, m.HeldSum, m.Fell)
	}
	s.Table("", []string{"measure", "what", "published", "held", "change"}, []string{"published", "held", "change"}, rows)
	s.Line("")
	s.Line("publish it: bellhop review accept %s · forget it: bellhop review drop %s", c.Key(), c.Key())
}

// percent says by how much a number changed, in percent of what it was; nothing when it did not change, or was 0.
func percent(before, after string) string {
	b, err := strconv.ParseFloat(before, 64)
	a, err2 := strconv.ParseFloat(after, 64)
	if err != nil || err2 != nil || b <= 0 || a == b {
		return ""
	}
	return fmt.Sprintf("%+.1f %%", (a/b-1)*100)
}

// changedFile is what became of a quarantined file.
type changedFile struct {
	File   string            `json:"file"`
	From   report.FileStatus `json:"from,omitempty"`
	To     report.FileStatus `json:"to,omitempty"`
	DueAt  time.Time         `json:"due_at,omitzero"`
	DryRun bool              `json:"dry_run"`
	Error  string            `json:"error,omitempty"`

	done string // what a person is told
}

func (f changedFile) Failed(why string) shell.Changed {
	f.Error = why
	return f
}

func (f changedFile) Said(s *shell.Screen) {
	if f.Error == "" {
		s.Line("file %s %s", s.Paint(shell.Strong, f.File), f.done)
	}
}

// fileItem is a quarantined file.
type fileItem struct {
	a  *shell.App
	at shell.Account
	changedFile
	err error
}

func (f *fileItem) show(ctx context.Context) error {
	file, err := f.at.Ledger.File(ctx, f.File)
	if err != nil {
		return shell.Missing(err, seeReview)
	}
	if file.Status != report.FileQuarantined {
		return notQuarantined(file, "shown here")
	}
	shown := struct {
		report.File
		DeletedAfter time.Time `json:"deleted_after"`
		// InBucket is left out when the delivery bucket is not known.
		InBucket *bool `json:"in_bucket,omitempty"`
	}{File: file, DeletedAfter: file.DueAt}
	lies := "not known: the delivery bucket was not named"
	if f.at.Deliveries != nil {
		there, err := inBucket(ctx, f.at, file)
		if err != nil {
			return err
		}
		shown.InBucket = &there
		if lies = "yes"; !there {
			lies = "no: somebody else has deleted it"
		}
	}
	return f.a.Show(shown, func(s *shell.Screen) { drawQuarantined(s, file, lies, f.at.Now()) })
}

func drawQuarantined(s *shell.Screen, f report.File, lies string, now time.Time) {
	object, size := "", ""
	if d := f.Delivery; d != nil {
		object, size = "s3://"+d.Bucket+"/"+d.Key, phrase.Bytes(d.Size)
	}
	s.Facts(
		"file", shell.Toned(f.Key, shell.Strong), "why", shell.Toned(f.Reason, shell.Bad),
		"deleted after", shell.Toned(deletion(f.DueAt, now), shell.Waiting), "object", object,
		"size", size, "in the bucket", lies,
		"job", f.Job, "table", f.Table,
		"days", f.Window.String(), "loads begun", fmt.Sprint(f.Loads),
	)
	s.Heading("WHAT YOU CAN DO")
	s.Line("nothing         it is deleted in time, and its days are asked for again")
	s.Line("load it again   once the cause is gone, such as a bellhop that did not know a column: bellhop review replay %s", f.Key)
	s.Line("delete it now   bellhop review drop %s", f.Key)
	s.Timeline(f.Timeline)
}

// deletion says when a quarantined file will be deleted.
func deletion(due, now time.Time) string {
	if !due.After(now) {
		return "now, by the next sweep"
	}
	return fmt.Sprintf("%s (in %s)", phrase.Minute(due), phrase.Span(due.Sub(now)))
}

func notQuarantined(f report.File, done string) error {
	return &shell.Problem{
		Code: shell.ExitError, Err: fmt.Errorf("file %s is %s: only a QUARANTINED file can be %s", f.Key, f.Status, done),
		Remedy: "see: bellhop files show " + f.Key,
	}
}

// inBucket reports whether an object lies under the file's key now.
func inBucket(ctx context.Context, at shell.Account, f report.File) (bool, error) {
	if f.Delivery == nil {
		return false, nil
	}
	versions, err := at.Deliveries.Versions(ctx, f.Delivery.Key)
	return slices.ContainsFunc(versions, func(v report.ObjectVersion) bool { return v.Latest && !v.Marker }), err
}

func (f *fileItem) prepare(_ context.Context, d decision) string {
	f.DryRun = d.dryRun
	switch d.verb {
	case review.Accept:
		f.err = notFor(d.verb, "the file "+f.File, "use replay or drop; accept takes SUBSCRIPTION/TABLE/DATE of a held report")
	case review.Drop:
		return fmt.Sprintf("Delete %s for good?", shell.Clean(f.File))
	case review.Replay:
	}
	return ""
}

func (f *fileItem) carryOut(ctx context.Context, d decision) (shell.Changed, error) {
	if f.err != nil {
		return f.changedFile, f.err
	}
	now, participle := f.at.Now(), map[review.Verb]string{review.Replay: "replayed", review.Drop: "dropped"}[d.verb]
	change := func(file *report.File) error {
		f.From = file.Status
		switch {
		case file.Status != report.FileQuarantined:
			return notQuarantined(*file, participle)
		case d.verb == review.Replay:
			return file.Replay(now, "replayed by a person")
		default:
			return file.Drop(now, "dropped by a person")
		}
	}
	file, err := f.at.Ledger.File(ctx, f.File)
	if err != nil {
		return f.changedFile, shell.Missing(err, seeReview)
	}
	tried, err := review.Change(ctx, f.at.Ledger, f.File, now, true, change)
	if err == nil && d.verb == review.Replay && f.at.Deliveries != nil {
		err = f.demandObject(ctx, file)
	}
	if err == nil && !d.dryRun {
		tried, err = review.Change(ctx, f.at.Ledger, f.File, now, false, change)
	}
	if err != nil {
		return f.changedFile, err
	}
	f.To, f.DueAt = tried.Status, tried.DueAt
	f.done = map[review.Verb]map[bool]string{
		review.Replay: {true: "would be EXPECTED again, and the next sweep would start its load", false: "is EXPECTED again: the next sweep starts its load"},
		review.Drop:   {true: "would be due, and the next sweep would delete it", false: "is due: the next sweep deletes it, with a certificate"},
	}[d.verb][d.dryRun]
	return f.changedFile, nil
}

// demandObject refuses a replay of a file whose object is gone.
func (f *fileItem) demandObject(ctx context.Context, file report.File) error {
	there, err := inBucket(ctx, f.at, file)
	if err != nil || there {
		return err
	}
	return &shell.Problem{
		Code: shell.ExitError, Err: fmt.Errorf("file %s cannot be replayed: its object is no longer in the delivery bucket", f.File),
		Remedy: "its days are asked for again once it is deleted: bellhop review drop " + f.File,
	}
}
