package cost

import (
	"context"
	"io"
	"maps"
	"strconv"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Meter adds up work. It travels in a context, and each call is counted by the meter of its context, whichever client, queue
// or store the call goes to. Calls without a meter are not counted; so what the tool reads for its own answers is not in what
// the functions cost. What is counted for a part counts for each whole that it belongs to. A nil Meter counts nothing. A
// Meter is safe for concurrent use.
type Meter struct {
	wholes []*Meter

	mu   sync.Mutex
	work Work
}

type contextKey struct{}

// MeterOf returns the meter of the work that ctx belongs to, nil for none.
func MeterOf(ctx context.Context) *Meter {
	m, _ := ctx.Value(contextKey{}).(*Meter)
	return m
}

// Start returns a context whose work is counted by a meter of its own, and with it by that of ctx and by the wholes.
func Start(ctx context.Context, wholes ...*Meter) (context.Context, *Meter) {
	if outer := MeterOf(ctx); outer != nil {
		wholes = append(wholes, outer)
	}
	m := &Meter{wholes: wholes}
	return context.WithValue(ctx, contextKey{}, m), m
}

// Add counts work.
func (m *Meter) Add(w Work) {
	if m == nil {
		return
	}
	m.mu.Lock()
	m.work = m.work.Plus(w, 1)
	m.mu.Unlock()
	for _, whole := range m.wholes {
		whole.Add(w)
	}
}

// Call counts one call, such as "SQS SendMessage".
func (m *Meter) Call(name string) { m.Add(Work{Calls: map[string]int64{name: 1}}) }

// Invocation counts one invocation of a function, and how long its handler took here.
func (m *Meter) Invocation(took time.Duration) { m.Add(Work{Invocations: 1, Seconds: took.Seconds()}) }

// Work returns what was counted so far.
func (m *Meter) Work() Work {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.work
	w.Calls, w.SentBytes = maps.Clone(w.Calls), maps.Clone(w.SentBytes)
	return w
}

// CountRequests makes the clients of any service count, by service and operation, where it stands in their APIOptions. It
// counts each HTTP request and not each operation: AWS charges for a request that the SDK repeats, and for each page of a
// listing. A request that never gets an answer is counted too; AWS may or may not have had it.
func CountRequests(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CountRequests", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		name := awsmiddleware.GetServiceID(ctx) + " " + awsmiddleware.GetOperationName(ctx)
		w := Work{Calls: map[string]int64{name: 1}}
		if size := bodySize(in.Request); size > 0 {
			w.SentBytes = map[string]int64{name: size}
		}
		MeterOf(ctx).Add(w)
		return next.HandleFinalize(ctx, in)
	}), "Retry", middleware.After)
}

// bodySize returns the bytes of a request's body without the framing of a checksum that follows it.
func bodySize(request any) int64 {
	r, ok := request.(*smithyhttp.Request)
	if !ok {
		return 0
	}
	if n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err == nil {
		return n
	}
	return r.ContentLength
}

// LogWriter counts what is written to it as log lines, and passes it on to To, unless that is nil.
type LogWriter struct {
	Meter *Meter
	To    io.Writer
}

func (w LogWriter) Write(p []byte) (int, error) {
	w.Meter.Add(Work{LogBytes: int64(len(p))})
	if w.To == nil {
		return len(p), nil
	}
	return w.To.Write(p)
}
