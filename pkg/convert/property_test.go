package convert_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// I8: rows and sums of a conversion are those that an independent reader finds in the Parquet, and those of
// plain arithmetic over the file, whatever the order of rows and columns, the quoting and the budget.
func TestSumsMatchWhatIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.Permutation([]string{
			"dataset_date", "unitId_level_0", "unitId_level_1", "unitName_level_1", "direction", "sub_experience", "call_provider",
			"calling_action_count", "calling_duration_minutes", "dropIn_action_count", "dropIn_duration_minutes", "mood",
		}).Draw(t, "columns")
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		write := func(cells []string) {
			if err := w.Write(cells); err != nil {
				t.Fatal(err)
			}
		}
		write(columns)
		rowsByDate, sums := map[report.Date]int64{}, map[report.Date]map[string]*big.Rat{}
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			date := report.NewDate(2026, 11, 1+rapid.IntRange(0, 1).Draw(t, "day"))
			row := drawRow(t, date)
			// Rows of one key would count once or contradict each other, which is for other tests.
			row["mood"] += strconv.Itoa(i)
			cells := make([]string, len(columns))
			for i, c := range columns {
				cells[i] = row[c]
			}
			write(cells)
			rowsByDate[date]++
			addUp(sums, date, row)
		}
		w.Flush()

		budget := rapid.SampledFrom([]int64{1, 96 << 20, 96 << 20, 96 << 20}).Draw(t, "budget")
		out, err := convert.NewConverter(convert.Budget(budget)).Convert(t.Context(), &buf, contract("asp_communication"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = out.Close() }()
		if len(out.Days) != len(rowsByDate) {
			t.Fatalf("%d days, want %d", len(out.Days), len(rowsByDate))
		}
		for _, d := range out.Days {
			n, read, err := convert.ReadSums(d.Body)
			if err != nil {
				t.Fatal(err)
			}
			if n != d.Rows || n != rowsByDate[d.Date] {
				t.Fatalf("%s: %d rows read back, %d reported, %d in the file", d.Date, n, d.Rows, rowsByDate[d.Date])
			}
			for column, want := range sums[d.Date] {
				got, ok := new(big.Rat).SetString(read[column])
				if !ok || got.Cmp(want) != 0 || read[column] != d.Sums[column] {
					t.Fatalf("%s %s: read back %s, reported %s, in the file %s", d.Date, column, read[column], d.Sums[column], want.FloatString(6))
				}
			}
		}
	})
}

func drawRow(t *rapid.T, date report.Date) map[string]string {
	text := rapid.SampledFrom([]string{"", "a", "b,c", "d\"e", "f\ng", "ü", " "})
	count := rapid.OneOf(rapid.Just(""), rapid.Map(rapid.Int64Range(0, 1<<62), func(n int64) string { return strconv.FormatInt(n, 10) }))
	minutes := rapid.OneOf(rapid.Just(""), rapid.Just("0"), rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%d.%0*d", rapid.Int64Range(0, 999_999_999_999).Draw(t, "whole"), rapid.IntRange(1, 6).Draw(t, "digits"), rapid.IntRange(0, 9).Draw(t, "fraction"))
	}))
	row := map[string]string{
		"dataset_date":         date.String(),
		"unitId_level_0":       rapid.SampledFrom([]string{"", "org"}).Draw(t, "org"),
		"unitId_level_1":       rapid.SampledFrom([]string{"p1", "p2"}).Draw(t, "property"),
		"calling_action_count": count.Draw(t, "calls"), "dropIn_action_count": count.Draw(t, "drop-ins"),
		"calling_duration_minutes": minutes.Draw(t, "calling"), "dropIn_duration_minutes": minutes.Draw(t, "dropped in"),
	}
	for _, c := range []string{"unitName_level_1", "direction", "sub_experience", "call_provider", "mood"} {
		row[c] = text.Draw(t, c)
	}
	return row
}

func addUp(sums map[report.Date]map[string]*big.Rat, date report.Date, row map[string]string) {
	if sums[date] == nil {
		sums[date] = map[string]*big.Rat{}
	}
	for _, c := range []string{"calling_action_count", "calling_duration_minutes", "dropIn_action_count", "dropIn_duration_minutes"} {
		column := strings.ToLower(c)
		if sums[date][column] == nil {
			sums[date][column] = new(big.Rat)
		}
		if n, ok := new(big.Rat).SetString(row[c]); ok {
			sums[date][column].Add(sums[date][column], n)
		}
	}
}

// A conversion of any bytes, to the table of any number, ends in rows or in poison, and what it returns can be read back.
func FuzzConvert(f *testing.F) {
	for table, name := range map[string]string{
		"asp_device": "device.csv", "asp_domain_engagement": "domain_engagement.csv", "asp_proactive_campaign": "proactive_campaign.csv",
		"asp_property_skill": "property_skill.csv", "asp_communication": "communication.csv",
		"skill_metrics": "../fetched/skill_metrics.csv", "asp_campaigns": "../fetched/asp_campaigns.csv",
	} {
		f.Add(table, []byte(golden(f, name)), int64(96<<20))
	}
	f.Add("asp_device", []byte(golden(f, "device_subunits.csv")), int64(96<<20))
	f.Add("asp_device", []byte(deviceHeader+"2026-11-01,u,\"n\r\n\"\"\",,0,18446744073709551616\n"), int64(1))
	all := dataset.Definitions()
	f.Fuzz(func(t *testing.T, table string, data []byte, budget int64) {
		d, ok := dataset.Lookup(table)
		if !ok {
			d = all[len(table)%len(all)]
		}
		out, err := convert.NewConverter(convert.Budget(max(1, budget))).Convert(t.Context(), bytes.NewReader(data), contract(d.Name))
		if err != nil {
			if !fault.Is(err, fault.Poison) {
				t.Fatalf("%v is of kind %v", err, fault.KindOf(err))
			}
			return
		}
		var rows int64
		for _, day := range out.Days {
			n, sums, err := convert.ReadSums(day.Body)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "sums", sums, day.Sums)
			rows += n
		}
		if rows != out.Rows {
			t.Fatalf("%d rows read back of %d", rows, out.Rows)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
