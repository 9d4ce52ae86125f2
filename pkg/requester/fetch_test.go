package requester_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// contents is a source's content and what became of it. The content of a file is its reference.
type contents struct {
	// answers are given in place of content, to one fetch after the other; the zero answer lets its fetch have the content.
	answers   []report.Answer
	asked     int
	delivered []string // "name: content"
	closed    int
}

// body notes that it was closed.
type body struct {
	io.Reader
	c *contents
}

func (b body) Close() error { b.c.closed++; return nil }

// chosen is what the requester puts before a source's name for a file.
var chosen = regexp.MustCompile(`^push/job/worker \d+-`)

func (c *contents) fetch(_ context.Context, _ report.Order, f report.NamedFile, _ turn) (io.ReadCloser, report.Answer) {
	if c.asked++; c.asked <= len(c.answers) && c.answers[c.asked-1].Why != "" {
		return nil, c.answers[c.asked-1]
	}
	return body{strings.NewReader(f.Fetch), c}, report.Answer{Outcome: report.OutcomeAccepted}
}

func (c *contents) deliver(_ context.Context, _, key string, content io.Reader) error {
	text, err := io.ReadAll(content)
	if err != nil {
		return fault.New(fault.Transient, "read its content: %w", err)
	}
	c.delivered = append(c.delivered, chosen.ReplaceAllString(key, "")+": "+string(text))
	return nil
}

// content lets the push source and the bucket play contents.
func (d *fixture) content(answers ...report.Answer) *contents {
	c := &contents{answers: answers}
	d.source.fetch, d.deliverer.deliver = c.fetch, c.deliver
	return c
}

// fetching records a job whose two files are to be fetched.
func (d *fixture) fetching() {
	d.t.Helper()
	j := d.plan("job", d.subscribe("seaside", "push", true))
	j.Status, j.SubmittedAt, j.Requests, j.Epoch = report.JobSubmitting, start, 1, 1
	if err := j.AwaitFiles(start, exported, start); err != nil {
		d.t.Fatal(err)
	}
	d.booked["job"] = j
}

// left are the names of the files that the job still has to fetch.
func (d *fixture) left() []string {
	var names []string
	j := d.booked["job"]
	for _, f := range j.ToFetch() {
		names = append(names, f.Key)
	}
	return names
}

// TestAPullSourceIsFetchedAtOnce: what needs no export is named by the first answer, and fetched in the same run.
func TestAPullSourceIsFetchedAtOnce(t *testing.T) {
	d := newFixture(t)
	d.plan("job", d.subscribe("seaside", "push", true))
	d.answer(exported)
	c := d.content()
	d.run(t.Context())
	if want := []string{"cases-1.csv: page-1", "cases-2.csv: page-2"}; !slices.Equal(c.delivered, want) {
		t.Errorf("delivered %q, want %q", c.delivered, want)
	}
	// One request and two fetches, a second apart.
	if passed := d.now.Sub(start); passed != 2*time.Second {
		t.Errorf("three exchanges with the vendor took %s, want 2s", passed)
	}
	// The deadline counts from the last delivery.
	d.want("job", report.JobAwaitingFiles, 4*time.Hour)
}

// TestEachAnswerHasKeysOfItsOwn: nobody can guess them, and what a first answer has left is not taken for a second's.
func TestEachAnswerHasKeysOfItsOwn(t *testing.T) {
	d := newFixture(t)
	var before []string
	for _, id := range []string{"job", "job-2"} {
		d.plan(id, d.subscribe("seaside", "push", true))
		d.answer(report.Answer{Outcome: report.OutcomeAccepted, Files: []report.NamedFile{
			{Name: "a.csv", Table: "asp_device", Fetch: "1"}, {Name: "b.csv", Table: "asp_device", Fetch: "2"}, {Name: "pushed.csv", Table: "asp_device"},
		}})
		d.content()
		d.run(t.Context())
		keys := d.booked[id].Files
		random := strings.TrimSuffix(strings.TrimPrefix(keys[0].Key, "push/"+id+"/"), "-a.csv")
		if !regexp.MustCompile(`^worker \d+$`).MatchString(random) || keys[1].Key != "push/"+id+"/"+random+"-b.csv" {
			t.Errorf("expected as %s and %s", keys[0].Key, keys[1].Key)
		}
		if keys[2].Key != "pushed.csv" {
			t.Errorf("what the vendor puts itself is expected as %s", keys[2].Key)
		}
		if slices.Contains(before, random) {
			t.Errorf("%s is used a second time", random)
		}
		before = append(before, random)
	}
}

// TestEveryOutcomeOfAFetch plays one answer to the fetch of the second file, after the first was delivered.
func TestEveryOutcomeOfAFetch(t *testing.T) {
	const hour = time.Hour
	put, waiting := requester.Summary{Postponed: 1}, report.JobAwaitingFiles
	cases := map[string]struct {
		answer report.Answer
		status report.JobStatus
		due    time.Duration
		sum    requester.Summary
	}{
		"throttled":                   {report.Answer{Outcome: report.OutcomeBackOff}, waiting, time.Second, put},
		"throttled, with Retry-After": {report.Answer{Outcome: report.OutcomeBackOff, RetryAfter: hour}, waiting, hour, put},
		"no readable answer":          {report.Answer{Outcome: report.OutcomeUnknown}, waiting, time.Second, put},
		"accepted, and no content":    {report.Answer{Outcome: report.OutcomeAccepted}, waiting, time.Second, put},
		"not ready":                   {report.Answer{Outcome: report.OutcomeNotReady}, waiting, 3 * hour, put},
		"pending":                     {report.Answer{Outcome: report.OutcomePending}, waiting, 30 * time.Second, put},
		"not eligible until a date": {
			report.Answer{Outcome: report.OutcomeNotEligible, Until: start.Add(50 * hour)}, waiting, 50*hour - time.Second, put,
		},
		"the credential is refused": {
			report.Answer{Outcome: report.OutcomeUnauthorized}, waiting, 0, requester.Summary{Left: 1, Waiting: 1},
		},
		"refused": {report.Answer{Outcome: report.OutcomeRefused}, report.JobRefused, never, requester.Summary{Refused: 1}},
		"failed":  {report.Answer{Outcome: report.OutcomeFailed}, report.JobLost, never, requester.Summary{Lost: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.fetching()
			c.answer.Why = "for a reason"
			d.content(report.Answer{}, c.answer)
			if sum := d.run(t.Context()); sum != c.sum {
				t.Errorf("summary %+v, want %+v", sum, c.sum)
			}
			d.want("job", c.status, c.due)
			if left := d.left(); (len(left) == 1) != (c.status == waiting) {
				t.Errorf("%q are still to be fetched", left)
			}
			j := d.booked["job"]
			if j.Reason == "" || c.answer.Outcome != report.OutcomeAccepted && !strings.Contains(j.Reason, "for a reason") {
				t.Errorf("reason %q", j.Reason)
			}
			if first := j.Files[0]; first.Fetch != "" || c.status != waiting && j.Files[1].Status != report.FileLost {
				t.Errorf("files %+v: want the first delivered, and the second lost with the job", j.Files)
			}
			if quiet := d.used["push"].QuietUntil.After(d.now); quiet != (c.answer.RetryAfter > 0) {
				t.Errorf("the vendor is left alone: %t", quiet)
			}
		})
	}
}

// TestWaitsForAFileGrow, from a second on, and begin anew with the next file. A lost answer counts like a refused one.
func TestWaitsForAFileGrow(t *testing.T) {
	d := newFixture(t)
	d.fetching()
	busy, lost := report.Answer{Outcome: report.OutcomeBackOff, Why: "429"}, report.Answer{Outcome: report.OutcomeUnknown, Why: "reset"}
	d.content(busy, lost, busy, report.Answer{}, busy)
	var waits []time.Duration
	for len(waits) < 4 {
		d.run(t.Context())
		j := d.booked["job"]
		waits = append(waits, j.DueAt.Sub(d.now))
		d.now = j.DueAt
	}
	if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, time.Second}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	if j := d.booked["job"]; j.Requests != 1 || j.Events() != 6 {
		t.Errorf("%d requests and %d events, want one request, and each failure told", j.Requests, j.Events())
	}
}

// TestPatienceWithAFile: it is the source's, or the requester's; it begins anew with each file and when the credential comes back.
func TestPatienceWithAFile(t *testing.T) {
	ago := func(d time.Duration) time.Time { return start.Add(-d) }
	cases := map[string]struct {
		patience time.Duration // of the source
		since    time.Time
		opened   time.Time // when the credential came back
		age      int       // of the first day
		status   report.JobStatus
	}{
		"never tried":                         {status: report.JobAwaitingFiles},
		"exactly the requester's":             {since: ago(72 * time.Hour), status: report.JobAwaitingFiles},
		"longer than the requester's":         {since: ago(72*time.Hour + 1), status: report.JobLost},
		"exactly the source's":                {patience: time.Hour, since: ago(time.Hour), status: report.JobAwaitingFiles},
		"longer than the source's":            {patience: time.Hour, since: ago(time.Hour + 1), status: report.JobLost},
		"most of it waited for a login":       {patience: time.Hour, since: ago(99 * time.Hour), opened: ago(time.Minute), status: report.JobAwaitingFiles},
		"the vendor keeps the days today":     {age: 90, status: report.JobAwaitingFiles},
		"the vendor keeps the days no longer": {age: 91, status: report.JobLost},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.source.limits.Patience = c.patience
			d.fetching()
			j := d.booked["job"]
			j.TriedSince, j.Window.From = c.since, report.DateOf(start)-report.Date(c.age)
			d.booked["job"], d.used["push"] = j, report.Credential{ID: "push", OpenedAt: c.opened}
			played := d.content()
			d.run(t.Context())
			if got := d.booked["job"]; got.Status != c.status || (played.asked > 0) != (c.status == report.JobAwaitingFiles) {
				t.Errorf("job is %s (%s) after %d fetches, want %s", got.Status, got.Reason, played.asked, c.status)
			}
		})
	}
	t.Run("a long fetch that goes well", func(t *testing.T) {
		d := newFixture(t)
		d.source.limits.Patience = time.Hour
		d.fetching()
		c := d.content()
		d.source.fetch = func(ctx context.Context, o report.Order, f report.NamedFile, next turn) (io.ReadCloser, report.Answer) {
			d.now = d.now.Add(7 * time.Hour) // longer than the patience, and than the delivery window
			return c.fetch(ctx, o, f, next)
		}
		d.run(t.Context())
		d.want("job", report.JobAwaitingFiles, 4*time.Hour)
		if len(c.delivered) != 2 {
			t.Errorf("delivered %q", c.delivered)
		}
	})
}

// TestAFetchTakesATurnForEachRequest: it keeps the pace, and gives the job back when the run has no time for a further request.
func TestAFetchTakesATurnForEachRequest(t *testing.T) {
	cases := map[string]struct {
		left  time.Duration // 0: the run has no end
		takes time.Duration // what one request may take
		pages int           // of each file
		asked []time.Duration
	}{
		"as many as there are":            {0, 0, 2, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}},
		"time for three requests":         {22500 * time.Millisecond, 0, 4, []time.Duration{0, time.Second, 2 * time.Second}},
		"time for one file":               {21500 * time.Millisecond, 0, 2, []time.Duration{0, time.Second}},
		"time for one request":            {20500 * time.Millisecond, 0, 2, []time.Duration{0}},
		"no time for an answer to a page": {31500 * time.Millisecond, 10 * time.Second, 4, []time.Duration{0, time.Second}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.RequestTime = c.takes
			d.fetching()
			played := d.content()
			var asked []time.Duration
			d.source.fetch = func(ctx context.Context, o report.Order, f report.NamedFile, next turn) (io.ReadCloser, report.Answer) {
				for page := range c.pages {
					if page > 0 {
						if err := next(ctx); err != nil {
							return nil, report.Answer{Outcome: report.OutcomeBackOff, Why: err.Error()}
						}
					}
					asked = append(asked, d.now.Sub(start))
				}
				return played.fetch(ctx, o, f, next)
			}
			ctx := t.Context()
			if c.left > 0 {
				ctx = d.endingIn(c.left)
			}
			sum := d.run(ctx)
			if !slices.Equal(asked, c.asked) {
				t.Errorf("asked after %v, want %v", asked, c.asked)
			}
			j := d.booked["job"]
			if cut := c.left > 0; cut && (sum.Left != 1 || !j.Due(d.now) || j.Fetches != 0 || sum.Postponed != 0) {
				t.Errorf("summary %+v, due at %s after %d tries: want it left for the next run, and no try counted", sum, j.DueAt, j.Fetches)
			}
		})
	}
}

// TestALongFetchLetsOthersIn: between two files another source has its turn.
func TestALongFetchLetsOthersIn(t *testing.T) {
	d := newFixture(t)
	d.fetching()
	c := d.content()
	d.plan("other-job", d.subscribe("harbour", "other", true))
	other := newVendor(t, "other")
	other.submit = func(context.Context, report.Order) report.Answer {
		if len(c.delivered) != 1 {
			t.Errorf("the other source is asked after %d files, want after the first", len(c.delivered))
		}
		return report.Answer{Outcome: report.OutcomeRefused}
	}
	d.Sources = append(d.Sources, other)
	d.run(t.Context())
	d.want("other-job", report.JobRefused, never)
	d.want("job", report.JobAwaitingFiles, 4*time.Hour)
}

// TestAFetchMayEndWithItsContext: somebody ends the run while a page is waited for.
func TestAFetchMayEndWithItsContext(t *testing.T) {
	d := newFixture(t)
	d.fetching()
	d.content()
	ctx, cancel := context.WithCancel(t.Context())
	d.source.fetch = func(asking context.Context, _ report.Order, _ report.NamedFile, next turn) (io.ReadCloser, report.Answer) {
		cancel()
		err := next(asking)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the turn ends with %v", err)
		}
		return nil, report.Answer{Outcome: report.OutcomeUnknown, Why: err.Error()}
	}
	if _, err := d.Run(ctx, requester.Trigger{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	d.want("job", report.JobAwaitingFiles, 0)
}

// TestARequestThatIsSafeToRepeat is never of unknown outcome.
func TestARequestThatIsSafeToRepeat(t *testing.T) {
	cases := map[string]func(*fixture){
		"no answer came": func(d *fixture) {
			d.plan("job", d.subs["seaside"])
			d.answer(report.Answer{Outcome: report.OutcomeUnknown, Why: "reset"})
		},
		"a requester died while it asked": func(d *fixture) {
			j := d.plan("job", d.subs["seaside"])
			j.Status, j.Requests, j.Epoch = report.JobSubmitting, 1, 1
			d.booked["job"] = j
		},
		"its files cannot be recorded": func(d *fixture) {
			d.plan("job", d.subs["seaside"])
			d.answer(exported)
			d.jobs.accept = func(context.Context, string, int64, report.Answer, time.Time, time.Time) (report.Job, []report.File, error) {
				return report.Job{}, nil, fault.New(fault.Conflict, "another job expects it")
			}
		},
	}
	for name, before := range cases {
		t.Run(name, func(t *testing.T) {
			d := newFixture(t)
			d.source.limits.Repeatable = true
			d.subscribe("seaside", "push", true)
			before(d)
			sum, _ := d.Run(t.Context(), requester.Trigger{})
			if sum.Unknown != 0 || sum.Postponed != 1 {
				t.Errorf("summary %+v", sum)
			}
			d.want("job", report.JobBackoff, time.Second)
		})
	}
}

// TestAPaceOfItsOwn: a source may say how far apart its requests are.
func TestAPaceOfItsOwn(t *testing.T) {
	d := newFixture(t)
	d.source.limits.Pace = 3 * time.Second
	sub := d.subscribe("seaside", "push", true)
	for i := range 3 {
		d.plan(fmt.Sprint("job-", i), sub)
	}
	no := report.Answer{Outcome: report.OutcomeRefused}
	d.answer(no, no, no)
	if sum := d.run(t.Context()); sum.Submitted != 3 || d.now.Sub(start) != 6*time.Second {
		t.Errorf("%d requests in %s, want 3 in 6s", sum.Submitted, d.now.Sub(start))
	}
}
