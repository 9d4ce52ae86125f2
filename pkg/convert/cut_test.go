package convert_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestCutCopiesCellByCell(t *testing.T) {
	const header = "metric,dataset_date,skill_id,stage,skill_type,period,period_start,locale,intent,statistic,group_field,group_value,given,amount,reading,note\n"
	day := func(date, note string) string {
		return "totalSessions," + date + ",s,live,custom,P1D,2026-01-01T00:00:00Z,,,,,,,1,," + note + "\n"
	}
	in := "\ufeff" + header + day("1/2/2026", `"a ""b"", c"`) + day("2026-01-05", "\"two\nlines\"") + day("2026-01-01", "") + day("2026-01-03", "left out")
	window := func(text string) report.Window {
		w, err := report.ParseWindow(text)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	windows := []report.Window{window("2026-01-01..2026-01-02"), window("2026-01-05"), window("2026-01-07")}
	var parts [3]bytes.Buffer
	err := convert.NewConverter().Cut(t.Context(), strings.NewReader(in), "skill_metrics", windows, []io.Writer{&parts[0], &parts[1], &parts[2]})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		header + day("1/2/2026", `"a ""b"", c"`) + day("2026-01-01", ""), header + day("2026-01-05", "\"two\nlines\""), header,
	} {
		if got := parts[i].String(); got != want {
			t.Errorf("part %d is %q, want %q", i, got, want)
		}
	}
	err = convert.NewConverter().Cut(t.Context(), strings.NewReader(header+day("13/13/2026", "")), "skill_metrics", windows[:1], []io.Writer{io.Discard})
	if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a date that is none: %v", err)
	}
}
