package report_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// failLoads begins loading so many times, a minute after noon, and gives the file back each time.
func failLoads(t *testing.T, f *report.File, d report.Delivery, times int, setback bool) {
	t.Helper()
	for range times {
		now := noon.Add(time.Minute)
		if _, err := f.Arrive(d, report.Claim{Worker: "worker", Lease: now, Grace: now}, now); err != nil {
			t.Fatal(err)
		}
		if err := f.Unclaim(now, f.Epoch, setback, "throttled"); err != nil {
			t.Fatal(err)
		}
	}
}

// The sweep starts a failed load again after five minutes, and waits twice as long each time, an hour at most.
func TestAFailedLoadHasAPause(t *testing.T) {
	var f report.File
	job := report.Job{ID: "hotel-000001", SubmittedAt: noon}
	if err := f.Expect(noon, job, report.JobFile{Key: "1.csv", Table: "a"}, 1, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	d := report.Delivery{Bucket: "b", Key: "1.csv", ETag: "x", Size: 1, At: noon}
	for i, minutes := range []int{5, 10, 20, 40, 60, 60} {
		failLoads(t, &f, d, 1, i%2 == 0)
		if got := f.DueAt.Sub(noon.Add(time.Minute)); got != time.Duration(minutes)*time.Minute {
			t.Errorf("after failure %d the pause is %s, want %d minutes", i+1, got, minutes)
		}
	}
	if f.Loads != 6 || f.Setbacks != 3 {
		t.Errorf("%d loads and %d setbacks, want 6 and 3", f.Loads, f.Setbacks)
	}
}

func TestAnExhaustedFileSaysWhy(t *testing.T) {
	for want, setback := range map[string]bool{
		"loading was begun 8 times and never ended":                                     false,
		"loading failed 24 times, though not for its content; the last time: throttled": true,
	} {
		f := report.File{Key: "1.csv", Status: report.FileExpected, Job: "hotel-000001"}
		d := report.Delivery{Bucket: "b", Key: "1.csv", ETag: "x", At: noon}
		times := 8
		if setback {
			times = 24
		}
		failLoads(t, &f, d, times, setback)
		if _, err := f.Arrive(d, report.Claim{Worker: "worker", Lease: noon, Grace: noon}, noon); err != nil {
			t.Fatal(err)
		}
		if got := f.Exhausted(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
