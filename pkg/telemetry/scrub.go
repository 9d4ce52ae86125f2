package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Scrub returns a handler that takes secrets out of the message and all values of a record before next sees them.
// Attributes of a logger made by With are scrubbed when they are added: a secret that the scrubber learns of later stays
// in them.
func Scrub(next slog.Handler, s *redact.Scrubber) slog.Handler { return &scrubbing{next, s} }

type scrubbing struct {
	next     slog.Handler
	scrubber *redact.Scrubber
}

func (h *scrubbing) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *scrubbing) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.scrubber.Scrub(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

func (h *scrubbing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &scrubbing{h.next.WithAttrs(h.attrs(attrs)), h.scrubber}
}

func (h *scrubbing) WithGroup(name string) slog.Handler {
	return &scrubbing{h.next.WithGroup(name), h.scrubber}
}

func (h *scrubbing) attrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = h.attr(a)
	}
	return clean
}

func (h *scrubbing) attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(h.scrubber.Scrub(v.String()))
	case slog.KindGroup:
		v = slog.GroupValue(h.attrs(v.Group())...)
	case slog.KindAny:
		v = h.value(v.Any())
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64, slog.KindLogValuer:
		// Numbers and times hold no secrets; Resolve leaves no LogValuer.
	}
	return slog.Attr{Key: a.Key, Value: v}
}

// value scrubs a value of any type in the form in which it would be written.
func (h *scrubbing) value(v any) slog.Value {
	if err, ok := v.(error); ok {
		return slog.StringValue(h.scrubber.Scrub(err.Error()))
	}
	written, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue(h.scrubber.Scrub(fmt.Sprintf("%+v", v)))
	}
	clean := h.scrubber.Scrub(string(written))
	if !json.Valid([]byte(clean)) {
		return slog.StringValue(clean)
	}
	return slog.AnyValue(json.RawMessage(clean))
}
