// Package pinpoint fetches the key performance indicators of Amazon Pinpoint, day by day, and reads responses that people saved.
//
// A request changes nothing at the vendor, so that every one may be repeated. [Source.Submit] sends nothing: it plans the
// files of a window, and [Source.Fetch] asks for the content of one. The vendor ended the service on [Sunset]: days after it are not
// wanted, and after it whatever a call fails with is a refusal.
//
// Facts are from the vendor's announcement of the operations of 24 July 2019 and its developer guide of 28 April 2023.
package pinpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Sunset is the day on which the vendor ends the service.
var Sunset = report.NewDate(2026, time.October, 30)

// credential names that of AWS, which is of the role or the person that runs bellhop.
const credential = "aws"

// Options are what [New] needs.
type Options struct {
	// AWS has the credentials, the region of subscriptions that name none, and an endpoint where it is not the region's own.
	AWS  aws.Config
	HTTP *httpclient.Client
	Now  func() time.Time
	// Scrubber takes the secrets that it knows out of the vendor's words; it may be nil.
	Scrubber *redact.Scrubber
}

// Source is the KPIs as the requester sees them. It is safe for concurrent use.
type Source struct {
	o      Options
	caller *caller
	sunset report.Date
}

// New returns the source. Nothing is sent before the first fetch.
func New(o Options) *Source { return &Source{o, newCaller(o), Sunset} }

// Name returns [report.SourcePinpointKPI].
func (s *Source) Name() string { return report.SourcePinpointKPI }

// Format writes the source's name alone: printing it whole would reach the credentials.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Name()) }

// Credential returns aws.
func (s *Source) Credential(report.Params) string { return credential }

// Authorize gets the credentials of AWS, which the requests after it are signed with.
func (s *Source) Authorize(ctx context.Context, _ report.Params) error {
	if s.o.AWS.Credentials == nil {
		return fault.New(fault.NotFound, "there are no AWS credentials")
	}
	if _, err := s.o.AWS.Credentials.Retrieve(ctx); err != nil {
		return fault.As(fault.KindOf(err), errors.New(s.o.Scrubber.Scrub(fault.OneLine(err))))
	}
	return nil
}

// ended reports whether the service is over.
func (s *Source) ended() bool { return report.DateOf(s.o.Now()) > s.sunset }

// Submit sends nothing: it names the files of the order, each with a reference to what is to be fetched for it.
func (s *Source) Submit(_ context.Context, o report.Order) report.Answer {
	w, err := check(o)
	if err != nil {
		return report.NotSent(err)
	}
	a := report.Answer{Outcome: report.OutcomeAccepted}
	for i := range w.files(o.Window) {
		a.Files = append(a.Files, report.NamedFile{Name: fmt.Sprintf("pinpoint-kpi-%03d.csv", i+1), Table: Table, Fetch: w.reference(o.Window, i)})
	}
	return a
}

// check returns what an order is for, or every reason why it can be for nothing.
func check(o report.Order) (wanted, error) {
	w, err := parse(o.Subscription.Params)
	err = errors.Join(err, o.Fits(Table, maxWindowDays))
	if o.Window.Len() > maxWindowDays {
		return w, err
	}
	if files := len(w.files(o.Window)); files > maxFiles {
		err = errors.Join(err, fmt.Errorf("the window %s takes %d files: a job has at most %d", o.Window, files, maxFiles))
	}
	return w, err
}

// query is one request: one KPI of one target on one day.
type query struct {
	target
	KPI string
	Day report.Date
}

// files plans the requests of each file, in a canonical order.
func (w wanted) files(window report.Window) [][]query {
	var all []query
	for day := range window.Days() {
		for _, t := range w.Targets {
			for _, kpi := range t.KPIs {
				all = append(all, query{t, kpi, day})
			}
		}
	}
	return slices.Collect(slices.Chunk(all, callsPerFile))
}

// reference refers to a file of a plan: its number, and a digest of what is wanted. With other parameters it refers to nothing.
func (w wanted) reference(window report.Window, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %s", fmt.Sprint(w), window))
	return strconv.Itoa(n+1) + "." + hex.EncodeToString(sum[:8])
}

// Poll is never called for this source, which answers at once: it refuses.
func (s *Source) Poll(context.Context, report.Order) report.Answer {
	return report.NoStatus(s.Name())
}

// Fetch asks for every KPI of a file, and returns their rows as CSV. A day on which the vendor has nothing of any KPI has no row: it
// answered, and there is nothing. With other parameters than those that the file was planned for, the order has failed. What the
// vendor answers wrongly is asked for again.
func (s *Source) Fetch(ctx context.Context, o report.Order, f report.NamedFile, turn func(context.Context) error) (io.ReadCloser, report.Answer) {
	w, err := check(o)
	if err != nil {
		return nil, report.NotSent(err)
	}
	number, _, _ := strings.Cut(f.Fetch, ".")
	n, err := strconv.Atoi(number)
	files := w.files(o.Window)
	if err != nil || n < 1 || n > len(files) || f.Fetch != w.reference(o.Window, n-1) {
		return nil, report.Answer{Outcome: report.OutcomeFailed, Why: "not sent: the subscription has changed since the file was planned"}
	}
	if err := s.Authorize(ctx, o.Subscription.Params); err != nil {
		return nil, alexa.NoCredential(err, "not sent: "+err.Error())
	}
	content, a := s.fetch(ctx, w, files[n-1], turn)
	if s.ended() && a.Outcome != report.OutcomeAccepted && ctx.Err() == nil {
		a.Outcome, a.RetryAfter, a.Until = report.OutcomeRefused, 0, time.Time{}
		a.Why = "Amazon ended Pinpoint's analytics on " + Sunset.String() + ", and the call failed: " + a.Why
	}
	return content, a
}

func (s *Source) fetch(ctx context.Context, w wanted, queries []query, turn func(context.Context) error) (io.ReadCloser, report.Answer) {
	var all []row
	var last report.Answer
	for i, q := range queries {
		if i > 0 {
			if err := turn(ctx); err != nil {
				return nil, alexa.NoTurn(err)
			}
		}
		r, a := s.caller.ask(ctx, w, q)
		if last = a; a.Outcome != report.OutcomeAccepted {
			return nil, a
		}
		rows, err := r.rows()
		if err == nil && !q.answeredBy(w, r, rows) {
			err = errors.New("it is about something else than what was asked for")
		}
		if err != nil {
			return nil, alexa.Wrong(last, err)
		}
		all = append(all, rows...)
	}
	all, err := alexa.Canonical(all, row.compare, errConflict)
	if err != nil {
		return nil, alexa.Wrong(last, err)
	}
	content, err := alexa.Content(all)
	if err != nil {
		return nil, alexa.Wrong(last, errors.New("it cannot be written as CSV"))
	}
	return content, last
}

// answeredBy reports whether a response is about the query.
func (q query) answeredBy(w wanted, r response, rows []row) bool {
	level, resource := r.level()
	return r.ApplicationID == w.Application && r.KpiName == q.KPI && level == q.Level && resource == q.ID &&
		report.DateOf(r.StartTime.Time) == q.Day && report.DateOf(r.EndTime.Time) == q.Day &&
		!slices.ContainsFunc(rows, func(r row) bool { return r.Date != q.Day })
}
