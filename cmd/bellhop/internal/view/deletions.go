package view

import (
	"context"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// PrivacyReport says what became of the raw files within some days: for a privacy officer, who asks where the files are.
type PrivacyReport struct {
	Window report.Window `json:"window"`
	AsOf   time.Time     `json:"as_of"`
	// Delivered counts the files that came within the window, each time that one came. Undeleted are those that still lie there.
	Delivered int      `json:"delivered"`
	Undeleted []File   `json:"undeleted"`
	Deleted   Deletion `json:"deleted"`
	// ByCause has the same for the files that were deleted as LOADED, STRAY and QUARANTINED.
	ByCause map[report.FileStatus]Deletion `json:"by_cause"`
	// Slowest is the file that lay there longest of those deleted within the window; nil when none was.
	Slowest *Certificate `json:"slowest,omitempty"`
	// Erasures are all that were ever ordered.
	Erasures []Erasure    `json:"erasures"`
	Chain    ChainVerdict `json:"chain"`
}

// Deletion sums up certified deletions. The exposures are from delivery until verified gone; a percentile is the shortest
// exposure that at least so many of a hundred files did not exceed.
type Deletion struct {
	Files         int     `json:"files"`
	Bytes         int64   `json:"bytes"`
	MedianSeconds float64 `json:"exposure_p50_seconds"`
	P99Seconds    float64 `json:"exposure_p99_seconds"`
	MaxSeconds    float64 `json:"exposure_max_seconds"`
}

// Privacy reports on the files that were delivered and deleted on the days of the window, in UTC.
func (v *View) Privacy(ctx context.Context, w report.Window) (PrivacyReport, error) {
	p := PrivacyReport{Window: w, AsOf: v.Now(), Undeleted: []File{}, ByCause: map[report.FileStatus]Deletion{}}
	files, err := v.Files(ctx, Filter{})
	if err != nil {
		return p, err
	}
	list, err := v.Certificates(ctx, Filter{})
	if err != nil {
		return p, err
	}
	within := func(t time.Time) bool { return !t.IsZero() && w.Contains(report.DateOf(t)) }
	for _, f := range files {
		if within(f.DeliveredAt) && f.DeletedAt.IsZero() && f.Status != report.FileLost {
			p.Undeleted = append(p.Undeleted, f)
		}
	}
	byCause := map[report.FileStatus][]Certificate{}
	var deleted []Certificate
	for _, c := range list {
		if within(c.DeliveredAt) {
			p.Delivered++
		}
		if within(c.VerifiedAt) {
			deleted = append(deleted, c)
			byCause[c.Cause] = append(byCause[c.Cause], c)
		}
	}
	p.Delivered += len(p.Undeleted)
	p.Deleted = deletionOf(deleted)
	for cause, some := range byCause {
		p.ByCause[cause] = deletionOf(some)
	}
	if len(deleted) > 0 {
		slowest := slices.MaxFunc(deleted, byExposure)
		p.Slowest = &slowest
	}
	if p.Erasures, err = v.Erasures(ctx); err != nil {
		return p, err
	}
	chain, err := v.Ledger.Chain(ctx)
	if err != nil {
		return p, err
	}
	p.Chain, err = v.verifyChain(ctx, chain, list, nil)
	return p, err
}

func byExposure(x, y Certificate) int { return int(x.Exposure() - y.Exposure()) }

func deletionOf(list []Certificate) Deletion {
	d := Deletion{Files: len(list)}
	if len(list) == 0 {
		return d
	}
	list = slices.SortedFunc(slices.Values(list), byExposure)
	for _, c := range list {
		d.Bytes += c.Size
	}
	percentile := func(p int) float64 { return list[(len(list)*p+99)/100-1].Exposure().Seconds() }
	d.MedianSeconds, d.P99Seconds, d.MaxSeconds = percentile(50), percentile(99), percentile(100)
	return d
}
