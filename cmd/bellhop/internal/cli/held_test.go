package cli_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// holding is a bench with a report of November 15 held that has 3 rows in place of 41.
func holding(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	snapshot := b.ledger.snapshots["hotel"]
	for i := range snapshot.Partitions {
		if s := &snapshot.Partitions[i]; s.Table == "asp_device" && s.Date == day(15) {
			s.Subscription = "hotel"
			s.Held = &report.Held{Generation: at("06:30:00"), Job: "hotel-000002", File: "e.csv", Rows: 3, Why: "it has 3 rows, the published day has 41", At: at("06:45:00")}
		}
	}
	b.holds = &holds{result: report.Partition{Rows: 3}}
	return b
}

func TestHeldReportsAreListed(t *testing.T) {
	b := holding(t)
	b.terminal, b.width = true, 140
	code, out, errs := b.run(t.Context(), "held", "list")
	if code != shell.ExitFine {
		t.Fatalf("exit %d: %s", code, errs)
	}
	lines(t, out, `
KIND  KEY                          SINCE              VERBS         WHY
held  hotel/asp_device/2026-11-15  2026-11-20 06:45Z  accept, drop  it has 3 rows, the published day has 41

see one: bellhop review show KEY · then decide: bellhop review VERB KEY`)
	b.terminal = false
	_, out, _ = b.run(t.Context(), "held", "list")
	if held := decode[[]struct {
		HeldRows int64 `json:"held_rows"`
		Why      string
	}](t, out); len(held) != 1 || held[0].HeldRows != 3 || held[0].Why == "" {
		t.Errorf("%s", out)
	}
	if _, out, _ := newBench(t).run(t.Context(), "held", "list", "--json=false"); !strings.Contains(out, "Nothing waits for a person.") {
		t.Errorf("%s", out)
	}
}

// blanked changes the bench so that the held report has all rows, and nothing in one measure.
func blanked(b *bench, change func(*report.Partition)) {
	snapshot := b.ledger.snapshots["hotel"]
	for i := range snapshot.Partitions {
		s := &snapshot.Partitions[i]
		if s.Held == nil {
			continue
		}
		s.Sums = map[string]string{"device_count": "60", "dialog_count": "1500"}
		s.Figures = map[string]report.Figures{"device_count": {Values: 40, Sum: "40"}, "dialog_count": {Values: 40, Sum: "1200"}}
		s.Held.Rows, s.Held.Fell, s.Held.Why = 41, []string{"dialog_count"}, "dialog_count has 5 values, the published day has 40"
		s.Held.Sums = map[string]string{"device_count": "60", "dialog_count": "300"}
		s.Held.Figures = map[string]report.Figures{"device_count": {Values: 40, Sum: "50"}, "dialog_count": {Values: 5, Sum: "150.5"}}
		change(s)
	}
}

func TestAHeldReportIsShownBesideTheDay(t *testing.T) {
	const facts = `
day           2026-11-15 of asp_device of hotel
held because  dialog_count has 5 values, the published day has 40
held since    2026-11-20 06:45Z
asked         2026-11-20 06:30Z
job           hotel-000002
file          e.csv

`
	const after = `

publish it: bellhop review accept hotel/asp_device/2026-11-15 · forget it: bellhop review drop hotel/asp_device/2026-11-15`
	for name, tt := range map[string]struct {
		change func(*report.Partition)
		table  string
	}{
		"with figures": {func(*report.Partition) {}, `MEASURE       WHAT    PUBLISHED   HELD   CHANGE
              rows           41     41
device_count  values         40     40
device_count  sum            40     50  +25.0 %
dialog_count  values         40      5  -87.5 %
dialog_count  sum          1200  150.5  -87.5 %`},
		"of a day that an older release loaded": {func(s *report.Partition) { s.Figures = nil }, `MEASURE       WHAT             PUBLISHED  HELD   CHANGE
              rows                    41    41
device_count  sum of all rows         60    60
dialog_count  sum of all rows       1500   300  -80.0 %`},
		"held by an older release": {func(s *report.Partition) { s.Held.Figures, s.Held.Sums, s.Held.Rows = nil, nil, 3 }, `WHAT  PUBLISHED  HELD   CHANGE
rows         41     3  -92.7 %`},
		"without rows": {func(s *report.Partition) { s.Held.Figures, s.Held.Sums, s.Held.Rows = nil, nil, 0 }, `MEASURE       WHAT    PUBLISHED  HELD    CHANGE
              rows           41     0  -100.0 %
device_count  values         40     0  -100.0 %
device_count  sum            40     0  -100.0 %
dialog_count  values         40     0  -100.0 %
dialog_count  sum          1200     0  -100.0 %`},
	} {
		t.Run(name, func(t *testing.T) {
			b := holding(t)
			blanked(b, tt.change)
			b.terminal, b.width = true, 140
			code, out, errs := b.run(t.Context(), "held", "show", "hotel", "asp_device", "2026-11-15")
			if code != shell.ExitFine {
				t.Fatalf("exit %d: %s", code, errs)
			}
			lines(t, out, facts+tt.table+after)
		})
	}
}

func TestAHeldReportAsJSON(t *testing.T) {
	b := holding(t)
	blanked(b, func(s *report.Partition) { delete(s.Figures, "device_count"); delete(s.Held.Figures, "device_count") })
	_, out, _ := b.run(t.Context(), "held", "show", "hotel", "asp_device", "2026-11-15")
	type measure struct {
		Measure    string
		Fell       bool
		Values     int64
		HeldValues int64 `json:"held_values"`
		Sum        string
		HeldSum    string `json:"held_sum"`
	}
	got := decode[struct {
		Rows     int64
		HeldRows int64 `json:"held_rows"`
		Fell     []string
		Measures []measure
	}](t, out)
	if want := []measure{{"dialog_count", true, 40, 5, "1200", "150.5"}}; got.Rows != 41 || got.HeldRows != 41 || !slices.Equal(got.Measures, want) || !slices.Equal(got.Fell, []string{"dialog_count"}) {
		t.Errorf("%s", out)
	}
	if code, _, errs := b.run(t.Context(), "held", "show", "hotel", "asp_device", "2026-11-16"); code != shell.ExitError || !strings.Contains(errs, "no report of 2026-11-16 is held") {
		t.Errorf("exit %d: %s", code, errs)
	}
	// Of two reports with as many rows, the decision says what is less.
	if _, out, _ := b.run(t.Context(), "held", "accept", "hotel", "asp_device", "2026-11-15", "--dry-run", "--json=false"); !strings.Contains(out, "the report with 41 rows and less in dialog_count that was asked for") {
		t.Errorf("%s", out)
	}
	if _, out, _ := b.run(t.Context(), "held", "list", "--json=false"); !strings.Contains(out, "dialog_count") {
		t.Errorf("%s", out)
	}
}

func TestDecidingAboutAHeldReport(t *testing.T) {
	for name, tt := range map[string]struct {
		args    []string
		in      string
		change  func(b *bench)
		code    int
		decided []string
		says    string
	}{
		"accepted":           {[]string{"accept", "--confirm"}, "", nil, shell.ExitFine, []string{"accept hotel asp_device 2026-11-15 06:30"}, "is published: 2026-11-15 of asp_device has 3 rows now"},
		"dropped":            {[]string{"drop", "--confirm"}, "", func(b *bench) { b.holds.result.Rows = 41 }, shell.ExitFine, []string{"drop hotel asp_device 2026-11-15 06:30"}, "is forgotten: 2026-11-15 of asp_device has 41 rows now"},
		"tried":              {[]string{"accept", "--dry-run"}, "", nil, shell.ExitFine, nil, "would accept the report with 3 rows that was asked for at 2026-11-20 06:30Z, instead of 2026-11-15 of asp_device (41 rows)"},
		"asked, and yes":     {[]string{"accept"}, "y\n", func(b *bench) { b.terminal = true }, shell.ExitFine, []string{"accept hotel asp_device 2026-11-15 06:30"}, "is published"},
		"asked, and no":      {[]string{"drop"}, "\n", func(b *bench) { b.terminal = true }, shell.ExitError, nil, "nothing was done"},
		"nobody to ask":      {[]string{"accept"}, "", nil, shell.ExitUsage, nil, "--confirm"},
		"gone meanwhile":     {[]string{"accept", "--confirm"}, "", func(b *bench) { b.holds.err = fault.New(fault.Conflict, "another report is held") }, shell.ExitError, []string{"accept hotel asp_device 2026-11-15 06:30"}, "another report is held"},
		"no dataset":         {[]string{"accept", "--confirm"}, "", func(b *bench) { b.holds = nil }, shell.ExitUsage, nil, "the dataset bucket is not known"},
		"nothing of the day": {[]string{"drop", "--confirm", "hotel", "asp_device", "2026-11-16"}, "", nil, shell.ExitError, nil, "no report of 2026-11-16 is held"},
	} {
		t.Run(name, func(t *testing.T) {
			b := holding(t)
			b.in = tt.in
			if tt.change != nil {
				tt.change(b)
			}
			args := append([]string{"held"}, tt.args...)
			if !slices.Contains(args, "hotel") {
				args = append(args, "hotel", "asp_device", "2026-11-15")
			}
			code, out, errs := b.run(t.Context(), append(args, "--json=false")...)
			if code != tt.code || !strings.Contains(out+errs, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", code, tt.code, tt.says, out, errs)
			}
			if b.holds != nil && (!slices.Equal(b.holds.decided, tt.decided) || b.holds.closed != len(tt.decided)) {
				t.Errorf("decided %q, closed %d times; want %q", b.holds.decided, b.holds.closed, tt.decided)
			}
		})
	}
}
