package report

import (
	"fmt"
	"iter"
	"strings"
)

// Window is a range of civil dates, both ends included. Its text form is 2026-11-01..2026-11-04.
type Window struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// ParseWindow reads the text form; a single date stands for the window of that one day.
func ParseWindow(s string) (Window, error) {
	from, to, ranged := strings.Cut(s, "..")
	if !ranged {
		to = from
	}
	f, err := ParseDate(from)
	if err != nil {
		return Window{}, fmt.Errorf("window %q: %w", s, err)
	}
	t, err := ParseDate(to)
	if err != nil {
		return Window{}, fmt.Errorf("window %q: %w", s, err)
	}
	if t < f {
		return Window{}, fmt.Errorf("window %q ends before it begins", s)
	}
	return Window{f, t}, nil
}

// String returns the text form.
func (w Window) String() string { return w.From.String() + ".." + w.To.String() }

// Len returns the number of days in w; an inverted window has none.
func (w Window) Len() int { return max(0, int(w.To-w.From)+1) }

// Contains reports whether d lies in w.
func (w Window) Contains(d Date) bool { return w.From <= d && d <= w.To }

// Overlaps reports whether w and o share a day.
func (w Window) Overlaps(o Window) bool { return w.From <= o.To && o.From <= w.To }

// Intersect returns the days that w and o share; its Len is 0 when there are none.
func (w Window) Intersect(o Window) Window {
	return Window{max(w.From, o.From), min(w.To, o.To)}
}

// Days yields the dates of w in order.
func (w Window) Days() iter.Seq[Date] {
	return func(yield func(Date) bool) {
		for d := w.From; d <= w.To; d++ {
			if !yield(d) {
				return
			}
		}
	}
}
