package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) certificatesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "certificates", Aliases: []string{"certificate", "certs"}, Short: "What was deleted, with proof: list, show, verify",
		Long: `A certificate says what one deletion proved: which object, which content, when it was delivered, loaded,
deleted, and found gone with no version left. Exposure is from delivery to that last moment.`,
	}
	a.parent(c)
	var filter certificateFilter
	list := &cobra.Command{
		Use: "list", Short: "List certificates, the newest last", Args: cobra.NoArgs,
		Long: "List certificates, the newest last. It reads the whole ledger.",
		Example: `  bellhop certificates list --slower-than 1m
  bellhop certificates list --cause QUARANTINED
  bellhop certificates list --json > deletions-2026-11.json`,
		PreRunE: func(*cobra.Command, []string) error {
			return errors.Join(checkLast(filter.last), checkStatuses(filter.causes, []report.FileStatus{report.FileLoaded, report.FileStray, report.FileQuarantined}))
		},
		RunE: a.on(func(ctx context.Context, at Account, _ []string) error {
			return a.listCertificates(ctx, at, filter)
		}),
	}
	f := list.Flags()
	f.StringVar(&filter.subscription, "subscription", "", "only those of one subscription, by its `name`")
	f.StringSliceVar(&filter.causes, "cause", nil, "only files deleted as LOADED, STRAY or QUARANTINED; repeat it for more")
	f.DurationVar(&filter.slower, "slower-than", 0, "only exposures longer than a `duration`, such as 15m")
	f.IntVar(&filter.last, "last", 0, "only the newest `n` (0: all)")
	c.AddCommand(list,
		&cobra.Command{
			Use: "show FILE", Short: "Show the certificates of one file", Args: exactly("FILE"),
			Example: "  bellhop certificates show DEVICE_0001.csv",
			RunE:    a.on(a.showCertificates),
		},
		&cobra.Command{
			Use: "verify [FILE...]", Short: "Check certificates against the ledger and the bucket, now",
			Long: `Check certificates, all of them or those of some files, again:

  times    delivered ≤ deleted ≤ verified, none in the future; what counts as loaded was loaded before
  ledger   the file's newest certificate and its row agree: DELETED, same object, ETag and SHA-256
  gone     the object is not in the delivery bucket, in no version

Exit code 3 when one does not hold, 5 when none fails but some could not be checked.`,
			Example: "  bellhop certificates verify\n  bellhop certificates verify DEVICE_0001.csv",
			RunE:    a.on(a.verifyCertificates),
		},
	)
	return c
}

type certificateFilter struct {
	subscription string
	causes       []string
	slower       time.Duration
	last         int
}

func (f certificateFilter) wants(c report.Certificate) bool {
	return (f.subscription == "" || f.subscription == c.Subscription) &&
		(f.slower == 0 || c.Exposure() > f.slower) && (len(f.causes) == 0 || slices.Contains(f.causes, string(c.Cause)))
}

// shownCertificate is a certificate with its exposure.
type shownCertificate struct {
	report.Certificate
	ExposureSeconds float64 `json:"exposure_seconds"`
}

func shownCertificates(list []report.Certificate) []shownCertificate {
	shown := make([]shownCertificate, len(list))
	for i, c := range list {
		shown[i] = shownCertificate{c, c.Exposure().Seconds()}
	}
	return shown
}

func (a *app) listCertificates(ctx context.Context, at Account, filter certificateFilter) error {
	list, err := collect(at.Ledger.Certificates(ctx), filter.wants)
	if err != nil {
		return err
	}
	sortCertificates(list)
	list = newestOf(list, filter.last)
	return a.show(shownCertificates(list), func(s *screen) {
		if len(list) == 0 {
			s.line("No certificates.")
			return
		}
		s.certificates(list)
	})
}

func sortCertificates(list []report.Certificate) {
	slices.SortFunc(list, func(x, y report.Certificate) int {
		return cmp.Or(x.VerifiedAt.Compare(y.VerifiedAt), strings.Compare(x.File, y.File))
	})
}

func (s *screen) certificates(list []report.Certificate) {
	var rows [][]cell
	for _, c := range list {
		t := plain
		if c.Cause != report.FileLoaded {
			t = waiting
		}
		rows = append(rows, []cell{{c.File, plain}, {string(c.Cause), t}, {bytesText(c.Size), plain}, {second(c.DeliveredAt), plain}, {second(c.VerifiedAt), plain}, {span(c.Exposure()), plain}})
	}
	s.table("", []string{"file", "deleted as", "size", "delivered", "verified gone", "exposure"}, []string{"size", "exposure"}, rows)
}

func (a *app) showCertificates(ctx context.Context, at Account, args []string) error {
	list, err := certificatesOf(ctx, at, args[0])
	if err != nil {
		return err
	}
	return a.show(shownCertificates(list), func(s *screen) {
		for i, c := range list {
			if i > 0 {
				s.line("")
			}
			s.facts(cell{"file", plain}, cell{c.File, strong},
				cell{"object", plain}, cell{"s3://" + c.Bucket + "/" + c.Key, plain},
				cell{"etag", plain}, cell{c.ETag, plain}, cell{"version", plain}, cell{c.VersionID, plain},
				cell{"size", plain}, cell{bytesText(c.Size), plain}, cell{"sha256", plain}, cell{orElse(c.SHA256, withoutHash(c.Cause)), plain},
				cell{"job", plain}, cell{c.Job, plain}, cell{"deleted as", plain}, cell{string(c.Cause), plain},
				cell{"delivered", plain}, cell{second(c.DeliveredAt), plain}, cell{"loaded", plain}, cell{second(c.LoadedAt), plain},
				cell{"deleted", plain}, cell{second(c.DeletedAt), plain}, cell{"verified gone", plain}, cell{second(c.VerifiedAt), plain},
				cell{"exposure", plain}, cell{span(c.Exposure()), strong},
				cell{"S3 request", plain}, cell{orElse(c.RequestID, "none: it was already gone"), plain})
		}
	})
}

// withoutHash says why a certificate has no SHA-256: only a load that succeeded proves one.
func withoutHash(cause report.FileStatus) string {
	switch cause {
	case report.FileStray:
		return "none: it was never opened"
	case report.FileQuarantined:
		return "none: it was read and could not be loaded"
	case report.FileExpected, report.FileClaimed, report.FileLoaded, report.FileDeleted, report.FileLost:
		return "none"
	default:
		panic("cli: unhandled file status " + string(cause))
	}
}

func orElse(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}

// certificatesOf returns the certificates of one file; a file that has none is a problem, and so is an unknown one.
func certificatesOf(ctx context.Context, at Account, file string) ([]report.Certificate, error) {
	list, err := at.Ledger.CertificatesOf(ctx, file)
	if err != nil || len(list) > 0 {
		return list, err
	}
	f, err := at.Ledger.File(ctx, file)
	if err != nil {
		return nil, missing(err, "see which there are: bellhop files list")
	}
	return nil, &Problem{
		Code:   ExitError,
		Err:    fault.New(fault.NotFound, "file %s has no certificate: it is %s", file, f.Status),
		Remedy: fmt.Sprintf("see: bellhop files show %s", file),
	}
}
