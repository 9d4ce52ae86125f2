package report

import (
	"slices"
	"strings"
)

// Snapshot is what the ledger knows of one subscription's days: the planner's whole input, read at once.
type Snapshot struct {
	Subscription Subscription
	// Version is the ledger's version of the snapshot: reserving jobs for it fails when another plan came first.
	Version int64
	// NextJob is the sequence number of the next job.
	NextJob    int64
	Partitions []Partition
	Markers    []Marker
	// Since is the first day whose partitions were read. Nothing is known of an earlier one; the zero date: all were read.
	Since Date
	// Planning is what the last plan left to the next.
	Planning Planning
}

// Reserved returns the snapshot as it is when the ledger has turned requests into these jobs.
func (b Snapshot) Reserved(jobs []Job) Snapshot {
	if len(jobs) == 0 {
		return b
	}
	b.Version++
	b.NextJob += int64(len(jobs))
	b.Markers = slices.Clone(b.Markers)
	for _, j := range jobs {
		if m, keep := j.Marker(); keep {
			b.Markers = append(b.Markers, m)
		}
	}
	return b
}

// CoverageStatus is what is known of one day of one table of one subscription.
type CoverageStatus string

// The coverage of a day.
const (
	CoverageComplete    CoverageStatus = "COMPLETE"     // loaded, with rows
	CoverageZero        CoverageStatus = "ZERO"         // loaded, and the vendor reports nothing: not missing
	CoveragePending     CoverageStatus = "PENDING"      // a job is on it
	CoverageMissing     CoverageStatus = "MISSING"      // not there, still to be had
	CoverageNotEligible CoverageStatus = "NOT_ELIGIBLE" // the unit is too young
	CoverageExpired     CoverageStatus = "EXPIRED"      // not there, and the vendor no longer has it
)

// CoverageStatuses returns every coverage status.
func CoverageStatuses() []CoverageStatus {
	return []CoverageStatus{
		CoverageComplete, CoverageZero, CoveragePending, CoverageMissing, CoverageNotEligible, CoverageExpired,
	}
}

// Covered reports whether the day's data is in the dataset. It panics on a status that it does not know.
func (s CoverageStatus) Covered() bool {
	switch s {
	case CoverageComplete, CoverageZero:
		return true
	case CoveragePending, CoverageMissing, CoverageNotEligible, CoverageExpired:
		return false
	default:
		panic("report: unhandled coverage status " + string(s))
	}
}

// DayCoverage is the coverage of one day.
type DayCoverage struct {
	Table  string         `json:"table"`
	Date   Date           `json:"date"`
	Status CoverageStatus `json:"status"`
	Rows   int64          `json:"rows"`
	// Why says what stands in the way of a day that is not covered.
	Why string `json:"why,omitempty"`
	// LostAfter is the last day on which a day that is not covered can still be fetched.
	LostAfter Date `json:"lost_after,omitzero"`
	// Held tells that a newer report waits for a person's decision.
	Held bool `json:"held,omitempty"`
	// Vanished tells of a day that was published and is not in the dataset any more.
	Vanished *Vanished `json:"vanished,omitempty"`
}

// Wanted returns the days that the subscription wants to exist today; its Len is 0 when there are none yet, or when it was
// removed.
func (s Subscription) Wanted(today Date) Window {
	if s.Removed() {
		return Window{s.From, s.From - 1}
	}
	return Window{s.From, today - Date(s.LagDays)}
}

// Wanted returns the days that a subscription wants to exist today and that the vendor has ever data of.
func (l Limits) Wanted(s Subscription, today Date) Window {
	w := s.Wanted(today)
	if l.LastDay != 0 {
		w.To = min(w.To, l.LastDay)
	}
	return w
}

// cell names one day of one table.
type cell struct {
	table string
	date  Date
}

// partitions returns the published days that are there.
func (b Snapshot) partitions() map[cell]Partition {
	m := make(map[cell]Partition, len(b.Partitions))
	for _, s := range b.Partitions {
		if s.Vanished == nil {
			m[cell{s.Table, s.Date}] = s
		}
	}
	return m
}

// vanished returns the published days that are not there any more.
func (b Snapshot) vanished() map[cell]Vanished {
	m := map[cell]Vanished{}
	for _, s := range b.Partitions {
		if s.Vanished != nil {
			m[cell{s.Table, s.Date}] = *s.Vanished
		}
	}
	return m
}

// marker returns the marker that holds the day or, when none does, the one of the last attempt that lost it.
func (b Snapshot) marker(table string, d Date) (Marker, bool) {
	var found Marker
	ok := false
	for _, m := range b.Markers {
		if !m.Covers(table, d) {
			continue
		}
		if m.Status.Holds() {
			return m, true
		}
		if !ok || m.Attempt > found.Attempt {
			found, ok = m, true
		}
	}
	return found, ok
}

// Coverage returns the coverage of every wanted day of every table that the snapshot knows of, in the order of tables,
// then days. Days before the first one that is wanted are among them as far as they were published, or are on their way: an
// archive that a person imported. Nobody misses the others.
func Coverage(b Snapshot, l Limits, today Date) []DayCoverage {
	loaded, vanished := b.partitions(), b.vanished()
	wanted := l.Wanted(b.Subscription, today)
	wanted.From = max(wanted.From, b.Since)
	var days []DayCoverage
	for _, table := range l.Tables {
		for d := range (Window{b.earliest(wanted.From), wanted.To}).Days() {
			c := DayCoverage{Table: table, Date: d}
			s, there := loaded[cell{table, d}]
			v, gone := vanished[cell{table, d}]
			if d < wanted.From && !there && !gone && !b.holds(table, d) {
				continue
			}
			if there {
				c.Rows, c.Held = s.Rows, s.Held != nil
				c.Status = CoverageComplete
				if s.Rows == 0 {
					c.Status = CoverageZero
				}
			} else {
				c.Status, c.Why = b.gap(table, d, l, today)
				c.LostAfter = d + Date(l.LostAfterDays)
				if gone {
					c.Vanished = new(v)
					c.Why = strings.TrimSuffix(v.Why()+": "+c.Why, ": ")
				}
			}
			days = append(days, c)
		}
	}
	return days
}

// earliest returns the first day that was published or that a job holds, or first where that is earlier.
func (b Snapshot) earliest(first Date) Date {
	if b.Since > b.Subscription.From {
		return first // of the days before, the snapshot knows nothing
	}
	for _, s := range b.Partitions {
		first = min(first, s.Date)
	}
	for _, m := range b.Markers {
		if m.Status.Holds() {
			first = min(first, m.Window.From)
		}
	}
	return first
}

// holds reports whether a job holds the day.
func (b Snapshot) holds(table string, d Date) bool {
	m, marked := b.marker(table, d)
	return marked && m.Status.Holds()
}

// gap says how it stands with a day that is not loaded.
func (b Snapshot) gap(table string, d Date, l Limits, today Date) (CoverageStatus, string) {
	m, marked := b.marker(table, d)
	if marked && m.Status.Holds() && !m.Status.NeedsPerson() {
		if m.Status == JobNotEligible {
			return CoverageNotEligible, m.Reason
		}
		return CoveragePending, "job " + m.Job + " is " + string(m.Status)
	}
	if today > d+Date(l.LostAfterDays) {
		return CoverageExpired, "the vendor no longer has it"
	}
	switch {
	case marked && m.Status.NeedsPerson():
		return CoverageMissing, "job " + m.Job + " was refused: " + m.Reason
	case marked && m.Attempt >= MaxAttempts:
		return CoverageMissing, "job " + m.Job + " was the last of " + plural(m.Attempt, "attempt") + ": " + m.Reason
	case d < today-Date(l.HorizonDays):
		return CoverageMissing, "it is older than the " + plural(l.HorizonDays, "day") + " that are safe to ask for"
	default:
		return CoverageMissing, ""
	}
}
