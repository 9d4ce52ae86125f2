package skillmetrics

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A file is what is fetched in one go, and is fetched again from its first request when that was cut short: it must not take
// long. The number of files of one job is bounded by what one transaction of the ledger holds.
const (
	callsPerFile   = 25
	maxFiles       = 90
	queriesPerCall = 5 // of v2
)

// query is one series of values, or with a grouping one for each group. Empty fields mean all together.
type query struct {
	Metric, Locale, Intent string
	Window                 report.Window
}

// file is one file of a job: the calls of one skill, each with its queries.
type file struct {
	Skill string
	Calls [][]query
}

// files plans the fewest calls for a window, in a canonical order.
func (w wanted) files(window report.Window) []file {
	calls := w.calls(window)
	var files []file
	for _, skill := range w.Skills {
		for chunk := range slices.Chunk(calls, callsPerFile) {
			files = append(files, file{skill, chunk})
		}
	}
	return files
}

// calls returns those of one skill. SINGLE gives one number for each request, so that each day has its own.
func (w wanted) calls(window report.Window) [][]query {
	windows := []report.Window{window}
	if w.Period == periodSingle {
		windows = nil
		for day := range window.Days() {
			windows = append(windows, report.Window{From: day, To: day})
		}
	}
	most := 1
	if w.API == apiV2 {
		most = queriesPerCall
	}
	var calls [][]query
	for _, window := range windows {
		var queries []query
		for _, metric := range w.Metrics {
			for _, locale := range orAll(w.Locales) {
				for _, intent := range orAll(w.Intents) {
					queries = append(queries, query{metric, locale, intent, window})
				}
			}
		}
		calls = slices.AppendSeq(calls, slices.Chunk(queries, most))
	}
	return calls
}

// orAll returns the items, or one that stands for all of them together.
func orAll(items []string) []string {
	if len(items) == 0 {
		return []string{""}
	}
	return items
}

// reference returns the reference to the n-th file of a plan, from 1: its number and a digest of what it asks for. With
// other parameters it refers to nothing.
func (w wanted) reference(n int, f file) (string, error) {
	text, err := json.Marshal(struct {
		Wanted wanted
		File   file
	}{w, f})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return strconv.Itoa(n) + "." + hex.EncodeToString(sum[:8]), nil
}

// errChanged says that a reference was given for other parameters.
var errChanged = errors.New("the subscription has changed since the file was planned")

// find returns the file that a reference refers to.
func (w wanted) find(reference string, window report.Window) (file, error) {
	number, _, _ := strings.Cut(reference, ".")
	n, err := strconv.Atoi(number)
	files := w.files(window)
	if err != nil || n < 1 || n > len(files) {
		return file{}, errChanged
	}
	f := files[n-1]
	if have, err := w.reference(n, f); err != nil || have != reference {
		return file{}, errChanged
	}
	return f, nil
}
