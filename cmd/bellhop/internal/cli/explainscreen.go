package cli

import (
	"fmt"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// explanation writes an explanation from the number back to the vendor.
func (s *screen) explanation(e explanation, q question) {
	unit := e.UnitID
	if unit == "" {
		unit = q.unit
	}
	s.facts(cell{"table", plain}, cell{e.Table, strong}, cell{"unit", plain}, cell{unit, plain}, cell{"day", plain}, cell{e.Date.String(), plain})
	for _, one := range e.Subscriptions {
		heading := "SUBSCRIPTION " + one.Subscription
		if one.Taken && len(e.Subscriptions) > 1 {
			heading += " (the default view takes this one)"
		}
		s.heading(heading)
		s.explained(one, unit, q)
	}
}

func (s *screen) explained(e explained, unit string, q question) {
	status := cell{"not wanted", quiet}
	if e.Coverage != "" {
		status = cell{string(e.Coverage), coverageTone(e.Coverage)}
	}
	s.facts(cell{"status", plain}, status, cell{"why", plain}, cell{e.Why, plain})
	if e.Partition == nil {
		return
	}
	s.unitRows(e, unit, q.table)
	facts := []cell{
		{"partition", plain}, {e.Partition.Key, plain},
		{"ETag", plain}, {e.Partition.ETag, plain},
		{"rows of all units", plain}, {number(e.Partition.Rows), plain},
		{"report requested", plain}, {second(e.Partition.Generation), plain},
		{"loaded", plain}, {second(e.Partition.LoadedAt), plain},
		{"replaced since", plain}, {restated(e.Partition.Restated), plain},
		{"held", plain}, {waitingReport(e.Partition.Held), waiting},
	}
	if f := e.File; f != nil {
		facts = append(facts,
			cell{"file", plain}, cell{f.Key + " (" + string(f.Status) + ")", plain},
			cell{"SHA-256", plain}, cell{f.SHA256, plain},
			cell{"bytes", plain}, cell{number(f.Bytes), plain},
			cell{"delivered", plain}, cell{second(f.DeliveredAt), plain},
		)
	}
	if j := e.Job; j != nil {
		facts = append(facts,
			cell{"job", plain}, cell{fmt.Sprintf("%s (%s, %s)", j.ID, j.Status, j.Window), plain},
			cell{"asked", plain}, cell{second(j.SubmittedAt), plain},
			cell{"vendor's request", plain}, cell{j.VendorRequestID, plain},
		)
	}
	switch c := e.Certificate; {
	case c != nil:
		facts = append(facts,
			cell{"deleted", plain}, cell{second(c.DeletedAt), good},
			cell{"found gone", plain}, cell{second(c.VerifiedAt) + ", " + span(c.Exposure()) + " after its delivery", good},
		)
	case e.File != nil:
		facts = append(facts, cell{"deleted", plain}, cell{"no certificate yet", waiting})
	}
	s.facts(facts...)
}

// unitRows writes the dimensions and measures of the unit's rows.
func (s *screen) unitRows(e explained, unit string, d dataset.Definition) {
	if len(e.Rows) == 0 {
		if e.Partition.Rows > 0 {
			s.line("No row of this unit was reported on that day, or the dataset cannot be read from here.")
		}
		return
	}
	shown := []string{"unit_name", "row_scope"}
	for _, c := range append(d.Dimensions(), d.Measures()...) {
		shown = append(shown, c.Name)
	}
	var columns []query.Column
	for _, name := range shown {
		columns = append(columns, query.Column{Name: name})
	}
	var rows [][]any
	for _, r := range e.found.byUnit[unit] {
		var values []any
		for _, name := range shown {
			values = append(values, r[position(d, name)])
		}
		rows = append(rows, values)
	}
	if s.fitting(0, shown, valueTexts(rows)) < len(shown) {
		s.records(columns, rows)
		return
	}
	s.values(columns, rows)
}

func restated(times int) string {
	if times == 0 {
		return ""
	}
	return count(times, "time")
}

func waitingReport(h *report.Held) string {
	if h == nil {
		return ""
	}
	return "a newer report waits for a decision: " + h.Why
}
