package requester_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
)

// runner is a requester that does what the test says.
type runner struct {
	t   *testing.T
	run func(requester.Trigger) (requester.Summary, error)
	// gauges is nil where nothing is counted.
	gauges func() (requester.Gauges, error)
}

func (r *runner) Measure(context.Context) (requester.Gauges, error) {
	if r.gauges == nil {
		return requester.Gauges{}, nil
	}
	return r.gauges()
}

func (r *runner) Run(_ context.Context, trigger requester.Trigger) (requester.Summary, error) {
	r.t.Helper()
	if r.run == nil {
		r.t.Fatal("unexpected call of Run")
	}
	return r.run(trigger)
}

func newHandler(t *testing.T, run func(requester.Trigger) (requester.Summary, error)) (*requester.Handler, *bytes.Buffer) {
	t.Helper()
	var lines bytes.Buffer
	log := telemetry.NewLogger(telemetry.Options{Function: "requester", Handler: slog.NewJSONHandler(&lines, nil)})
	return &requester.Handler{Requester: &runner{t: t, run: run}, Log: log}, &lines
}

func event(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("../../events/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAnEventIsATrigger(t *testing.T) {
	october := report.Window{From: report.NewDate(2026, 10, 1), To: report.NewDate(2026, 10, 7)}
	cases := map[string]struct {
		event []byte
		want  requester.Trigger
	}{
		"the schedule's tick":     {event(t, "scheduler-requester.json"), requester.Trigger{}},
		"an ad-hoc request":       {event(t, "scheduler-adhoc.json"), requester.Trigger{Subscription: "harbour-hotels", Narrow: report.Narrow{Window: october, Tables: []string{"asp_device"}, Refresh: true}}},
		"an empty object":         {[]byte(`{}`), requester.Trigger{}},
		"null":                    {[]byte(`null`), requester.Trigger{}},
		"a subscription alone":    {[]byte(`{"subscription":"seaside"}`), requester.Trigger{Subscription: "seaside"}},
		"one day of all":          {[]byte(`{"from":"2026-10-01","to":"2026-10-01"}`), requester.Trigger{Narrow: report.Narrow{Window: report.Window{From: october.From, To: october.From}}}},
		"days that are covered":   {[]byte(`{"subscription":"seaside","refresh":true}`), requester.Trigger{Subscription: "seaside", Narrow: report.Narrow{Refresh: true}}},
		"fields nobody knows":     {[]byte(`{"subscription":"seaside","mood":["good"]}`), requester.Trigger{Subscription: "seaside"}},
		"everything at once":      {[]byte(`{"subscription":"s","from":"2026-10-01","to":"2026-10-07","refresh":true}`), requester.Trigger{Subscription: "s", Narrow: report.Narrow{Window: october, Refresh: true}}},
		"two tables":              {[]byte(`{"tables":["asp_device","asp_communication"]}`), requester.Trigger{Narrow: report.Narrow{Tables: []string{"asp_device", "asp_communication"}}}},
		"empty texts say nothing": {[]byte(`{"subscription":"","from":"","to":""}`), requester.Trigger{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := requester.Summary{Reserved: 5, Submitted: 4, Accepted: 3, Left: 2}
			runs := 0
			h, lines := newHandler(t, func(got requester.Trigger) (requester.Summary, error) {
				if runs++; !reflect.DeepEqual(got, c.want) {
					t.Errorf("trigger %+v, want %+v", got, c.want)
				}
				return want, nil
			})
			got, err := h.Handle(t.Context(), c.event)
			if err != nil || got != want || runs != 1 {
				t.Errorf("summary %+v, error %v after %d runs", got, err, runs)
			}
			for _, attribute := range []string{`"level":"INFO"`, `"reserved":5`, `"submitted":4`, `"accepted":3`, `"left":2`} {
				if !strings.Contains(lines.String(), attribute) {
					t.Errorf("log %s does not say %s", lines, attribute)
				}
			}
		})
	}
}

// TestAnEventThatIsNone is refused before anything runs, and a refusal quotes no value of an event of another shape.
func TestAnEventThatIsNone(t *testing.T) {
	const planted = "Room 101"
	cases := map[string]string{
		"no JSON":                      planted,
		"a list":                       `["` + planted + `"]`,
		"a text":                       `"` + planted + `"`,
		"a subscription of other type": `{"subscription":["` + planted + `"]}`,
		"from alone":                   `{"subscription":"` + planted + `","from":"2026-10-01"}`,
		"to alone":                     `{"subscription":"` + planted + `","to":"2026-10-01"}`,
		"tables of another type":       `{"tables":"` + planted + `"}`,
		"no date":                      `{"subscription":"` + planted + `","from":"1 October","to":"2026-10-07"}`,
		"backwards":                    `{"subscription":"` + planted + `","from":"2026-10-07","to":"2026-10-01"}`,
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			h, lines := newHandler(t, nil)
			_, err := h.Handle(t.Context(), []byte(raw))
			if !fault.Is(err, fault.Poison) {
				t.Fatalf("error %v of kind %s", err, fault.KindOf(err))
			}
			if strings.Contains(lines.String()+err.Error(), planted) {
				t.Errorf("a value is quoted: %v, log %s", err, lines)
			}
			if !strings.Contains(lines.String(), `"outcome":"refused"`) {
				t.Errorf("log %s", lines)
			}
		})
	}
}

// TestARunThatFailedInPart says what it did all the same, and no token reaches the log.
func TestARunThatFailedInPart(t *testing.T) {
	failed := fault.New(fault.Transient, "plan subscription seaside: token Atza|IwEBIA-secret was refused")
	want := requester.Summary{Submitted: 4, Refused: 1}
	h, lines := newHandler(t, func(requester.Trigger) (requester.Summary, error) { return want, failed })
	got, err := h.Handle(t.Context(), []byte(`{}`))
	if !errors.Is(err, failed) || got != want {
		t.Errorf("summary %+v, error %v", got, err)
	}
	if log := lines.String(); strings.Contains(log, "IwEBIA-secret") || !strings.Contains(log, `"level":"ERROR"`) ||
		!strings.Contains(log, "plan subscription seaside") || !strings.Contains(log, `"submitted":4`) {
		t.Errorf("log %s", log)
	}
}

// Each move of a job is a line that can be found by the job, with the words of the ledger, and loud when a person may be needed.
func TestEachMoveIsALine(t *testing.T) {
	due := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	job := report.Job{
		ID: "seaside-000001", Subscription: "seaside", Window: report.Window{From: report.NewDate(2026, 10, 1), To: report.NewDate(2026, 10, 7)}, Requests: 2,
	}
	cases := map[string]struct {
		edit func(j *report.Job)
		want string
	}{
		"planned": {
			func(j *report.Job) { j.Status = report.JobPlanned },
			`"level":"INFO","msg":"job moved","job_id":"seaside-000001","subscription":"seaside","window":"2026-10-01..2026-10-07","attempt":2,"outcome":"PLANNED","files":0`,
		},
		"accepted": {
			func(j *report.Job) {
				j.Status, j.RequestID, j.DueAt, j.Files = report.JobAwaitingFiles, "r-1", due, make([]report.JobFile, 5)
			},
			`"level":"INFO","msg":"job moved","job_id":"seaside-000001","subscription":"seaside","window":"2026-10-01..2026-10-07","attempt":2,` +
				`"outcome":"AWAITING_FILES","vendor_request_id":"r-1","due_at":"2026-11-01T12:00:00Z","files":5`,
		},
		"refused": {
			func(j *report.Job) { j.Status, j.Reason = report.JobRefused, "the vendor does not know the unit" },
			`"level":"WARN","msg":"job moved","job_id":"seaside-000001","subscription":"seaside","window":"2026-10-01..2026-10-07","attempt":2,` +
				`"outcome":"REFUSED","reason":"the vendor does not know the unit","files":0`,
		},
		"in doubt": {func(j *report.Job) { j.Status = report.JobUnknown }, `"level":"WARN"`},
		"lost":     {func(j *report.Job) { j.Status = report.JobLost }, `"level":"WARN"`},
		"waiting":  {func(j *report.Job) { j.Status = report.JobBackoff }, `"level":"INFO"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			moved := job
			c.edit(&moved)
			requester.LogJobChange(slog.New(slog.NewJSONHandler(&lines, nil)))(t.Context(), moved)
			if !strings.Contains(lines.String(), c.want) || strings.Count(lines.String(), "\n") != 1 {
				t.Errorf("got %s, want %s", lines.String(), c.want)
			}
		})
	}
}
