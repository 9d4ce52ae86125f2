package sim

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/internal/alarm"
	"github.com/bellhop-asp/bellhop/internal/alarm/alarmtest"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric/metrictest"
)

// outage makes S3 operations of the functions fail while it is set.
type outage struct {
	of atomic.Pointer[func(call any) bool]
}

func (o *outage) begin(of func(call any) bool) { o.of.Store(&of) }
func (o *outage) end()                         { o.of.Store(nil) }

func (o *outage) s3(options *s3.Options) {
	options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Outage", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if of := o.of.Load(); of != nil && (*of)(in.Parameters) {
				return middleware.InitializeOutput{}, middleware.Metadata{}, fault.New(fault.Transient, "S3 is not there")
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
}

func isDelete(call any) bool { _, ok := call.(*s3.DeleteObjectInput); return ok }

// watched is a harness whose metrics an alarm watches.
type watched struct {
	*harness
	alarm  alarm.Alarm
	out    *lines
	points []metrictest.Point
	outage outage
	// off are the schedules that are switched off.
	noRequests, noSweeps bool
}

// takeAwayADay deletes the object of a published day, as another hand would.
func (w *watched) takeAwayADay() {
	w.t.Helper()
	snapshot := w.snapshot()
	for _, s := range snapshot.Partitions {
		if s.Key == "" {
			continue
		}
		if _, err := w.s3.Client().DeleteObject(w.t.Context(), &s3.DeleteObjectInput{Bucket: &w.outside.dataset, Key: &s.Key}); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	w.t.Fatal("nothing is published")
}

// pass lets time pass, with the schedules and all that they set going.
func (w *watched) pass(d time.Duration) {
	w.t.Helper()
	for end := w.clock.Now().Add(d); ; {
		// A schedule that is off has just fired, as far as the machine knows.
		if w.noRequests {
			w.requested.last = w.clock.Now()
		}
		if w.noSweeps {
			w.swept.last = w.clock.Now()
		}
		w.schedules()
		next := onTick(w.clock.Now(), sweepEvery)
		if next.After(end) {
			return
		}
		w.skipTo(next)
	}
}

// until lets time pass until the alarm is in the state, for so long at most.
func (w *watched) until(firing bool, within time.Duration) {
	w.t.Helper()
	for end := w.clock.Now().Add(within); w.firing() != firing; {
		if !w.clock.Now().Before(end) {
			w.t.Fatalf("after %s the alarm is not %s: %s\n%s", within, map[bool]string{true: "firing", false: "quiet"}[firing], w.history(), tail(w.log))
		}
		w.pass(sweepEvery)
	}
}

// firing evaluates the alarm as CloudWatch does at this moment.
func (w *watched) firing() bool {
	w.t.Helper()
	for _, p := range metrictest.Read(w.t, w.out.take()) {
		if p.Name == w.alarm.Metric {
			w.points = append(w.points, p)
		}
	}
	values := make([]alarmtest.Point, len(w.points))
	for i, p := range w.points {
		values[i] = alarmtest.Point{At: p.At, Value: p.Value}
	}
	// That CloudWatch may look further back only makes the alarm slower.
	return alarmtest.Rings(w.t, w.alarm, values, w.clock.Now(), 0)
}

// history lists the values of the alarm's metric.
func (w *watched) history() string { return metrictest.Text(w.points) }

// incident is what makes one alarm fire.
type incident struct {
	faults []alexa.Fault
	// begin makes it on the second day's morning, after all of the first day was well; nil where the faults are the incident.
	// It ends without help where end is nil.
	begin, end func(w *watched)
	// firing and quiet bound how long it takes the alarm to notice.
	firing, quiet time.Duration
}

// secondDay is the window of the second day's first request: the day that has become ready.
var secondDay = (report.DateOf(morning) - 2).String()

// refusing refuses the requests of the second day, so many times.
func refusing(kind alexa.FaultKind, times int) []alexa.Fault {
	return []alexa.Fault{{Kind: kind, From: secondDay, Times: times}}
}

// refresh asks the vendor again for the days of the subscription.
func (w *watched) refresh() {
	w.t.Helper()
	if _, err := w.handle.requester(w.t.Context(), json.RawMessage(`{"subscription":"`+Subscription+`","refresh":true}`)); err != nil {
		w.t.Fatal(err)
	}
}

// neverDelivered is an incident in which the subscription is made to begin so many days earlier, and the vendor does not deliver
// the first of these days: three attempts of six hours each for both tables.
func neverDelivered(daysAgo report.Date) incident {
	return incident{
		begin: func(w *watched) {
			w.requests.First.From, w.requests.First.MaxWindowDays = report.DateOf(w.clock.Now())-daysAgo, 30
		},
		faults: []alexa.Fault{{Kind: alexa.NeverDelivered, To: (report.DateOf(morning) - daysAgo + 5).String(), Times: 6}},
		firing: 30 * time.Hour, end: (*watched).refresh, quiet: 5 * time.Hour,
	}
}

// incidents are those of the alarms on bellhop's own metrics, by the alarm's name.
func incidents() map[string]incident {
	const minutes, hours = time.Minute, time.Hour
	return map[string]incident{
		"No request was accepted for 26 hours": {
			begin: func(w *watched) { w.noRequests = true }, end: func(w *watched) { w.noRequests = false },
			firing: 51 * hours, quiet: 90 * minutes,
		},
		"Requests are refused or in doubt": {faults: refusing(alexa.LostAnswer, 1), firing: 2 * hours, quiet: 2 * hours},
		"Access tokens cannot be had": {
			faults: []alexa.Fault{{Kind: alexa.TokenServerError, FirstCall: 2, Times: 12}},
			firing: 2 * hours, quiet: 3 * hours,
		},
		"Files are overdue": {
			faults: []alexa.Fault{{Kind: alexa.Late, From: secondDay, DelayMinutes: 200, Times: 1}},
			firing: 165 * minutes, quiet: 3 * hours,
		},
		"Days are about to be lost": {
			// A subscription is made to begin earlier, with days that can be had for two or three more days, and the
			// vendor is slow with them.
			begin: func(w *watched) {
				w.requests.First.From, w.requests.First.MaxWindowDays = report.DateOf(w.clock.Now())-88, 30
			},
			faults: []alexa.Fault{{Kind: alexa.Late, To: (report.DateOf(morning) - 84).String(), DelayMinutes: 300}},
			firing: 5 * hours, quiet: 4 * hours,
		},
		"Days are lost within a week":  neverDelivered(85),
		"Days are lost within a month": neverDelivered(65),
		"Days stay missing": {
			// Three attempts of six hours each for both tables, and then another day.
			faults: refusing(alexa.NeverDelivered, 6), firing: 45 * hours,
			end:   (*watched).refresh,
			quiet: 3 * hours,
		},
		"Files came that nobody expects": {
			begin:  func(w *watched) { w.deliver("foreign.csv", deviceHeader) },
			firing: 20 * minutes, quiet: 20 * minutes,
		},
		"A file cannot be loaded": {
			faults: []alexa.Fault{{Kind: alexa.Truncated, From: secondDay, Times: 1}},
			firing: 40 * minutes, quiet: 40 * minutes,
		},
		"Loads keep failing": {
			begin: func(w *watched) {
				w.outage.begin(func(call any) bool { _, put := call.(*s3.PutObjectInput); return put })
			},
			end:    func(w *watched) { w.outage.end() },
			firing: 2 * hours, quiet: 1 * hours,
		},
		"Raw files stay too long": {
			begin: func(w *watched) { w.outage.begin(isDelete) }, end: func(w *watched) { w.outage.end() },
			firing: 3 * hours, quiet: 1 * hours,
		},
		"A raw file stayed longer than intended": {
			begin: func(w *watched) { w.outage.begin(isDelete); w.pass(50 * minutes); w.outage.end() },
			// While it is kept, nothing tells how long that will be.
			firing: 30 * minutes, quiet: 40 * minutes,
		},
		"Deletions keep failing": {
			begin: func(w *watched) { w.outage.begin(isDelete) }, end: func(w *watched) { w.outage.end() },
			firing: 2 * hours, quiet: 1 * hours,
		},
		"A published day vanished": {
			begin:  (*watched).takeAwayADay,
			firing: 25 * hours, quiet: 2 * hours,
		},
		"A deletion cannot be verified": {
			begin: func(w *watched) {
				deleted := &atomic.Bool{}
				w.outage.begin(func(call any) bool {
					_, head := call.(*s3.HeadObjectInput)
					if isDelete(call) {
						deleted.Store(true)
					}
					return head && deleted.Load()
				})
			},
			end:    func(w *watched) { w.outage.end() },
			firing: 1 * hours, quiet: 30 * minutes,
		},
	}
}

// Every alarm on a metric of bellhop's own is quiet while all is well, fires in the incident that it is for, and is quiet again
// when that is over: as the real handlers emit the metric, by the alarm's own definition.
func TestAlarmsFireInAnIncidentAndAreQuietAfterIt(t *testing.T) {
	at := newFixture(t)
	known := incidents()
	for _, a := range alarm.All() {
		if a.Namespace != metric.Namespace {
			continue
		}
		incident, ok := known[a.Name]
		delete(known, a.Name)
		t.Run(strings.ReplaceAll(a.Name, " ", "-"), func(t *testing.T) {
			if !ok {
				t.Fatal("no incident is known that makes it fire")
			}
			at.watch(t, a, incident).survive(incident)
		})
	}
	for name := range known {
		t.Errorf("no alarm is called %q", name)
	}
}

func (at *fixture) watch(t *testing.T, a alarm.Alarm, in incident) *watched {
	w := &watched{alarm: a, out: &lines{}}
	w.harness = at.newHarness(t, func(o *Options) {
		o.Metrics, o.Faults, o.outside.s3 = w.out, append(o.Faults, in.faults...), w.outage.s3
	})
	w.subscribe(nil)
	return w
}

func (w *watched) survive(in incident) {
	w.t.Helper()
	w.pass(3 * time.Hour)
	w.until(false, 0)
	w.nextDay()
	if in.begin != nil {
		in.begin(w)
	}
	w.until(true, in.firing)
	if in.end != nil {
		in.end(w)
	}
	w.until(false, in.quiet)
}
