package start

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
)

// bar draws on a terminal how far a demonstration is, in one line below everything else. Stop takes the line away; it must
// be called, once, before anything else is written there. The cursor is never hidden, so that a process that is killed
// meanwhile leaves the terminal as usable as it was.
func bar(w io.Writer) (tell func(sim.Progress), stop func()) {
	b := startBar(w, 30)
	return func(p sim.Progress) { b.tell(p, shell.Clean(p.Phase)) }, b.stop
}

// runningBar is a bar for a machine that is kept running: it says what happens next, and above it which files arrived. What is
// written to above goes there, too, a line at a time.
func runningBar(w io.Writer) (tell func(sim.Progress), above io.Writer, stop func()) {
	b := startBar(w, 15)
	return func(p sim.Progress) {
		for _, f := range p.Arrived {
			b.all.Log("%s", arrived(f))
		}
		when := "now"
		if left := p.At.Sub(p.Now); left > 0 {
			when = "in " + phrase.Span(left.Truncate(time.Second))
		}
		b.tell(p, "next: "+shell.Clean(p.Next)+" "+when)
	}, b, b.stop
}

// arrived says that a file was loaded.
func arrived(f sim.Arrival) string {
	return shell.Clean("loaded " + f.Table + " of " + f.Window.String() + ": " + f.Key)
}

// liveBar is a bar that is being drawn.
type liveBar struct {
	to      io.Writer
	all     progress.Writer
	tracker *progress.Tracker
	ended   chan struct{}
}

func startBar(w io.Writer, length int) *liveBar {
	// A total of 0 is one that is not known yet, and reaching it is not the end: more jobs may be planned.
	b := &liveBar{w, shell.Drawing(w), &progress.Tracker{Message: "starting", AutoStopDisabled: true}, make(chan struct{})}
	b.all.SetTrackerLength(length)
	b.all.AppendTracker(b.tracker)
	go func() {
		defer close(b.ended)
		b.all.Render()
	}()
	return b
}

func (b *liveBar) tell(p sim.Progress, what string) {
	b.tracker.UpdateTotal(int64(p.Total))
	b.tracker.SetValue(int64(p.Done))
	b.tracker.UpdateMessage(fmt.Sprintf("%s of %s loaded · %s", phrase.Number(int64(p.Done)), phrase.Count(p.Total, "file"), what))
}

// Write puts a line above the bar.
func (b *liveBar) Write(line []byte) (int, error) {
	b.all.Log("%s", strings.TrimRight(string(line), "\n"))
	return len(line), nil
}

func (b *liveBar) stop() {
	// A stop that comes before the first frame is forgotten, so it is said until it is heard.
	for {
		b.all.Stop()
		select {
		case <-b.ended:
			// A frame is always drawn, and ends below its line, where a terminal may have echoed the ^C. Where this
			// cannot be written, there is no bar.
			_ = shell.Write(b.to, "\r"+text.EraseLine.Sprint()+text.CursorUp.Sprint()+text.EraseLine.Sprint())
			return
		case <-time.After(shell.Frame / 10):
		}
	}
}

// plainly says in lines how far a machine is that is kept running: what arrived, and what happens next, each time that changes.
func plainly(w io.Writer) func(sim.Progress) {
	last := ""
	return func(p sim.Progress) {
		for _, f := range p.Arrived {
			_ = shell.Write(w, phrase.Second(p.Now)+"  "+arrived(f)+"\n") // the screen may miss a line
		}
		now := fmt.Sprintf("%s of %s loaded; next: %s at %s", phrase.Number(int64(p.Done)), phrase.Count(p.Total, "file"), shell.Clean(p.Next), phrase.Second(p.At))
		if !p.At.After(p.Now) {
			now = fmt.Sprintf("%s of %s loaded; next: %s", phrase.Number(int64(p.Done)), phrase.Count(p.Total, "file"), shell.Clean(p.Next))
		}
		if now != last {
			last = now
			_ = shell.Write(w, phrase.Second(p.Now)+"  "+now+"\n")
		}
	}
}
