package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func importCases() protocolCases {
	return protocolCases{
		"the job awaits its files at once":                importTogether,
		"the ledger demands the present snapshot":         importFenced,
		"a name that another job expects is a conflict":   importContested,
		"what can be no import is Poison":                 importImpossible,
		"96 files are taken, and 97 are Poison":           importMost,
		"a removed subscription takes none":               importRemoved,
		"a person cannot have an import asked for":        importRetried,
		"a lost import tells the planner nothing":         importLost,
		"its days are held, and are there when it loads":  importLoaded,
		"the days that an import holds are not asked for": importHolds,
	}
}

// imported is of 1 to 4 September, which is before the subscription's first day.
func imported(files ...report.NamedFile) report.Import {
	return report.Import{
		Window: report.Window{From: oct(-29), To: oct(-26)}, Files: files, Generation: oct(-25).Time(), Why: "imported by a person",
	}
}

func (d fixture) imports(t *testing.T, sub string, in report.Import) report.Job {
	t.Helper()
	j, err := d.Import(t.Context(), d.snapshot(t, sub), in, at(accepted), at(deadline))
	done(t, "import", err)
	return j
}

func importTogether(t *testing.T, d fixture) {
	d.planned(t, "hotel", ask(1, 4, device))
	d.imports(t, "hotel", imported(named("a.csv", device), named("b.csv", skill), named("c.csv", skill)))
	d.wantJobs(t, "hotel", "hotel-000001", "hotel-000002")
	j := d.wantJob(t, "hotel-000002", "AWAITING_FILES a.csv=EXPECTED b.csv=EXPECTED c.csv=EXPECTED")
	same(t, "its origin", j.Origin.String(), "import")
	same(t, "that of the other", d.wantJob(t, "hotel-000001", "PLANNED").Origin.String(), "vendor")
	same(t, "its attempts and requests", fmt.Sprint(j.Attempt, j.Requests), "0 0")
	sameTime(t, "its generation", j.SubmittedAt, oct(-25).Time())
	sameTime(t, "when it is due", j.DueAt, at(deadline))
	for key, parts := range map[string]int{"a.csv": 1, "b.csv": 2, "c.csv": 2} {
		f := d.wantFile(t, key, "EXPECTED hotel-000002 - 0")
		same(t, "the parts of "+key, f.Parts, parts)
		same(t, "the window of "+key, f.Window, j.Window)
		sameTime(t, "the generation of "+key, f.Generation, oct(-25).Time())
	}
	same(t, "the next job", d.snapshot(t, "hotel").NextJob, 3)
	d.wantMarkers(t, "hotel", "hotel-000001 PLANNED asp_device", "hotel-000002 AWAITING_FILES asp_device,asp_property_skill")
}

func importFenced(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	d.planned(t, "hotel", ask(1, 4, device))
	d.unchanged(t, func() {
		_, err := d.Import(t.Context(), b, imported(named("a.csv", device)), at(accepted), at(deadline))
		fails(t, "with an old snapshot", err, fault.Conflict)
	})
}

func importContested(t *testing.T, d fixture) {
	d.awaiting(t, "annex", named("a.csv", device))
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	d.unchanged(t, func() {
		_, err := d.Import(t.Context(), b, imported(named("new.csv", device), named("a.csv", device)), at(accepted), at(deadline))
		fails(t, "another job's name", err, fault.Conflict)
	})
}

func importImpossible(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	b := d.snapshot(t, "hotel")
	good := imported(named("a.csv", device))
	for name, change := range map[string]func(*report.Import){
		"without files":               func(in *report.Import) { in.Files = nil },
		"without days":                func(in *report.Import) { in.Window.To = in.Window.From - 1 },
		"with 91 days":                func(in *report.Import) { in.Window.From = in.Window.To - 90 },
		"made after the import":       func(in *report.Import) { in.Generation = at(accepted).Add(time.Nanosecond) },
		"made before its last day":    func(in *report.Import) { in.Generation = oct(-26).Time().Add(-time.Nanosecond) },
		"without a generation at all": func(in *report.Import) { in.Generation = time.Time{} },
	} {
		in := good
		change(&in)
		d.unchanged(t, func() {
			_, err := d.Import(t.Context(), b, in, at(accepted), at(deadline))
			fails(t, name, err, fault.Poison)
		})
	}
}

func importMost(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	var files []report.NamedFile
	for i := range 97 {
		files = append(files, named(fmt.Sprintf("%02d.csv", i), device))
	}
	_, err := d.Import(t.Context(), d.snapshot(t, "hotel"), imported(files...), at(accepted), at(deadline))
	fails(t, "97 files", err, fault.Poison)
	same(t, "files", len(d.imports(t, "hotel", imported(files[:96]...)).Files), 96)
}

func importRemoved(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	done(t, "remove", d.Remove(t.Context(), "hotel", at(begun)))
	b := d.snapshot(t, "hotel")
	d.unchanged(t, func() {
		_, err := d.Import(t.Context(), b, imported(named("a.csv", device)), at(accepted), at(deadline))
		fails(t, "into what was removed", err, fault.NotFound)
	})
}

func importRetried(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	j := d.imports(t, "hotel", imported(named("a.csv", device)))
	_, err := d.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	d.unchanged(t, func() {
		_, err := d.ChangeJob(t.Context(), j.ID, at(recheck), func(j *report.Job) error { return j.Retry(at(recheck), "again") })
		fails(t, "retry", err, fault.Conflict)
		_, err = d.UpdateJob(t.Context(), j.ID, func(j *report.Job) error { return j.Begin("r1", at(recheck), at(2*deadline)) })
		fails(t, "begin", err, fault.Conflict)
	})
}

func importLost(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	in := imported(named("a.csv", device))
	in.Window = report.Window{From: oct(1), To: oct(4)}
	in.Generation = oct(5).Time()
	j := d.imports(t, "hotel", in)
	_, err := d.LoseJob(t.Context(), j.ID, at(deadline), at(recheck), "late")
	done(t, "lose", err)
	d.wantJob(t, j.ID, "LOST a.csv=LOST")
	d.wantMarkers(t, "hotel")
	plan := report.Plan(d.snapshot(t, "hotel"), report.Limits{Tables: []string{device}, HorizonDays: 88, LostAfterDays: 90}, oct(7), report.Narrow{})
	same(t, "requests", fmt.Sprint(len(plan), plan[0].Window, plan[0].Attempt), "1 2026-10-01..2026-10-04 1")
	// The file comes all the same.
	d.loaded(t, "a.csv")
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED")
}

func importLoaded(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	d.imports(t, "hotel", imported(named("a.csv", device)))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, -29, "p1", 0))
	j := d.wantJob(t, "hotel-000001", "LOADED a.csv=LOADED")
	d.wantMarkers(t, "hotel")
	days, err := d.Partitions(t.Context(), "hotel", device, j.Window)
	done(t, "read the days", err)
	sameTime(t, "the day's generation", days[0].Generation, oct(-25).Time())
}

func importHolds(t *testing.T, d fixture) {
	d.planned(t, "hotel")
	in := imported(named("a.csv", device))
	in.Window, in.Generation = report.Window{From: oct(2), To: oct(3)}, oct(4).Time()
	d.imports(t, "hotel", in)
	plan := report.Plan(d.snapshot(t, "hotel"), report.Limits{Tables: []string{device}, HorizonDays: 88, LostAfterDays: 90}, oct(7), report.Narrow{})
	same(t, "requests", fmt.Sprint(len(plan), plan[0].Window, plan[1].Window), "2 2026-10-01..2026-10-01 2026-10-04..2026-10-04")
}

func crashImport(t *testing.T, d fixture) {
	d.survive(t, crash{
		prepare: func(t *testing.T, name string) func(*ledger.Ledger) error {
			d.planned(t, name)
			b := d.snapshot(t, name)
			return func(l *ledger.Ledger) error {
				_, err := l.Import(t.Context(), b, imported(named(name+"-a.csv", device), named(name+"-b.csv", device)), at(accepted), at(deadline))
				return err
			}
		},
		check: func(t *testing.T, name string) {
			d.wantJobs(t, name, name+"-000001")
			j := d.wantJob(t, name+"-000001", fmt.Sprintf("AWAITING_FILES %[1]s-a.csv=EXPECTED %[1]s-b.csv=EXPECTED", name))
			d.wantFile(t, name+"-a.csv", "EXPECTED "+j.ID+" - 0")
			d.wantFile(t, name+"-b.csv", "EXPECTED "+j.ID+" - 0")
			d.wantMarkers(t, name, j.ID+" AWAITING_FILES asp_device")
			same(t, "the next job", d.snapshot(t, name).NextJob, 2)
		},
	})
}
