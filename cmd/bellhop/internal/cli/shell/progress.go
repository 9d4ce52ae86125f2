package shell

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// Frame is how often the bar is drawn.
const Frame = 100 * time.Millisecond

// Drawing returns what draws one tracker as a bar, the time, and the tracker's message.
func Drawing(w io.Writer) progress.Writer {
	style := progress.StyleDefault
	style.Chars = progress.StyleCharsBlocks
	style.Chars.BoxLeft, style.Chars.BoxRight, style.Chars.Unfinished = "", "", "░"
	style.Chars.Indeterminate = progress.IndeterminateIndicatorMovingBackAndForth("███", Frame)
	style.Options.Separator = "  "
	style.Options.TimeInProgressPrecision = time.Second
	style.Visibility = progress.StyleVisibility{Tracker: true, Time: true}
	all := progress.NewWriter()
	all.SetOutputWriter(w)
	all.SetStyle(style)
	all.SetUpdateFrequency(Frame)
	// A line that wraps cannot be taken back.
	all.SetTerminalWidth(columns(w) - 1)
	return all
}

// columns returns how wide the terminal behind w is.
func columns(w io.Writer) int {
	const usual = 80
	f, ok := w.(interface{ Fd() uintptr })
	if !ok {
		return usual
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 2 {
		return usual
	}
	return width
}

// Passing shows on a terminal how something goes, in one line that replaces the one before. Done takes the line away; it may be
// called more than once. Without a terminal it shows nothing.
func (a *App) Passing() (tell func(format string, args ...any), done func()) {
	if !a.ErrTerminal || a.Getenv("TERM") == "dumb" {
		return func(string, ...any) {}, func() {}
	}
	blank := "\r" + text.EraseLine.Sprint()
	// The screen may miss a line.
	tell = func(format string, args ...any) { _ = Write(a.Err, blank+Clean(fmt.Sprintf(format, args...))) }
	return tell, func() { _ = Write(a.Err, blank) }
}
