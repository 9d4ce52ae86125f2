package sim

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/internal/alarm"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric/metrictest"
)

// lines is a standard output that several functions write to.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take returns what was written since it was last asked.
func (l *lines) take() io.Reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := bytes.NewReader(bytes.Clone(l.b.Bytes()))
	l.b.Reset()
	return taken
}

// added adds up what was emitted of each metric, and how often.
func added(t *testing.T, from io.Reader) (sums, times map[string]float64) {
	t.Helper()
	sums, times = map[string]float64{}, map[string]float64{}
	for _, p := range metrictest.Read(t, from) {
		sums[p.Name] += p.Value
		times[p.Name]++
	}
	return sums, times
}

// A bill counts on it: while all is well and no report comes one metric is sent, and with reports six more.
func TestFewMetricsAreSentWhileAllIsWell(t *testing.T) {
	w := newFixture(t).watch(t, alarm.Alarm{}, incident{})
	sent := func(d time.Duration) []string {
		w.pass(d)
		_, times := added(t, w.out.take())
		return slices.Sorted(maps.Keys(times))
	}
	names := func(all ...metric.Metric) []string {
		var names []string
		for _, m := range all {
			names = append(names, m.Name)
		}
		slices.Sort(names)
		return names
	}
	if got, want := sent(3*time.Hour), names(append(metric.Always(), metric.OfReports()...)...); !slices.Equal(got, want) {
		t.Errorf("with reports %v is sent, want %v", got, want)
	}
	if got, want := sent(3*time.Hour), names(metric.Always()...); !slices.Equal(got, want) {
		t.Errorf("without reports %v is sent, want %v", got, want)
	}
}

// What the functions say of their work, added up, is what the ledger knows of it: through duplicates, lost events, broken and
// unexpected files, and refused tokens.
func TestMetricsSayWhatTheLedgerKnows(t *testing.T) {
	out := &lines{}
	p := newFixture(t).newHarness(t, func(o *Options) {
		o.Metrics, o.Chaos = out, &Chaos{LoseEvery: 5, DuplicateEvery: 3}
		o.Faults = append(demoFaults(), alexa.Fault{Kind: alexa.ColumnRenamed, FirstCall: 14, LastCall: 14, Column: "dialog_count"})
		estate := alexa.SizedEstate(4) // the planted name is the fourth room's
		o.outside.estate = &estate
	})
	p.subscribe(func(s *report.Subscription) { s.From, s.MaxWindowDays = s.From-20, 1 })
	p.run(t.Context())

	var rows, loaded, exposed, quarantined, strays float64
	for f, err := range p.ledger.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range f.History {
			switch e.To {
			case string(report.FileLoaded):
				if e.From != string(report.FileDeleted) {
					loaded++
				}
			case string(report.FileQuarantined):
				quarantined++
			case string(report.FileStray):
				strays++
			}
		}
		if f.Receipt != nil {
			rows += float64(f.Receipt.Rows)
		}
	}
	for c, err := range p.ledger.Certificates(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Cause == report.FileLoaded {
			exposed++
		}
	}
	jobs := p.jobs()
	var accepted float64
	for _, j := range jobs {
		for _, e := range j.History {
			if e.To == string(report.JobAwaitingFiles) {
				accepted++
			}
		}
	}
	text := out.b.String()
	sums, times := added(t, &out.b)
	for name, pair := range map[string][2]float64{
		"rows":        {sums[metric.RowsIngested.Name], rows},
		"loads":       {times[metric.DeliveryLatencySeconds.Name], loaded},
		"quarantined": {sums[metric.FilesQuarantined.Name], quarantined},
		"exposures":   {times[metric.RawRetentionSeconds.Name], exposed},
		// Not what the vendor accepted: one of its answers was cut off.
		"accepted": {sums[metric.ReportsRequested.Name], accepted},
	} {
		if pair[0] != pair[1] || pair[1] == 0 {
			t.Errorf("%s: the metrics say %v, the ledger %v", name, pair[0], pair[1])
		}
	}
	if got := sums[metric.UnexpectedObjects.Name]; got < strays || strays == 0 {
		t.Errorf("%v unexpected objects, and the ledger has %v strays", got, strays)
	}
	for _, secret := range append(names(p.outside.estate.Organisation), "Atza|", "Atzr|", "amzn1.") {
		if strings.Contains(text, secret) {
			t.Errorf("a metric's line tells %q", secret)
		}
	}
}
