package redact

import (
	"fmt"
	"log/slog"
)

// Mark stands where something was taken out.
const Mark = "[redacted]"

// Text is a string that must not be shown: a token, a client secret. Every way in which Go prints, logs or
// marshals a value gives [Mark] instead, also inside other values and from unexported fields. Only
// [Text.Reveal] gives the string. The zero Text is the empty string.
type Text struct {
	// A pointer, because fmt does not call the methods of unexported fields: it would print a string that it
	// finds there, but of a pointer only the address.
	value *string
}

// NewText returns s as a Text.
func NewText(s string) Text { return Text{&s} }

// Reveal returns the string itself, for the one place that sends it.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty reports whether there is nothing to hide.
func (t Text) Empty() bool { return t.Reveal() == "" }

// Equal reports whether t and o hold the same string.
func (t Text) Equal(o Text) bool { return t.Reveal() == o.Reveal() }

// String returns [Mark].
func (Text) String() string { return Mark }

// Format writes [Mark] for every verb and flag.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Mark)) }

// LogValue returns [Mark].
func (Text) LogValue() slog.Value { return slog.StringValue(Mark) }

// MarshalText returns [Mark], so that a value marshalled by mistake says nothing.
func (Text) MarshalText() ([]byte, error) { return []byte(Mark), nil }

// UnmarshalText takes the text as it is.
func (t *Text) UnmarshalText(text []byte) error {
	*t = NewText(string(text))
	return nil
}
