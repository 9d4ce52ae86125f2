package convert_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const deviceHeader = "dataset_date,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count\n"

// secret stands for a unit name or a value, which no error may quote.
const secret = "SuiteOfMrSmith"

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func TestPoison(t *testing.T) {
	t.Parallel()
	const ok = "11/1/2026,u,n,1,1,1\n"
	tests := map[string]struct {
		csv   string
		table string // asp_device by default
		want  string // in the error's text
	}{
		"no bytes at all":            {csv: "", want: "empty file: not even a header"},
		"only a byte order mark":     {csv: "\xef\xbb\xbf", want: "empty file"},
		"only blank lines":           {csv: "\n\r\n\n", want: "empty file"},
		"gzip":                       {csv: gzipped(deviceHeader + ok), want: "gzip"},
		"zip":                        {csv: "PK\x03\x04rest", want: "zip"},
		"utf-16":                     {csv: "\xff\xfed\x00", want: "UTF-16"},
		"NUL in the header":          {csv: "dataset_date\x00," + deviceHeader, want: "NUL byte at offset 12"},
		"NUL far in":                 {csv: deviceHeader + strings.Repeat(ok, 50_000) + "\x00", want: "NUL byte at offset"},
		"another table":              {csv: deviceHeader + ok, table: "asp_domain_engagement", want: "missing: business_domain; unknown: device_count"},
		"missing and unknown":        {csv: "dataset_date,unitId_level_1,device_count,active_device_count,Guest Mood\n", want: `missing: dialog_count; unknown: "Guest Mood"`},
		"no unit columns":            {csv: "dataset_date,device_count,active_device_count,dialog_count\n", want: "missing: unitId_level_N"},
		"names without ids":          {csv: "dataset_date,unitId_level_1,unitName_level_2,device_count,active_device_count,dialog_count\n", want: "missing: unitId_level_2"},
		"duplicate column":           {csv: "dataset_date,unitId_level_1,device_count,Device Count,active_device_count,dialog_count\n", want: "duplicate column"},
		"duplicate unknown column":   {csv: "dataset_date,unitId_level_1,device_count,active_device_count,dialog_count,x,X\n", want: "duplicate column X"},
		"data without a header":      {csv: "11/1/2026," + secret + ",1,1,1\n", want: "none of the 5 cells of the first line is a known column"},
		"control in the header":      {csv: "dataset_date,a\x07b\n", want: "column 2 has no usable name"},
		"too many columns":           {csv: strings.Repeat("a,", 1000) + "b\n", want: "1001 columns; at most 1000"},
		"short row":                  {csv: deviceHeader + ok + "11/1/2026,u,n,1,1\n", want: "line 3: 5 cells where the header has 6"},
		"long row":                   {csv: deviceHeader + ok + "11/1/2026,u,n,1,1,1,1\n", want: "line 3: 7 cells where the header has 6"},
		"line after quoted newlines": {csv: deviceHeader + "11/1/2026,u,\"a\n\nb\",1,1,1\n\n11/1/2026,u,n,1,1\n", want: "line 6: 5 cells"},
		"line in a later batch":      {csv: deviceHeader + strings.Repeat(ok, 1000) + "11/1/2026,u,n,1,1,x\n", want: "line 1002, column dialog_count"},
		"unclosed quote":             {csv: deviceHeader + "11/1/2026,u,\"n,1,1,1\n", want: "line 2: quoted cell without a closing quote"},
		"quote in a bare cell":       {csv: deviceHeader + "11/1/2026,u,n\"x\",1,1,1\n", want: "line 2: quote inside a cell"},
		"text after a quote":         {csv: deviceHeader + "11/1/2026,u,\"n\"x,1,1,1\n", want: "line 2: text after a closing quote"},
		"cell too long":              {csv: deviceHeader + "11/1/2026,u," + strings.Repeat("x", 64<<10+1) + ",1,1,1\n", want: "line 2: cell 3 is longer than 65536 bytes"},
		"record too long":            {csv: deviceHeader + "\"" + strings.Repeat("x", 17<<20), want: "line 2: a record is longer"},
		"not utf-8 in a name":        {csv: deviceHeader + "11/1/2026,u,n\xff,1,1,1\n", want: "line 2: column unitName_level_1: not valid UTF-8"},
		"not utf-8 in a dimension":   {csv: strings.Replace(golden(t, "property_skill.csv"), "GetMenu", "\xc3\x28", 1), table: "asp_property_skill", want: "line 2, column intent_name: not valid UTF-8"},
		"fraction in a count":        {csv: deviceHeader + "11/1/2026,u,n,1.9,1,1\n", want: "line 2, column device_count: not a whole number"},
		"exponent in a count":        {csv: deviceHeader + "11/1/2026,u,n,1e3,1,1\n", want: "column device_count"},
		"hex in a count":             {csv: deviceHeader + "11/1/2026,u,n,0x1F,1,1\n", want: "column device_count"},
		"underscore in a count":      {csv: deviceHeader + "11/1/2026,u,n,1_000,1,1\n", want: "column device_count"},
		"NaN in a count":             {csv: deviceHeader + "11/1/2026,u,n,NaN,1,1\n", want: "column device_count"},
		"grouping in a count":        {csv: deviceHeader + "11/1/2026,u,n,\"1,234\",1,1\n", want: "column device_count"},
		"sign in a count":            {csv: deviceHeader + "11/1/2026,u,n,-1,1,1\n", want: "column device_count"},
		"space in a count":           {csv: deviceHeader + "11/1/2026,u,n, 1,1,1\n", want: "column device_count"},
		"text in a count":            {csv: deviceHeader + "11/1/2026,u,n,1,1," + secret + "\n", want: "line 2, column dialog_count: not a whole number"},
		"2^63 in a count":            {csv: deviceHeader + "11/1/2026,u,n,1,1,9223372036854775808\n", want: "column dialog_count: number exceeds 64 bits"},
		"25 digits in a count":       {csv: deviceHeader + "11/1/2026,u,n,1,1,1000000000000000000000000\n", want: "exceeds 64 bits"},
		"day-first date":             {csv: deviceHeader + "13/1/2026,u,n,1,1,1\n", want: "line 2, column dataset_date: month beyond 12: day-first"},
		"no such day":                {csv: deviceHeader + "2/29/2026,u,n,1,1,1\n", want: "no such day"},
		"two-digit year":             {csv: deviceHeader + "1/1/26,u,n,1,1,1\n", want: "column dataset_date: not a date"},
		"slashes, year first":        {csv: deviceHeader + "2026/01/01,u,n,1,1,1\n", want: "not a date"},
		"date with a rest":           {csv: deviceHeader + "2026-01-01x,u,n,1,1,1\n", want: "not a date"},
		"no date":                    {csv: deviceHeader + ",u,n,1,1,1\n", want: "empty date"},
		"outside the window":         {csv: deviceHeader + "12/31/2019,u,n,1,1,1\n", want: "line 2, column dataset_date: date outside the window"},
		"no unit":                    {csv: deviceHeader + "11/1/2026,,,1,1,1\n", want: "line 2: no unit id at any level"},
		"a name without its id":      {csv: deviceHeader + "11/1/2026,," + secret + ",1,1,1\n", want: "line 2: column unitName_level_1: unit name without a unit id"},
		"comma in minutes":           {csv: minutesCSV("\"1,5\""), table: "asp_communication", want: "column calling_duration_minutes"},
		"NaN in minutes":             {csv: minutesCSV("NaN"), table: "asp_communication", want: "not a decimal number"},
		"exponent in minutes":        {csv: minutesCSV("1e3"), table: "asp_communication", want: "not a decimal number"},
		"bare point in minutes":      {csv: minutesCSV("1."), table: "asp_communication", want: "not a decimal number"},
		"sign in minutes":            {csv: minutesCSV("-1.5"), table: "asp_communication", want: "not a decimal number"},
		"seventh digit in minutes":   {csv: minutesCSV("1.0000001"), table: "asp_communication", want: "more than 6 digits after"},
		"13 digits of minutes":       {csv: minutesCSV("1000000000000"), table: "asp_communication", want: "more than 12 digits before"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.table == "" {
				tt.table = "asp_device"
			}
			out, err := convert.NewConverter(convert.TempDir(t.TempDir())).Convert(t.Context(), strings.NewReader(tt.csv), contract(tt.table))
			if !fault.Is(err, fault.Poison) {
				t.Fatalf("got error %v, want one that is poison", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %q, want a text with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) || len(err.Error()) > 500 {
				t.Errorf("the text is too long or quotes a cell: %q", err)
			}
			if len(out.Days) != 0 || out.Close() != nil {
				t.Errorf("got %d days beside the error", len(out.Days))
			}
		})
	}
}

// A batch is bound before its text is looked at; what is told is nevertheless the first error of the file.
func TestTheFirstErrorIsTold(t *testing.T) {
	t.Parallel()
	const ok, header = "11/1/2026,u,n,1,1,1\n", "device_count,dataset_date,unitId_level_1,unitName_level_1,active_device_count,dialog_count,mood\n"
	tests := map[string]struct{ csv, says string }{
		"a unit, then a count":             {deviceHeader + ok + "11/1/2026,,n,1,1,1\n11/1/2026,u,n,x,1,1\n", "line 3: column unitName_level_1: unit name without a unit id"},
		"a count, then a unit":             {deviceHeader + ok + "11/1/2026,u,n,x,1,1\n11/1/2026,,n,1,1,1\n", "line 3, column device_count"},
		"a count and a unit of one row":    {deviceHeader + ok + "11/1/2026,,n,1,1,x\n", "line 3, column dialog_count"},
		"two counts of one row":            {deviceHeader + ok + "11/1/2026,u,n,1,x,x\n", "line 3, column active_device_count"},
		"a date, then a count":             {deviceHeader + ok + "11/1/1999,u,n,x,1,1\n", "line 3, column dataset_date: date before the year 2000"},
		"a count, then a date":             {header + "x,11/1/1999,u,n,1,1,\n", "line 2, column device_count"},
		"a date, then text":                {header + "1,11/1/1999,u,n,1,1,\xff\n", "line 2, column dataset_date"},
		"a count, then text":               {header + "1,11/1/2026,u,n,1,x,\xff\n", "line 2, column dialog_count"},
		"a unit's text, then a later date": {deviceHeader + ok + "11/1/2026,\xff,n,1,1,1\n1/1/1970,u,n,1,1,1\n", "line 3: column unitId_level_1: not valid UTF-8"},
		"the first date":                   {deviceHeader + "1/1/1970,u,n,1,1,1\n", "line 2, column dataset_date: date before the year 2000"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(tt.csv), report.Contract{
				Subscription: "seaside", Table: "asp_device", Window: report.Window{From: report.NewDate(1970, 1, 1), To: anyDay.To},
			})
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s error %v, want %q", fault.KindOf(err), err, tt.says)
			}
		})
	}
}

func minutesCSV(cell string) string {
	return "dataset_date,unitId_level_1,direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes\n" +
		"9/3/2023,u,Inbound,,A2A,1," + cell + ",,\n"
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	const line = "11/1/2026,u,n,1,0,2"
	tests := map[string]struct {
		csv  string
		want []row // columns to compare
	}{
		"header only":             {csv: deviceHeader},
		"header without newline":  {csv: strings.TrimSpace(deviceHeader)},
		"byte order mark":         {csv: "\xef\xbb\xbf" + deviceHeader + line, want: []row{{"dataset_date": "2026-11-01", "dialog_count": 2}}},
		"CRLF and no last one":    {csv: strings.ReplaceAll(deviceHeader+line, "\n", "\r\n") + "\r", want: []row{{"dialog_count": 2}}},
		"blank lines":             {csv: "\n" + deviceHeader + "\r\n\n" + line + "\n\n", want: []row{{"dialog_count": 2}}},
		"padded date":             {csv: deviceHeader + "01/02/2026,u,n,1,1,1\n", want: []row{{"dataset_date": "2026-01-02"}}},
		"ISO date":                {csv: deviceHeader + "2026-01-02,u,n,1,1,1\n", want: []row{{"dataset_date": "2026-01-02"}}},
		"timestamp, zone ignored": {csv: deviceHeader + "2026-01-02T23:30:00-08:00,u,n,1,1,1\n", want: []row{{"dataset_date": "2026-01-02"}}},
		"timestamp with a space":  {csv: deviceHeader + "2026-01-02 00:00:00.000,u,n,1,1,1\n", want: []row{{"dataset_date": "2026-01-02"}}},
		"leap day":                {csv: deviceHeader + "2/29/2028,u,n,1,1,1\n", want: []row{{"dataset_date": "2028-02-29"}}},
		"zero is not empty": {csv: deviceHeader + "1/1/2026,u,n,0,,007\n", want: []row{
			{"device_count": 0, "active_device_count": nil, "dialog_count": 7},
		}},
		"largest count": {csv: deviceHeader + "1/1/2026,u,n,9223372036854775807,1,1\n", want: []row{{"device_count": 9223372036854775807}}},
		"quotes, newlines, commas": {csv: deviceHeader + "1/1/2026,u,\"a \"\"b\"\",\r\nc\n\",\"1\",1,1\n", want: []row{
			{"unit_name": "a \"b\",\r\nc\n", "device_count": 1},
		}},
		"header in another case and order": {
			csv: "DIALOG COUNT,Unit ID Level 1,unitname_level_1,Device_Count,Active Device Count,Dataset Date\n5,u,n,1,2,1/1/2026\n",
			want: []row{
				{"dataset_date": "2026-01-01", "unit_id": "u", "unit_name": "n", "device_count": 1, "active_device_count": 2, "dialog_count": 5},
			},
		},
		"no name column": {csv: "dataset_date,unitId_level_2,device_count,active_device_count,dialog_count\n1/1/2026,u,1,1,1\n", want: []row{
			{"unit_id": "u", "unit_name": nil, "depth": 2, "unit_ids": []any{"u"}, "unit_names": []any{nil}, "property_id": nil},
		}},
		"gap between levels": {
			csv: "dataset_date,unitId_level_1,unitName_level_1,unitId_level_2,unitName_level_2,unitId_level_3,unitName_level_3,device_count,active_device_count,dialog_count\n1/1/2026,p,P,,,r,R,1,1,1\n",
			want: []row{{
				"unit_id": "r", "unit_name": "R", "depth": 3, "parent_unit_id": "p", "property_id": "p", "property_name": "P",
				"unit_ids": []any{"p", "r"}, "unit_names": []any{"P", "R"}, "row_scope": "LEAF",
			}},
		},
		"level 15, levels out of order": {
			csv: "dataset_date,unitId_level_15,unitId_level_0,device_count,active_device_count,dialog_count\n1/1/2026,deep,org,1,1,1\n",
			want: []row{{
				"unit_id": "deep", "depth": 15, "parent_unit_id": "org", "unit_ids": []any{"org", "deep"},
			}},
		},
		"a unit beside its descendant is a roll-up on that date only": {
			csv: "dataset_date,unitId_level_1,unitId_level_2,device_count,active_device_count,dialog_count\n" +
				"1/1/2026,q,,4,1,1\n1/1/2026,p,,1,1,1\n1/2/2026,p,,2,1,1\n1/1/2026,p,g,3,1,1\n",
			want: []row{
				{"dataset_date": "2026-01-01", "device_count": 1, "row_scope": "ROLLUP"},
				{"dataset_date": "2026-01-01", "device_count": 3, "row_scope": "LEAF"},
				{"dataset_date": "2026-01-01", "device_count": 4, "row_scope": "LEAF"},
				{"dataset_date": "2026-01-02", "device_count": 2, "row_scope": "LEAF"},
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := converted(t, convert.NewConverter(), "asp_device", tt.csv)
			got := rows(t, out.Days...)
			if len(got) != len(tt.want) || out.Rows != int64(len(tt.want)) {
				t.Fatalf("got %d rows, said %d, want %d", len(got), out.Rows, len(tt.want))
			}
			for i, want := range tt.want {
				for column, value := range want {
					equal(t, column, got[i][column], value)
				}
			}
		})
	}
}

func TestMinutesAreExact(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cell   string
		stored any
		sum    string
	}{
		"two digits":      {cell: "157.95", stored: 157_950_000, sum: "157.95"},
		"six digits":      {cell: "0.000001", stored: 1, sum: "0.000001"},
		"a whole number":  {cell: "12", stored: 12_000_000, sum: "12"},
		"trailing zeros":  {cell: "1.50000000", stored: 1_500_000, sum: "1.5"},
		"the largest":     {cell: "999999999999.999999", stored: 999_999_999_999_999_999, sum: "999999999999.999999"},
		"zero":            {cell: "0.00", stored: 0, sum: "0"},
		"an empty cell":   {cell: "", stored: nil, sum: "0"},
		"a leading zeros": {cell: "0000000000000000001.5", stored: 1_500_000, sum: "1.5"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := converted(t, convert.NewConverter(), "asp_communication", minutesCSV(tt.cell))
			equal(t, "stored", rows(t, out.Days...)[0]["calling_duration_minutes"], tt.stored)
			equal(t, "sum", out.Days[0].Sums["calling_duration_minutes"], tt.sum)
		})
	}
}

func TestSumsBeyond64Bits(t *testing.T) {
	t.Parallel()
	const largest = "9223372036854775807"
	csv := deviceHeader
	for _, unit := range []string{"u", "v", "w"} {
		csv += "1/1/2026," + unit + ",n," + largest + ",0,0\n"
	}
	out := converted(t, convert.NewConverter(), "asp_device", csv)
	equal(t, "sum", out.Days[0].Sums["device_count"], "27670116110564327421") // 3 × (2^63 − 1)
}

func TestUnknownColumnsAreKept(t *testing.T) {
	t.Parallel()
	csv := "zone,dataset_date,unitId_level_1,device_count,Guest Mood,active_device_count,dialog_count,\n" +
		"west,1/1/2026,u,1,happy,1,1,x\n" +
		",1/1/2026,u,1,,1,1,\n" +
		"west,1/1/2026,u,1,,1,1,\n"
	out := converted(t, convert.NewConverter(), "asp_device", csv)
	equal(t, "Unknown", out.Unknown, []string{"zone", "Guest Mood", "column_8"})
	var got []any
	for _, r := range rows(t, out.Days...) {
		got = append(got, r["extra"])
	}
	equal(t, "extra", got, []any{
		map[string]string{},
		map[string]string{"zone": "west", "Guest Mood": "happy", "column_8": "x"},
		map[string]string{"zone": "west"},
	})
}

func TestReadFailures(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	for name, tt := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"without a kind": {err: broken, want: fault.Transient},
		"with a kind":    {err: fault.As(fault.Conflict, broken), want: fault.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := io.MultiReader(strings.NewReader(deviceHeader+"1/1/2026,u,n,1,1,1\n"), iotest.ErrReader(tt.err))
			_, err := convert.NewConverter().Convert(t.Context(), in, contract("asp_device"))
			if !errors.Is(err, broken) || fault.KindOf(err) != tt.want {
				t.Errorf("got %v of kind %v, want %v", err, fault.KindOf(err), tt.want)
			}
		})
	}
}

func TestCancelStopsBetweenBatches(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in := &cancelling{Reader: strings.NewReader(deviceHeader + strings.Repeat("1/1/2026,u,n,1,1,1\n", 100_000)), after: 1, cancel: cancel}
	_, err := convert.NewConverter().Convert(ctx, in, contract("asp_device"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if in.reads > 2 {
		t.Errorf("%d reads after the cancellation", in.reads-in.after)
	}
}

type cancelling struct {
	io.Reader
	reads, after int
	cancel       func()
}

func (c *cancelling) Read(p []byte) (int, error) {
	if c.reads++; c.reads == c.after {
		c.cancel()
	}
	return c.Reader.Read(p)
}

func TestUnknownTableIsNoPoison(t *testing.T) {
	t.Parallel()
	_, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(deviceHeader), contract("asp_parking"))
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v of kind %v, want an internal error: the file is not to blame", err, fault.KindOf(err))
	}
}

func TestBytesLimit(t *testing.T) {
	t.Parallel()
	c := convert.NewConverter(convert.MaxBytes(1000))
	_, err := c.Convert(t.Context(), strings.NewReader(deviceHeader+strings.Repeat("1/1/2026,u,n,1,1,1\n", 100)), contract("asp_device"))
	if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "longer than 1000 bytes") {
		t.Errorf("got %v", err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	c := convert.NewConverter(convert.TempDir(t.TempDir()))
	out, err := c.Convert(t.Context(), strings.NewReader(golden(t, "device.csv")), contract("asp_device"))
	if err != nil {
		t.Fatal(err)
	}
	want := out.Days[6].Body.Size()
	if n, err := io.Copy(io.Discard, out.Days[6].Body); n != want || err != nil {
		t.Errorf("read %d of %d bytes: %v", n, want, err)
	}
	for range 2 {
		if err := out.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := out.Days[0].Body.ReadAt(make([]byte, 1), 0); err == nil {
		t.Error("a body is readable after Close")
	}
}
