package shell

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Show writes v as JSON, or what human makes of it for a person.
func (a *App) Show(v any, human func(*Screen)) error {
	if a.AsJSON() {
		return a.Encode(v)
	}
	return a.Draw(human)
}

// Answer makes an action of what reads an answer and what draws it. Code, where it is not nil, says with which exit code the
// command ends.
func Answer[T any](
	a *App, read func(ctx context.Context, at Account, args []string) (T, error), draw func(*Screen, T), code func(T) int,
) func(*cobra.Command, []string) error {
	return a.On(func(ctx context.Context, at Account, args []string) error {
		v, err := read(ctx, at, args)
		if err != nil {
			return err
		}
		err = a.Show(v, func(s *Screen) { draw(s, v) })
		if err == nil && code != nil && code(v) != ExitFine {
			err = Exit(code(v))
		}
		return err
	})
}

// About is answer for a command with one argument.
func About[T any](
	a *App, read func(v *view.View, ctx context.Context, name string) (T, error), draw func(*Screen, T),
) func(*cobra.Command, []string) error {
	return Answer(a, func(ctx context.Context, at Account, args []string) (T, error) {
		return read(at.View, ctx, args[0])
	}, draw, nil)
}

// Attention is the exit code of an answer of which something needs attention.
func Attention(needed bool) int {
	if needed {
		return ExitAttention
	}
	return ExitFine
}

// Draw shows a person what human writes: clean, without secrets, folded to the width of the terminal, a screen at a time.
func (a *App) Draw(human func(*Screen)) error {
	s := &Screen{color: a.OutTerminal && a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb"}
	if a.OutTerminal {
		s.width = a.Width
	}
	human(s)
	if a.ahead >= time.Minute {
		s.Line("")
		s.Line("%s", s.Paint(Quiet, "times are those of the folder's simulated clock, which is "+phrase.Span(a.ahead)+" ahead"))
	}
	content := folded(a.Secrets.Scrub(s.b.String()), s.width)
	if a.clear {
		content = emptied + content
	}
	if a.long && a.OutTerminal && a.Page != nil && a.Height > 0 && strings.Count(content, "\n") >= a.Height && a.Page(content) == nil {
		return nil
	}
	return Write(a.Out, content)
}

// emptied takes the cursor home and clears the screen.
const emptied = "\x1b[H\x1b[2J"

// Watch draws again and again on a terminal, each time on an empty one. It ends with ctx, which is no error; an exit code of what is
// drawn is none either.
func (a *App) Watch(ctx context.Context, every time.Duration, once func() error) error {
	a.clear = true
	for ctx.Err() == nil {
		err := once()
		if p, stated := errors.AsType[*Problem](err); err != nil && ctx.Err() == nil && (!stated || p.Err != nil) {
			return err
		}
		if err := a.Wait(ctx, every); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// folded breaks lines that are wider than the terminal between words, which the terminal itself would break anywhere. What
// goes on is indented. Width 0 breaks nothing.
func folded(content string, width int) string {
	const indent = "      "
	if width <= 2*len(indent) {
		return content
	}
	var b strings.Builder
	for line := range strings.Lines(content) {
		for text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")) > width {
			at := lastSpace(line, width)
			if at <= len(indent) {
				break // one word is wider than the terminal
			}
			b.WriteString(strings.TrimRight(line[:at], " ") + "\n")
			line = indent + strings.TrimLeft(line[at:], " ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// lastSpace returns where the last space lies that is not beyond the width, in bytes; escape codes have no width.
func lastSpace(line string, width int) int {
	at, column, escaped := 0, 0, false
	for i, r := range line {
		switch {
		case r == '\x1b':
			escaped = true
		case escaped:
			escaped = r != 'm'
		case column > width:
			return at
		default:
			if r == ' ' {
				at = i
			}
			column += text.RuneWidth(r)
		}
	}
	return at
}

// Encode writes v as JSON, without secrets.
func (a *App) Encode(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return Write(a.Out, ScrubJSON(&a.Secrets, b.String()))
}

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// ScrubJSON scrubs string by string: a pattern that ran over the encoded whole could eat a quotation mark.
func ScrubJSON(s *redact.Scrubber, encoded string) string {
	return jsonString.ReplaceAllStringFunc(encoded, func(quoted string) string {
		var content string
		if json.Unmarshal([]byte(quoted), &content) != nil {
			return quoted
		}
		scrubbed := s.Scrub(content)
		if scrubbed == content {
			return quoted
		}
		again, err := json.Marshal(scrubbed)
		if err != nil {
			return `""`
		}
		return string(again)
	})
}

// Write writes the whole content.
func Write(w io.Writer, content string) error {
	if _, err := io.WriteString(w, content); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// Each is what of makes of each item of a list.
func Each[T, U any](list []T, of func(T) U) []U {
	all := make([]U, len(list))
	for i, item := range list {
		all[i] = of(item)
	}
	return all
}

// Some returns an empty list instead of none, which JSON would show as null.
func Some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Listing is what a command that lists things of one kind has of its own.
type Listing[T any] struct {
	// find reads the list that a filter chooses.
	Find func(v *view.View, ctx context.Context, f view.Filter) ([]T, error)
	// status is the flag that chooses by one of statuses, and statusHelp its help.
	Status, StatusHelp string
	Statuses           []string
	// flags defines the flags that only this list has; nil defines none.
	Flags func(f *pflag.FlagSet, filter *view.Filter)
	// none is said of an empty list. header and row are those of [rows].
	None, Header string
	Row          func(T) []Cell
}

// ListCommand completes a command that lists what its flags choose.
func ListCommand[T any](a *App, c *cobra.Command, l Listing[T]) *cobra.Command {
	var filter view.Filter
	c.Args = cobra.NoArgs
	f := c.Flags()
	f.StringVar(&filter.Subscription, "subscription", "", "only those of one subscription, by its `name`")
	f.StringSliceVar(&filter.Statuses, l.Status, nil, l.StatusHelp)
	f.IntVar(&filter.Last, "last", 0, "only the newest `n` (0: all)")
	if l.Flags != nil {
		l.Flags(f, &filter)
	}
	c.PreRunE = func(*cobra.Command, []string) error {
		if filter.Last < 0 {
			return Usage("", "--last cannot be negative")
		}
		return checkStatuses(filter.Statuses, l.Statuses)
	}
	c.RunE = Answer(a, func(ctx context.Context, at Account, _ []string) ([]T, error) { return l.Find(at.View, ctx, filter) },
		func(s *Screen, list []T) {
			if len(list) == 0 {
				s.Line("%s", l.None)
				return
			}
			Rows(s, l.Header, list, l.Row)
		}, nil)
	return c
}

// Words are statuses as text.
func Words[T ~string](statuses []T) []string {
	return Each(statuses, func(s T) string { return string(s) })
}

// checkStatuses brings words into their form, and refuses those that are no status.
func checkStatuses(given, known []string) error {
	for i, word := range given {
		given[i] = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(word), "-", "_"))
		if !slices.Contains(known, given[i]) {
			return Usage("there are "+strings.Join(known, ", "), "unknown status %q", word)
		}
	}
	return nil
}

// Rows writes a row for each item under a header, such as "file|>rows": names of columns, a > before those of numbers, which
// are aligned to the right.
func Rows[T any](s *Screen, header string, items []T, row func(T) []Cell) {
	var names, right []string
	for name := range strings.SplitSeq(header, "|") {
		number, is := strings.CutPrefix(name, ">")
		if is {
			right = append(right, number)
		}
		names = append(names, number)
	}
	s.Table("", names, right, Each(items, row))
}

// Counts says how many things there are in each status that has any, in the order of the statuses; toneOf may be nil.
func Counts[T ~string](s *Screen, statuses []T, counts map[T]int, toneOf func(T) Tone) Painted {
	var parts []string
	for _, status := range statuses {
		if n := counts[status]; n > 0 {
			t := Plain
			if toneOf != nil {
				t = toneOf(status)
			}
			parts = append(parts, string(s.Paint(t, phrase.Number(int64(n))+" "+string(status))))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return Painted(strings.Join(parts, " · "))
}

// Changed is what became of one of several things that a command was to change.
type Changed interface {
	// failed returns the same with the reason why it was not changed.
	Failed(why string) Changed
	// said writes the line that says what was done; none for what failed, which the error tells.
	Said(s *Screen)
}

// ChangeEach changes one thing after the other, goes on after a failure, and shows what became of each. When only some
// failed the exit code is that of work partly done.
func (a *App) ChangeEach(ctx context.Context, names []string, one func(name string) (Changed, error)) error {
	var results []Changed
	var failures []error
	for _, name := range names {
		if ctx.Err() != nil {
			failures = append(failures, ctx.Err())
			break
		}
		r, err := one(name)
		if err != nil {
			r = r.Failed(Explain(err).Error())
			failures = append(failures, err)
		}
		results = append(results, r)
	}
	err := a.Show(Some(results), func(s *Screen) {
		for _, r := range results {
			r.Said(s)
		}
	})
	if err != nil {
		return err
	}
	return Failed(failures, len(failures) < len(names))
}
