// Package alexa is what the clients of the vendor's APIs on api.amazonalexa.com share: a call with a Login with Amazon
// token, the words of a refusal, what an answer means for an order, continuation tokens, and CSV of typed rows.
package alexa

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// DefaultEndpoint is the only documented host.
const DefaultEndpoint = "https://api.amazonalexa.com"

// Tokens are where access tokens come from. An error of kind [fault.Poison] or [fault.NotFound] means that the credential
// itself is refused or missing; any other one passes.
type Tokens interface {
	Token(ctx context.Context) (redact.Text, error)
	// Drop tells that the vendor did not take this token.
	Drop(token redact.Text)
}

// Options are what [New] needs.
type Options struct {
	// Endpoint is scheme and host; empty means [DefaultEndpoint].
	Endpoint string
	HTTP     *httpclient.Client
	Tokens   Tokens
	Now      func() time.Time
	// Scrubber takes the secrets that it knows out of the vendor's words; it may be nil.
	Scrubber *redact.Scrubber
}

// Client calls one of the vendor's APIs. It is safe for concurrent use.
type Client struct {
	o     Options
	rules []Rule
}

// New returns a client that classifies the vendor's refusals by rules. Nothing is sent before the first call.
func New(o Options, rules []Rule) *Client {
	o.Endpoint = strings.TrimSuffix(cmp.Or(o.Endpoint, DefaultEndpoint), "/")
	return &Client{o, rules}
}

// Call is one request.
type Call struct {
	Method string
	// Path is escaped where a part of it needs that.
	Path  string
	Query url.Values
	// Body is JSON; nil means none.
	Body []byte
	// Once says that the vendor must not get the call twice: when its answer is lost, the outcome is unknown. Any other call
	// may be repeated.
	Once bool
	// Turn, if set, is taken before the call is sent a second time.
	Turn func(context.Context) error
	// Rules go before those of the client.
	Rules []Rule
	// Private is taken out of the vendor's words: what the request holds of people's text.
	Private []string
}

// Authorize gets an access token, which the calls after it are sent with. The error shows no secret; its kind is that of the
// token's error.
func (c *Client) Authorize(ctx context.Context) error {
	if _, err := c.o.Tokens.Token(ctx); err != nil {
		return fault.As(fault.KindOf(err), errors.New(c.o.Scrubber.Scrub(fault.OneLine(err))))
	}
	return nil
}

// Do sends a call, and sends it once more with a fresh token if the first one was refused. It obeys the deadline of ctx.
// With [report.OutcomeAccepted] the vendor answered 2xx, and of a call that may be repeated the whole body came; the answer
// has no files. With any other outcome the reply is not to be used, but for its status: 0 when nothing came.
func (c *Client) Do(ctx context.Context, call Call) (httpclient.Reply, report.Answer) {
	token, err := c.o.Tokens.Token(ctx)
	if err != nil {
		return httpclient.Reply{}, c.tokenless(err)
	}
	reply, answer := c.send(ctx, token, call)
	if answer.Outcome != report.OutcomeUnauthorized {
		return reply, answer
	}
	c.o.Tokens.Drop(token)
	fresh, err := c.o.Tokens.Token(ctx)
	if err != nil {
		return httpclient.Reply{}, c.tokenless(err)
	}
	if call.Turn != nil {
		if err := call.Turn(ctx); err != nil {
			return httpclient.Reply{}, NoTurn(err)
		}
	}
	reply, answer = c.send(ctx, fresh, call)
	if answer.Outcome == report.OutcomeUnauthorized {
		// Login with Amazon has just said that the credential is good, so this is about what was asked for: the vendor
		// answers 401 also where there is no access to it. Others may well be asked for with it.
		answer.Outcome = report.OutcomeRefused
		c.o.Tokens.Drop(fresh)
	}
	return reply, answer
}

// NoTurn is the answer when the turn for a request could not be had.
func NoTurn(err error) report.Answer {
	return report.Answer{Outcome: report.OutcomeBackOff, Why: "not sent: " + fault.OneLine(err)}
}

// Wrong is the answer when the vendor's last one, a, cannot be what was asked for: it is asked again. The error repeats nothing of
// what the vendor said.
func Wrong(a report.Answer, err error) report.Answer {
	return report.Answer{Outcome: report.OutcomeBackOff, RequestID: a.RequestID, Why: "the vendor answered, but " + err.Error()}
}

// tokenless is the answer when there is no token to send a call with.
func (c *Client) tokenless(err error) report.Answer {
	return NoCredential(err, c.o.Scrubber.Scrub("not sent: no access token: "+fault.OneLine(err)))
}

// NoCredential is the answer when nothing is sent because there is no credential. A person has to see to one that is missing or
// refused; anything else passes.
func NoCredential(err error, why string) report.Answer {
	a := report.Answer{Outcome: report.OutcomeBackOff, Why: why}
	if fault.Is(err, fault.Poison) || fault.Is(err, fault.NotFound) {
		a.Outcome = report.OutcomeUnauthorized
	}
	return a
}

func (c *Client) send(ctx context.Context, token redact.Text, call Call) (httpclient.Reply, report.Answer) {
	address := c.o.Endpoint + call.Path
	if len(call.Query) > 0 {
		address += "?" + call.Query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, address, bytes.NewReader(call.Body))
	if err != nil {
		return httpclient.Reply{}, report.Answer{Outcome: report.OutcomeRefused, Why: "not sent: the endpoint is not a URL"}
	}
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	if call.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bellhop")
	if call.Once {
		// A kept connection may have died unnoticed, and a call written into it would have an unknown outcome.
		c.o.HTTP.CloseIdleConnections()
	}
	reply, err := c.o.HTTP.Do(req)
	if err != nil {
		a := report.Answer{Outcome: report.OutcomeBackOff, Why: c.o.Scrubber.Scrub(err.Error())}
		if lost, ok := errors.AsType[*httpclient.Error](err); call.Once && (!ok || lost.Sent) {
			a.Outcome = report.OutcomeUnknown
		}
		return httpclient.Reply{}, a
	}
	return reply, c.Classify(reply, call)
}

// Classify says what a reply means: accepted, or what the first rule that fits says, with the vendor's words. Where no rule
// fits, the outcome is unknown.
func (c *Client) Classify(reply httpclient.Reply, call Call) report.Answer {
	a := report.Answer{RequestID: httpclient.RequestID(reply.Header)}
	if reply.Status >= 200 && reply.Status <= 299 {
		a.Outcome = report.OutcomeAccepted
		if !reply.Whole && !call.Once {
			a.Outcome = report.OutcomeBackOff
			a.Why = fmt.Sprintf("the vendor answered %d, but its body broke off or is too long", reply.Status)
		}
		return a
	}
	words := c.words(reply, call.Private)
	a.RetryAfter = httpclient.RetryAfter(reply.Header, c.o.Now())
	a.Why = fmt.Sprintf("the vendor answered %d", reply.Status)
	if words != "" {
		a.Why += ": " + words
	}
	for _, rule := range slices.Concat(call.Rules, c.rules) {
		if rule.fits(reply.Status, words) {
			a.Outcome = rule.Outcome
			if rule.Remedy != "" {
				a.Why += " (" + rule.Remedy + ")"
			}
			break
		}
	}
	return a
}
