package convert

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert/columnar"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// gocsv finds the typed cells by the names of its header, wherever they stand, and gives each to the row.
func TestGocsvBindsCellsByTheirTypes(t *testing.T) {
	t.Parallel()
	d, _ := dataset.Lookup("asp_communication")
	header := strings.Split("calling_duration_minutes,direction,dropIn_action_count,dataset_date,unitId_level_1,"+
		"calling_action_count,sub_experience,call_provider,dropIn_duration_minutes,mood", ",")
	l, err := matchHeader(d, header, limits{Columns: 100})
	if err != nil {
		t.Fatal(err)
	}
	b := newBinder(l, d)
	record := func(line string) []string { return strings.Split(line, ",") }
	rows, _, err := b.bind([][]string{
		record("1.5,Inbound,010,11/1/2026,oak,7,Voice,A2A,,calm"),
		record(",Outbound,,2026-11-02,elm,9223372036854775807,Video,PSTN,0.000001,"),
	})
	if err != nil {
		t.Fatal(err)
	}
	const null = columnar.Null
	want := []row{
		{Date: report.NewDate(2026, 11, 1), Measures: [mostMeasures]int64{1_500_000, 10, 7, null}, measures: 4},
		{Date: report.NewDate(2026, 11, 2), Measures: [mostMeasures]int64{null, null, 9223372036854775807, 1}, measures: 4},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("rows %+v, want %+v", rows, want)
	}

	// The second batch has fewer records, and an error in its second.
	rows, column, err := b.bind([][]string{
		record("2,Inbound,3,11/3/2026,oak,4,Voice,A2A,5,calm"),
		record("2,Inbound,3,11/3/2026,oak,1.9,Voice,A2A,5,calm"),
	})
	want = []row{{Date: report.NewDate(2026, 11, 3), Measures: [mostMeasures]int64{2_000_000, 3, 4, 5_000_000}, measures: 4}}
	if !errors.Is(err, notACount) || header[column] != "calling_action_count" || !reflect.DeepEqual(rows, want) {
		t.Errorf("rows %+v before an error in column %s: %v", rows, header[column], err)
	}
}

// gocsv allocates a row twice for each record, whatever the table.
func TestEveryTableFitsIntoARow(t *testing.T) {
	t.Parallel()
	for _, d := range dataset.Definitions() {
		if n := len(d.Measures()); n > mostMeasures {
			t.Errorf("%s has %d measures, and a row holds %d", d.Name, n, mostMeasures)
		}
	}
}
