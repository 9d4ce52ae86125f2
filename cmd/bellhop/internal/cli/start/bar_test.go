package start

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// terminal obeys what the bar writes, and remembers every line that it ever showed.
type terminal struct {
	lines []string
	row   int
	shown []string
}

func (s *terminal) obey(t *testing.T, written string) {
	t.Helper()
	for written != "" {
		switch {
		case strings.HasPrefix(written, "\x1b[A"):
			written, s.row = written[len("\x1b[A"):], s.row-1
		case written[0] == '\r':
			written = written[1:]
		case strings.HasPrefix(written, "\x1b[K"):
			written, s.lines[s.row] = written[len("\x1b[K"):], ""
		case written[0] == '\x1b':
			t.Fatalf("the bar sends %q: does it leave the terminal as it was?", written[:min(len(written), 8)])
		default:
			line, rest, ended := strings.Cut(written, "\n")
			if !ended || strings.ContainsRune(line, '\x1b') {
				t.Fatalf("the bar leaves the cursor behind %q", line)
			}
			for len(s.lines) <= s.row+1 {
				s.lines = append(s.lines, "")
			}
			s.lines[s.row], s.shown = line, append(s.shown, line)
			written, s.row = rest, s.row+1
		}
		if s.row < 0 {
			t.Fatal("the bar writes over what stands above it")
		}
	}
}

func TestTheBar(t *testing.T) {
	tests := map[string]struct {
		told []sim.Progress
		last string
	}{
		"stopped at once":       {nil, "starting"},
		"nothing promised yet":  {[]sim.Progress{{Phase: "requesting"}}, "0 of 0 files loaded · requesting"},
		"on the way":            {[]sim.Progress{{Phase: "requesting", Total: 5}, {Phase: "loading", Done: 27, Total: 77}}, "27 of 77 files loaded · loading"},
		"all":                   {[]sim.Progress{{Phase: "loading", Done: 5, Total: 5}}, "  5 of 5 files loaded · loading"},
		"all, but not the end":  {[]sim.Progress{{Phase: "loading", Done: 5, Total: 5}, {Phase: "loading", Done: 5, Total: 10}}, "5 of 10 files loaded · loading"},
		"fewer than before":     {[]sim.Progress{{Phase: "loading", Done: 5, Total: 9}, {Phase: "loading", Done: 4, Total: 8}}, "4 of 8 files loaded · loading"},
		"one":                   {[]sim.Progress{{Phase: "loading", Done: 0, Total: 1}}, "0 of 1 file loaded · loading"},
		"nothing to be obeyed":  {[]sim.Progress{{Phase: "load\x1b[2J\ning", Done: 0, Total: 1}}, "0 of 1 file loaded · load�[2J�ing"},
		"wider than a terminal": {[]sim.Progress{{Phase: strings.Repeat("far ", 40), Done: 0, Total: 1}}, "0 of 1 file loaded · " + strings.Repeat("far ", 5)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var written bytes.Buffer
			tell, stop := bar(&written)
			for _, p := range tt.told {
				tell(p)
			}
			stop()
			s := terminal{lines: []string{"", "^C"}}
			s.obey(t, written.String())
			if len(s.shown) == 0 || !strings.HasSuffix(s.shown[len(s.shown)-1], tt.last) {
				t.Errorf("shown was %q, want %q at last", s.shown, tt.last)
			}
			for _, line := range s.shown {
				if utf8.RuneCountInString(line) > 79 {
					t.Errorf("the line wraps: %q", line)
				}
			}
			if left := strings.Join(s.lines, ""); left != "" || s.row != 0 {
				t.Errorf("line %d, and %q is left on the screen", s.row, left)
			}
		})
	}
}

var (
	arrival = sim.Arrival{Key: "a-DEVICE-1.csv", Table: "asp_device", Window: report.Window{From: report.NewDate(2026, 11, 1), To: report.NewDate(2026, 11, 7)}}
	running = []sim.Progress{
		{Total: 5, Next: "a delivery", Now: noon, At: noon.Add(130 * time.Second)},
		{Total: 5, Next: "a delivery", Now: noon.Add(time.Second), At: noon.Add(130 * time.Second)},
		{Total: 5, Done: 1, Arrived: []sim.Arrival{arrival}, Next: "a load", Now: noon.Add(131 * time.Second), At: noon.Add(131 * time.Second)},
	}
	noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// What a running machine says stays above the bar, which alone goes away.
func TestTheBarOfARunningMachine(t *testing.T) {
	var written bytes.Buffer
	tell, above, stop := runningBar(&written)
	if _, err := io.WriteString(above, "bellhop runs\n"); err != nil {
		t.Fatal(err)
	}
	for _, p := range running {
		tell(p)
	}
	stop()
	s := terminal{lines: []string{"", ""}}
	s.obey(t, written.String())
	if got := strings.Join(s.lines, "\n"); strings.TrimRight(got, "\n") != "bellhop runs\nloaded asp_device of 2026-11-01..2026-11-07: a-DEVICE-1.csv" {
		t.Errorf("left on the screen is %q", got)
	}
	if last := s.shown[len(s.shown)-1]; !strings.HasSuffix(last, "1 of 5 files loaded · next: a load now") {
		t.Errorf("the last line is %q", last)
	}
}

func TestARunningMachineInPlainLines(t *testing.T) {
	var written bytes.Buffer
	tell := plainly(&written)
	for _, p := range running {
		tell(p)
	}
	const want = `2026-11-20 12:00:00Z  0 of 5 files loaded; next: a delivery at 2026-11-20 12:02:10Z
2026-11-20 12:02:11Z  loaded asp_device of 2026-11-01..2026-11-07: a-DEVICE-1.csv
2026-11-20 12:02:11Z  1 of 5 files loaded; next: a load
`
	if written.String() != want {
		t.Errorf("written is\n%s", written.String())
	}
}
