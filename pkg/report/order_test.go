package report_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestReferencesAreIDs: a vendor's address may hold a token, as Khoros' statusUrl does, and everybody who may read the ledger sees it.
func TestReferencesAreIDs(t *testing.T) {
	const token = "planted-token"
	cases := map[string]struct {
		ref     string
		refused bool
	}{
		"an id":                         {"wf-17/run-3", false},
		"several ids":                   {"amzn1.ask.skill.x=y;stage=live|PT15M;3", false},
		"512 bytes":                     {strings.Repeat("x", 512), false},
		"513 bytes":                     {strings.Repeat("x", 513), true},
		"an address":                    {"https://vendor.example/status?analyticsAccessToken=" + token, true},
		"an address in capitals":        {"HTTPS://vendor.example/?t=" + token, true},
		"an address without its scheme": {"//vendor.example/?t=" + token, true},
		"an escaped address":            {"u=https%3A%2F%2Fvendor.example%2F" + token, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for where, record := range map[string]func(*report.Job) error{
				"ticket": func(j *report.Job) error {
					return j.MarkPolling(noon, report.Answer{Ticket: c.ref}, noon)
				},
				"file": func(j *report.Job) error {
					return j.AwaitFiles(noon, report.Answer{Files: []report.NamedFile{{Name: "1.csv", Fetch: c.ref}}}, noon)
				},
			} {
				j := report.Job{ID: "hotel-000001", Status: report.JobSubmitting}
				err := record(&j)
				if (err != nil) != c.refused {
					t.Fatalf("%s: got %v", where, err)
				}
				if c.refused && (!fault.Is(err, fault.Internal) || strings.Contains(err.Error(), token) || j.Status != report.JobSubmitting) {
					t.Errorf("%s: %v; the job is %s", where, err, j.Status)
				}
			}
		})
	}
}
