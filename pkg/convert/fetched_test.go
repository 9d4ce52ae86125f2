package convert_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// micros is an instant as Parquet has it: microseconds since 1970.
func micros(t *testing.T, rfc3339 string) int {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, rfc3339)
	if err != nil {
		t.Fatal(err)
	}
	return int(at.UnixMicro())
}

// noUnits is what rows reads of lists that are not there.
var noUnits = row{"unit_ids": []any(nil), "unit_names": []any(nil), "extra": map[string]string{}, "subscription": "seaside"}

// Tables without units, column by column, in the order of their rows. Amounts are in millionths.
func TestTablesWithoutUnits(t *testing.T) {
	t.Parallel()
	metric := with(noUnits, row{
		"dataset_date": "2026-11-01", "skill_id": "amzn1.ask.skill.menu", "stage": "live", "skill_type": "custom", "metric": "totalSessions",
		"period": "P1D", "period_start": micros(t, "2026-11-01T00:00:00Z"), "locale": nil, "intent": nil, "statistic": nil,
		"group_field": nil, "group_value": nil, "given": nil, "amount": nil, "reading": nil,
	})
	campaign := with(noUnits, row{
		"dataset_date": "2026-11-01", "campaign_id": "c-1", "campaign_group": "g-ba9876543210", "title": nil, "body": nil, "locale": nil,
		"locales": nil, "template": nil, "content": nil, "targeting_type": nil, "target_units": nil, "starts_at": nil, "ends_at": nil,
		"validation_status": nil, "validation_reason": nil, "target_unit_count": nil,
	})
	tests := map[string]struct {
		rows       []row
		duplicates int64
		unknown    []string
		sums       map[string]string // of the first day
	}{
		"skill_metrics": {
			rows: []row{
				with(metric, row{
					"metric": "averagePlayQueueLength", "period": "SINGLE", "period_start": micros(t, "2026-11-01T09:00:00Z"),
					"statistic": "p90", "group_field": "intent", "group_value": "Ask, or play", "given": "1e-9",
				}),
				with(metric, row{"amount": 40_000_000}),
				with(metric, row{
					"period": "PT15M", "period_start": micros(t, "2026-11-01T10:45:00.25Z"), "locale": "en-US", "intent": "GetMenu", "amount": 0,
				}),
				with(metric, row{"metric": "uniqueCustomers", "reading": 12_000_000}),
				with(metric, row{"dataset_date": "2026-11-02", "period": "PT1H", "period_start": micros(t, "2026-11-02T23:00:00Z"), "amount": 4_000_000}),
			},
			duplicates: 1, // the same instant in two zones
			sums:       map[string]string{"amount": "40", "reading": "12"},
		},
		"asp_campaigns": {
			rows: []row{
				campaign,
				with(campaign, row{
					"campaign_id": "c-2", "campaign_group": "g-0123456789ab", "title": "She said \"Hi\", twice\n🎉", "body": "=cmd|' /C calc'!A0",
					"locale": "de-DE", "locales": "de-DE en-US", "template": "doc://alexa/apl/documents/enterprise/suggestions/home/defaultTemplate",
					"content": `[{"locale":"de-DE"},{"locale":"en-US"}]`, "targeting_type": "UNITS",
					"target_units": "amzn1.alexa.unit.did.a amzn1.alexa.unit.did.b", "starts_at": micros(t, "2026-10-01T08:00:00Z"),
					"ends_at": micros(t, "9999-12-31T23:59:59.999999Z"), "validation_status": "REJECTED",
					"validation_reason": "Too loud,\nsaid the reviewer", "target_unit_count": 2, "extra": map[string]string{"colour": "blue"},
				}),
				with(campaign, row{"dataset_date": "2026-11-02", "starts_at": micros(t, "2026-10-01T08:00:00Z"), "target_unit_count": 0}),
			},
			unknown: []string{"colour"},
			sums:    map[string]string{"target_unit_count": "2"},
		},
	}
	for name, tt := range tests {
		for _, budget := range []int64{40 << 20, 1} {
			t.Run(fmt.Sprintf("%s in %d bytes", name, budget), func(t *testing.T) {
				t.Parallel()
				out := converted(t, convert.NewConverter(convert.Budget(budget)), name, golden(t, "../fetched/"+name+".csv"))
				equal(t, "rows", rows(t, out.Days...), tt.rows)
				equal(t, "Duplicates", out.Duplicates, tt.duplicates)
				equal(t, "Unknown", out.Unknown, tt.unknown)
				equal(t, "sums", out.Days[0].Sums, tt.sums)
				_, read, err := convert.ReadSums(out.Days[0].Body)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "sums that are read back", read, tt.sums)
				merged, err := convert.NewConverter(convert.Budget(budget)).Merge(t.Context(), contract(name), out.Days[0].Date,
					[]*io.SectionReader{out.Days[0].Body, out.Days[0].Body})
				if err != nil || !bytes.Equal(body(t, merged), body(t, out.Days[0])) || merged.Duplicates != merged.Rows {
					t.Errorf("a day merged with itself is another one, with %d duplicates of %d rows: %v", merged.Duplicates, merged.Rows, err)
				}
			})
		}
	}
}

// Many rows, in any order and whatever fits into memory, are the same bytes; and a day is sorted by instant.
func TestTablesWithoutUnitsHaveOneOrder(t *testing.T) {
	t.Parallel()
	var csv [2]strings.Builder
	const head = "dataset_date,skill_id,stage,skill_type,metric,period,period_start,locale,intent,statistic,group_field,group_value,given,amount,reading\n"
	for i := range csv {
		csv[i].WriteString(head)
		for n := range 3000 {
			if i == 1 {
				n = 2999 - n
			}
			at := time.Date(2026, 11, 1, 0, 0, n, n*1000, time.UTC).Format(time.RFC3339Nano)
			fmt.Fprintf(&csv[i], "2026-11-01,s,live,custom,totalSessions,PT15M,%s,%d,,,,,,%d,\n", at, n%7, n)
		}
	}
	want := converted(t, convert.NewConverter(), "skill_metrics", csv[0].String()).Days[0]
	for _, budget := range []int64{1, 200 << 10, 40 << 20} {
		got := converted(t, convert.NewConverter(convert.Budget(budget)), "skill_metrics", csv[1].String()).Days[0]
		if !bytes.Equal(body(t, got), body(t, want)) {
			t.Errorf("with %d bytes the day is another one", budget)
		}
	}
	last := 0
	for _, r := range rows(t, want) {
		at := r["period_start"].(int)
		if at < last {
			t.Fatalf("%d comes after %d", at, last)
		}
		last = at
	}
	equal(t, "sum", want.Sums["amount"], "4498500") // 2999 × 3000 ÷ 2
}

// What refuses a file says the line and the column, and nothing of the cell.
func TestRowsThatNoTableWithoutUnitsHas(t *testing.T) {
	t.Parallel()
	metric := func(date, id, start, amount string) string {
		return date + "," + id + ",live,custom,totalSessions,P1D," + start + ",,,,,,," + amount + ",\n"
	}
	good := metric("2026-11-01", "s", "2026-11-01T00:00:00Z", "1")
	head, _, _ := strings.Cut(golden(t, "../fetched/skill_metrics.csv"), "\n")
	tests := map[string]struct{ rows, says string }{
		"a contradiction":             {good + metric("2026-11-01", "s", "2026-11-01T02:00:00+02:00", "2"), "line 3: the same date and dimensions as in line 2, with other values"},
		"another date":                {good + metric("2026-11-02", "s", "2026-11-01T23:59:59.999999Z", "1"), "line 3, column period_start: instant on another date, in UTC, than dataset_date says"},
		"another date by its zone":    {good + metric("2026-11-01", "s", "2026-11-01T23:00:00-02:00", "1"), "line 3, column period_start: instant on another date"},
		"no skill":                    {good + metric("2026-11-01", "", "2026-11-01T00:00:00Z", "1"), "line 3, column skill_id: empty, which no row's may be"},
		"no period":                   {good + metric("2026-11-01", "s", "", "1"), "line 3, column period_start: empty"},
		"a date for an instant":       {good + metric("2026-11-01", "s", "2026-11-01", "1"), "line 3, column period_start: not an instant"},
		"an instant without a zone":   {good + metric("2026-11-01", "s", "2026-11-01T00:00:00", "1"), "line 3, column period_start: not an instant"},
		"a comma before the fraction": {good + metric("2026-11-01", "s", `"2026-11-01T00:00:00,5Z"`, "1"), "line 3, column period_start: not an instant"},
		"an hour beyond the day":      {good + metric("2026-11-01", "s", "2026-11-01T24:00:00Z", "1"), "line 3, column period_start: not an instant"},
		"nanoseconds":                 {good + metric("2026-11-01", "s", "2026-11-01T00:00:00.0000001Z", "1"), "line 3, column period_start: not an instant"},
		"far finer":                   {good + metric("2026-11-01", "s", "2026-11-01T00:00:00.000000000001+00:00", "1"), "line 3, column period_start: not an instant"},
		"a year that is none":         {good + metric("2026-11-01", "s", "0001-01-01T00:00:00+01:00", "1"), "line 3, column period_start: instant outside the years 1 to 9999"},
		"a year that is too long":     {good + metric("2026-11-01", "s", "9999-12-31T23:00:00-01:00", "1"), "line 3, column period_start: instant outside the years 1 to 9999"},
		"a negative amount":           {good + metric("2026-11-01", "s", "2026-11-01T00:00:00Z", "-1"), "line 3, column amount: not a decimal number"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(head+"\n"+tt.rows), contract("skill_metrics"))
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "2026-11-01T") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Zeros behind the sixth digit of a second are no finer than microseconds, and columns of units are unknown ones.
func TestWhatATableWithoutUnitsTakes(t *testing.T) {
	t.Parallel()
	head, _, _ := strings.Cut(golden(t, "../fetched/skill_metrics.csv"), "\n")
	csv := head + ",unitId_level_0,unitName_level_9999999\n2026-11-01,s,live,custom,totalSessions,P1D,2026-11-01T00:00:00.00000000Z,,,,,,,1,,u,\n"
	of := contract("skill_metrics")
	of.Root = "amzn1.alexa.unit.did.ours"
	out, err := convert.NewConverter(convert.UnitIDs(convert.AlexaUnitID)).Convert(t.Context(), strings.NewReader(csv), of)
	if err != nil {
		t.Fatal(err)
	}
	got := rows(t, out.Days...)[0]
	equal(t, "extra", got["extra"], any(map[string]string{"unitId_level_0": "u"}))
	equal(t, "unknown", out.Unknown, []string{"unitId_level_0", "unitName_level_9999999"})
	equal(t, "figures", out.Days[0].Figures["amount"], report.Figures{Values: 1, Sum: "1"})
	if err := out.Close(); err != nil {
		t.Error(err)
	}
}
