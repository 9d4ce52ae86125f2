package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// leftovers are the days on which a demonstration goes wrong and stays so, for a person to try the commands on. They are kept
// in the folder: the days of a vendor's script must not move on with the calendar.
type leftovers struct {
	// Gap is never delivered, however often it is asked for.
	Gap report.Date `json:"gap"`
	// Broken and Shrunk are loaded, and asked for again when all else is done: the one comes without a column that it must
	// have, the other with a third of its rows.
	Broken report.Date `json:"broken"`
	Shrunk report.Date `json:"shrunk"`
}

// leftoversFile is where a folder keeps its leftovers. A folder without it has none.
const leftoversFile = "leftovers.json"

// The tables of the leftovers, and their categories at the vendor.
const (
	gapTable, gapCategory     = "asp_communication", "COMMUNICATION"
	otherTable, otherCategory = "asp_device", "DEVICE"
)

// openLeftovers reads the folder's leftovers. A folder in which nothing was asked for yet gets some if they are wanted.
func (m *Machine) openLeftovers(context.Context) error {
	path := filepath.Join(m.Dir, leftoversFile)
	if found, err := load(path, &m.left); found || err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(m.Dir, vendorFile)); !m.Leftovers || err == nil {
		return nil
	}
	// None of them is so old that it expires soon, or so young that every day's request asks for it again.
	today := report.DateOf(m.clock.Now())
	m.left = &leftovers{Gap: today - 24, Broken: today - 12, Shrunk: today - 15}
	return save(path, m.left)
}

// faults are what the vendor does wrong with the days. A fault strikes as often as the machine asks; a person who asks once more
// gets what was missing.
func (l *leftovers) faults() []alexa.Fault {
	if l == nil {
		return nil
	}
	on := func(kind alexa.FaultKind, day report.Date, category string, times int) alexa.Fault {
		return alexa.Fault{Kind: kind, From: day.String(), To: day.String(), MaxDays: 1, Categories: []string{category}, Times: times}
	}
	broken := on(alexa.ColumnRenamed, l.Broken, otherCategory, 1)
	broken.Column = "dialog_count"
	return []alexa.Fault{
		on(alexa.NeverDelivered, l.Gap, gapCategory, report.MaxAttempts), broken, on(alexa.Shrunk, l.Shrunk, otherCategory, 1),
	}
}

// struck reports whether the vendor has done what a leftover comes from. No other fault of a demonstration is of these kinds.
func (m *Machine) struck(kind alexa.FaultKind) bool { return m.vendor.Counters().Faults[kind] > 0 }

// askForGap asks for the day of the gap, apart from the others, so that its request does not take theirs along.
func (m *Machine) askForGap(ctx context.Context) error {
	if m.left == nil || m.vendor.Counters().Posts > 0 {
		return nil
	}
	return m.ask(ctx, adHoc(gapTable, m.left.Gap))
}

// askForOthers asks again for the days whose reports are left to a person, and reports whether it did.
func (m *Machine) askForOthers(ctx context.Context) (asked bool, err error) {
	if m.left == nil {
		return false, nil
	}
	if !m.struck(alexa.Shrunk) {
		asked, err = true, m.ask(ctx, adHoc(otherTable, m.left.Shrunk))
	}
	if err == nil && !m.struck(alexa.ColumnRenamed) {
		asked, err = true, m.ask(ctx, adHoc(otherTable, m.left.Broken))
	}
	return asked, err
}

// adHoc is the event by which a person has one day of one table asked for again.
func adHoc(table string, day report.Date) json.RawMessage {
	return fmt.Appendf(nil, `{"subscription":%q,"tables":[%q],"from":%q,"to":%[3]q,"refresh":true}`, Subscription, table, day)
}

// rests reports whether a quarantined file is left for a person until its time is over, and is not waited for.
func (m *Machine) rests(f report.File) bool {
	return m.left != nil && m.struck(alexa.ColumnRenamed) && f.Status == report.FileQuarantined && f.DueAt.After(m.clock.Now())
}

// waitsForPerson reports whether all that a job waits for are files that are left for a person.
func (m *Machine) waitsForPerson(ctx context.Context, j report.Job) (bool, error) {
	if j.Status != report.JobAwaitingFiles {
		return false, nil
	}
	waits := false
	for _, of := range j.Files {
		if of.Status == report.FileLoaded {
			continue
		}
		f, err := m.ledger.File(ctx, of.Key)
		if err != nil || !m.rests(f) {
			return false, err
		}
		waits = true
	}
	return waits, nil
}

// Left is what a demonstration left on purpose, for a person to try the commands on. It leaves out what a person has dealt
// with.
type Left struct {
	Quarantined []LeftFile `json:"quarantined"`
	Held        []LeftDay  `json:"held"`
	Gaps        []LeftDay  `json:"gaps"`
	// Silent counts the rooms in which nobody ever speaks.
	Silent int `json:"silent_units"`
}

// LeftFile is a file that cannot be loaded, and until when it is kept.
type LeftFile struct {
	Key    string    `json:"key"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

// LeftDay is a day of a table of a subscription.
type LeftDay struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Why          string      `json:"why"`
	// Rows are those that are published, HeldRows those of the report that waits for a decision.
	Rows     int64 `json:"rows"`
	HeldRows int64 `json:"held_rows"`
}

func (m *Machine) leftNothing() Left {
	l := Left{Quarantined: []LeftFile{}, Held: []LeftDay{}, Gaps: []LeftDay{}}
	if m.left != nil {
		l.Silent = m.outside.estate.Organisation.SilentUnits()
	}
	return l
}

// summarizeDays notes which of a subscription's days are left.
func (l *Left) summarizeDays(of *leftovers, sub string, days []report.DayCoverage, partitions []report.Partition) {
	if of == nil || sub != Subscription {
		return
	}
	for _, d := range days {
		if d.Status == report.CoverageMissing && d.Table == gapTable && d.Date == of.Gap {
			l.Gaps = append(l.Gaps, LeftDay{Subscription: sub, Table: d.Table, Date: d.Date, Why: d.Why})
		}
	}
	for _, p := range partitions {
		if p.Held != nil && p.Table == otherTable && p.Date == of.Shrunk {
			l.Held = append(l.Held, LeftDay{sub, p.Table, p.Date, p.Held.Why, p.Rows, p.Held.Rows})
		}
	}
}
