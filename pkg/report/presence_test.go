package report_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestWhichObjectIsADays(t *testing.T) {
	asked := time.Date(2026, 11, 5, 4, 0, 0, 0, time.UTC)
	put := asked.Add(time.Hour)
	newer, same := report.FormatGeneration(asked.Add(time.Second)), report.FormatGeneration(asked)
	tests := map[string]struct {
		etag, generation, migrated string
		after                      time.Duration // since it was put
		want                       report.Presence
	}{
		"the recorded one":                          {"e1", same, "", 0, report.AsPublished},
		"the recorded one, without metadata":        {"e1", "", "", 0, report.AsPublished},
		"migrated from the recorded one":            {"e2", same, "e1", 48 * time.Hour, report.AsPublished},
		"migrated from another":                     {"e2", same, "e0", 0, report.Foreign},
		"of the same report, not recorded":          {"e2", same, "", 0, report.Foreign},
		"without metadata":                          {"e2", "", "", 0, report.Foreign},
		"of a newer report, not recorded yet":       {"e2", newer, "", 24*time.Hour - 1, report.Uncommitted},
		"of a newer report, not recorded for a day": {"e2", newer, "", 24 * time.Hour, report.Foreign},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			metadata := map[string]string{report.MetaGeneration: tt.generation}
			if tt.migrated != "" {
				metadata[report.MetaMigrated] = tt.migrated
			}
			s := report.Partition{Generation: asked, ETag: "e1"}
			got := s.Presence(report.Object{ETag: tt.etag, ModifiedAt: put, Metadata: metadata}, put.Add(tt.after))
			if got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
	if got := (report.Partition{}).Presence(report.Object{ETag: "e1", ModifiedAt: put}, put); got != report.Foreign {
		t.Errorf("an object of a day that has none: %d", got)
	}
}
