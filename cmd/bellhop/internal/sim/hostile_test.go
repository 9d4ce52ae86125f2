package sim

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// roomName and leaked stand for what no reason, log line or error may repeat: the name of a room, and a token that
// somebody put into a cell.
const (
	roomName = "SuiteOfMrSmith"
	leaked   = "Atza|IwEBIPlantedToken"
)

// hostile is a file that somebody delivers under a name that is expected, and what becomes of it. The report that was asked
// for is DEVICE of the organisation "org" from 1 to 3 November 2026, unless table says otherwise.
type hostile struct {
	group string
	name  string
	table string
	csv   func() string
	// why is the whole reason of a file that is quarantined; empty when it is loaded.
	why string
	// rows are those of the dataset afterwards, by day; nil when it is quarantined.
	rows map[string]int64
	// sum is the sum of dialog_count over LEAF rows, where it says something.
	remark string
	// strict: the ids of units are those of the vendor's documents only, as without configuration. The other cases are easier to
	// read with short ones.
	strict bool
}

// The columns of DEVICE, as an organisation's report has them.
const orgHeader = "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count"

// file puts a header and rows together.
func file(header string, rows ...string) func() string {
	return func() string { return strings.Join(append([]string{header}, rows...), "\n") + "\n" }
}

// device is a DEVICE report with these rows.
func device(rows ...string) func() string { return file(orgHeader, rows...) }

const (
	// good is a row of the organisation's first day.
	good = "11/1/2026,org," + roomName + ",inn," + roomName + ",1,1,2"
	// named is how a good row begins, up to its numbers.
	named = "11/1/2026,org," + roomName + ",inn," + roomName + ","
)

func oneRow() map[string]int64 { return map[string]int64{"2026-11-01": 1} }

// bad is a case of a DEVICE report that ends in quarantine.
func bad(group, name, why string, csv func() string) hostile {
	return hostile{group: group, name: name, csv: csv, why: "convert to asp_device: " + why}
}

// fine is a case of a DEVICE report that is loaded.
func fine(group, name, remark string, rows map[string]int64, csv func() string) hostile {
	return hostile{group: group, name: name, csv: csv, rows: rows, remark: remark}
}

func catalogue() []hostile {
	var all []hostile
	for _, group := range [][]hostile{forms(), headers(), numbers(), dates(), units(), floods()} {
		all = append(all, group...)
	}
	return all
}

func forms() []hostile {
	const g = "Form of the file"
	return []hostile{
		fine(g, "byte order mark", "it is skipped", oneRow(), func() string { return "\xef\xbb\xbf" + device(good)() }),
		fine(g, "CRLF at the ends of lines", "", oneRow(), func() string { return strings.ReplaceAll(device(good)(), "\n", "\r\n") }),
		fine(g, "no line break at the end", "", oneRow(), func() string { return strings.TrimSuffix(device(good)(), "\n") }),
		fine(g, "quoted commas, quotes and line breaks in a name", "the name is kept as it is", oneRow(),
			device("11/1/2026,org,\"Hotels, \"\"The\"\"\nGroup\",,,1,1,2")),
		fine(g, "blank lines", "they are no rows", oneRow(), device(good, "", "")),
		bad(g, "empty file", "empty file: not even a header", func() string { return "" }),
		fine(g, "header and no rows", "every day of the window is ZERO", map[string]int64{}, device()),
		bad(g, "last line cut off", "line 3: 5 cells where the header has 8", func() string { return device(good)() + "11/2/2026,org,Hotels,inn,In" }),
		bad(g, "cut off inside of quotes", "line 2: quoted cell without a closing quote", device(`11/1/2026,org,"Hot`)),
		bad(g, "a quote inside of a cell", "line 2: quote inside a cell that is not quoted", device(`11/1/2026,org,Ho"tels,inn,Inn,1,1,2`)),
		bad(g, "gzip", "not CSV: the file is gzip data", func() string { return zipped(device(good)()) }),
		bad(g, "zip", "not CSV: the file is a zip archive", func() string { return "PK\x03\x04" + device(good)() }),
		bad(g, "UTF-16", "not CSV: the file is UTF-16 text", func() string { return "\xff\xfed\x00a\x00" }),
		bad(g, "NUL bytes", fmt.Sprintf("not CSV: NUL byte at offset %d", len(orgHeader)+1), device("\x00")),
		bad(g, "text that is not UTF-8", "line 2: column unitName_level_0: not valid UTF-8", device("11/1/2026,org,H\xf4tel,inn,Inn,1,1,2")),
	}
}

func headers() []hostile {
	const g = "Columns"
	return []hostile{
		fine(g, "columns in another order", "names decide, not places", oneRow(),
			file("dialog_count,dataset_date,unitId_level_1,device_count,unitId_level_0,active_device_count", "2,11/1/2026,inn,1,org,1")),
		fine(g, "an extra column", "it is kept in extra, and announced", oneRow(), file(orgHeader+",Mood", good+",calm")),
		fine(g, "names in other case, with spaces", "", oneRow(),
			file("Dataset Date,UnitID_Level_0,unitName_level_0,unitId_level_1,unitName_level_1,Device_Count,ACTIVE_DEVICE_COUNT,dialog count", good)),
		bad(g, "a renamed column", "header of asp_device: missing: dialog_count; unknown: dialogs", file(strings.Replace(orgHeader, "dialog_count", "dialogs", 1), good)),
		bad(g, "a missing column", "header of asp_device: missing: device_count; unknown: none", file(strings.Replace(orgHeader, "device_count,", "", 1), good)),
		bad(g, "the same column twice", "header of asp_device: duplicate column device_count", file(orgHeader+",device_count", good+",1")),
		bad(g, "no header, but data at once", "header of asp_device: none of the 8 cells of the first line is a known column; missing: "+
			"dataset_date, device_count, active_device_count, dialog_count, unitId_level_N", file(good)),
		bad(g, "another category's report", "header of asp_device: missing: device_count; unknown: \"Business Domain\"",
			file("dataset_date,unitId_level_0,unitName_level_0,Business Domain,active_device_count,dialog_count", "11/1/2026,org,Hotels,Audio,1,2")),
		bad(g, "semicolons between the columns", `header: the columns are separated by ";": save the file with commas between its columns, and with points, not commas, in its numbers`,
			func() string { return strings.ReplaceAll(device(good)(), ",", ";") }),
		bad(g, "a row with a cell too many", "line 3: 9 cells where the header has 8", device(good, good+",1")),
	}
}

func numbers() []hostile {
	const g = "Numbers"
	count := func(name, cell, why string) hostile {
		return bad(g, name, "line 2, column dialog_count: "+why, device(named+"1,1,"+cell))
	}
	const noCount = "not a whole number of digits 0 to 9"
	minutes := func(name, cell, why string, rows map[string]int64) hostile {
		h := hostile{
			group: g, name: name, table: "asp_communication", rows: rows, csv: file(
				"dataset_date,unitId_level_0,unitName_level_0,direction,sub_experience,call_provider,calling_action_count,calling_duration_minutes,dropIn_action_count,dropIn_duration_minutes",
				"11/1/2026,org,Hotels,Inbound,Calling_Voice,A2A,1,"+cell+",0,0"),
		}
		if why != "" {
			h.why = "convert to asp_communication: line 2, column calling_duration_minutes: " + why
		}
		return h
	}
	return []hostile{
		fine(g, "an empty count", "NULL, not 0", oneRow(), device(named+",,")),
		count("text in a count", roomName, noCount),
		count("1.9 in a count", "1.9", noCount),
		count("NaN in a count", "NaN", noCount),
		count("a count below zero", "-1", noCount),
		count("thousands separators", `"1,234"`, noCount),
		count("an exponent", "1e3", noCount),
		count("hexadecimal", "0x1F", noCount),
		fine(g, "leading zeros", "010 is ten", oneRow(), device(named+"1,1,010")),
		fine(g, "the largest count", "", oneRow(), device(named+"1,1,9223372036854775807")),
		count("one more than the largest", "9223372036854775808", "number exceeds 64 bits"),
		minutes("minutes with six digits after the point", "157.950001", "", oneRow()),
		minutes("minutes with a seventh digit", "0.1234567", "more than 6 digits after the decimal point", nil),
		minutes("NaN minutes", "NaN", "not a decimal number of the form 12 or 12.34", nil),
		minutes("a decimal comma", `"1,5"`, "not a decimal number of the form 12 or 12.34", nil),
	}
}

func dates() []hostile {
	const g = "Dates"
	date := func(name, cell, why string) hostile {
		return bad(g, name, "line 2, column dataset_date: "+why, device(cell+",org,Hotels,inn,Inn,1,1,2"))
	}
	const noDate = "not a date of the form M/D/YYYY or YYYY-MM-DD"
	return []hostile{
		fine(g, "M/D/YYYY, as in the vendor's samples", "", oneRow(), device(good)),
		fine(g, "MM/DD/YYYY", "", oneRow(), device("11/01/2026,org,Hotels,inn,Inn,1,1,2")),
		fine(g, "YYYY-MM-DD", "", oneRow(), device("2026-11-01,org,Hotels,inn,Inn,1,1,2")),
		date("day first", "13/11/2026", "month beyond 12: day-first dates are ambiguous and cannot be accepted"),
		date("day first, read as another month", "2/11/2026", "date outside the window that was asked for"),
		date("two digits of a year", "11/1/26", noDate),
		date("dots", "1.11.2026", noDate),
		date("a month's name", "Nov 1 2026", noDate),
		fine(g, "YYYY-MM-DD with a time of day", "the time is ignored", oneRow(), device("2026-11-01T00:00:00Z,org,Hotels,inn,Inn,1,1,2")),
		date("something else behind it", "2026-11-01 to 2026-11-03", noDate),
		date("digits only", "20261101", noDate),
		date("no such day", "11/31/2026", "no such day in the calendar"),
		date("no date", "", "empty date"),
		date("a year that lost its century", "11/1/0026", "date before the year 2000: are digits of the year missing?"),
		date("a day that was not asked for", "11/4/2026", "date outside the window that was asked for"),
		fine(g, "days in no order", "", map[string]int64{"2026-11-01": 2, "2026-11-03": 1},
			device(strings.Replace(good, "11/1", "11/3", 1), good, "11/1/2026,org,Hotels,spa,Spa,1,1,1")),
		fine(g, "a day is missing", "it is ZERO", map[string]int64{"2026-11-01": 1, "2026-11-03": 1},
			device(good, strings.Replace(good, "11/1", "11/3", 1))),
	}
}

func units() []hostile {
	const g = "Units"
	deep := func(levels int) func() string {
		header, row := "dataset_date", "11/1/2026"
		for l := range levels {
			header += fmt.Sprintf(",unitId_level_%d", l)
			row += fmt.Sprintf(",u%d", l)
		}
		return file(header+",device_count,active_device_count,dialog_count", strings.Replace(row, "u0", "org", 1)+",1,1,2")
	}
	const foreign = "not of the unit that the report was asked for, nor below it"
	return []hostile{
		fine(g, "fifteen levels below the organisation", "", oneRow(), deep(16)),
		fine(g, "a sixteenth level, and many more", "any level is one", oneRow(), deep(400)),
		bad(g, "a level beyond all sense", "header of asp_device: column unitId_level_1000001: a unit's level is at most 1000000",
			file(strings.Replace(orgHeader, "unitId_level_1", "unitId_level_1000001", 1), good)),
		fine(g, "N/A, null, - or white space in place of a unit", "they are empty cells", map[string]int64{"2026-11-01": 1, "2026-11-02": 1, "2026-11-03": 1},
			device("11/1/2026,org,Hotels,N/A,n/a,2,2,5", "11/2/2026,org,Hotels,\u00a0, ,2,2,5", "11/3/2026,org,Hotels,-,null,2,2,5")),
		{
			group: g, name: "other text in place of a unit", csv: device("11/1/2026," + roomName + ",Hotels,,,2,2,5"), strict: true,
			why: "convert to asp_device: line 2: column unitId_level_0: not a unit's id: each begins with amzn1.alexa.unit. and has no spaces",
		},
		fine(g, "a gap between levels", "", oneRow(),
			file("dataset_date,unitId_level_0,unitId_level_2,unitId_level_5,device_count,active_device_count,dialog_count", "11/1/2026,org,,room,1,1,2")),
		fine(g, "rows that come again", "each counts once; the receipt and the log say how many came again", map[string]int64{"2026-11-01": 2},
			device(good, "11/1/2026,org,Hotels,spa,Spa,1,1,2", good, good)),
		bad(g, "two rows of one unit that contradict each other", "line 4: the same date, unit and dimensions as in line 2, with other values",
			device(good, "11/1/2026,org,Hotels,spa,Spa,1,1,2", named+"1,1,3")),
		fine(g, "rooms beside the groups that repeat them", "the groups are ROLLUP", map[string]int64{"2026-11-01": 3},
			device("11/1/2026,org,Hotels,,,2,2,5", "11/1/2026,org,Hotels,inn,Inn,1,1,3", "11/1/2026,org,Hotels,spa,Spa,1,1,2")),
		bad(g, "no unit", "line 2: no unit id at any level", device("11/1/2026,,,,,1,1,2")),
		bad(g, "a name without an id", "line 2: column unitName_level_1: unit name without a unit id", device("11/1/2026,org,Hotels,,"+roomName+",1,1,2")),
		bad(g, "another organisation's rows", "line 2: "+foreign, device("11/1/2026,elsewhere,Hotels,inn,Inn,1,1,2")),
		bad(g, "another organisation's rows among ours", "line 3: "+foreign, device(good, "11/2/2026,elsewhere,Hotels,inn,Inn,1,1,2")),
	}
}

func floods() []hostile {
	const g = "Floods"
	return []hostile{
		bad(g, "100,000 columns", "header has 100008 columns; at most 1000 are accepted",
			func() string { return orgHeader + strings.Repeat(",x", 100_000) + "\n" }),
		bad(g, "a cell of 64 MiB", "line 2: a record is longer than 16777216 bytes; is a closing quote missing?",
			func() string {
				return orgHeader + "\n11/1/2026,org," + strings.Repeat("x", 64<<20) + ",inn,Inn,1,1,2\n"
			}),
		bad(g, "a cell of 65 KiB", "line 2: cell 3 is longer than 65536 bytes",
			func() string {
				return orgHeader + "\n11/1/2026,org," + strings.Repeat("x", 65<<10) + ",inn,Inn,1,1,2\n"
			}),
		{
			group: g, name: "a file beyond the limit", why: "the file has 134217729 bytes; at most 134217728 are read",
			csv: func() string { return strings.Repeat("x", testedLimit+1) }, remark: "the limit is 5 GiB, and 128 MiB here; it is not opened",
		},
	}
}

// testedLimit is the largest file in these tests, so that one beyond it can be made.
const testedLimit = 128 << 20

func zipped(s string) string {
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

// asked is the window of every case.
func asked() report.Window {
	return report.Window{From: report.NewDate(2026, 11, 1), To: report.NewDate(2026, 11, 3)}
}
