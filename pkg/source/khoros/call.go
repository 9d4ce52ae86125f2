package khoros

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

const reports = "/api/public/reports/report/"

// caller sends the requests of one order.
type caller struct {
	*Source
	wanted wanted
	secret credential
	key    redact.Text
	base   *url.URL // scheme and host
	// turn, if set, is taken before each request but the first.
	turn func(context.Context) error
	sent bool
}

// check returns what an order is for, or the answer when it can be for nothing.
func (s *Source) check(o report.Order) (wanted, *report.Answer) {
	w, err := parse(o.Subscription.Params)
	if err == nil {
		err = o.Fits(w.table(), 1)
	}
	if err != nil {
		a := report.NotSent(err)
		return w, &a
	}
	return w, nil
}

// caller returns what sends the requests of an order, or the answer when nothing can be sent.
func (s *Source) caller(ctx context.Context, w wanted) (*caller, *report.Answer) {
	no := func(o report.Outcome, why string) (*caller, *report.Answer) {
		return nil, &report.Answer{Outcome: o, Why: s.o.Scrubber.Scrub("not sent: " + why)}
	}
	w.endpoint = cmp.Or(s.o.Endpoint, w.endpoint)
	w.hosts = slices.Concat(w.hosts, s.o.Hosts)
	base, err := url.Parse(w.endpoint)
	if err != nil || base.Host == "" {
		return no(report.OutcomeRefused, "the endpoint is not a URL")
	}
	secret, err := s.credential(ctx)
	switch {
	case fault.Is(err, fault.Poison), fault.Is(err, fault.NotFound):
		return no(report.OutcomeUnauthorized, fault.OneLine(err))
	case err != nil:
		return no(report.OutcomeBackOff, fault.OneLine(err))
	}
	c := &caller{Source: s, wanted: w, secret: secret, key: secret.key(w.company), base: base}
	switch {
	case c.key.Empty():
		return no(report.OutcomeRefused, "the Khoros secret has no key of the company that "+ParamCompany+" names")
	case len(w.hash) > 0 && secret.HashKey.Empty():
		return no(report.OutcomeRefused, "the Khoros secret has no hash_key, and "+ParamHash+" names columns")
	}
	return c, nil
}

// create orders the export of a day.
func (c *caller) create(ctx context.Context, day report.Date) (httpclient.Reply, report.Answer) {
	method, query, form := c.wanted.request(c.key.Reveal(), day, c.o.Now())
	return c.do(ctx, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, method, c.address(c.wanted.report)+"?"+query.Encode(), strings.NewReader(form.Encode()))
		if err == nil && len(form) > 0 {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return req, err
	})
}

// address is that of a path below the reports. Its parts are escaped.
func (c *caller) address(path string) string {
	return c.base.Scheme + "://" + c.base.Host + reports + path
}

// of is the address of a call about an export, as the vendor's examples have it. The ids are percent-encoded whole: the vendor's
// own addresses have %2B, %2F and %3D.
func (c *caller) of(e export, call string) string {
	return c.address(url.QueryEscape(e.Workflow) + "/" + url.QueryEscape(e.Run) + "/" + call + "?" + url.Values{"companyKey": {c.key.Reveal()}}.Encode())
}

// finished asks for the state of an export: accepted, with its address, when it can be read; pending while it cannot; failed when
// it never will.
func (c *caller) finished(ctx context.Context, e export) (address string, _ report.Answer) {
	reply, answer := c.do(ctx, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, c.of(e, "status"), http.NoBody)
	})
	if reply.Status == http.StatusNotFound || reply.Status == http.StatusGone {
		answer.Outcome = report.OutcomeFailed // it is kept for a time that no document states
	}
	if answer.Outcome != report.OutcomeAccepted {
		return "", answer
	}
	said, err := only[state](reply.Body)
	if err == nil && !said.of(e) {
		err = fmt.Errorf("%w: it is about another export", errShape)
	}
	if err != nil {
		return "", c.unread(reply, err)
	}
	detail := strings.TrimSpace(said.Result.Detail + said.Result.Details)
	switch closed := strings.EqualFold(strings.TrimSpace(said.Result.RunnerState), "CLOSED"); {
	case !closed:
		answer.Outcome = report.OutcomePending
	case !strings.EqualFold(detail, "COMPLETED"):
		answer.Outcome = report.OutcomeFailed
		answer.Why = "the vendor ended the export as " + c.o.Scrubber.Foreign(strings.Trim(detail+": "+string(said.Result.Reason), ": "))
	case said.JobInfo.DownloadURL == "":
		// The vendor's guide: the export is not ready then.
		answer.Outcome = report.OutcomePending
	}
	return said.JobInfo.DownloadURL, answer
}

// download opens the export. The credential goes to the subscription's own host alone.
func (c *caller) download(ctx context.Context, address string) (httpclient.Stream, report.Answer) {
	refused := func(why string) (httpclient.Stream, report.Answer) {
		return httpclient.Stream{}, report.Answer{Outcome: report.OutcomeRefused, Why: why}
	}
	at, err := c.base.Parse(address) // as it is, where it names a host
	if err != nil || at.User != nil || at.Scheme != c.base.Scheme && at.Scheme != "https" {
		return refused("the vendor's address of the export is none that bellhop reads from")
	}
	if at.Host != c.base.Host && !slices.Contains(c.wanted.hosts, at.Host) {
		return refused("the export is at a host that the subscription does not allow: see " + ParamHosts)
	}
	if a := c.next(ctx); a != nil {
		return httpclient.Stream{}, *a
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), http.NoBody)
	if err != nil {
		return refused("the vendor's address of the export is none that bellhop reads from")
	}
	if at.Host == c.base.Host {
		req.Header.Set("Authorization", c.secret.basic().Reveal())
	}
	req.Header.Set("User-Agent", "bellhop")
	stream, err := c.o.HTTP.Stream(req, httpclient.StreamOptions{MaxBytes: c.o.MaxBytes, Hosts: append(slices.Clone(c.wanted.hosts), c.base.Host)})
	switch {
	case fault.Is(err, fault.Poison):
		return refused(c.o.Scrubber.Scrub(fault.OneLine(err)) + ": see " + ParamHosts)
	case err != nil:
		return stream, report.Answer{Outcome: report.OutcomeBackOff, Why: c.o.Scrubber.Scrub(fault.OneLine(err))}
	}
	answer := c.classify(httpclient.Reply{Status: stream.Status, Header: stream.Header, Whole: true})
	if answer.Outcome != report.OutcomeAccepted {
		_ = stream.Body.Close() // its words are not read
		if stream.Status == http.StatusNotFound || stream.Status == http.StatusGone {
			answer.Outcome = report.OutcomeFailed
		}
	}
	return stream, answer
}

// next takes the turn for a request that is not the first.
func (c *caller) next(ctx context.Context) *report.Answer {
	first := !c.sent
	if c.sent = true; first || c.turn == nil {
		return nil
	}
	if err := c.turn(ctx); err != nil {
		return &report.Answer{Outcome: report.OutcomeBackOff, Why: "not sent: " + fault.OneLine(err)}
	}
	return nil
}

// do sends a request, and sends it once more when the credential was refused and the secret has another one by now.
func (c *caller) do(ctx context.Context, request func() (*http.Request, error)) (httpclient.Reply, report.Answer) {
	reply, answer := c.send(ctx, request)
	if answer.Outcome != report.OutcomeUnauthorized {
		return reply, answer
	}
	c.o.Secret.Forget()
	fresh, err := c.credential(ctx)
	switch {
	case err != nil && !fault.Is(err, fault.Poison) && !fault.Is(err, fault.NotFound):
		return reply, report.Answer{Outcome: report.OutcomeBackOff, Why: c.o.Scrubber.Scrub("not sent: " + fault.OneLine(err))}
	case err != nil || fresh.basic().Equal(c.secret.basic()):
		return reply, answer
	}
	c.secret = fresh
	if reply, answer = c.send(ctx, request); answer.Outcome == report.OutcomeUnauthorized {
		c.o.Secret.Forget()
	}
	return reply, answer
}

func (c *caller) send(ctx context.Context, request func() (*http.Request, error)) (httpclient.Reply, report.Answer) {
	if a := c.next(ctx); a != nil {
		return httpclient.Reply{}, *a
	}
	req, err := request()
	if err != nil {
		return httpclient.Reply{}, report.Answer{Outcome: report.OutcomeRefused, Why: "not sent: the endpoint is not a URL"}
	}
	req.Header.Set("Authorization", c.secret.basic().Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bellhop")
	reply, err := c.o.HTTP.Do(req)
	if err != nil {
		return httpclient.Reply{}, report.Answer{Outcome: report.OutcomeBackOff, Why: c.o.Scrubber.Scrub(fault.OneLine(err))}
	}
	return reply, c.classify(reply)
}

// classify says what a reply means. The vendor documents neither a status for a throttled request nor one for a refused user.
func (c *caller) classify(reply httpclient.Reply) report.Answer {
	a := report.Answer{RequestID: httpclient.RequestID(reply.Header), Why: fmt.Sprintf("the vendor answered %d", reply.Status)}
	if reply.Status >= 200 && reply.Status <= 299 {
		if reply.Whole {
			a.Outcome, a.Why = report.OutcomeAccepted, ""
		} else {
			a.Outcome, a.Why = report.OutcomeBackOff, a.Why+", but its body broke off or is too long"
		}
		return a
	}
	a.RetryAfter = httpclient.RetryAfter(reply.Header, c.o.Now())
	if said := c.o.Scrubber.Foreign(said(reply.Body)); said != "" {
		a.Why += ": " + said
	}
	switch status := reply.Status; {
	case status == http.StatusUnauthorized:
		a.Outcome, a.Why = report.OutcomeUnauthorized, a.Why+" (check that the secret has the user's name and password)"
	case status == http.StatusForbidden:
		a.Outcome, a.Why = report.OutcomeBackOff, a.Why+" (asked too often, or the user lacks the role Analytics)"
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status < 300, status > 499:
		a.Outcome = report.OutcomeBackOff
	case status < 400:
		a.Outcome, a.Why = report.OutcomeRefused, a.Why+" (no redirect is followed here: check "+ParamHost+")"
	default:
		a.Outcome, a.Why = report.OutcomeRefused, a.Why+" (check the subscription's parameters, and the company's key)"
	}
	return a
}

// unread is the answer to a body that is not what was asked for. Where the vendor says why, it has refused the order.
func (c *caller) unread(reply httpclient.Reply, problem error) report.Answer {
	a := report.Answer{Outcome: report.OutcomeBackOff, RequestID: httpclient.RequestID(reply.Header)}
	a.Why = fmt.Sprintf("the vendor answered %d, but %v", reply.Status, problem)
	if said, ok := errors.AsType[saidError](problem); ok {
		a.Outcome = report.OutcomeRefused
		a.Why = fmt.Sprintf("the vendor answered %d: %s", reply.Status, c.o.Scrubber.Foreign(said.words))
	}
	return a
}

// said returns the vendor's words about a failure. A body that is not JSON has none that could be told from data.
func said(body []byte) string {
	var e envelope
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	var result words
	_ = result.UnmarshalJSON(e.Result)
	if e.Message == "" || result == "" {
		return string(e.Message + result)
	}
	return string(e.Message + ": " + result)
}
