package convert_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// estate is an organisation with a property of two rooms: its own figure, and that of the property, is the sum of the rooms'.
// nothing stands in the unit cells that a row has no unit for.
func estate(nothing string) string {
	cell := `"` + nothing + `"`
	none := cell + "," + cell
	return "dataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,unitId_level_3,unitName_level_3,device_count,active_device_count,dialog_count\n" +
		"11/1/2026,o.main,Org," + none + "," + none + ",3,2,30\n" +
		"11/1/2026,o.main,Org,p.a,Inn," + none + ",3,2,30\n" +
		"11/1/2026,o.main,Org,p.a,Inn,r.1,R1,1,1,10\n" +
		"11/1/2026,o.main,Org,p.a,Inn,r.2,R2,2,1,20\n"
}

// Whatever a program writes for a unit that is not there, the roll-ups stay roll-ups, and the bytes are the same.
func TestSpellingsOfNothingAreNoUnits(t *testing.T) {
	t.Parallel()
	want := converted(t, convert.NewConverter(), "asp_device", estate(""))
	for _, nothing := range []string{
		" ", "   ", "\t", "\u00a0", "\u3000 ", "\u200b", "\ufeff", "N/A", "n/a", " N/A ", "#N/A", "NA", "n.a.", "null", "NULL", "(null)", "\u00a0Null",
		`\N`, "-", "--", "–", "—", "nil", "None", "NaN", "undefined", "(blank)",
	} {
		t.Run(fmt.Sprintf("%q", nothing), func(t *testing.T) {
			t.Parallel()
			for _, c := range []*convert.Converter{convert.NewConverter(), convert.NewConverter(convert.UnitIDs("o.", "p.", "r."))} {
				got := converted(t, c, "asp_device", estate(nothing))
				equal(t, "bodies", bodies(t, got), bodies(t, want))
			}
		})
	}
	leaves := 0
	for _, r := range rows(t, want.Days...) {
		if r["row_scope"] == "LEAF" {
			leaves += r["dialog_count"].(int)
		}
	}
	equal(t, "dialogs of leaves", leaves, 30)
}

func TestWhiteSpaceAroundAnIDIsNotPartOfIt(t *testing.T) {
	t.Parallel()
	const header = "dataset_date,unitId_level_0,unitId_level_1,device_count,active_device_count,dialog_count\n"
	got := converted(t, convert.NewConverter(), "asp_device", header+"11/1/2026,org,,1,1,1\n11/1/2026,\u00a0org\t, inn\u200b,1,1,1\n")
	var units []string
	for _, r := range rows(t, got.Days...) {
		units = append(units, r["unit_id"].(string)+" "+r["row_scope"].(string))
	}
	equal(t, "units", units, []string{"org ROLLUP", "inn LEAF"})
}

// What stands in an id's cell and is neither an id nor nothing would become a unit of its own.
func TestTextThatIsNoUnitIDIsRefused(t *testing.T) {
	t.Parallel()
	const refused = "not a unit's id: each begins with amzn1.alexa.unit. and has no spaces"
	for name, cell := range map[string]string{
		"a total": "Total", "a name": secret, "zero": "0", "another kind of id": "amzn1.ask.skill.1", "nothing behind the beginning": "amzn1.alexa.unit.",
		"two ids": did + "a " + did + "b", "no ASCII": did + "ä", "other case": "AMZN1.alexa.unit.did.a",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			csv := "dataset_date,unitId_level_0,unitId_level_1,device_count,active_device_count,dialog_count\n" +
				"11/1/2026," + did + "org,,1,1,1\n11/1/2026," + did + "org," + cell + ",1,1,1\n"
			_, err := convert.NewConverter(convert.UnitIDs("amzn1.alexa.unit.")).Convert(t.Context(), strings.NewReader(csv), contract("asp_device"))
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "line 3: column unitId_level_1: "+refused) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
			converted(t, convert.NewConverter(convert.UnitIDs("amzn1.alexa.unit.", convert.AnyUnitID)), "asp_device", csv)
		})
	}
}

// Where a level was not known, its units were counted as the unit above them.
func TestUnitsAtAnyDepth(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{15, 16, 17, 40, 255, 256, 400} {
		t.Run(fmt.Sprint(depth), func(t *testing.T) {
			t.Parallel()
			header, above := "dataset_date", ""
			for l := range depth + 1 {
				header += fmt.Sprintf(",unitId_level_%d", l)
				if l < depth {
					above += fmt.Sprintf(",u%d", l)
				}
			}
			csv := header + ",device_count,active_device_count,dialog_count\n" +
				"11/1/2026" + above + ",,1,1,10\n11/1/2026" + above + ",room-a,1,1,6\n11/1/2026" + above + ",room-b,1,1,4\n"
			out := converted(t, convert.NewConverter(), "asp_device", csv)
			equal(t, "Unknown", out.Unknown, []string(nil))
			var got []string
			for _, r := range rows(t, out.Days...) {
				got = append(got, fmt.Sprintf("%s of %s at %d in %s: %s, %d units", r["unit_id"], r["parent_unit_id"], r["depth"], r["property_id"], r["row_scope"], len(r["unit_ids"].([]any))))
			}
			parent := fmt.Sprintf("u%d", depth-1)
			equal(t, "rows", got, []string{
				fmt.Sprintf("%s of u%d at %d in u1: ROLLUP, %d units", parent, depth-2, depth-1, depth),
				fmt.Sprintf("room-a of %s at %d in u1: LEAF, %d units", parent, depth, depth+1),
				fmt.Sprintf("room-b of %s at %d in u1: LEAF, %d units", parent, depth, depth+1),
			})
		})
	}
}

func TestLevelsThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]string{
		"unitId_level_1000001":                    "a unit's level is at most 1000000",
		"unitName_level_1000001":                  "a unit's level is at most 1000000",
		"unitId_level_" + strings.Repeat("9", 30): "a unit's level is at most 1000000",
		"unitId_level_01":                         "duplicate column unitId_level_01",
	} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			csv := "dataset_date,unitId_level_1," + column + ",device_count,active_device_count,dialog_count\n"
			_, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), contract("asp_device"))
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	out := converted(t, convert.NewConverter(), "asp_device", "dataset_date,unitId_level_0,Unit ID level 016,device_count,active_device_count,dialog_count\n11/1/2026,org,deep,1,1,1\n")
	equal(t, "depth", rows(t, out.Days...)[0]["depth"], any(16))
}

func TestDatesNobodyCanMean(t *testing.T) {
	t.Parallel()
	today := report.NewDate(2026, 11, 28)
	for cell, want := range map[string]string{
		"11/1/0026": "date before the year 2000", "0001-01-01": "date before the year 2000", "12/31/1999": "date before the year 2000",
		"1/1/2000": "", "11/28/2026": "", "11/29/2026": "", "11/30/2026": "date after tomorrow", "9999-12-31": "date after tomorrow",
	} {
		t.Run(cell, func(t *testing.T) {
			t.Parallel()
			c := contract("asp_device")
			c.Window, c.Today = report.Window{From: report.NewDate(1, 1, 1), To: report.NewDate(9999, 12, 31)}, today
			out, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(deviceHeader+cell+",u,n,1,1,1\n"), c)
			switch {
			case want == "" && err != nil:
				t.Error(err)
			case want != "" && (!fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "line 2, column dataset_date: "+want)):
				t.Errorf("got %v, want %q", err, want)
			}
			if err := out.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOtherSeparatorsAreNamed(t *testing.T) {
	t.Parallel()
	for name, sep := range map[string]string{"semicolons": ";", "tabs": "\t", "bars": "|"} {
		for kind, csv := range map[string]string{
			"bare":   strings.ReplaceAll(estate(""), ",", sep),
			"quoted": `"` + strings.ReplaceAll(strings.SplitN(estate(""), "\n", 2)[0], ",", `"`+sep+`"`) + "\"\n",
		} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				want := fmt.Sprintf("the columns are separated by %q: save the file with commas", sep)
				_, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), contract("asp_device"))
				_, recognised := convert.NewConverter().Recognise(t.Context(), strings.NewReader(csv))
				for _, err := range []error{err, recognised} {
					if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), want) {
						t.Errorf("got %v", err)
					}
				}
			})
		}
	}
}

// A record of nothing but commas would take up sixteen times its size.
func TestARecordOfVeryManyCellsIsRefused(t *testing.T) {
	t.Parallel()
	for name, cell := range map[string]string{"bare": ",", "quoted": `"",`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			csv := deviceHeader + strings.Repeat(cell, 1<<20) + "\n"
			_, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(csv), contract("asp_device"))
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), "line 2: more than 1000 cells") {
				t.Errorf("got %v", err)
			}
		})
	}
}
