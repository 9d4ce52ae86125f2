package sim

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

var rewrite = flag.Bool("rewrite", false, "write docs/hostile-files.md anew")

// Every file of the catalogue, put into the bucket by somebody else and announced by S3, through the real handlers.
func TestHostileFiles(t *testing.T) {
	at := newFixture(t)
	for _, h := range catalogue() {
		t.Run(h.group+"/"+h.name, func(t *testing.T) {
			p := at.newHarness(t, func(o *Options) {
				if o.outside.maxBytes = testedLimit; h.strict {
					o.outside.unitIDs = nil
				}
			})
			table := cmp.Or(h.table, "asp_device")
			p.expectOf("org", "report.csv", table, asked())
			p.deliver("report.csv", h.csv())
			p.drain()
			if h.why == "" {
				p.loaded(table, h.rows)
			} else {
				p.quarantined(h.why)
				p.releasedAfterTheHold(table)
			}
			for _, private := range []string{roomName, leaked, "Hotels"} {
				if strings.Contains(p.log.String(), private) {
					t.Errorf("the log tells %q", private)
				}
			}
		})
	}
}

func (p *harness) file() report.File {
	p.t.Helper()
	f, err := p.ledger.File(p.t.Context(), "report.csv")
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

// days returns the published days of a table: rows by date, and whether any object is in the dataset.
func (p *harness) days(table string) map[string]int64 {
	p.t.Helper()
	partitions, err := p.ledger.Partitions(p.t.Context(), Subscription, table, asked())
	if err != nil {
		p.t.Fatal(err)
	}
	days := map[string]int64{}
	for _, s := range partitions {
		days[s.Date.String()] = s.Rows
	}
	return days
}

// loaded demands that the file is loaded, and deleted for it, and that every day of the window is there or ZERO.
func (p *harness) loaded(table string, rows map[string]int64) {
	p.t.Helper()
	if f := p.file(); f.Status != report.FileDeleted || f.Receipt == nil {
		p.t.Fatalf("the file is %s: %s", f.Status, f.Reason)
	}
	want := map[string]int64{"2026-11-01": 0, "2026-11-02": 0, "2026-11-03": 0}
	maps.Copy(want, rows)
	if diff := gocmp.Diff(want, p.days(table)); diff != "" {
		p.t.Errorf("days (-want +got):\n%s", diff)
	}
	if got := len(p.dataset()); got != len(rows) {
		p.t.Errorf("the dataset has %d objects, want one for each of %d days with rows", got, len(rows))
	}
}

// quarantined demands that the file waits for a person with this reason, and that nothing of it is in the dataset.
func (p *harness) quarantined(why string) {
	p.t.Helper()
	f := p.file()
	if f.Status != report.FileQuarantined {
		p.t.Fatalf("the file is %s: %s", f.Status, f.Reason)
	}
	if f.Reason != why {
		p.t.Errorf("the reason is %q, want %q", f.Reason, why)
	}
	if n := len(p.dataset()); n != 0 || len(p.days(f.Table)) != 0 {
		p.t.Errorf("the dataset has %d objects and the ledger %v", n, p.days(f.Table))
	}
}

// releasedAfterTheHold demands that the sweep deletes the file with a certificate when the hold is over, and not before,
// and that its days are missing again, to be asked for once more.
func (p *harness) releasedAfterTheHold(table string) {
	p.t.Helper()
	start := p.clock.Now()
	sweepAt := func(after time.Duration) {
		p.t.Helper()
		p.skipTo(start.Add(after))
		p.sweep()
	}
	sweepAt(11 * time.Hour)
	if f := p.file(); f.Status != report.FileQuarantined {
		p.t.Fatalf("an hour before its time the file is %s", f.Status)
	}
	sweepAt(13 * time.Hour)
	if f := p.file(); f.Status != report.FileDeleted {
		p.t.Fatalf("after its hold the file is %s: %s", f.Status, f.Reason)
	}
	proofs, err := p.ledger.CertificatesOf(p.t.Context(), "report.csv")
	if err != nil || len(proofs) != 1 || proofs[0].Cause != report.FileQuarantined || proofs[0].VerifiedAt.IsZero() {
		p.t.Errorf("certificates: %+v, %v", proofs, err)
	}
	snapshot := p.snapshot()
	limits, err := p.limits(snapshot.Subscription)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, day := range report.Coverage(snapshot, limits, report.DateOf(p.clock.Now())) {
		if day.Table == table && asked().Contains(day.Date) && day.Status != report.CoverageMissing {
			p.t.Errorf("%s is %s: %s", day.Date, day.Status, day.Why)
		}
	}
}

// The page says what the catalogue says.
func TestThePageOfHostileFilesIsFresh(t *testing.T) {
	name := filepath.Join(standin.Root(t), "docs", "hostile-files.md")
	want := hostilePage()
	if *rewrite {
		if err := os.WriteFile(name, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("docs/hostile-files.md is stale (%v): make generate", err)
	}
}

const hostileIntroduction = `# Hostile and nasty files

What becomes of a delivered file that is not as it should be. Anybody can have a file put into the delivery bucket, and the
vendor's own files may change. A file is loaded whole or not at all: nothing of a quarantined one is in the dataset.

A **quarantined** file waits 12 hours for a person: ` + "`bellhop review show FILE`" + ` tells the reason, ` + "`replay`" + ` loads it again
after bellhop was mended, ` + "`drop`" + ` deletes it now. Then it is deleted with a certificate, and its days are asked for again,
three times at most. A reason names line and column, and never the text of a cell.

Each row below is a case of [hostile_test.go](../cmd/bellhop/internal/sim/hostile_test.go), which drives it through the real
handlers; the page is made from the same table. What happens around a file rather than in it is in the section at the end.
`

const hostileAround = `
## Around the file

| what happens | what becomes of it | shown by |
|---|---|---|
| nobody expects the file | STRAY: never opened, deleted after six hours with a certificate, alarmed | local ` + "`TestAStrayIsNeverLoaded`" + ` |
| other content comes between the event and the read | the new content is loaded; what was announced first is never mixed in | local ` + "`TestAFileThatChangesUnderTheReader`" + ` |
| the read breaks in the middle | nothing is published; the file is given back and loaded by the next try | local ` + "`TestAReadThatBreaksInTheMiddle`" + ` |
| a name with spaces, ` + "`+`, `%`" + `, quotes or letters of any script | loaded under exactly that name | local ` + "`TestNamesOfAnyKindAreFound`" + ` |
| a name with ` + "`..` or `//`" + ` | meant as it is written: S3 knows no folders. The embedded S3 does, so this is shown on the wire | objects ` + "`TestNamesReachS3AsTheyAre`" + ` |
| the same file again | one ledger call, no S3 call | local ` + "`TestADuplicateCostsOneLedgerCall`" + ` |
| content that kills its worker eight times | quarantined without another try | ledger suite |
`

func hostilePage() string {
	var b strings.Builder
	b.WriteString(hostileIntroduction)
	group := ""
	for _, h := range catalogue() {
		if h.group != group {
			group = h.group
			fmt.Fprintf(&b, "\n## %s\n\n| the file has | it is | reason, or remark |\n|---|---|---|\n", group)
		}
		state, text := "loaded", h.remark
		if h.why != "" {
			_, reason, cut := strings.Cut(h.why, ": ")
			if !cut {
				reason = h.why
			}
			state, text = "quarantined", "`"+strings.ReplaceAll(reason, "|", "\\|")+"`"
			if h.remark != "" {
				text += "; " + h.remark
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", h.name, state, text)
	}
	b.WriteString(hostileAround)
	return b.String()
}
