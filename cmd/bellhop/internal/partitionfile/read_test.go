package partitionfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/partitionfile"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// partition converts a report of one day.
func partition(t *testing.T, name, csv string) []byte {
	t.Helper()
	day := report.NewDate(2026, time.November, 1)
	c, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), report.Contract{
		Subscription: "hotels", Table: name, Window: report.Window{From: day, To: day},
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(c.Days[0].Body)
	if err := errors.Join(err, c.Close()); err != nil {
		t.Fatal(err)
	}
	return content
}

func definition(t *testing.T, name string) dataset.Definition {
	t.Helper()
	d, ok := dataset.Lookup(name)
	if !ok {
		t.Fatal("no table ", name)
	}
	return d
}

func TestRowsAreReadAsTheyWereWritten(t *testing.T) {
	content := partition(t, "asp_communication", `dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes,Zone,Area
11/1/2026,o,,p,Inn,Inbound,DropIn_Video,,0,,1,164.33,3,east
11/1/2026,o,,,,Inbound,DropIn_Video,A2A,7,0.5,1,0,,
`)
	var rows []partitionfile.Row
	err := partitionfile.Read(bytes.NewReader(content), int64(len(content)), definition(t, "asp_communication"), func(r partitionfile.Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := func(digits string) query.Number { return query.Number(digits) }
	want := []partitionfile.Row{
		{
			"2026-11-01", "o", nil, n("0"), "ROLLUP", nil, nil, nil, []any{"o"}, []any{nil},
			"Inbound", "DropIn_Video", "A2A", n("7"), n("0.500000"), n("1"), n("0.000000"), nil, "hotels",
		},
		{
			"2026-11-01", "p", "Inn", n("1"), "LEAF", "o", "p", "Inn", []any{"o", "p"}, []any{nil, "Inn"},
			"Inbound", "DropIn_Video", nil, n("0"), nil, n("1"), n("164.330000"),
			query.Object{{Name: "Area", Value: "east"}, {Name: "Zone", Value: "3"}}, "hotels",
		},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

// An instant is told in UTC, and a table without units has nothing of them.
func TestRowsWithoutUnitsAreRead(t *testing.T) {
	content := partition(t, "skill_metrics", `dataset_date,skill_id,stage,skill_type,metric,period,period_start,locale,intent,statistic,group_field,group_value,given,amount,reading
2026-11-01,s,live,custom,totalSessions,PT15M,2026-11-01T12:45:00.5+02:00,en-US,,,,,,4,
`)
	var rows []partitionfile.Row
	err := partitionfile.Read(bytes.NewReader(content), int64(len(content)), definition(t, "skill_metrics"), func(r partitionfile.Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []partitionfile.Row{{
		"2026-11-01", "s", "live", "custom", "totalSessions", "PT15M", "2026-11-01 10:45:00.5Z", "en-US", nil, nil, nil, nil, nil,
		query.Number("4.000000"), nil, nil, "hotels",
	}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

// More rows than are read at a time, so that what the reader uses again would show.
func TestTextOutlivesItsRow(t *testing.T) {
	room := func(i int) string { return fmt.Sprintf("room-%04d%s", i, strings.Repeat("x", i%7)) }
	var csv strings.Builder
	csv.WriteString("dataset_date,unitId_level_0,unitName_level_0,device_count,active_device_count,dialog_count\n")
	for i := range 1000 {
		csv.WriteString("11/1/2026," + room(i) + ",Room,1,1,1\n")
	}
	content := partition(t, "asp_device", csv.String())
	var ids []string
	err := partitionfile.Read(bytes.NewReader(content), int64(len(content)), definition(t, "asp_device"), func(r partitionfile.Row) error {
		id, _ := r[1].(string)
		ids = append(ids, id)
		return nil
	})
	if err != nil || len(ids) != 1000 {
		t.Fatalf("%d rows, %v", len(ids), err)
	}
	for i, id := range ids {
		if want := room(i); id != want {
			t.Fatalf("row %d is of %q, want %q", i, id, want)
		}
	}
}

func TestWhatIsNoSliceOfTheTableIsRefused(t *testing.T) {
	device := partition(t, "asp_device", "dataset_date,unitId_level_0,unitName_level_0,device_count,active_device_count,dialog_count\n11/1/2026,o,,1,1,1\n")
	tests := map[string]struct {
		content []byte
		table   string
	}{
		"another table":  {device, "asp_communication"},
		"no Parquet":     {[]byte("dataset_date,unit"), "asp_device"},
		"nothing at all": {nil, "asp_device"},
		"cut short":      {device[:len(device)/2], "asp_device"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := partitionfile.Read(bytes.NewReader(test.content), int64(len(test.content)), definition(t, test.table), func(partitionfile.Row) error { return nil })
			if !fault.Is(err, fault.Poison) {
				t.Errorf("got %v, want Poison", err)
			}
		})
	}
}
