package asp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// understand turns the vendor's answer to an order into an [report.Answer].
func (s *Source) understand(reply httpclient.Reply, o report.Order, now time.Time) report.Answer {
	tables := o.Tables
	a := report.Answer{RequestID: httpclient.RequestID(reply.Header)}
	if reply.Status >= 200 && reply.Status <= 299 {
		files, err := accepted(reply, tables)
		if err != nil {
			// The vendor took the request, but what it will deliver cannot be told: files may well come.
			a.Why = fmt.Sprintf("the vendor answered %d, but %v", reply.Status, err)
			return a
		}
		for i := range files {
			files[i].Root = o.Subscription.Params[ParamUnitID]
		}
		a.Outcome, a.Files, a.Why = report.OutcomeAccepted, files, unnamed(files, tables)
		return a
	}
	words := s.words(reply)
	a.RetryAfter = httpclient.RetryAfter(reply.Header, now)
	a.Why = fmt.Sprintf("the vendor answered %d", reply.Status)
	if words != "" {
		a.Why += ": " + words
	}
	for _, rule := range s.o.Rules {
		if rule.fits(reply.Status, words) {
			a.Outcome = rule.Outcome
			if rule.Remedy != "" {
				a.Why += " (" + rule.Remedy + ")"
			}
			break
		}
	}
	return a
}

// success is a 202's body.
type success struct {
	Reports []struct {
		Category string `json:"category"`
		Name     string `json:"name"`
	} `json:"reports"`
	Errors []json.RawMessage `json:"errors"`
}

// maxKey is the longest key that S3 takes, in bytes.
const maxKey = 1024

// accepted returns the files that a success names. It fails, without repeating what the body said, when that cannot be
// the answer to what was asked: a list that is only half right would make bellhop wait for the wrong files.
func accepted(reply httpclient.Reply, tables []string) ([]report.NamedFile, error) {
	var b success
	if !reply.Whole {
		return nil, errors.New("its body broke off or is too long")
	}
	if err := json.Unmarshal(reply.Body, &b); err != nil {
		return nil, errors.New("its body is not the JSON that is documented")
	}
	if len(b.Errors) > 0 {
		return nil, fmt.Errorf("it reports %d errors", len(b.Errors))
	}
	if len(b.Reports) == 0 {
		return nil, errors.New("it names no report")
	}
	files := make([]report.NamedFile, 0, len(b.Reports))
	seen := map[string]bool{}
	for i, r := range b.Reports {
		c, known := byName(r.Category)
		switch {
		case !known || !slices.Contains(tables, c.table):
			return nil, fmt.Errorf("report %d is of a category that was not asked for", i+1)
		case !validName(r.Name):
			return nil, fmt.Errorf("report %d has no usable name", i+1)
		case seen[r.Name]:
			return nil, fmt.Errorf("report %d has the name of another one", i+1)
		}
		seen[r.Name] = true
		files = append(files, report.NamedFile{Name: r.Name, Table: c.table})
	}
	return files, nil
}

func validName(name string) bool {
	return strings.TrimSpace(name) != "" && len(name) <= maxKey && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, unicode.IsControl)
}

// unnamed says for which tables no file was named. Nothing documented forbids that, and more than one file for a
// category is as possible.
func unnamed(files []report.NamedFile, tables []string) string {
	var missing []string
	for _, table := range tables {
		if !slices.ContainsFunc(files, func(f report.NamedFile) bool { return f.Table == table }) {
			missing = append(missing, table)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "no file was named for " + strings.Join(missing, ", ")
}

// failure is an error's body. Its fields are read leniently: the words matter even where their types have changed.
type failure struct {
	Message loose           `json:"message"`
	Errors  json.RawMessage `json:"errors"`
}

// problem is one item of an error's body.
type problem struct {
	Description loose `json:"errorDescription"`
	Code        loose `json:"errorCode"`
	Status      loose `json:"status"`
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
// that is not JSON, as gateways send it, only the first line that has text counts.
func (s *Source) words(reply httpclient.Reply) string {
	var f failure
	if err := json.Unmarshal(reply.Body, &f); err != nil {
		if json.Valid(reply.Body) {
			// JSON of another shape: a bare string is words, anything else may be data.
			var text loose
			_ = text.UnmarshalJSON(reply.Body)
			return s.o.Scrubber.Foreign(string(text))
		}
		return s.o.Scrubber.Foreign(firstLine(reply.Body))
	}
	if said := problems(f.Errors, reply.Status); len(said) > 0 {
		return s.o.Scrubber.Foreign(strings.Join(said, "; "))
	}
	return s.o.Scrubber.Foreign(string(f.Message))
}

// problems returns a line for each different error. The status that an error carries is shown where it is not the
// answer's own.
func problems(list json.RawMessage, status int) []string {
	var items []problem
	if json.Unmarshal(list, &items) != nil {
		return nil
	}
	var said []string
	for _, item := range items {
		line := strings.Trim(string(item.Code)+": "+string(item.Description), ": ")
		if line == "" || len(said) == maxErrors {
			continue
		}
		if item.Status != "" && string(item.Status) != strconv.Itoa(status) {
			line += " (status " + string(item.Status) + ")"
		}
		if !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return said
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
