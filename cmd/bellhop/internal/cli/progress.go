package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/local"
)

// frame is how often the bar is drawn.
const frame = 100 * time.Millisecond

// bar draws on a terminal how far a demonstration is, in one line below everything else. Stop takes the line away; it must
// be called, once, before anything else is written there. The cursor is never hidden, so that a process that is killed
// meanwhile leaves the terminal as usable as it was.
func bar(w io.Writer) (tell func(local.Progress), stop func()) {
	// A total of 0 is one that is not known yet, and reaching it is not the end: more jobs may be planned.
	t := &progress.Tracker{Message: "starting", AutoStopDisabled: true}
	all := drawing(w)
	all.AppendTracker(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		all.Render()
	}()
	tell = func(p local.Progress) {
		t.UpdateTotal(int64(p.Total))
		t.SetValue(int64(p.Done))
		t.UpdateMessage(fmt.Sprintf("%s of %s loaded · %s", number(int64(p.Done)), count(p.Total, "file"), clean(p.Phase)))
	}
	stop = func() {
		// A stop that comes before the first frame is forgotten, so it is said until it is heard.
		for {
			all.Stop()
			select {
			case <-ended:
				// A frame is always drawn, and ends below its line, where a terminal may have echoed the ^C. Where this
				// cannot be written, there is no bar.
				_ = write(w, "\r"+text.EraseLine.Sprint()+text.CursorUp.Sprint()+text.EraseLine.Sprint())
				return
			case <-time.After(frame / 10):
			}
		}
	}
	return tell, stop
}

// drawing returns what draws one tracker as a bar, the time, and the tracker's message.
func drawing(w io.Writer) progress.Writer {
	style := progress.StyleDefault
	style.Chars = progress.StyleCharsBlocks
	style.Chars.BoxLeft, style.Chars.BoxRight, style.Chars.Unfinished = "", "", "░"
	style.Chars.Indeterminate = progress.IndeterminateIndicatorMovingBackAndForth("███", frame)
	style.Options.Separator = "  "
	style.Options.TimeInProgressPrecision = time.Second
	style.Visibility = progress.StyleVisibility{Tracker: true, Time: true}
	all := progress.NewWriter()
	all.SetOutputWriter(w)
	all.SetStyle(style)
	all.SetTrackerLength(30)
	all.SetUpdateFrequency(frame)
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

// passing shows on a terminal how something goes, in one line that replaces the one before. Done takes the line away; it may be
// called more than once. Where nobody looks, nothing is shown.
func (a *app) passing() (tell func(format string, args ...any), done func()) {
	if !a.ErrTerminal || a.Getenv("TERM") == "dumb" {
		return func(string, ...any) {}, func() {}
	}
	blank := "\r" + text.EraseLine.Sprint()
	// A line that is lost is no loss.
	tell = func(format string, args ...any) { _ = write(a.Err, blank+clean(fmt.Sprintf(format, args...))) }
	return tell, func() { _ = write(a.Err, blank) }
}
