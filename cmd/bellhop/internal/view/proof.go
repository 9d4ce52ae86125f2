package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Verdict is what checking one certificate found.
type Verdict struct {
	File            string    `json:"file"`
	VerifiedAt      time.Time `json:"verified_at"`
	Holds           bool      `json:"holds"`
	ExposureSeconds float64   `json:"exposure_seconds"`
	Findings        []string  `json:"findings"`
	// Unchecked says what could not be found out.
	Unchecked []string `json:"unchecked"`
}

// Verdicts are those on several certificates.
type Verdicts struct {
	Checked   int       `json:"checked"`
	Holding   int       `json:"holding"`
	Failing   int       `json:"failing"`
	Unchecked int       `json:"unchecked"`
	Verdicts  []Verdict `json:"verdicts"`
}

func (v *Verdicts) add(one Verdict) {
	v.Checked++
	switch {
	case !one.Holds:
		v.Failing++
	case len(one.Unchecked) > 0:
		v.Unchecked++
	default:
		v.Holding++
	}
	v.Verdicts = append(v.Verdicts, one)
}

// VerifyCertificates checks the certificates of the named files, or all, against the ledger and the bucket. It needs the
// delivery bucket.
func (v *View) VerifyCertificates(ctx context.Context, files []string) (Verdicts, error) {
	all := Verdicts{Verdicts: []Verdict{}}
	list, err := v.chosen(ctx, files)
	if err != nil {
		return all, err
	}
	last := map[string]int{}
	for i, c := range list {
		last[c.File] = i
	}
	for i, c := range list {
		findings := arithmetic(c, v.Now())
		if i == last[c.File] {
			row, err := v.Ledger.File(ctx, c.File)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return all, err
			}
			findings = append(findings, agrees(c, row, err == nil, v.Now())...)
		}
		left, unchecked := v.gone(ctx, c)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
		findings = append(findings, left...)
		all.add(Verdict{
			File: c.File, VerifiedAt: c.VerifiedAt, ExposureSeconds: c.Exposure().Seconds(),
			Holds: len(findings) == 0, Findings: some(findings), Unchecked: some(unchecked),
		})
	}
	return all, nil
}

// chosen returns the certificates of the named files, or all, each file's from old to new.
func (v *View) chosen(ctx context.Context, files []string) ([]Certificate, error) {
	if len(files) == 0 {
		return v.Certificates(ctx, Filter{})
	}
	var all []Certificate
	for i, file := range files {
		if slices.Contains(files[:i], file) {
			continue
		}
		list, err := v.CertificatesOf(ctx, file)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// arithmetic checks what a certificate says about itself.
func arithmetic(c Certificate, now time.Time) []string {
	var found []string
	bad := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if c.DeliveredAt.IsZero() || c.DeletedAt.IsZero() || c.VerifiedAt.IsZero() {
		return []string{"an instant is missing"}
	}
	if c.DeletedAt.Before(c.DeliveredAt) {
		bad("deleted %s before it was delivered", phrase.Span(c.DeliveredAt.Sub(c.DeletedAt)))
	}
	if c.VerifiedAt.Before(c.DeletedAt) {
		bad("verified %s before it was deleted", phrase.Span(c.DeletedAt.Sub(c.VerifiedAt)))
	}
	if c.VerifiedAt.After(now) {
		bad("verified in the future")
	}
	if c.Exposure() < 0 {
		bad("its exposure is negative")
	}
	switch c.Cause {
	case report.FileLoaded:
		if c.LoadedAt.IsZero() || c.LoadedAt.After(c.DeletedAt) {
			bad("deleted as LOADED without a load before")
		}
		if c.SHA256 == "" {
			bad("deleted as LOADED without a SHA-256 of its content")
		}
	case report.FileStray, report.FileQuarantined:
	case report.FileExpected, report.FileClaimed, report.FileDeleted, report.FileLost:
		bad("a file that is %s must not be deleted", c.Cause)
	default:
		bad("its cause %q is an unknown status", string(c.Cause))
	}
	if c.ETag == "" || c.Key == "" || c.Bucket == "" {
		bad("it does not name the object: bucket, key and ETag")
	}
	return found
}

// agrees checks a file's newest certificate against the file's row. A row may have been forgotten since, when the
// certificate is old enough.
func agrees(c Certificate, row report.File, known bool, now time.Time) []string {
	var found []string
	if !known {
		if now.Sub(c.VerifiedAt) < ledger.ShortestRetention {
			found = append(found, "the ledger has no row for the file")
		}
		return found
	}
	if row.Status != report.FileDeleted {
		found = append(found, "the file's row is "+string(row.Status)+", not DELETED")
	}
	if row.Delivery == nil || row.Delivery.Key != c.Key || row.Delivery.ETag != c.ETag {
		found = append(found, "the file's row speaks of another object")
	}
	if c.SHA256 != "" && row.Receipt != nil && row.Receipt.SHA256 != c.SHA256 {
		found = append(found, "the file's receipt has another SHA-256")
	}
	return found
}

// gone looks for the certified content in the bucket. Other content under the same key came later, and does not count.
func (v *View) gone(ctx context.Context, c Certificate) (found, unchecked []string) {
	if v.Bucket != "" && c.Bucket != v.Bucket {
		return nil, []string{"the object lay in another bucket: " + c.Bucket}
	}
	versions, err := v.Deliveries.Versions(ctx, c.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, []string{"the bucket could not be asked: " + err.Error()}
	}
	for _, version := range versions {
		if !version.Marker && version.ETag == c.ETag {
			found = append(found, "the object is in the bucket, in version "+cmp.Or(version.VersionID, "null"))
		}
	}
	return found, nil
}
