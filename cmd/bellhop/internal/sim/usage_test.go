package sim

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Two categories of four days, in windows of two: four requests and files. Each file has two days with rows. The first load looks for
// the format of the dataset and writes it.
func TestARunIsMeasured(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.subscribe(nil)
	sum, err := p.Demonstrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u := sum.Usage
	if u == nil {
		t.Fatal("nothing was measured")
	}
	want := map[string][2]int64{
		"reports": {u.Reports, int64(sum.LedgerCalls.Files)}, "delivered": {u.Delivered, int64(sum.Certificates)},
		"requests": {u.Requests, int64(sum.NewPosts)}, "duplicates": {u.Duplicates, 0},
		"loads": {u.Ingester.Invocations, u.Delivered}, "messages sent": {u.Outside.Count("SQS", "SendMessage"), u.Delivered},
		"messages taken": {u.Outside.Count("SQS", "ReceiveMessage"), u.Delivered}, "messages done": {u.Outside.Count("SQS", "DeleteMessage"), u.Delivered},
		"days put": {u.Ingester.Count("S3", "PutObject"), 2*u.Reports + 1}, "files read": {u.Ingester.Count("S3", "GetObject"), u.Reports + 1},
		"files deleted": {u.Janitor.Count("S3", "DeleteObject"), u.Delivered}, "lists of a sweep": {u.IdleSweep.Count("S3", "ListObjectsV2", "ListMultipartUploads"), 2},
		"S3 calls": {int64(sum.S3Calls.Total), u.Requester.Count("S3") + u.Ingester.Count("S3") + u.Janitor.Count("S3")},
		"idle":     {u.IdleRequester.Invocations + u.IdleSweep.Invocations, 2}, "writes of an idle run": {int64(u.IdleRequester.WriteUnits + u.IdleSweep.WriteUnits), 0},
	}
	for what, n := range want {
		if n[0] != n[1] {
			t.Errorf("%s: %d, want %d", what, n[0], n[1])
		}
	}
	if u.Reports == 0 || u.DeliveredBytes == 0 || u.Ingester.SentBytes["S3 PutObject"] == 0 || u.Ingester.LogBytes == 0 || u.IdleSweep.LogBytes == 0 || u.Sweeps == 0 || u.RequesterRuns == 0 {
		t.Errorf("%+v", u)
	}
	written, err := LastUsage(p.Dir)
	if diff := cmp.Diff(*u, written); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// A file that comes twice and an event that comes twice are paid for.
func TestRepeatsAreMeasured(t *testing.T) {
	at := newFixture(t)
	measured := func(edit func(*Options)) Summary {
		p := at.newHarness(t, edit)
		p.subscribe(nil)
		sum, err := p.Demonstrate(t.Context())
		if err != nil || sum.Usage == nil {
			t.Fatal(sum.Usage, err)
		}
		return sum
	}
	once := measured(nil).Usage
	twice := measured(func(o *Options) { o.Chaos = &Chaos{DuplicateEvery: 1} }).Usage
	again := measured(func(o *Options) { o.Faults = []alexa.Fault{{Kind: alexa.Duplicated}} }).Usage
	n := once.Reports
	if twice.Reports != n || twice.Duplicates != n || twice.Outside.Count("SQS", "ReceiveMessage") != 2*n || twice.Ingester.Invocations != 2*n {
		t.Errorf("%d events twice: %+v", n, twice)
	}
	if more := twice.Ingester.ReadUnits + twice.Ingester.WriteUnits; more <= once.Ingester.ReadUnits+once.Ingester.WriteUnits {
		t.Errorf("duplicates cost no units: %v", more)
	}
	if again.Outside.Count("S3", "PutObject") != 2*n || again.Outside.Count("SQS", "SendMessage") != 2*n {
		t.Errorf("%d files twice: %+v", n, again.Outside)
	}
}

// What is left of a lost job is tidied up once, and is not what a run costs that has nothing to do.
func TestAnIdleRunHasNothingToTidyUp(t *testing.T) {
	p := newFixture(t).newHarness(t, func(o *Options) {
		o.Faults = []alexa.Fault{{Kind: alexa.Truncated, FirstCall: 1, LastCall: 1, Categories: []string{"DEVICE"}}}
	})
	p.subscribe(nil)
	sum, err := p.Demonstrate(t.Context())
	if err != nil || sum.Usage == nil || sum.Jobs[report.JobLost] == 0 {
		t.Fatalf("%+v, %v: no job was lost", sum, err)
	}
	if n := sum.Usage.IdleRequester.WriteUnits; n != 0 {
		t.Errorf("an idle run writes %v units", n)
	}
}

// A run that finds all there does not replace one that says what a report costs, and a reset takes it away.
func TestTheLastUsefulMeasureStays(t *testing.T) {
	at := newFixture(t)
	p := at.newHarness(t, nil)
	p.subscribe(nil)
	p.run(t.Context())
	before, err := LastUsage(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	next := at.newHarness(t, func(o *Options) { o.Dir = t.TempDir() })
	next.subscribe(func(s *report.Subscription) { s.From = report.DateOf(morning) + 1 })
	sum, err := next.Demonstrate(t.Context())
	if err != nil || sum.Usage != nil {
		t.Errorf("a run without a report was measured: %+v, %v", sum.Usage, err)
	}
	if _, err := LastUsage(next.Dir); !errors.Is(err, ErrNotMeasured) || !strings.Contains(err.Error(), next.Dir) {
		t.Errorf("%v", err)
	}
	p.run(t.Context())
	if after, err := LastUsage(p.Dir); err != nil || after.Reports != before.Reports {
		t.Errorf("%+v, %v", after, err)
	}
}

// Half a measure is none: without what an idle run costs, a report would seem to cost too much.
func TestARunWhoseEndFailsIsNotMeasured(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	p.subscribe(nil)
	p.run(t.Context())
	if err := os.Remove(filepath.Join(p.Dir, usageFile)); err != nil {
		t.Fatal(err)
	}
	p.handle.janitor = func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, errors.New("no sweep") }
	if u, err := p.measure(t.Context(), 1); u != nil || err != nil {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := LastUsage(p.Dir); !errors.Is(err, ErrNotMeasured) {
		t.Errorf("%v", err)
	}
	if !strings.Contains(p.log.String(), "no sweep") {
		t.Error("nobody is told why")
	}
}

func TestADamagedMeasureIsRefused(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON": "{", "another thing": `{"x":1}`, "no report": `{"reports":0,"delivered":1}`, "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, usageFile), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := LastUsage(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
				t.Errorf("%v", err)
			}
			if err := Reset(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, usageFile)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a reset leaves it: %v", err)
			}
		})
	}
}
