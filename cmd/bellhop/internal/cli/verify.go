package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// verdict is what checking one certificate found.
type verdict struct {
	File            string    `json:"file"`
	VerifiedAt      time.Time `json:"verified_at"`
	Holds           bool      `json:"holds"`
	ExposureSeconds float64   `json:"exposure_seconds"`
	Findings        []string  `json:"findings"`
	// Unchecked says what could not be found out.
	Unchecked []string `json:"unchecked"`
}

// verification is the answer of the command.
type verification struct {
	Checked   int       `json:"checked"`
	Holding   int       `json:"holding"`
	Failing   int       `json:"failing"`
	Unchecked int       `json:"unchecked"`
	Verdicts  []verdict `json:"verdicts"`
}

func (a *app) verifyCertificates(ctx context.Context, at Account, files []string) error {
	if at.Deliveries == nil {
		return usage("name it with --delivery-bucket or BELLHOP_DELIVERY_BUCKET", "whether an object is gone can only be seen in the delivery bucket, and that is not known")
	}
	byFile, order, err := certificatesByFile(ctx, at, files)
	if err != nil {
		return err
	}
	v := verification{Verdicts: []verdict{}}
	for _, file := range order {
		verdicts, err := verifyFile(ctx, at, file, byFile[file])
		if err != nil {
			return err
		}
		for _, one := range verdicts {
			v.add(one)
		}
	}
	if err := a.show(v, func(s *screen) { s.verification(v) }); err != nil {
		return err
	}
	switch {
	case v.Failing > 0:
		return exit(ExitAttention)
	case v.Unchecked > 0:
		return exit(ExitPartly)
	}
	return nil
}

func (v *verification) add(one verdict) {
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

// certificatesByFile returns the certificates of the named files, or all, each file's from old to new.
func certificatesByFile(ctx context.Context, at Account, files []string) (byFile map[string][]report.Certificate, order []string, err error) {
	byFile = map[string][]report.Certificate{}
	var all []report.Certificate
	if len(files) == 0 {
		all, err = collect(at.Ledger.Certificates(ctx), func(report.Certificate) bool { return true })
		if err != nil {
			return nil, nil, err
		}
	}
	for _, file := range files {
		if byFile[file] != nil {
			continue
		}
		list, err := certificatesOf(ctx, at, file)
		if err != nil {
			return nil, nil, err
		}
		byFile[file] = list
		order = append(order, file)
	}
	sortCertificates(all)
	for _, c := range all {
		if byFile[c.File] == nil {
			order = append(order, c.File)
		}
		byFile[c.File] = append(byFile[c.File], c)
	}
	return byFile, order, nil
}

// verifyFile checks the certificates of one file. An error is one of the ledger; what the bucket does not answer is in
// the verdicts.
func verifyFile(ctx context.Context, at Account, file string, list []report.Certificate) ([]verdict, error) {
	row, err := at.Ledger.File(ctx, file)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	known := err == nil
	verdicts := make([]verdict, len(list))
	for i, c := range list {
		found := arithmetic(c, at.Now())
		if i == len(list)-1 {
			found = append(found, agrees(c, row, known, at.Now())...)
		}
		if at.Bucket != "" && c.Bucket != at.Bucket {
			verdicts[i].Unchecked = append(verdicts[i].Unchecked, "the object lay in another bucket: "+c.Bucket)
		} else {
			left, unchecked := gone(ctx, at, c)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			found = append(found, left...)
			verdicts[i].Unchecked = unchecked
		}
		verdicts[i].File, verdicts[i].VerifiedAt, verdicts[i].ExposureSeconds = c.File, c.VerifiedAt, c.Exposure().Seconds()
		verdicts[i].Holds = len(found) == 0
		verdicts[i].Findings, verdicts[i].Unchecked = some(found), some(verdicts[i].Unchecked)
	}
	return verdicts, nil
}

// arithmetic checks what a certificate says about itself.
func arithmetic(c report.Certificate, now time.Time) []string {
	var found []string
	bad := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if c.DeliveredAt.IsZero() || c.DeletedAt.IsZero() || c.VerifiedAt.IsZero() {
		bad("an instant is missing")
		return found
	}
	if c.DeletedAt.Before(c.DeliveredAt) {
		bad("deleted %s before it was delivered", span(c.DeliveredAt.Sub(c.DeletedAt)))
	}
	if c.VerifiedAt.Before(c.DeletedAt) {
		bad("verified %s before it was deleted", span(c.DeletedAt.Sub(c.VerifiedAt)))
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

// agrees checks a file's newest certificate against the file's row. A row may have been forgotten since, when the certificate
// is old enough.
func agrees(c report.Certificate, row report.File, known bool, now time.Time) []string {
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

// gone looks for the certified content in the bucket. Other content under the same key is no finding: it came later.
func gone(ctx context.Context, at Account, c report.Certificate) (found, unchecked []string) {
	versions, err := at.Deliveries.Versions(ctx, c.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, []string{"the bucket could not be asked: " + err.Error()}
	}
	for _, v := range versions {
		if !v.Marker && v.ETag == c.ETag {
			found = append(found, "the object is in the bucket, in version "+orElse(v.VersionID, "null"))
		}
	}
	return found, nil
}

func (s *screen) verification(v verification) {
	if v.Checked == 0 {
		s.line("No certificates.")
		return
	}
	var rows [][]cell
	for _, one := range v.Verdicts {
		for _, f := range one.Findings {
			rows = append(rows, []cell{{"✖", bad}, {one.File, plain}, {second(one.VerifiedAt), plain}, {f, bad}})
		}
		for _, u := range one.Unchecked {
			rows = append(rows, []cell{{"?", waiting}, {one.File, plain}, {second(one.VerifiedAt), plain}, {u, waiting}})
		}
	}
	if len(rows) > 0 {
		s.table("", []string{"", "file", "verified gone", "finding"}, nil, rows)
		s.line("")
	}
	word := s.paint(good, fmt.Sprintf("%d of %d hold", v.Holding, v.Checked))
	if v.Failing > 0 {
		word = s.paint(bad, fmt.Sprintf("%d of %d do not hold", v.Failing, v.Checked))
	}
	s.line("%s: times in order, ledger rows agree, objects gone now.", word)
	if v.Unchecked > 0 {
		s.line("%s", s.paint(waiting, count(v.Unchecked, "certificate")+" could not be checked to the end."))
	}
}
