package cli

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

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// show writes v as JSON, or what human makes of it for a person.
func (a *app) show(v any, human func(*screen)) error {
	if a.asJSON() {
		return a.encode(v)
	}
	return a.draw(human)
}

// answer makes an action of what reads an answer and what draws it. Code, where it is not nil, says with which exit code the
// command ends.
func answer[T any](
	a *app, read func(ctx context.Context, at Account, args []string) (T, error), draw func(*screen, T), code func(T) int,
) func(*cobra.Command, []string) error {
	return a.on(func(ctx context.Context, at Account, args []string) error {
		v, err := read(ctx, at, args)
		if err != nil {
			return err
		}
		err = a.show(v, func(s *screen) { draw(s, v) })
		if err == nil && code != nil && code(v) != ExitFine {
			err = exit(code(v))
		}
		return err
	})
}

// about is answer for a command with one argument.
func about[T any](
	a *app, read func(v *view.View, ctx context.Context, name string) (T, error), draw func(*screen, T),
) func(*cobra.Command, []string) error {
	return answer(a, func(ctx context.Context, at Account, args []string) (T, error) {
		return read(at.view, ctx, args[0])
	}, draw, nil)
}

// attention is the exit code of an answer of which something needs attention.
func attention(needed bool) int {
	if needed {
		return ExitAttention
	}
	return ExitFine
}

func (a *app) draw(human func(*screen)) error {
	s := &screen{color: a.OutTerminal && a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb"}
	if a.OutTerminal {
		s.width = a.Width
	}
	human(s)
	if a.ahead >= time.Minute {
		s.line("")
		s.line("%s", s.paint(quiet, "times are those of the folder's simulated clock, which is "+span(a.ahead)+" ahead"))
	}
	content := folded(a.secrets.Scrub(s.b.String()), s.width)
	if a.long && a.OutTerminal && a.Page != nil && a.Height > 0 && strings.Count(content, "\n") >= a.Height && a.Page(content) == nil {
		return nil
	}
	return write(a.Out, content)
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

func (a *app) encode(v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	return write(a.Out, scrubJSON(&a.secrets, b.String()))
}

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// scrubJSON scrubs string by string: a pattern that ran over the encoded whole could eat a quotation mark.
func scrubJSON(s *redact.Scrubber, encoded string) string {
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

func write(w io.Writer, content string) error {
	if _, err := io.WriteString(w, content); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// some returns an empty list instead of none, which JSON would show as null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// listing is what a command that lists things of one kind has of its own.
type listing[T any] struct {
	// find reads the list that a filter chooses.
	find func(v *view.View, ctx context.Context, f view.Filter) ([]T, error)
	// status is the flag that chooses by one of statuses, and statusHelp its help.
	status, statusHelp string
	statuses           []string
	// flags defines the flags that only this list has; nil defines none.
	flags func(f *pflag.FlagSet, filter *view.Filter)
	// none is said of an empty list. header and row are those of [rows].
	none, header string
	row          func(T) []cell
}

// listCommand completes a command that lists what its flags choose.
func listCommand[T any](a *app, c *cobra.Command, l listing[T]) *cobra.Command {
	var filter view.Filter
	c.Args = cobra.NoArgs
	f := c.Flags()
	f.StringVar(&filter.Subscription, "subscription", "", "only those of one subscription, by its `name`")
	f.StringSliceVar(&filter.Statuses, l.status, nil, l.statusHelp)
	f.IntVar(&filter.Last, "last", 0, "only the newest `n` (0: all)")
	if l.flags != nil {
		l.flags(f, &filter)
	}
	c.PreRunE = func(*cobra.Command, []string) error {
		if filter.Last < 0 {
			return usage("", "--last cannot be negative")
		}
		return checkStatuses(filter.Statuses, l.statuses)
	}
	c.RunE = answer(a, func(ctx context.Context, at Account, _ []string) ([]T, error) { return l.find(at.view, ctx, filter) },
		func(s *screen, list []T) {
			if len(list) == 0 {
				s.line("%s", l.none)
				return
			}
			rows(s, l.header, list, l.row)
		}, nil)
	return c
}

// words are statuses as text.
func words[T ~string](statuses []T) []string {
	texts := make([]string, len(statuses))
	for i, s := range statuses {
		texts[i] = string(s)
	}
	return texts
}

// checkStatuses brings words into their form, and refuses those that are no status.
func checkStatuses(given, known []string) error {
	for i, word := range given {
		given[i] = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(word), "-", "_"))
		if !slices.Contains(known, given[i]) {
			return usage("there are "+strings.Join(known, ", "), "unknown status %q", word)
		}
	}
	return nil
}

// rows writes a row for each item under a header, such as "file|>rows": names of columns, a > before those of numbers, which
// are aligned to the right.
func rows[T any](s *screen, header string, items []T, row func(T) []cell) {
	var names, right []string
	for name := range strings.SplitSeq(header, "|") {
		number, is := strings.CutPrefix(name, ">")
		if is {
			right = append(right, number)
		}
		names = append(names, number)
	}
	all := make([][]cell, len(items))
	for i, item := range items {
		all[i] = row(item)
	}
	s.table("", names, right, all)
}

// counts says how many things there are in each status that has any, in the order of the statuses; toneOf may be nil.
func counts[T ~string](s *screen, statuses []T, counts map[T]int, toneOf func(T) tone) painted {
	var parts []string
	for _, status := range statuses {
		if n := counts[status]; n > 0 {
			t := plain
			if toneOf != nil {
				t = toneOf(status)
			}
			parts = append(parts, string(s.paint(t, number(int64(n))+" "+string(status))))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return painted(strings.Join(parts, " · "))
}

// changed is what became of one of several things that a command was to change.
type changed interface {
	// failed returns the same with the reason why it was not changed.
	failed(why string) changed
	// said writes the line that says what was done; none for what failed, which the error tells.
	said(s *screen)
}

// changeEach changes one thing after the other, goes on after a failure, and shows what became of each. When only some
// failed the exit code is that of work partly done.
func (a *app) changeEach(ctx context.Context, names []string, one func(name string) (changed, error)) error {
	var results []changed
	var failures []error
	for _, name := range names {
		if ctx.Err() != nil {
			failures = append(failures, ctx.Err())
			break
		}
		r, err := one(name)
		if err != nil {
			r = r.failed(explain(err).Error())
			failures = append(failures, err)
		}
		results = append(results, r)
	}
	err := a.show(some(results), func(s *screen) {
		for _, r := range results {
			r.said(s)
		}
	})
	if err != nil || len(failures) == 0 {
		return err
	}
	p := explain(failures[0])
	if len(failures) < len(names) {
		p.Code = ExitPartly
	}
	return &Problem{Code: p.Code, Err: errors.Join(failures...), Remedy: p.Remedy}
}
