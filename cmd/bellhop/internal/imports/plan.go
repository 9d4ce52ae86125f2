package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Prefix is what the keys of imported files begin with.
const Prefix = "import/"

// maxParts bounds the jobs that one file becomes.
const maxParts = 200

// cell names one day of one table.
type cell struct {
	table string
	date  report.Date
}

// brought is a day as a file of this run brings it.
type brought struct {
	report.Partition
	file string
}

// plan reads a file whole and says what it means for which days.
func (s *Service) plan(ctx context.Context, o Order, name string, file io.ReadSeeker) (r Result, err error) {
	r = Result{Table: o.Table, Parts: []Part{}}
	if r.Table == "" {
		d, err := s.Converter.Recognise(ctx, file)
		if err != nil {
			return r, err
		}
		r.Table = d.Name
	}
	if !slices.Contains(o.Tables, r.Table) {
		return r, fault.New(fault.Poison, "subscription %s does not feed %s: it feeds %s", o.Subscription.Name, r.Table, strings.Join(o.Tables, ", "))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return r, err
	}
	read := report.NewTally(file)
	converted, err := s.Converter.Convert(ctx, read, o.contract(r.Table, report.DateOf(s.Now())))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, converted.Close()) }()
	receipt, err := read.Receipt(converted)
	if err != nil {
		return r, err
	}
	r.Rows, r.SHA256, r.Unknown = receipt.Rows, receipt.SHA256, receipt.Unknown
	windows := o.windows(converted.Days)
	switch {
	case len(windows) == 0:
		return r, fault.New(fault.Poison, "it has no rows, and the days that it was asked for are not known: give them with --window")
	case len(windows) > maxParts:
		return r, fault.New(fault.Poison, "its days have %d gaps: give the days that it was asked for with --window", len(windows)-1)
	}
	for _, w := range windows {
		p, err := s.part(ctx, o, r, name, w, converted.Days)
		if err != nil {
			return r, err
		}
		r.Parts = append(r.Parts, p)
	}
	return r, nil
}

// contract bounds the dates of a file to those that were asked for, if that is known.
func (o Order) contract(table string, today report.Date) report.Contract {
	w := o.Window
	if w == (report.Window{}) {
		w = report.Window{From: report.NewDate(1, time.January, 1), To: report.NewDate(9999, time.December, 31)}
	}
	root := o.Root
	if d, _ := dataset.Lookup(table); !d.HasUnits() {
		root = ""
	}
	return report.Contract{Subscription: o.Subscription.Name, Table: table, Window: w, Root: root, Today: today}
}

// windows returns the days of each job: those that were asked for, or runs of days with rows, and no more than a job may have.
func (o Order) windows(days []report.EncodedDay) []report.Window {
	runs := []report.Window{o.Window}
	if o.Window == (report.Window{}) {
		runs = nil
		for _, d := range days {
			if last := len(runs) - 1; last >= 0 && runs[last].To+1 == d.Date {
				runs[last].To = d.Date
				continue
			}
			runs = append(runs, report.Window{From: d.Date, To: d.Date})
		}
	}
	var windows []report.Window
	for _, w := range runs {
		for ; w.Len() > report.MaxWindowDays; w.From += report.MaxWindowDays {
			windows = append(windows, report.Window{From: w.From, To: w.From + report.MaxWindowDays - 1})
		}
		windows = append(windows, w)
	}
	return windows
}

// part says what the days of one job mean for those that are published, and how it stands with the job.
func (s *Service) part(ctx context.Context, o Order, r Result, name string, w report.Window, days []report.EncodedDay) (Part, error) {
	p := Part{Window: w, AsOf: o.AsOf, State: Planned, Days: []Day{}}
	if p.AsOf.IsZero() {
		p.AsOf = (w.To + 1).Time()
	}
	switch {
	case p.AsOf.After(s.Now()) && o.AsOf.IsZero():
		return p, fault.New(fault.Poison, "its day %s is not over yet: say with --as-of when the vendor made the file", w.To)
	case p.AsOf.After(s.Now()):
		return p, fault.New(fault.Poison, "--as-of %s is still to come", p.AsOf.UTC().Format(time.RFC3339))
	case p.AsOf.Before(w.To.Time()):
		return p, fault.New(fault.Poison, "it has the day %s, so that the vendor cannot have made it at %s: correct --as-of", w.To, p.AsOf.UTC().Format(time.RFC3339))
	}
	published, err := s.Ledger.Partitions(ctx, o.Subscription.Name, r.Table, w)
	if err != nil {
		return p, err
	}
	for d := range w.Days() {
		var newer *report.EncodedDay
		if i := slices.IndexFunc(days, func(day report.EncodedDay) bool { return day.Date == d }); i >= 0 {
			newer = &days[i]
		}
		there := report.Partition{Subscription: o.Subscription.Name, Table: r.Table, Date: d}
		if i := slices.IndexFunc(published, func(day report.Partition) bool { return day.Date == d }); i >= 0 {
			there = published[i]
		}
		day, err := s.day(p.AsOf, name, there, newer)
		if err != nil {
			return p, err
		}
		p.Days = append(p.Days, day)
	}
	err = s.standing(ctx, o, r, &p)
	return p, err
}

// day compares what a file has of a day with what is published, or what a file of this run has brought before it.
func (s *Service) day(asOf time.Time, name string, there report.Partition, newer *report.EncodedDay) (Day, error) {
	at := cell{there.Table, there.Date}
	before, twice := s.days[at]
	if twice {
		there = before.Partition
	}
	var brings report.EncodedDay
	if newer != nil {
		brings = *newer
	}
	if twice && before.file != name && there.Generation.Equal(asOf) && there.SHA256 != brings.SHA256 {
		return Day{}, fault.New(fault.Poison, "its day %s is in %s of this run too, with other content and of the same time: import the newer one alone, with a later --as-of", there.Date, before.file)
	}
	outcome, _, why := there.Meet(newer, asOf, dataset.ShrinkBelow(there.Table))
	d := Day{Date: there.Date, Rows: brings.Rows, Why: why}
	known := there.Version > 0 && there.Vanished == nil
	later := asOf.After(there.Generation)
	switch {
	case outcome == report.PartitionSuperseded:
		d.Verdict = Superseded
		return d, nil
	case outcome == report.PartitionHeld:
		d.Verdict, d.changes = Held, there.Held == nil || !there.Held.Generation.Equal(asOf)
		there.Held = &report.Held{Generation: asOf}
		s.bring(at, there, name)
		return d, nil
	case outcome == report.PartitionZero:
		d.Verdict, d.changes = Zero, !known || later
	case !known:
		d.Verdict, d.changes = New, true
	case outcome == report.PartitionUnchanged:
		d.Verdict, d.changes = Unchanged, later
	default:
		d.Verdict, d.changes = Replaced, true
	}
	there.Generation, there.SHA256, there.Rows, there.Sums, there.Figures = asOf, brings.SHA256, brings.Rows, brings.Sums, brings.Figures
	there.Version, there.Vanished = max(there.Version, 1), nil
	s.bring(at, there, name)
	return d, nil
}

func (s *Service) bring(at cell, day report.Partition, file string) {
	if s.days == nil {
		s.days = map[cell]brought{}
	}
	s.days[at] = brought{day, file}
}

// maxAgain is how often the same file can be imported anew, after what it had brought was lost.
const maxAgain = 100

// standing finds the name of a part, and how it stands with it: the same content for the same days, of the same time, is the same
// delivery. One that was lost, or whose days are not there any more, has a new name each time.
func (s *Service) standing(ctx context.Context, o Order, r Result, p *Part) error {
	for n := range maxAgain {
		sum := sha256.Sum256([]byte(strings.Join([]string{r.Table, p.Window.String(), report.FormatGeneration(p.AsOf), r.SHA256, strconv.Itoa(n)}, "\n")))
		p.Key = path.Join(Prefix, o.Subscription.Name, hex.EncodeToString(sum[:16])+"-"+r.Table+".csv")
		f, err := s.Ledger.File(ctx, p.Key)
		if fault.Is(err, fault.NotFound) {
			if !p.changes() {
				p.State, p.Key = Known, ""
			}
			return nil
		}
		if err != nil {
			return err
		}
		lacks := slices.ContainsFunc(p.Days, func(d Day) bool { return d.Verdict == New })
		if again := p.note(f); again || lacks && f.Receipt != nil {
			p.State, p.Job, p.Why = Planned, "", ""
			continue
		}
		return nil
	}
	return fmt.Errorf("it was imported %d times, and lost each time", maxAgain)
}

// note takes over how it stands with the part's file. It reports whether the file is lost, so that it can be imported anew.
func (p *Part) note(f report.File) (again bool) {
	p.Job, p.Why = f.Job, f.Reason
	switch f.Status {
	case report.FileExpected, report.FileClaimed:
		p.State = Planned
		if f.Delivery != nil {
			p.State = Delivered
		}
	case report.FileLoaded:
		p.State = Loaded
	case report.FileDeleted:
		if f.Receipt == nil {
			p.State = Lost
			return true
		}
		p.State, p.Why = Certified, ""
	case report.FileQuarantined:
		p.State = Quarantined
	case report.FileLost:
		p.State = Lost
		return true
	case report.FileStray: // the name is expected as soon as the import is recorded
		p.State, p.Job = Planned, ""
	default:
		panic("imports: unhandled file status " + string(f.Status))
	}
	return false
}
