package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
)

// usageFile holds the [cost.Usage] of the last run that loaded something.
const usageFile = "usage.json"

// parts are the meters of all that is charged for on AWS, by who does it: a function, or the outside, which are the vendor
// and the queue.
type parts struct {
	requester, ingester, janitor, outside *cost.Meter
}

func newParts() parts {
	return parts{&cost.Meter{}, &cost.Meter{}, &cost.Meter{}, &cost.Meter{}}
}

// counting makes an S3 client count its requests for the work that makes them.
func counting(o *s3.Options) { o.APIOptions = append(o.APIOptions, cost.CountRequests) }

// counted returns what the functions did so far.
func (m *Machine) counted() cost.Work {
	return m.parts.requester.Work().Plus(m.parts.ingester.Work(), 1).Plus(m.parts.janitor.Work(), 1)
}

// logger returns a function's logger. Its lines are counted as Lambda would write them, with the attributes that every line has
// there, whatever becomes of them here.
func (m *Machine) logger(function string) *slog.Logger {
	const id = "00000000-0000-0000-0000-000000000000" // of an invocation: in length, it is like any other
	meter := map[string]*cost.Meter{"requester": m.parts.requester, "ingester": m.parts.ingester, "janitor": m.parts.janitor}[function]
	counted := slog.NewJSONHandler(cost.LogWriter{Meter: meter}, nil).WithAttrs([]slog.Attr{
		slog.String("requestId", id), slog.String(telemetry.KeyService, telemetry.Service),
		slog.String(telemetry.KeyFunction, function), slog.String(telemetry.KeyVersion, "v0.0.0"),
	})
	return slog.New(slog.NewMultiHandler(m.Log.Handler(), counted))
}

// measure returns what was counted in this run and writes it down, when something was loaded: a run that finds everything
// there does not replace one that says what a report costs. It ends with an invocation of either schedule that has nothing to
// do, to learn what those cost; where one fails, nothing is measured.
func (m *Machine) measure(ctx context.Context, requests int64) (*cost.Usage, error) {
	m.tally.mu.Lock()
	reports, duplicates := m.tally.files.count, m.tally.duplicates.count
	m.tally.mu.Unlock()
	if reports == 0 {
		return nil, nil
	}
	// What is left to tidy up, such as the marker of a job that was lost, is the reports' work and done once.
	m.requesterRuns++
	_, tidyErr := m.handle.requester(ctx, schedule)
	u := cost.Usage{
		At: m.Now().UTC(), Requests: requests, Reports: reports, Duplicates: duplicates,
		Requester: m.parts.requester.Work(), Ingester: m.parts.ingester.Work(), Janitor: m.parts.janitor.Work(), Outside: m.parts.outside.Work(),
		RequesterRuns: m.requesterRuns, Sweeps: m.sweepRuns,
	}
	// Vendors deliver files, and the requester what it fetched.
	const put = "S3 PutObject"
	u.Delivered = u.Outside.Calls[put] + u.Requester.Calls[put]
	u.DeliveredBytes = u.Outside.SentBytes[put] + u.Requester.SentBytes[put]
	_, err := m.handle.requester(ctx, schedule)
	_, sweepErr := m.handle.janitor(ctx, schedule)
	if err = errors.Join(tidyErr, err, sweepErr); err != nil {
		// What was to be done is done. A bill of half a measure would be wrong, and none is no harm.
		m.Log.ErrorContext(ctx, "the run was not measured", "error", err)
		return nil, nil
	}
	u.IdleRequester, u.IdleSweep = m.parts.requester.Work().Plus(u.Requester, -1), m.parts.janitor.Work().Plus(u.Janitor, -1)
	content, err := json.MarshalIndent(u, "", "  ")
	if err != nil {
		return nil, err
	}
	return &u, writeFile(filepath.Join(m.Dir, usageFile), append(content, '\n'))
}

// ErrNotMeasured says that no run of a folder was measured.
var ErrNotMeasured = errors.New("no run was measured")

// LastUsage returns what was counted in the last run of the folder that loaded something, whether or not a machine runs
// there. Where there is none, the error is [ErrNotMeasured].
func LastUsage(dir string) (cost.Usage, error) {
	var u cost.Usage
	path := filepath.Join(dir, usageFile)
	content, err := os.ReadFile(path) //nolint:gosec // the folder is the user's choice
	if errors.Is(err, fs.ErrNotExist) {
		return u, fmt.Errorf("%w in %s", ErrNotMeasured, dir)
	}
	if err != nil {
		return u, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&u); err != nil || u.Reports <= 0 || u.Delivered <= 0 {
		return u, fmt.Errorf("%s is damaged", path)
	}
	return u, nil
}
