package report_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestSumsOfADelivery(t *testing.T) {
	type sums = map[string]string
	for _, c := range []struct {
		name string
		days []sums
		want sums
		says string
	}{
		{name: "no day"},
		{name: "one day", days: []sums{{"dialogs": "12", "minutes": "0.5"}}, want: sums{"dialogs": "12", "minutes": "0.5"}},
		// Tenths are no sums of binary fractions: added up as floats these are 0.30000000000000004.
		{name: "exactly", days: []sums{{"minutes": "0.1"}, {"minutes": "0.2"}}, want: sums{"minutes": "0.3"}},
		{name: "beyond what a float holds", days: []sums{{"dialogs": "9007199254740993"}, {"dialogs": "0.000001"}}, want: sums{"dialogs": "9007199254740993.000001"}},
		{name: "a day that lacks a measure", days: []sums{{"dialogs": "1"}, {"minutes": "2"}, {}}, want: sums{"dialogs": "1", "minutes": "2"}},
		{name: "what cancels out", days: []sums{{"minutes": "1.5"}, {"minutes": "-1.5"}}, want: sums{"minutes": "0"}},
		{name: "what is no number", days: []sums{{"minutes": "1"}, {"minutes": "many"}}, says: "add up minutes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var conversion report.Conversion
			for _, day := range c.days {
				conversion.Days = append(conversion.Days, report.EncodedDay{Sums: day})
			}
			got, err := conversion.Sums()
			if c.says != "" {
				if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "many") {
					t.Errorf("%v, want one that says %q and nothing of the content", err, c.says)
				}
				return
			}
			if err != nil || !maps.Equal(got, c.want) {
				t.Errorf("%v, %v, want %v", got, err, c.want)
			}
			for i, day := range c.days {
				if !maps.Equal(day, conversion.Days[i].Sums) {
					t.Errorf("the sums of day %d were changed to %v", i, conversion.Days[i].Sums)
				}
			}
		})
	}
}
