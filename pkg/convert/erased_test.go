package convert_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func erased(ids ...string) report.ErasedUnits {
	units := report.ErasedUnits{}
	for _, id := range ids {
		units[report.HashUnit(id)] = true
	}
	return units
}

const houseHeader = "dataset_date,unitId_level_0,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,device_count,active_device_count,dialog_count\n"

// houses are two days of an organisation with two houses; the first has two rooms.
var houses = []string{
	"2026-11-01,org,,,,,7,1,9",
	"2026-11-01,org,north,North,,,5,1,9",
	"2026-11-01,org,north,North, oak ,Oak,2,1,9",
	"2026-11-01,org,north,North,elm,Elm,3,1,9",
	"2026-11-01,org,south,South,,,2,1,9",
	"2026-11-02,org,north,North,\tOAK,Capital,1,1,9",
	"2026-11-02,org,north,North,oak,Oak,4,1,9",
}

// Leaving an erased unit out gives what a file without its rows gives, byte for byte, from a delivered file as from parts that are there
// already.
func TestAnErasedUnitIsLeftOut(t *testing.T) {
	for name, tt := range map[string]struct {
		erased []string
		gone   []int // lines of houses
	}{
		"no unit":               {nil, nil},
		"a room":                {[]string{"oak"}, []int{2, 6}},
		"a room as delivered":   {[]string{" oak "}, nil}, // the hash is of the id as the dataset has it
		"a unit that is not":    {[]string{"ash"}, nil},
		"two rooms":             {[]string{"oak", "elm"}, []int{2, 3, 6}},
		"a house with rooms":    {[]string{"north"}, []int{1, 2, 3, 5, 6}},
		"the whole of a day":    {[]string{"oak", "OAK"}, []int{2, 5, 6}},
		"the whole of the file": {[]string{"org"}, []int{0, 1, 2, 3, 4, 5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			var left []string
			for i, line := range houses {
				if !slices.Contains(tt.gone, i) {
					left = append(left, line)
				}
			}
			c := convert.NewConverter()
			want := converted(t, c, "asp_device", houseHeader+strings.Join(left, "\n"))
			with := contract("asp_device")
			with.Erased = erased(tt.erased...)
			csv := houseHeader + strings.Join(houses, "\n")
			got, err := c.Convert(t.Context(), strings.NewReader(csv), with)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = got.Close() }()
			equal(t, "rows", got.Rows, int64(len(left)))
			equal(t, "rows left out", got.Erased, int64(len(tt.gone)))
			equal(t, "days", bodies(t, got), bodies(t, want))

			var merged int64
			for _, day := range converted(t, c, "asp_device", csv).Days {
				out, err := c.Merge(t.Context(), with, day.Date, []*io.SectionReader{day.Body})
				if err != nil {
					t.Fatal(err)
				}
				merged += out.Erased
				i := slices.IndexFunc(want.Days, func(d report.EncodedDay) bool { return d.Date == day.Date })
				if i < 0 {
					equal(t, "rows of a day without any", out.Rows, int64(0))
					continue
				}
				if !bytes.Equal(body(t, out), body(t, want.Days[i])) || out.Rows != want.Days[i].Rows {
					t.Errorf("%s: the merged day is not that of a file without the unit", day.Date)
				}
			}
			equal(t, "rows left out of parts", merged, int64(len(tt.gone)))
		})
	}
}

// The same when the rows do not fit in memory, and the numbers of paths are given anew.
func TestAnErasedUnitIsLeftOutOfALargeFile(t *testing.T) {
	all, left := &strings.Builder{}, &strings.Builder{}
	for _, b := range []*strings.Builder{all, left} {
		b.WriteString(houseHeader)
	}
	const rooms = 20000
	for i := range 2 * rooms {
		line := fmt.Sprintf("2026-11-%02d,org,house-%d,House,room-%d,Room,%d,1,9\n", 1+i/rooms, i%7, i%rooms, i%5)
		all.WriteString(line)
		if i%rooms != 4711 && i%7 != 3 {
			left.WriteString(line)
		}
	}
	c := convert.NewConverter(convert.Budget(256<<10), convert.TempDir(t.TempDir()))
	want := converted(t, c, "asp_device", left.String())
	with := contract("asp_device")
	with.Erased = erased("room-4711", "house-3")
	got, err := c.Convert(t.Context(), strings.NewReader(all.String()), with)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Close() }()
	equal(t, "rows in all", got.Rows+got.Erased, int64(2*rooms))
	equal(t, "rows", got.Rows, want.Rows)
	for i, day := range got.Days {
		equal(t, "digest", day.SHA256, want.Days[i].SHA256)
	}
}

// A table that names units in a list keeps its rows, without the erased unit in the list.
func TestAnErasedUnitIsTakenOutOfAList(t *testing.T) {
	const header = "dataset_date,campaign_id,campaign_group,title,body,locale,locales,template,content,targeting_type,target_units," +
		"starts_at,ends_at,validation_status,validation_reason,target_unit_count\n"
	file := func(units ...string) string {
		csv := header
		for i, list := range units {
			csv += fmt.Sprintf("2026-11-01,c%d,g%d,,,,,,,UNITS,%s,,,,,2\n", i, i, list)
		}
		return csv
	}
	before, after := file("elm oak", "oak", "elm"), file("elm", "", "elm")
	c := convert.NewConverter()
	want := converted(t, c, "asp_campaigns", after).Days[0]
	with := contract("asp_campaigns")
	with.Erased = erased("oak")
	got, err := c.Convert(t.Context(), strings.NewReader(before), with)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Close() }()
	equal(t, "rows left out", got.Erased, int64(0))
	equal(t, "digest", got.Days[0].SHA256, want.SHA256)
	merged, err := c.Merge(t.Context(), with, want.Date, []*io.SectionReader{converted(t, c, "asp_campaigns", before).Days[0].Body})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "digest of the merged day", merged.SHA256, want.SHA256)
	equal(t, "rows left out, and rows that lost it", []int64{merged.Erased, merged.Stripped}, []int64{0, 2})
}
