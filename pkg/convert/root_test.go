package convert_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// levels makes a DEVICE report whose rows are the ids of units from a level on, such as "org inn room"; - is an empty cell.
func levels(first, last int, rows ...string) string {
	var b strings.Builder
	b.WriteString("dataset_date")
	for l := first; l <= last; l++ {
		fmt.Fprintf(&b, ",unitId_level_%d", l)
	}
	b.WriteString(",device_count,active_device_count,dialog_count\n")
	for _, row := range rows {
		b.WriteString("11/1/2026")
		ids := strings.Fields(row)
		for i := range last - first + 1 {
			id := ""
			if i < len(ids) && ids[i] != "-" {
				id = ids[i]
			}
			b.WriteString("," + id)
		}
		b.WriteString(",1,1,1\n")
	}
	return b.String()
}

func TestAnotherOrganisationsRowsAreRefused(t *testing.T) {
	const refused = ": not of the unit that the report was asked for, nor below it"
	tests := map[string]struct {
		root, csv string
		want      string // nothing: all rows are taken
	}{
		"an organisation":                      {"org", levels(0, 2, "org", "org inn", "org inn room", "org spa"), ""},
		"a property of it":                     {"inn", levels(0, 2, "org inn", "org inn room", "org inn suite"), ""},
		"a property alone":                     {"inn", levels(0, 1, "org inn"), ""},
		"another organisation":                 {"org", levels(0, 1, "other"), "line 2" + refused},
		"another organisation, further down":   {"org", levels(0, 1, "org", "org inn", "other inn"), "line 4" + refused},
		"another property of the organisation": {"inn", levels(0, 2, "org inn room", "org spa room"), "line 3" + refused},
		"the organisation above the property":  {"inn", levels(0, 2, "org inn room", "org"), "line 3" + refused},
		"the same, the other way round":        {"inn", levels(0, 2, "org", "org inn room"), "line 2" + refused},
		"the unit at another level":            {"inn", levels(0, 2, "org inn room", "org other inn"), "line 3" + refused},
		// The vendor's sample of DEVICE begins at level 1, so that an organisation is not in it.
		"no level that could name it":             {"org", levels(1, 3, "inn - room", "spa - room"), ""},
		"no level 0, but the unit is there":       {"inn", levels(1, 3, "inn - room", "inn"), ""},
		"no level 0, and a row beside it":         {"inn", levels(1, 3, "inn - room", "spa - room"), "line 3" + refused},
		"no level 0, and a row beside it, before": {"inn", levels(1, 3, "spa - room", "inn - room"), "line 3" + refused},
		"level 0 is there and empty":              {"org", levels(0, 2, "- inn room", "- spa"), ""},
		"nothing is asked":                        {"", levels(0, 1, "other"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := contract("asp_device")
			c.Root = test.root
			out, err := convert.NewConverter().Convert(t.Context(), strings.NewReader(test.csv), c)
			if test.want == "" {
				if err != nil || out.Rows != int64(strings.Count(test.csv, "\n")-1) {
					t.Errorf("%d rows, %v", out.Rows, err)
				}
				return
			}
			if !fault.Is(err, fault.Poison) || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("got %v, want %q at its end", err, test.want)
			}
		})
	}
}

// When the vocabulary of units is thrown away in the middle of a file, what it has taught stays.
func TestTheUnitIsRememberedBeyondTheBudget(t *testing.T) {
	var rows []string
	for i := range 3000 {
		rows = append(rows, fmt.Sprintf("org inn-%d room-%d", i/100, i))
	}
	c := contract("asp_device")
	c.Root = "org"
	for name, last := range map[string]string{"": "org inn room", "line 3002: not of the unit that the report was asked for": "other inn room"} {
		csv := levels(0, 2, append(rows, last)...)
		_, err := convert.NewConverter(convert.Budget(64<<10), convert.TempDir(t.TempDir())).Convert(t.Context(), strings.NewReader(csv), c)
		if (err == nil) != (name == "") || err != nil && !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}
