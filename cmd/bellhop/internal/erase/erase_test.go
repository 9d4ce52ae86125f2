package erase_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/erase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var now = time.Date(2026, time.November, 20, 7, 0, 0, 0, time.UTC)

// ledger has files and no days; what it lacks panics.
type ledger struct {
	erase.Ledger
	files []report.File
	later func() (report.File, error) // what a file is when it is looked at again
}

func (ledger) OrderErasure(context.Context, string, time.Time) (report.Erasure, error) {
	return report.Erasure{}, nil
}
func (ledger) NoteErased(context.Context, report.Erasure, report.ErasedObject) error { return nil }
func (ledger) FinishErasure(context.Context, report.Erasure, time.Time) (report.ErasureCertificate, error) {
	return report.ErasureCertificate{}, nil
}
func (ledger) Partitions(context.Context, string, string, report.Window) ([]report.Partition, error) {
	return nil, nil
}
func (l ledger) File(context.Context, string) (report.File, error) { return l.later() }
func (l ledger) Files(context.Context) iter.Seq2[report.File, error] {
	return func(yield func(report.File, error) bool) {
		for _, f := range l.files {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// dataset is listed as having one day as often as it may come back, with the unit in its only row.
type dataset struct {
	erase.Dataset
	back int
}

func (d *dataset) ListVersions(context.Context, string) iter.Seq2[report.ObjectVersion, error] {
	return func(yield func(report.ObjectVersion, error) bool) {
		if d.back > 0 {
			yield(report.ObjectVersion{Key: report.PartitionKey("hotel", "asp_device", report.DateOf(now)), Latest: true}, nil)
		}
	}
}
func (*dataset) Stat(_ context.Context, key string) (report.Object, error) {
	return report.Object{Key: key, ETag: "e"}, nil
}
func (*dataset) Open(context.Context, string, string, string) (io.ReadCloser, report.Object, error) {
	return io.NopCloser(strings.NewReader("a day")), report.Object{}, nil
}
func (d *dataset) Delete(context.Context, string, string, string) (string, error) {
	d.back--
	return "", nil
}
func (*dataset) Merge(context.Context, report.Contract, report.Date, []*io.SectionReader) (report.EncodedDay, error) {
	return report.EncodedDay{Erased: 1}, nil
}

// Only the loads that were begun before the order, and whose workers may be alive, are waited for.
func TestWhichLoadsAreWaitedFor(t *testing.T) {
	load := report.File{Key: "a.csv", Status: report.FileClaimed, Epoch: 3, DueAt: now.Add(time.Minute), Delivery: &report.Delivery{}}
	down := errors.New("the ledger is down")
	for name, tt := range map[string]struct {
		change func(f *report.File) error
		waits  bool
		err    error
	}{
		"it goes on":                           {func(*report.File) error { return nil }, true, nil},
		"it has come to an end":                {func(f *report.File) error { f.Status = report.FileLoaded; return nil }, false, nil},
		"its file is forgotten":                {func(*report.File) error { return fault.New(fault.NotFound, "no such file") }, false, nil},
		"another has begun, and knows":         {func(f *report.File) error { f.Epoch++; return nil }, false, nil},
		"its lease ends now":                   {func(f *report.File) error { f.DueAt = now; return nil }, false, nil},
		"nobody can say whether it has an end": {func(*report.File) error { return down }, false, down},
	} {
		t.Run(name, func(t *testing.T) {
			waited := errors.New("it waits")
			s := &erase.Service{
				Dataset: &dataset{}, Now: func() time.Time { return now }, Pause: func(context.Context, time.Duration) error { return waited },
				Ledger: ledger{files: []report.File{load}, later: func() (report.File, error) { f := load; err := tt.change(&f); return f, err }},
			}
			want := tt.err
			if tt.waits {
				want = waited
			}
			sum, err := s.Run(t.Context(), "room", false)
			if !errors.Is(err, want) || (sum.Certificate != nil) != (want == nil) {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
}

// Raw files are those of the delivery bucket that are there, and the last quarantined one says until when.
func TestRawFilesAreCounted(t *testing.T) {
	file := func(status report.FileStatus, hours int) report.File {
		return report.File{Status: status, DueAt: now.Add(time.Duration(hours) * time.Hour), Delivery: &report.Delivery{}}
	}
	files := []report.File{
		file(report.FileLoaded, 50), file(report.FileQuarantined, 2), file(report.FileQuarantined, 9), file(report.FileQuarantined, 4),
		file(report.FileDeleted, 50), file(report.FileLost, 50), {Status: report.FileExpected, DueAt: now.Add(50 * time.Hour)},
	}
	s := &erase.Service{Dataset: &dataset{}, Ledger: ledger{files: files}, Now: func() time.Time { return now }}
	sum, err := s.Run(t.Context(), "room", true)
	if want := (erase.Raw{Files: 4, Quarantined: 3, Until: now.Add(9 * time.Hour)}); err != nil || sum.Raw != want {
		t.Errorf("%+v, want %+v; %v", sum.Raw, want, err)
	}
}

// Who puts the unit back again and again is told, and there is no certificate; a last pass has to find nothing.
func TestAUnitThatOthersPutBack(t *testing.T) {
	for name, tt := range map[string]struct {
		back int
		kind fault.Kind // of the error
		done bool
	}{
		"until the last pass": {3, 0, true},
		"also then":           {4, fault.Transient, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &dataset{back: tt.back}
			s := &erase.Service{Dataset: d, Ledger: ledger{}, Converter: d, Now: func() time.Time { return now }}
			sum, err := s.Run(t.Context(), "room", false)
			if tt.done != (err == nil && sum.Certificate != nil) || !tt.done && fault.KindOf(err) != tt.kind {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
}
