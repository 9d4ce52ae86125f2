package imports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func day(text string) report.Date {
	d, err := report.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func window(text string) report.Window {
	w, err := report.ParseWindow(text)
	if err != nil {
		panic(err)
	}
	return w
}

// device is a report with so many rows, and dialogs in each, on each of some days.
func device(rows, dialogs int, days ...string) string {
	content := "dataset_date,unitId_level_0,unitId_level_1,device_count,active_device_count,dialog_count\n"
	for _, d := range days {
		for n := range rows {
			content += fmt.Sprintf("%s,amzn1.alexa.unit.did.top,amzn1.alexa.unit.did.%d,3,2,%d\n", d, n, dialogs)
		}
	}
	return content
}

// records is a ledger of files and days.
type records struct {
	files     map[string]report.File
	days      []report.Partition
	imported  []report.Import
	conflicts int
	certified bool
}

func (l *records) Snapshot(context.Context, string) (report.Snapshot, error) {
	return report.Snapshot{Version: 1, NextJob: int64(len(l.imported) + 1)}, nil
}

func (l *records) File(_ context.Context, key string) (report.File, error) {
	f, ok := l.files[key]
	if !ok {
		return f, fault.New(fault.NotFound, "no file %s", key)
	}
	return f, nil
}

func (l *records) Partitions(_ context.Context, _, table string, w report.Window) ([]report.Partition, error) {
	return slices.DeleteFunc(slices.Clone(l.days), func(s report.Partition) bool { return s.Table != table || !w.Contains(s.Date) }), nil
}

func (l *records) Import(_ context.Context, b report.Snapshot, in report.Import, now, deadline time.Time) (report.Job, error) {
	if l.conflicts > 0 {
		l.conflicts--
		return report.Job{}, fault.New(fault.Conflict, "another plan came first")
	}
	j, err := report.NewImport(fmt.Sprintf("hotel-%06d", b.NextJob), report.Subscription{Name: "hotel"}, in, now)
	if err != nil {
		return j, err
	}
	l.imported = append(l.imported, in)
	for _, f := range in.Files {
		l.files[f.Name] = report.File{Key: f.Name, Status: report.FileExpected, Job: j.ID}
	}
	return j, nil
}

func (l *records) CertificatesOf(context.Context, string) ([]report.Certificate, error) {
	if !l.certified {
		return nil, nil
	}
	return []report.Certificate{{}}, nil
}

// loads puts everything that was delivered through to its certificate.
func (l *records) loads() {
	for key, f := range l.files {
		f.Status, f.Receipt = report.FileDeleted, &report.Receipt{}
		l.files[key] = f
	}
}

// bucket is what was delivered, by key.
type bucket struct {
	objects map[string]string
	jobs    map[string]string
	err     error
}

func (b *bucket) Deliver(_ context.Context, job, key string, content io.Reader) error {
	if b.err != nil {
		return b.err
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(content); err != nil {
		return err
	}
	if was, there := b.jobs[key]; there && was != job {
		return fault.New(fault.Poison, "another's")
	}
	b.objects[key], b.jobs[key] = text.String(), job
	return nil
}

func bench() (*imports.Service, *records, *bucket) {
	l, b := &records{files: map[string]report.File{}}, &bucket{objects: map[string]string{}, jobs: map[string]string{}}
	return &imports.Service{
		Ledger: l, Deliveries: b, Converter: convert.NewConverter(), Now: func() time.Time { return noon }, Limit: 1 << 20,
		Pause: func(ctx context.Context, _ time.Duration) error { l.loads(); return ctx.Err() },
	}, l, b
}

func order() imports.Order {
	return imports.Order{Subscription: report.Subscription{Name: "hotel"}, Tables: []string{"asp_device"}}
}

// line says in a line what a file means.
func line(r imports.Result) string {
	var parts []string
	for _, p := range r.Parts {
		text := p.Window.String() + " " + p.AsOf.Format(time.DateTime) + " " + string(p.State)
		for _, d := range p.Days {
			text += fmt.Sprintf(" %s/%d", d.Verdict, d.Rows)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// encoded returns what a report publishes for its one day.
func encoded(t *testing.T, content string) report.EncodedDay {
	t.Helper()
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(content), report.Contract{
		Subscription: "hotel", Table: "asp_device", Window: window("2026-01-01..2026-12-31"),
	})
	if err != nil || len(c.Days) != 1 {
		t.Fatalf("convert: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.Days[0]
}

func TestWhatAFileMeansForEachDay(t *testing.T) {
	const d = "2026-11-01"
	there := func(content, generation string) report.Partition {
		day := encoded(t, content)
		return report.Partition{
			Table: "asp_device", Date: day.Date, Rows: day.Rows, Sums: day.Sums, Figures: day.Figures, SHA256: day.SHA256,
			Generation: report.Date.Time(window(generation).From), Version: 1,
		}
	}
	vanished := there(device(4, 5, d), "2026-11-02")
	vanished.Vanished = &report.Vanished{}
	held := there(device(4, 5, d), "2026-11-01")
	held.Held = &report.Held{Generation: day("2026-11-02").Time()}
	tests := map[string]struct {
		content string
		days    []report.Partition
		change  func(*imports.Order)
		want    string
	}{
		"days that are not there, in two runs": {
			content: device(1, 5, d, "2026-11-02", "2026-11-04"),
			want:    "2026-11-01..2026-11-02 2026-11-03 00:00:00 planned new/1 new/1; 2026-11-04..2026-11-04 2026-11-05 00:00:00 planned new/1",
		},
		"a window tells of days without rows": {
			content: device(1, 5, d), change: func(o *imports.Order) { o.Window = window("2026-11-01..2026-11-02") },
			want: "2026-11-01..2026-11-02 2026-11-03 00:00:00 planned new/1 zero/0",
		},
		"a file of no rows for a window": {
			content: device(0, 0), change: func(o *imports.Order) { o.Window = window(d) }, want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 planned zero/0",
		},
		"as it is there, and as old": {
			content: device(4, 5, d), days: []report.Partition{there(device(4, 5, d), "2026-11-02")},
			want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 known unchanged/4",
		},
		"as it is there, and newer": {
			content: device(4, 5, d), days: []report.Partition{there(device(4, 5, d), "2026-11-01")},
			want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 planned unchanged/4",
		},
		"other content, and newer": {
			content: device(4, 6, d), days: []report.Partition{there(device(4, 5, d), "2026-11-01")},
			want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 planned replaced/4",
		},
		"what the vendor made later stays": {
			content: device(4, 6, d), days: []report.Partition{there(device(4, 5, d), "2026-11-03")},
			want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 known superseded/4",
		},
		"a person says that it is newer": {
			content: device(4, 6, d), days: []report.Partition{there(device(4, 5, d), "2026-11-03")},
			change: func(o *imports.Order) { o.AsOf = noon }, want: "2026-11-01..2026-11-01 2026-11-20 12:00:00 planned replaced/4",
		},
		"a third of the rows waits for a person": {
			content: device(1, 5, d), days: []report.Partition{there(device(4, 5, d), "2026-11-01")},
			want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 planned held/1",
		},
		"it waits already": {content: device(1, 5, d), days: []report.Partition{held}, want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 known held/1"},
		"a day that vanished": {
			content: device(4, 5, d), days: []report.Partition{vanished}, want: "2026-11-01..2026-11-01 2026-11-02 00:00:00 planned new/4",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, l, b := bench()
			l.days = tt.days
			o := order()
			o.DryRun = true
			if tt.change != nil {
				tt.change(&o)
			}
			r, err := s.File(t.Context(), o, "a.csv", strings.NewReader(tt.content))
			if err != nil || line(r) != tt.want {
				t.Errorf("got %q, %v; want %q", line(r), err, tt.want)
			}
			if len(l.imported)+len(b.objects) > 0 {
				t.Error("a dry run did something")
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	tests := map[string]struct {
		content string
		change  func(*imports.Order)
		want    string
	}{
		"a table that is not fed":   {content: device(1, 5, "2026-11-01"), change: func(o *imports.Order) { o.Tables = []string{"asp_communication"} }, want: "does not feed asp_device"},
		"a header of no table":      {content: "a,b\n1,2\n", want: "no known table"},
		"no rows, no window":        {content: device(0, 0), want: "--window"},
		"a day that is not over":    {content: device(1, 5, "2026-11-20"), want: "is not over yet"},
		"a time to come":            {content: device(1, 5, "2026-11-01"), change: func(o *imports.Order) { o.AsOf = noon.Add(time.Second) }, want: "still to come"},
		"made before its last day":  {content: device(1, 5, "2026-11-01"), change: func(o *imports.Order) { o.AsOf = day("2026-10-31").Time() }, want: "cannot have made it"},
		"a day outside the window":  {content: device(1, 5, "2026-11-01"), change: func(o *imports.Order) { o.Window = window("2026-11-02") }, want: "outside the window"},
		"another organisation's":    {content: device(1, 5, "2026-11-01"), change: func(o *imports.Order) { o.Root = "amzn1.alexa.unit.did.other" }, want: "unit"},
		"more than may be read":     {content: device(1, 5, "2026-11-01") + strings.Repeat("\n", 1<<20), want: "larger than"},
		"a number that is not one":  {content: device(1, 5, "2026-11-01") + "2026-11-01,amzn1.alexa.unit.did.x,,x,1,1\n", want: "line 3"},
		"too many gaps to be right": {content: gaps(201), want: "gaps"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, l, b := bench()
			o := order()
			if tt.change != nil {
				tt.change(&o)
			}
			_, err := s.File(t.Context(), o, "a.csv", strings.NewReader(tt.content))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if len(l.imported)+len(b.objects) > 0 {
				t.Error("something was imported")
			}
		})
	}
}

// gaps is a report with every other day.
func gaps(n int) string {
	var days []string
	for i := range n {
		days = append(days, (day("2025-01-01") + report.Date(2*i)).String())
	}
	return device(1, 5, days...)
}

func TestAnImportIsRepeatable(t *testing.T) {
	s, l, b := bench()
	l.conflicts = 2
	content := device(1, 5, "2026-11-01")
	b.err = errors.New("the network is away")
	if _, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(content)); err == nil || len(l.imported) != 1 {
		t.Fatalf("the network was away: %v, %d jobs", err, len(l.imported))
	}
	b.err = nil
	want := "2026-11-01..2026-11-01 2026-11-02 00:00:00 delivered new/1"
	for range 2 {
		s, _, _ := bench()
		s.Ledger, s.Deliveries = l, b
		r, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(content))
		if err != nil || line(r) != want || r.Parts[0].Job != "hotel-000001" {
			t.Fatalf("got %q of %q, %v", line(r), r.Parts[0].Job, err)
		}
	}
	in := l.imported[0]
	if len(l.imported) != 1 || len(b.objects) != 1 || b.objects[in.Files[0].Name] != content || b.jobs[in.Files[0].Name] != "hotel-000001" {
		t.Errorf("imported %+v and delivered %q", l.imported, b.objects)
	}
	if !in.Generation.Equal(day("2026-11-02").Time()) || in.Window != window("2026-11-01") {
		t.Errorf("the import is %+v", in)
	}
}

func TestLostContentIsImportedAnew(t *testing.T) {
	for name, f := range map[string]report.File{
		"lost":                          {Status: report.FileLost},
		"deleted without a receipt":     {Status: report.FileDeleted},
		"loaded, and its days are gone": {Status: report.FileDeleted, Receipt: &report.Receipt{}},
	} {
		s, l, b := bench()
		content := device(1, 5, "2026-11-01")
		if _, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		for key := range l.files {
			l.files[key] = f
		}
		s, _, _ = bench()
		s.Ledger, s.Deliveries = l, b
		r, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(content))
		if err != nil || len(l.imported) != 2 || len(b.objects) != 2 || r.Parts[0].State != imports.Delivered {
			t.Errorf("%s: %q, %v; %d jobs", name, line(r), err, len(l.imported))
		}
	}
}

func TestQuarantinedContentIsNotImportedAgain(t *testing.T) {
	s, l, b := bench()
	content := device(1, 5, "2026-11-01")
	if _, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	for key, f := range l.files {
		f.Status, f.Reason = report.FileQuarantined, "because"
		l.files[key] = f
	}
	s, _, _ = bench()
	s.Ledger, s.Deliveries = l, b
	r, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(content))
	if err != nil || r.Parts[0].State != imports.Quarantined || r.Parts[0].Why != "because" || len(l.imported) != 1 {
		t.Errorf("got %+v, %v", r.Parts, err)
	}
}

func TestMoreThanNinetyDaysBecomeSeveralJobs(t *testing.T) {
	var days []string
	for d := day("2026-01-01"); d <= day("2026-04-02"); d++ {
		days = append(days, d.String())
	}
	s, l, b := bench()
	r, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(device(1, 5, days...)))
	if err != nil || len(r.Parts) != 2 || len(l.imported) != 2 {
		t.Fatalf("got %q, %v", line(r), err)
	}
	// 90 days after 1 January is 1 April.
	for i, want := range []string{device(1, 5, days[:90]...), device(1, 5, days[90:]...)} {
		if got := b.objects[r.Parts[i].Key]; got != want {
			t.Errorf("part %d is %q", i, got)
		}
	}
	if in := l.imported[0]; in.Window != window("2026-01-01..2026-03-31") || !in.Generation.Equal(day("2026-04-01").Time()) {
		t.Errorf("the first part is %+v", in)
	}
}

func TestFilesOfOneRun(t *testing.T) {
	s, l, _ := bench()
	if _, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(device(4, 5, "2026-11-01"))); err != nil {
		t.Fatal(err)
	}
	_, err := s.File(t.Context(), order(), "b.csv", strings.NewReader(device(4, 6, "2026-11-01")))
	if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "a.csv") || len(l.imported) != 1 {
		t.Errorf("other content of the same time: %v", err)
	}
	o := order()
	o.DryRun, o.AsOf = true, noon
	r, err := s.File(t.Context(), o, "c.csv", strings.NewReader(device(1, 5, "2026-11-01")))
	if want := "2026-11-01..2026-11-01 2026-11-20 12:00:00 planned held/1"; err != nil || line(r) != want {
		t.Errorf("a newer one shrinks what this run brings: %q, %v", line(r), err)
	}
}

func TestAwaitAndCertificates(t *testing.T) {
	s, l, _ := bench()
	r, err := s.File(t.Context(), order(), "a.csv", strings.NewReader(device(1, 5, "2026-11-01")))
	if err != nil {
		t.Fatal(err)
	}
	parts := []*imports.Part{&r.Parts[0]}
	if settled, err := s.Await(t.Context(), parts, 0); settled || err != nil || r.Parts[0].State != imports.Delivered {
		t.Errorf("without waiting: %v, %v, %s", settled, err, r.Parts[0].State)
	}
	if settled, err := s.Await(t.Context(), parts, time.Minute); !settled || err != nil || r.Parts[0].State != imports.Certified {
		t.Errorf("waiting: %v, %v, %s", settled, err, r.Parts[0].State)
	}
	for _, want := range []bool{false, true} {
		if got, err := s.Certified(t.Context(), r.Parts); got != want || err != nil {
			t.Errorf("certified: %v, %v, want %v", got, err, want)
		}
		l.certified = true
	}
	r.Parts[0].State = imports.Loaded
	if got, _ := s.Certified(t.Context(), r.Parts); got {
		t.Error("what lies in the bucket counts as certified")
	}
}
