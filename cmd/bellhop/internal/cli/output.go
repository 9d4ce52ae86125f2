package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// show writes v as JSON, or what human makes of it for a person.
func (a *app) show(v any, human func(*screen)) error {
	if a.asJSON() {
		return a.encode(v)
	}
	return a.draw(human)
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
