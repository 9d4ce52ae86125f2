package alexa

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// contents describes a report completely: from it and the seed its bytes follow.
// It is what a snapshot keeps of a pending delivery.
type contents struct {
	Unit      string       `json:"unit"`
	Category  string       `json:"category"`
	From      day          `json:"from"`
	To        day          `json:"to"`
	Aggregate bool         `json:"aggregate,omitempty"`
	SubUnits  bool         `json:"sub_units,omitempty"`
	Asked     day          `json:"asked"` // the vendor's date when the report was asked for
	Part      int          `json:"part"`  // from 0
	Parts     int          `json:"parts"`
	Changes   []alteration `json:"changes,omitempty"`
}

func (k contents) changed(kind FaultKind) bool {
	return slices.ContainsFunc(k.Changes, func(a alteration) bool { return a.Kind == kind })
}

// alteration is what a fault does to a report's contents.
type alteration struct {
	Kind   FaultKind `json:"kind"`
	From   day       `json:"from,omitempty"` // restated: the days that differ
	To     day       `json:"to,omitempty"`
	Column string    `json:"column,omitempty"`
	Name   string    `json:"name,omitempty"`
}

// roomCells holds what each room adds to the report, by the key of its dimensions.
type roomCells map[*node]map[string]*cell

func (rc roomCells) add(room *node, c cell, measures []measure) {
	if rc[room] == nil {
		rc[room] = map[string]*cell{}
	}
	key := c.key()
	if have := rc[room][key]; have != nil {
		have.add(c, measures)
		return
	}
	rc[room][key] = &c
}

// table is a report before it becomes text.
type table struct {
	header  []string
	records [][]string
}

// table computes the rows that the report consists of, without the alterations to its form.
func (s *Simulator) table(k contents) (table, error) {
	unit := s.hierarchy.byID[k.Unit]
	cat, ok := categoryNamed(k.Category)
	if unit == nil || !ok {
		return table{}, errors.New("report on an unknown unit or category")
	}
	first, last := s.levels(k, unit)
	t := table{header: s.header(k, cat, first, last)}
	to := k.To
	if s.switches.LagIsEmpty {
		to = min(to, k.Asked-1-day(s.switches.LagDays))
	}
	// A row is about one day, or about all of them.
	step := 1
	if k.Aggregate {
		step = max(1, int(to-k.From)+1)
	}
	for from := k.From; from <= to; from += day(step) {
		rooms := roomCells{}
		for d := from; d < from+day(step); d++ {
			s.collect(rooms, k, cat, unit, d)
		}
		var records [][]string
		for _, n := range s.hierarchy.subtree(unit) {
			if n == unit || k.SubUnits {
				records = append(records, s.unitRows(rooms, cat, n, from, first, last)...)
			}
		}
		if k.changed(Shrunk) {
			records = records[:(len(records)+2)/3]
		}
		t.records = append(t.records, records...)
	}
	return t, nil
}

// levels are the first and last level that have columns. Both documented samples follow from it:
// DEVICE of a property with its sub-units has 1 to 3, the others of a property without them 0 and 1.
func (s *Simulator) levels(k contents, unit *node) (first, last int) {
	if k.Category == "DEVICE" && !s.switches.KeepLevelZero {
		first = min(unit.level, 1)
	}
	last = unit.level
	if k.SubUnits {
		for _, n := range s.hierarchy.subtree(unit) {
			last = max(last, n.level)
		}
	}
	return first, last
}

func (s *Simulator) header(k contents, cat category, first, last int) []string {
	header := []string{dateColumn}
	if k.Aggregate {
		header[0] = s.switches.AggregateDateColumn
	}
	for level := first; level <= last; level++ {
		header = append(header, fmt.Sprintf("unitId_level_%d", level), fmt.Sprintf("unitName_level_%d", level))
	}
	header = append(header, cat.dimensions...)
	for _, m := range cat.measures {
		header = append(header, m.column)
	}
	return header
}

// collect adds one day of every room below the unit.
func (s *Simulator) collect(rooms roomCells, k contents, cat category, unit *node, d day) {
	revision := s.revision(k, d)
	add := func(room *node, c cell) {
		if room.order >= unit.order && room.order <= unit.last {
			rooms.add(room, revised(c, cat.measures, revision), cat.measures)
		}
	}
	properties := map[*node]bool{}
	for _, room := range s.hierarchy.subtree(unit) {
		if !room.leaf() {
			continue
		}
		for _, c := range s.cells(cat.name, room, d) {
			if !s.switches.OmitIdleUnits || cat.name != "DEVICE" || c.values[2] > 0 {
				add(room, c)
			}
		}
		if cat.name == "COMMUNICATION" && !properties[room.property] {
			properties[room.property] = true
			s.internalCalls(room.property, d, add)
		}
	}
}

// revision counts how often the day's numbers were restated: 0 is what they settle on.
func (s *Simulator) revision(k contents, d day) int64 {
	var revision int64
	if s.switches.RestatedDays > 0 && k.Asked-d <= day(s.switches.RestatedDays) {
		revision++
	}
	for _, a := range k.Changes {
		if a.Kind == Restated && a.From <= d && d <= a.To {
			revision++
		}
	}
	return revision
}

// revised changes every amount that is not zero, rooms first, so that roll-ups stay sums.
func revised(c cell, measures []measure, revision int64) cell {
	for i, m := range measures {
		if (m.kind == additive || m.kind == minutes) && c.values[i] > 0 {
			c.values[i] += revision * (1 + c.values[i]/20)
		}
	}
	return c
}

// unitRows are the rows of one unit: its own cells when it is a room, else those of all rooms below it.
func (s *Simulator) unitRows(rooms roomCells, cat category, n *node, date day, first, last int) [][]string {
	type total struct {
		cell
		seen, twice int64 // devices, by room and by how many were in another room too
	}
	totals := map[string]*total{}
	for _, room := range s.hierarchy.subtree(n) {
		for key, c := range rooms[room] {
			t := totals[key]
			if t == nil {
				t = &total{cell: cell{dims: c.dims}}
				totals[key] = t
			}
			for i := range cat.measures {
				t.values[i] += c.values[i]
			}
			t.seen += c.distinct()
			if c.roamed && !n.leaf() && !s.switches.SumDistinct {
				t.twice++
			}
		}
	}
	var records [][]string
	for _, key := range slices.Sorted(maps.Keys(totals)) {
		t := totals[key]
		if t.seen > 0 {
			t.seen = max(1, t.seen-t.twice)
		}
		record := append([]string{date.Time().Format(s.switches.DateLayout)}, place(n, first, last)...)
		record = append(record, t.dims...)
		for i, m := range cat.measures {
			record = append(record, amount(m.kind, t.values[i], t.seen))
		}
		records = append(records, record)
	}
	return records
}

// place fills the level columns from the unit's ancestors down to itself; deeper ones stay empty.
func place(n *node, first, last int) []string {
	cells := make([]string, 2*(last-first+1))
	for at := n; at != nil; at = at.parent {
		if at.level >= first && at.level <= last {
			i := 2 * (at.level - first)
			cells[i], cells[i+1] = at.ID, at.Name
		}
	}
	return cells
}

// amount prints minutes with two decimals but nothing as a plain 0, as the documented sample does.
func amount(kind measureKind, value, distinct int64) string {
	switch {
	case kind == devices:
		return strconv.FormatInt(distinct, 10)
	case kind == minutes && value > 0:
		return fmt.Sprintf("%d.%02d", value/100, value%100)
	default:
		return strconv.FormatInt(value, 10)
	}
}

// render turns contents into the bytes of the file.
func (s *Simulator) render(k contents) ([]byte, error) {
	t, err := s.table(k)
	if err != nil {
		return nil, err
	}
	t.records = t.records[len(t.records)*k.Part/k.Parts : len(t.records)*(k.Part+1)/k.Parts]
	for _, a := range k.Changes {
		if alter := faultTypes[a.Kind].alter; alter != nil {
			alter(&t, a)
		}
	}
	var b bytes.Buffer
	if s.switches.BOM {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = s.switches.CRLF
	if err := w.WriteAll(append([][]string{t.header}, t.records...)); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	if k.changed(Truncated) {
		return truncated(b.Bytes()), nil
	}
	return b.Bytes(), nil
}

// truncated ends the body in the middle of the row that stands at two thirds of it, so that the row has too few columns.
func truncated(body []byte) []byte {
	at := len(body) * 2 / 3
	start := bytes.LastIndexByte(body[:at], '\n') + 1
	end := len(body)
	if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
		end = at + i
	}
	return body[:start+(end-start)/2]
}
