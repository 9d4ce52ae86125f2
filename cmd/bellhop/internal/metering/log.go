package metering

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
)

// Log returns a handler that counts each line, as JSON of the level INFO and above, for the work that writes it. The lines
// go nowhere. The attributes are in each of them, as those that every line has on Lambda.
func Log(attributes ...slog.Attr) slog.Handler {
	s := &scale{}
	return lines{slog.NewJSONHandler(&s.line, nil).WithAttrs(attributes), s}
}

// scale holds the one line that is measured at a time.
type scale struct {
	mu   sync.Mutex
	line bytes.Buffer
}

type lines struct {
	slog.Handler
	*scale
}

// Handle counts a line.
func (l lines) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line.Reset()
	err := l.Handler.Handle(ctx, r)
	Of(ctx).Logged(l.line.Len())
	return err
}

// WithAttrs is that of [slog.Handler].
func (l lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lines{l.Handler.WithAttrs(attrs), l.scale}
}

// WithGroup is that of [slog.Handler].
func (l lines) WithGroup(name string) slog.Handler {
	return lines{l.Handler.WithGroup(name), l.scale}
}

// Writer counts what is written to it as log lines of m and passes it on to w, unless that is nil.
func Writer(m *Meter, w io.Writer) io.Writer { return writer{m, w} }

type writer struct {
	meter *Meter
	to    io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	w.meter.Logged(len(p))
	if w.to == nil {
		return len(p), nil
	}
	return w.to.Write(p)
}
