// Package httpclient is HTTP as every source speaks it: TLS 1.2 or newer, no redirects, bounded answers, bounded
// time, and an error that says whether the request went out at all.
package httpclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Bounds of one exchange when [Options] names none.
const (
	DefaultTimeout  = time.Minute
	DefaultMaxBytes = 1 << 20
)

// Options shape a [Client]. The zero value is good for production.
type Options struct {
	// Transport is copied; nil means a copy of [http.DefaultTransport].
	Transport *http.Transport
	// Timeout bounds one exchange, from the connection to the answer's last byte. A deadline of the context
	// that is nearer still counts.
	Timeout time.Duration
	// MaxBytes bounds an answer's body, after decompression.
	MaxBytes int64
	// Scrubber keeps what it knows out of the errors.
	Scrubber *redact.Scrubber
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	http *http.Client
	o    Options
}

// New returns a client with its own connections.
func New(o Options) *Client {
	o.Timeout, o.MaxBytes = cmp.Or(o.Timeout, DefaultTimeout), cmp.Or(o.MaxBytes, DefaultMaxBytes)
	transport := o.Transport
	if transport == nil {
		transport, _ = http.DefaultTransport.(*http.Transport)
	}
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	transport = transport.Clone()
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.MinVersion = max(transport.TLSClientConfig.MinVersion, tls.VersionTLS12)
	// No vendor documents a redirect, and following one would carry the credential along.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{&http.Client{Transport: transport, CheckRedirect: stay}, o}
}

// Reply is an answer with its body read.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	// Whole is false when the body broke off or was longer than allowed; Body is then its beginning.
	Whole bool
}

// Error is a request without an answer. Its text is fit for logs.
type Error struct {
	// Sent is whether any part of the request may have reached the other side. When it is false, repeating the
	// request is safe; when it is true, the request may have been carried out.
	Sent   bool
	reason string
	cause  error
}

// Error says how far the request got, and why no further.
func (e *Error) Error() string {
	if e.Sent {
		return "the request went out, and no answer came: " + e.reason
	}
	return "the request could not be sent: " + e.reason
}

// Unwrap returns the cause if it is a context's end, and nil otherwise: the texts of other causes may hold
// what the other side sent.
func (e *Error) Unwrap() error { return e.cause }

// CloseIdleConnections closes the connections that are not in use. Do so before a request that must not be
// repeated: where the process is frozen between invocations a kept connection dies unnoticed, and the request
// that is written into it is lost with an unknown outcome.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// Do sends a request once and reads the answer, whatever its status. An error is an [*Error] of kind
// [fault.Transient]. Redirects are answers like any other.
func (c *Client) Do(req *http.Request) (Reply, error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.o.Timeout)
	defer cancel()
	res, sent, err := send(c.http, req.WithContext(ctx))
	if err != nil {
		return Reply{}, c.failed(err, sent)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.o.MaxBytes+1))
	reply := Reply{Status: res.StatusCode, Header: res.Header, Body: body, Whole: err == nil}
	if int64(len(body)) > c.o.MaxBytes {
		reply.Body, reply.Whole = body[:c.o.MaxBytes], false
	}
	return reply, nil
}

// send sends a request, and reports whether any part of it may have reached the other side.
func send(client *http.Client, req *http.Request) (*http.Response, bool, error) {
	var sent atomic.Bool
	// Header fields are reported when they enter the write buffer, which is before their first byte can leave:
	// this may call a request sent that was not, and never the other way round.
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { sent.Store(true) },
	})
	res, err := client.Do(req.WithContext(ctx))
	return res, sent.Load(), err
}

// failed turns a transport's error into an [Error], without the URL and without what the other side wrote.
func (c *Client) failed(err error, sent bool) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	e := &Error{Sent: sent}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.cause, e.reason = context.DeadlineExceeded, "no time was left"
	case errors.Is(err, context.Canceled):
		e.cause, e.reason = context.Canceled, "it was cancelled"
	case !sent:
		e.reason = c.o.Scrubber.Foreign(err.Error())
	default:
		e.reason = lost(err)
	}
	return fault.As(fault.Transient, e)
}

// lost says why no answer came, in words of our own: the transport quotes what it could not read.
func lost(err error) string {
	broken, isBroken := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the connection was closed"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case isBroken:
		return "the connection failed: " + broken.Op
	default:
		return "what came is not HTTP, or the connection broke"
	}
}
