package httpclient

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Bounds of a stream when [StreamOptions] name none.
const (
	DefaultStreamBytes = 1 << 30
	DefaultStall       = 30 * time.Second
)

// maxRedirects is how many redirects of one download are followed.
const maxRedirects = 5

// StreamOptions bound an answer that is read as it comes.
type StreamOptions struct {
	// MaxBytes bounds the body, after decompression.
	MaxBytes int64
	// Stall is the longest wait for the next byte. Time in which nobody reads does not count.
	Stall time.Duration
	// Hosts are where a redirect may lead, with the port unless it is that of the scheme. The request's own host always is one.
	Hosts []string
}

// Stream is an answer whose body is still to be read. Its reader fails with an error of kind [fault.Transient] when the body breaks
// off or stalls, and of kind [fault.Poison] when it is too long; what was read before that is worth nothing. Closing it ends the exchange.
type Stream struct {
	Status int
	Header http.Header
	Body   io.ReadCloser
}

var (
	errStalled  = errors.New("no byte came for too long")
	errRedirect = errors.New("it was redirected to where the source does not allow")
)

// Stream sends a GET once and returns the answer, whatever its status, without reading its body. It follows redirects to the allowed
// hosts, and never from HTTPS to HTTP. Another host than the first gets no header of the request: no credential, and no address to
// come from. The error is an [*Error] of kind [fault.Transient]; that of a redirect which is not allowed is of kind [fault.Poison].
func (c *Client) Stream(req *http.Request, o StreamOptions) (Stream, error) {
	if req.Method != http.MethodGet {
		return Stream{}, fault.New(fault.Internal, "only a GET is read as a stream, because it may be repeated")
	}
	o.MaxBytes, o.Stall = cmp.Or(o.MaxBytes, DefaultStreamBytes), cmp.Or(o.Stall, DefaultStall)
	ctx, cancel := context.WithCancelCause(req.Context())
	client := *c.http
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		first, last := via[0].URL, via[len(via)-1].URL
		if len(via) > maxRedirects || last.Scheme == "https" && next.URL.Scheme != "https" ||
			next.URL.Host != first.Host && !slices.Contains(o.Hosts, next.URL.Host) {
			return errRedirect
		}
		if next.URL.Host != first.Host {
			next.Header = http.Header{} //nolint:gosec // it carries nothing over
		}
		return nil
	}
	came := watch(ctx, cancel, o.Stall)
	res, sent, err := send(&client, req.WithContext(ctx)) //nolint:bodyclose // who closes the stream closes it
	came()
	if err != nil {
		defer cancel(nil)
		switch {
		case errors.Is(err, errRedirect):
			return Stream{}, fault.As(fault.Poison, errRedirect)
		case errors.Is(context.Cause(ctx), errStalled):
			return Stream{}, fault.As(fault.Transient, &Error{Sent: sent, reason: errStalled.Error()})
		default:
			return Stream{}, c.failed(err, sent)
		}
	}
	body := &streamed{ctx: ctx, cancel: cancel, body: res.Body, o: o, left: o.MaxBytes}
	return Stream{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// watch cancels an exchange as stalled unless came is called in time.
func watch(ctx context.Context, cancel context.CancelCauseFunc, stall time.Duration) (came func()) {
	waiting, done := context.WithTimeoutCause(ctx, stall, errStalled)
	stop := context.AfterFunc(waiting, func() { cancel(context.Cause(waiting)) })
	return func() {
		stop()
		done()
	}
}

// streamed is a body with its bounds.
type streamed struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	body   io.ReadCloser
	o      StreamOptions
	left   int64
}

func (s *streamed) Read(p []byte) (int, error) {
	came := watch(s.ctx, s.cancel, s.o.Stall)
	n, err := s.body.Read(p)
	came()
	if s.left -= int64(n); s.left < 0 {
		return 0, fault.New(fault.Poison, "the answer is longer than %d bytes", s.o.MaxBytes)
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	reason := lost(err)
	if cause := context.Cause(s.ctx); errors.Is(cause, errStalled) {
		reason = errStalled.Error()
	} else if cause != nil {
		return n, fault.New(fault.Transient, "the answer broke off: %w", s.ctx.Err())
	}
	return n, fault.New(fault.Transient, "the answer broke off: %s", reason)
}

func (s *streamed) Close() error {
	s.cancel(nil)
	return s.body.Close()
}
