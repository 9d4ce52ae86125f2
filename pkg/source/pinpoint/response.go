package pinpoint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Table is the one that this source fills.
const Table = "pinpoint_kpis"

// row is one value as the file has it.
type row struct {
	Date        report.Date `csv:"dataset_date"`
	Application string      `csv:"application_id"`
	Level       Level       `csv:"level"`
	Resource    string      `csv:"resource_id"`
	KPI         string      `csv:"kpi_name"`
	GroupKey    string      `csv:"group_key"`
	GroupValue  string      `csv:"group_value"`
	ValueKey    string      `csv:"value_key"`
	ValueType   string      `csv:"value_type"`
	// Given is the value as the vendor wrote it; Amount is it where values add up, Reading where they do not.
	Given   string `csv:"given"`
	Amount  string `csv:"amount"`
	Reading string `csv:"reading"`
}

// response is the vendor's answer to one of the three operations, in the names of the document.
type response struct {
	ApplicationID string `json:"ApplicationId"`
	CampaignID    string `json:"CampaignId"`
	JourneyID     string `json:"JourneyId"`
	KpiName       string
	StartTime     moment
	EndTime       moment
	KpiResult     *struct{ Rows []resultRow }
	NextToken     *string
}

type resultRow struct{ GroupedBys, Values []value }

type value struct{ Key, Type, Value string }

// moment is an instant or a date in one of the forms of ISO 8601 that the vendor's document shows.
type moment struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler].
func (m *moment) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			m.Time = at
			return nil
		}
	}
	return errors.New("no instant")
}

// level returns what a response is about, and its id.
func (r response) level() (Level, string) {
	switch {
	case r.CampaignID != "":
		return Campaign, r.CampaignID
	case r.JourneyID != "":
		return Journey, r.JourneyID
	default:
		return Application, r.ApplicationID
	}
}

// Why a response cannot be used. None repeats anything of it.
var (
	errNoResponse = errors.New("it is not a KPI response: its application, its KPI or its range is missing")
	errPaged      = errors.New("it has a further page, and these operations have one")
	errRange      = errors.New("it is about more than one day, and its KPI is not grouped by date: nobody can tell its days apart")
	errGroupDate  = errors.New("one of its rows has no date, or one outside its range")
	errConflict   = errors.New("it gives two values for one thing")
)

// rows makes a response into rows, one for each value: grouped rows are taken apart, and what has no rows says nothing, which is
// not zero.
func (r response) rows() ([]row, error) {
	switch {
	case r.ApplicationID == "" || r.KpiName == "" || r.StartTime.IsZero() || r.EndTime.IsZero() || r.KpiResult == nil:
		return nil, errNoResponse
	case r.NextToken != nil && *r.NextToken != "":
		return nil, errPaged
	}
	days := report.Window{From: report.DateOf(r.StartTime.Time), To: report.DateOf(r.EndTime.Time)}
	level, resource := r.level()
	var all []row
	for _, result := range r.KpiResult.Rows {
		like := row{Date: days.From, Application: r.ApplicationID, Level: level, Resource: resource, KPI: r.KpiName}
		for _, g := range result.GroupedBys {
			like.GroupKey, like.GroupValue = joined(like.GroupKey, g.Key), joined(like.GroupValue, g.Value)
		}
		if strings.HasSuffix(r.KpiName, byDate) {
			date, ok := dateOf(result.GroupedBys)
			if !ok || !days.Contains(date) {
				return nil, errGroupDate
			}
			like.Date = date
		} else if days.Len() != 1 {
			return nil, errRange
		}
		for _, v := range result.Values {
			all = append(all, like.with(v))
		}
	}
	return all, nil
}

// joined puts several groups of one row into one text; no document shows any.
func joined(before, next string) string {
	if before == "" {
		return next
	}
	return before + "|" + next
}

// dateOf returns the date among a row's groups. Which key it has is not documented: its value is ISO 8601.
func dateOf(groups []value) (report.Date, bool) {
	for _, g := range groups {
		if len(g.Value) < len(time.DateOnly) {
			continue
		}
		if date, err := report.ParseDate(g.Value[:len(time.DateOnly)]); err == nil {
			return date, true
		}
	}
	return 0, false
}

// with returns the row with a value. One that is no number, or that does not fit, is only given.
func (r row) with(v value) row {
	r.ValueKey, r.ValueType, r.Given = v.Key, v.Type, v.Value
	number, exact, err := alexa.Decimal(v.Value)
	if err != nil || strings.ContainsAny(v.Value, "/_xXoObBpP") || !exact && number == "" {
		return r
	}
	if additive(r.KPI) {
		r.Amount = number
	} else {
		r.Reading = number
	}
	return r
}

// compare orders rows by what their values are of.
func (r row) compare(o row) int {
	return cmp.Or(
		cmp.Compare(r.Date, o.Date), cmp.Compare(r.Application, o.Application), cmp.Compare(r.Level, o.Level), cmp.Compare(r.Resource, o.Resource),
		cmp.Compare(r.KPI, o.KPI), cmp.Compare(r.GroupKey, o.GroupKey), cmp.Compare(r.GroupValue, o.GroupValue), cmp.Compare(r.ValueKey, o.ValueKey),
	)
}

// wrapped is a response as SDKs and the AWS CLI write it: under the name of its type.
type wrapped struct {
	ApplicationDateRangeKpiResponse *response
	CampaignDateRangeKpiResponse    *response
	JourneyDateRangeKpiResponse     *response
}

// Saved collects the rows of responses that people saved. The zero value is for any application.
type Saved struct {
	// Application is the only one whose responses are taken, if it is set.
	Application string

	rows []row
}

// Add takes the responses in a document: one or several JSON objects, bare or under the name of their type, or arrays of them. The
// error is Poison, repeats nothing of the document, and nothing of it is taken.
func (s *Saved) Add(document io.Reader) error {
	var found []response
	for d := json.NewDecoder(document); ; {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return unread(err)
		}
		responses, err := read(raw)
		if err != nil {
			return err
		}
		found = append(found, responses...)
	}
	if len(found) == 0 {
		return fault.New(fault.Poison, "it has no KPI response")
	}
	var all []row
	for i, r := range found {
		rows, err := r.rows()
		if err == nil && s.Application != "" && r.ApplicationID != s.Application {
			err = errors.New("it is about another application than the subscription")
		}
		if err != nil {
			return fault.New(fault.Poison, "response %d: %w", i+1, err)
		}
		all = append(all, rows...)
	}
	s.rows = append(s.rows, all...)
	return nil
}

// unread keeps the kind of a failure to read, and says no more of one of the syntax than where it is.
func unread(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fault.New(fault.Poison, "it is not JSON: byte %d", syntax.Offset)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.Poison, "it is not JSON: it ends too early")
	}
	return err
}

func read(raw json.RawMessage) ([]response, error) {
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && raw[0] == '[' {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return nil, unread(err)
		}
		var all []response
		for _, item := range items {
			some, err := read(item)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		return all, nil
	}
	var w wrapped
	var bare response
	if json.Unmarshal(raw, &w) != nil || json.Unmarshal(raw, &bare) != nil {
		return nil, fault.New(fault.Poison, "it is not a KPI response: a field has another type than in the vendor's document")
	}
	var all []response
	for _, r := range []*response{w.ApplicationDateRangeKpiResponse, w.CampaignDateRangeKpiResponse, w.JourneyDateRangeKpiResponse} {
		if r != nil {
			all = append(all, *r)
		}
	}
	if all == nil {
		all = []response{bare}
	}
	return all, nil
}

// Content returns all rows as the CSV that the source delivers, in canonical order. Two values for one thing are Poison.
func (s *Saved) Content() (io.ReadCloser, error) {
	rows, err := alexa.Canonical(slices.Clone(s.rows), row.compare, errConflict)
	if err != nil {
		return nil, fault.New(fault.Poison, "among the responses: %w", err)
	}
	content, err := alexa.Content(rows)
	if err != nil {
		return nil, fmt.Errorf("write the rows as CSV: %w", err)
	}
	return content, nil
}
