//go:build cgo

package duckdb_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// demonstrated plays a demonstration with its faults and opens what it left.
func demonstrated(t *testing.T) *duckdb.Engine {
	t.Helper()
	dir := t.TempDir()
	m, err := sim.Open(t.Context(), sim.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := m.Demonstrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return folder(filepath.Join(dir, "s3", filepath.Base(summary.DatasetDir))).open(t)
}

// The vendor reports an organisation beside its rooms. Its own row was added up by the vendor, and the default view's sum by
// us, over other rows: they are equal for every additive measure, day and combination of dimensions, or one of us is wrong.
func TestLeavesAddUpToWhatTheVendorSaysOfTheOrganisation(t *testing.T) {
	e := demonstrated(t)
	for _, d := range dataset.Definitions() {
		if !d.HasUnits() {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			keys := []string{"dataset_date"}
			for _, c := range d.Dimensions() {
				keys = append(keys, c.Name)
			}
			for _, c := range d.Measures() {
				// A distinct count is another matter: a device that was moved on the day counts in two rooms.
				if c.Additivity != dataset.Additive {
					continue
				}
				by := strings.Join(keys, ", ")
				r := ask(t, e, fmt.Sprintf(`SELECT count(*), count(*) FILTER (ours IS DISTINCT FROM theirs), count(*) FILTER (ours > 0) FROM
					(SELECT %[1]s, sum(%[2]s) AS ours FROM %[3]s GROUP BY ALL) AS a FULL JOIN
					(SELECT %[1]s, sum(%[2]s) AS theirs FROM raw.%[3]s WHERE depth = 0 GROUP BY ALL) AS b USING (%[1]s)`, by, c.Name, d.Name)).texts[0]
				if r[0] == "0" || r[1] != "0" || r[2] == "0" {
					t.Errorf("%s: of %s sums %s differ, and %s are above 0", c.Name, r[0], r[1], r[2])
				}
			}
		})
	}
}

// What Athena has as saved queries is answered on a laptop too, word for word.
func TestTheSavedQuestionsHaveAnswers(t *testing.T) {
	e := demonstrated(t)
	questions, err := catalog.Questions()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		t.Run(q.ID, func(t *testing.T) {
			r := ask(t, e, q.SQL)
			if len(r.texts) == 0 {
				t.Error("no rows")
			}
			// Two rooms of the demonstration are silent.
			if q.ID == "SilentUnits" && len(r.texts) != 2 {
				t.Errorf("%d units are silent: %v", len(r.texts), r.texts)
			}
		})
	}
}
