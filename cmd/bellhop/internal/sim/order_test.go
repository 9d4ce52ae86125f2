package sim

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// A vendor that shuffles its rows, or says some of them twice, restates nothing: the day's object stays as it is.
func TestTheSameRowsInAnotherOrderChangeNothing(t *testing.T) {
	p := newFixture(t).newHarness(t, nil)
	rows := []string{
		"11/1/2026,org,Hotels,,,3,2,9", "11/1/2026,org,Hotels,inn,Inn,1,1,4", "11/1/2026,org,Hotels,spa,Spa,2,1,5",
	}
	p.deliverNext("first.csv", device(rows...)())
	first := p.day()
	for name, order := range map[string][]int{"second.csv": {2, 0, 1}, "third.csv": {1, 2, 0, 2, 1}} {
		var shuffled []string
		for _, i := range order {
			shuffled = append(shuffled, rows[i])
		}
		p.deliverNext(name, device(shuffled...)())
		day := p.day()
		if day.ETag != first.ETag || day.SHA256 != first.SHA256 || day.Restated != 0 || day.Rows != 3 || !day.Generation.After(first.Generation) {
			t.Errorf("%s: the day is %+v, and was %+v", name, day, first)
		}
		f, err := p.ledger.File(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		twice := int64(len(order) - len(rows))
		if proof := f.Receipt.Partitions[0]; proof.Outcome != report.PartitionUnchanged || f.Receipt.Rows != 3 || f.Receipt.Duplicates != twice {
			t.Errorf("%s: %+v", name, f.Receipt)
		}
		if announced := strings.Contains(p.log.String(), "rows came twice and were counted once"); twice > 0 && !announced {
			t.Errorf("the log does not say that %d rows came twice", twice)
		}
	}
}
