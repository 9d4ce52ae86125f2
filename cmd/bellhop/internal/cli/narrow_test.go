package cli_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

const longReason = "convert to asp_device: header of asp_device: missing: dialog_count; unknown: dialog_count_v2"

// crowded has a row for every list, with values as long as they are in practice.
func crowded(t *testing.T) *bench {
	b := holding(t)
	const key = "a09d50dc4840855e-PROACTIVE_CAMPAIGN-1.csv"
	b.ledger.files[key] = report.File{
		Key: key, Status: report.FileQuarantined, Reason: longReason, DueAt: now, Job: "hotel-000001", Subscription: "hotel", Table: "asp_proactive_campaign",
		Delivery: &report.Delivery{Bucket: bucket, Key: key, ETag: "e2", Size: 123456, At: at("07:00:00")},
		Timeline: report.Timeline{History: []report.Event{{At: at("07:00:00"), From: "CLAIMED", To: "QUARANTINED", Attempt: 1, Why: longReason}}},
	}
	b.deliveries.objects[key] = report.Object{Key: key, ETag: "e2"}
	job := b.ledger.jobs["hotel-000001"]
	job.Status, job.Reason = report.JobLost, "nothing loaded for asp_property_skill"
	job.Files = append(job.Files, report.JobFile{Key: key, Table: "asp_proactive_campaign", Status: report.FileQuarantined})
	b.ledger.jobs[job.ID] = job
	c := b.ledger.certificates[0]
	c.File, c.Key, c.Cause = key, key, report.FileQuarantined
	b.ledger.certificates = append(b.ledger.certificates, c)
	return b
}

func TestListsLoseNothingOnANarrowTerminal(t *testing.T) {
	for _, line := range []string{
		"jobs list", "jobs show hotel-000001", "files list", "files show a09d50dc4840855e-PROACTIVE_CAMPAIGN-1.csv", "certificates list",
		"review list", "quarantine list", "held list", "subscriptions list", "coverage", "certificates verify", "tables", "cost --reference",
		"refetch hotel 2026-11-14..2026-11-15 --dry-run",
	} {
		t.Run(line, func(t *testing.T) {
			shown := func(width int) string {
				b := crowded(t)
				b.terminal, b.width = true, width
				_, out, _ := b.run(t.Context(), strings.Fields(line)...)
				return out
			}
			whole := shown(0)
			for _, width := range []int{60, 80, 100} {
				narrow := shown(width)
				has := map[string]int{}
				for word := range strings.FieldsSeq(narrow) {
					has[word]++
				}
				// The names of columns that moved below their rows are written small.
				for word := range strings.FieldsSeq(whole) {
					if has[word]--; has[word] < 0 && !strings.Contains(narrow, strings.ToLower(word)) {
						t.Errorf("%d columns: %q is lost:\n%s", width, word, narrow)
					}
				}
				for l := range strings.Lines(narrow) {
					if l = strings.TrimRight(l, "\n"); len([]rune(l)) > width && strings.Contains(strings.TrimLeft(l, " "), " ") {
						t.Errorf("%d columns: a line has %d: %s", width, len([]rune(l)), l)
					}
				}
			}
		})
	}
}

func TestWhatDoesNotFitStandsBelowItsRow(t *testing.T) {
	b := crowded(t)
	b.terminal, b.width = true, 80
	_, out, _ := b.run(t.Context(), "certificates", "list")
	lines(t, out, `
FILE                                       DELETED AS      SIZE
a09d50dc4840855e-PROACTIVE_CAMPAIGN-1.csv  QUARANTINED  2.0 KiB
    delivered: 2026-11-20 06:12:29Z · verified gone: 2026-11-20 06:12:32Z ·
      exposure: 3.0 s
d.csv                                      LOADED       2.0 KiB
    delivered: 2026-11-20 06:12:29Z · verified gone: 2026-11-20 06:12:32Z ·
      exposure: 3.0 s`)
}
