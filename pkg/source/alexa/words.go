package alexa

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// failure is an error's body. Its fields are read leniently: the words matter even where their types have changed.
type failure struct {
	Message    loose           `json:"message"`
	Code       loose           `json:"code"`
	Errors     json.RawMessage `json:"errors"`     // of the Analytics API
	Violations json.RawMessage `json:"violations"` // of the Skill Management API
}

// problem is one item of an error's body, in the words of either API.
type problem struct {
	Description loose `json:"errorDescription"`
	ErrorCode   loose `json:"errorCode"`
	Status      loose `json:"status"`
	Message     loose `json:"message"`
	Code        loose `json:"code"`
}

// loose is a JSON string or number as text, and nothing for any other value.
type loose string

// UnmarshalJSON never fails: a value that is not a string or a number has no words.
func (l *loose) UnmarshalJSON(b []byte) error {
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(b, &text) == nil:
		*l = loose(text)
	case json.Unmarshal(b, &number) == nil:
		*l = loose(number)
	}
	return nil
}

// How much of a body is read for words: its errors repeat each other, and only one line is kept.
const (
	maxErrors = 10
	maxText   = 16 << 10
)

// words returns what the vendor said, fit for logs: code and description of each error, else the message. Of a body
// that is not JSON, as gateways send it, only the first line that has text counts. What is private is taken out first.
func (c *Client) words(reply httpclient.Reply, private []string) string {
	text := said(reply)
	for _, p := range private {
		if p != "" {
			text = strings.ReplaceAll(text, p, redact.Mark)
		}
	}
	return c.o.Scrubber.Foreign(text)
}

func said(reply httpclient.Reply) string {
	var f failure
	if err := json.Unmarshal(reply.Body, &f); err != nil {
		if json.Valid(reply.Body) {
			// JSON of another shape: a bare string is words, anything else may be data.
			var text loose
			_ = text.UnmarshalJSON(reply.Body)
			return string(text)
		}
		return firstLine(reply.Body)
	}
	lines := slices.Concat(problems(f.Errors, reply.Status), problems(f.Violations, reply.Status))
	if len(lines) > 0 {
		return strings.Join(lines, "; ")
	}
	return strings.Trim(string(f.Code)+": "+string(f.Message), ": ")
}

// problems returns a line for each different error. The status that an error carries is shown where it is not the
// answer's own.
func problems(list json.RawMessage, status int) []string {
	var items []problem
	if json.Unmarshal(list, &items) != nil {
		return nil
	}
	var lines []string
	for _, item := range items {
		line := strings.Trim(string(item.ErrorCode+item.Code)+": "+string(item.Description+item.Message), ": ")
		if line == "" || len(lines) == maxErrors {
			continue
		}
		if item.Status != "" && string(item.Status) != strconv.Itoa(status) {
			line += " (status " + string(item.Status) + ")"
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// firstLine returns the first text of a body that is not JSON, without markup.
func firstLine(body []byte) string {
	body = body[:min(len(body), maxText)]
	for line := range bytes.Lines(body) {
		if text := strings.TrimSpace(withoutTags(string(line))); text != "" {
			return text
		}
	}
	return ""
}

// withoutTags drops everything between angle brackets.
func withoutTags(line string) string {
	var text strings.Builder
	inside := false
	for _, r := range line {
		switch {
		case r == '<':
			inside = true
		case r == '>' && inside:
			inside = false
			text.WriteByte(' ')
		case !inside:
			text.WriteRune(r)
		}
	}
	return text.String()
}
