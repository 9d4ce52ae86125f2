// Package khoros orders exports from the Analytics Reports API of Khoros Care, asks until they are finished, and delivers them.
//
// [Source.Submit] creates an export, [Source.Poll] asks after it, and [Source.Fetch] asks once more, for an address that is fresh,
// and reads the export from there. An export that was created twice is read once, so that every request may be repeated.
//
// Facts are from the vendor's page "Beginner's Guide to the Analytics Reports API" and from its definition of the API as
// vendor-apis.md has it; what they leave open is said where it matters.
package khoros

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// DefaultMaxBytes bounds a download when [Options] name no bound.
const DefaultMaxBytes = 10 << 30

// Options are what [New] needs.
type Options struct {
	// Endpoint is scheme and host in place of those of every subscription; empty leaves them as they are.
	Endpoint string
	// Hosts are more hosts from which exports may be read, beside those that a subscription names.
	Hosts []string
	HTTP  *httpclient.Client
	// Secret keeps the credential; nil where none is configured, so that orders wait for it.
	Secret Secret
	Now    func() time.Time
	// Scrubber takes the secrets that it knows out of the vendor's words; it may be nil.
	Scrubber *redact.Scrubber
	// MaxBytes bounds a download; 0 means [DefaultMaxBytes].
	MaxBytes int64
}

// Source is the Analytics Reports API as the requester sees it. It is safe for concurrent use.
type Source struct{ o Options }

// New returns the source. Nothing is sent before the first order.
func New(o Options) *Source {
	if o.Scrubber == nil {
		o.Scrubber = &redact.Scrubber{}
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	return &Source{o}
}

// Name returns [report.SourceKhorosCare].
func (s *Source) Name() string { return report.SourceKhorosCare }

// Format writes the source's name alone: printing it whole would reach the secret.
func (s *Source) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Name()) }

// Credential returns [report.CredentialKhoros]: the vendor counts the requests of a user, whatever they are for.
func (s *Source) Credential(report.Params) string { return report.CredentialKhoros }

// Submit creates an export. Its ticket has the vendor's ids of it.
func (s *Source) Submit(ctx context.Context, o report.Order) report.Answer {
	w, a := s.check(o)
	if a != nil {
		return *a
	}
	c, a := s.caller(ctx, w)
	if a != nil {
		return *a
	}
	reply, answer := c.create(ctx, o.Window.From)
	if answer.Outcome != report.OutcomeAccepted {
		return answer
	}
	made, problem := created(reply.Body)
	if problem != nil {
		return c.unread(reply, problem)
	}
	answer.Outcome, answer.Ticket, answer.Until = report.OutcomePending, made.ticket(0), s.o.Now().Add(delay(0))
	return answer
}

// Poll asks whether an export is finished. What the vendor says of an export alone counts: the status of its answer stays PASS
// when the export has failed, and an address may be there before the export is.
func (s *Source) Poll(ctx context.Context, o report.Order) report.Answer {
	w, a := s.check(o)
	if a != nil {
		return *a
	}
	e, polls, err := parseTicket(o.Ticket)
	if err != nil {
		return report.Answer{Outcome: report.OutcomeFailed, Why: "not sent: " + err.Error()}
	}
	c, a := s.caller(ctx, w)
	if a != nil {
		return *a
	}
	_, answer := c.finished(ctx, e)
	switch answer.Outcome {
	case report.OutcomePending:
		answer.Ticket, answer.Until = e.ticket(polls+1), s.o.Now().Add(delay(polls+1))
	case report.OutcomeAccepted:
		answer.Files = []report.NamedFile{{Name: "export.csv", Table: w.table(), Fetch: e.ticket(0)}}
	default:
	}
	return answer
}

// Fetch asks for a fresh address of the export and returns what is there as CSV, row by row as it comes. What breaks off is
// asked for again from its start.
func (s *Source) Fetch(ctx context.Context, o report.Order, f report.NamedFile, turn func(context.Context) error) (io.ReadCloser, report.Answer) {
	w, a := s.check(o)
	if a != nil {
		return nil, *a
	}
	e, _, err := parseTicket(f.Fetch)
	if err != nil {
		return nil, report.Answer{Outcome: report.OutcomeFailed, Why: "not sent: " + err.Error()}
	}
	c, a := s.caller(ctx, w)
	if a != nil {
		return nil, *a
	}
	c.turn = turn
	address, answer := c.finished(ctx, e)
	if answer.Outcome == report.OutcomePending {
		// It was finished when it was polled.
		answer.Until = s.o.Now().Add(delay(0))
	}
	if answer.Outcome != report.OutcomeAccepted {
		return nil, answer
	}
	stream, answer := c.download(ctx, address)
	if answer.Outcome != report.OutcomeAccepted {
		return nil, answer
	}
	content, err := newContent(stream.Body, w, o.Window.From, c.secret.HashKey)
	if err == nil {
		err = content.begin()
	}
	if err != nil {
		_ = stream.Body.Close() // what broke it is known
		answer.Outcome, answer.Why = report.OutcomeBackOff, "the export cannot be read: "+err.Error()
		return nil, answer
	}
	return content, answer
}

// The vendor documents no rate of polling. This one works for another client: 15 seconds, a fifth more each time, two minutes
// at most.
func delay(polls int) time.Duration {
	const first, most = 15 * time.Second, 2 * time.Minute
	wait := first
	for range polls {
		if wait = wait * 6 / 5; wait > most {
			return most
		}
	}
	return wait
}
