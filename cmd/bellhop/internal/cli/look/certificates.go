package look

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// deletedAs are the statuses of which a file may be deleted.
var deletedAs = []report.FileStatus{report.FileLoaded, report.FileStray, report.FileQuarantined}

// CertificatesCommand is bellhop certificates.
func CertificatesCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "certificates", Aliases: []string{"certificate", "certs"}, Short: "What was deleted, with proof: list, show, verify",
		Long: `A certificate says what one deletion proved: which object, which content, when it was delivered, loaded,
deleted, and found gone with no version left. Exposure is from delivery to that last moment.`,
	},
		shell.ListCommand(a, &cobra.Command{
			Use: "list", Short: "List certificates, the newest last",
			Long: "List certificates, the newest last. It reads the whole ledger.",
			Example: `  bellhop certificates list --slower-than 1m
  bellhop certificates list --cause QUARANTINED
  bellhop certificates list --json > deletions-2026-11.json`,
		}, shell.Listing[view.Certificate]{
			Find: (*view.View).Certificates, Status: "cause", Statuses: shell.Words(deletedAs),
			StatusHelp: "only files deleted as LOADED, STRAY or QUARANTINED; repeat it for more",
			Flags: func(f *pflag.FlagSet, filter *view.Filter) {
				f.DurationVar(&filter.SlowerThan, "slower-than", 0, "only exposures longer than a `duration`, such as 15m")
			},
			None: "No certificates.", Header: certificateHeader,
			Row: func(c view.Certificate) []shell.Cell { return certificateRow(c.Certificate) },
		}),
		&cobra.Command{
			Use: "show FILE", Short: "Show the certificates of one file", Args: shell.Exactly("FILE"),
			Example: "  bellhop certificates show DEVICE_0001.csv",
			RunE:    shell.About(a, (*view.View).CertificatesOf, drawCertificates),
		},
		&cobra.Command{
			Use: "verify [FILE...]", Short: "Check certificates against the ledger and the bucket, now",
			Long: `Check certificates, all of them or those of some files, again:

  times    delivered ≤ deleted ≤ verified, none in the future; what counts as loaded was loaded before
  ledger   the file's newest certificate and its row agree: DELETED, same object, ETag and SHA-256
  gone     the object is not in the delivery bucket, in no version

Exit code 3 when a certificate fails a check, 5 when none fails but some could not be checked.`,
			Example: "  bellhop certificates verify\n  bellhop certificates verify DEVICE_0001.csv",
			RunE: shell.Answer(a, verifyCertificates, drawVerdicts, func(v view.Verdicts) int {
				if v.Failing == 0 && v.Unchecked > 0 {
					return shell.ExitPartly
				}
				return shell.Attention(v.Failing > 0)
			}),
		},
	)
}

const certificateHeader = "file|deleted as|>size|delivered|verified gone|>exposure"

func certificateRow(c report.Certificate) []shell.Cell {
	cause := shell.Toned(string(c.Cause), shell.Plain)
	if c.Cause != report.FileLoaded {
		cause.Tone = shell.Waiting
	}
	return shell.Row(c.File, cause, phrase.Bytes(c.Size), phrase.Second(c.DeliveredAt), phrase.Second(c.VerifiedAt), phrase.Span(c.Exposure()))
}

func drawCertificates(s *shell.Screen, list []view.Certificate) {
	for i, c := range list {
		if i > 0 {
			s.Line("")
		}
		s.Facts("file", shell.Toned(c.File, shell.Strong), "object", "s3://"+c.Bucket+"/"+c.Key, "etag", c.ETag, "version", c.VersionID,
			"size", phrase.Bytes(c.Size), "sha256", cmp.Or(c.SHA256, withoutHash(c.Cause)), "job", c.Job, "deleted as", c.Cause,
			"delivered", phrase.Second(c.DeliveredAt), "loaded", phrase.Second(c.LoadedAt), "deleted", phrase.Second(c.DeletedAt),
			"verified gone", phrase.Second(c.VerifiedAt), "exposure", shell.Toned(phrase.Span(c.Exposure()), shell.Strong),
			"S3 request", cmp.Or(c.RequestID, "none: it was already gone"))
	}
}

// withoutHash says why a certificate has no SHA-256: only a load that succeeded proves one.
func withoutHash(cause report.FileStatus) string {
	switch cause {
	case report.FileStray:
		return "none: it was never opened"
	case report.FileQuarantined:
		return "none: it was read and could not be loaded"
	default:
		return "none"
	}
}

func verifyCertificates(ctx context.Context, at shell.Account, files []string) (view.Verdicts, error) {
	if at.Deliveries == nil {
		return view.Verdicts{}, errNoDeliveries()
	}
	return at.View.VerifyCertificates(ctx, files)
}

func errNoDeliveries() error {
	return shell.Usage("name it with --delivery-bucket or BELLHOP_DELIVERY_BUCKET",
		"whether an object is gone can only be seen in the delivery bucket, and that is not known")
}

func drawVerdicts(s *shell.Screen, v view.Verdicts) {
	if v.Checked == 0 {
		s.Line("No certificates.")
		return
	}
	var found [][]shell.Cell
	for _, one := range v.Verdicts {
		for _, f := range one.Findings {
			found = append(found, shell.Row(shell.Toned("✖", shell.Bad), one.File, phrase.Second(one.VerifiedAt), shell.Toned(f, shell.Bad)))
		}
		for _, u := range one.Unchecked {
			found = append(found, shell.Row(shell.Toned("?", shell.Waiting), one.File, phrase.Second(one.VerifiedAt), shell.Toned(u, shell.Waiting)))
		}
	}
	if len(found) > 0 {
		s.Table("", []string{"", "file", "verified gone", "finding"}, nil, found)
		s.Line("")
	}
	word := s.Paint(shell.Good, fmt.Sprintf("%d of %d hold", v.Holding, v.Checked))
	if v.Failing > 0 {
		word = s.Paint(shell.Bad, fmt.Sprintf("%d of %d do not hold", v.Failing, v.Checked))
	}
	s.Line("%s: times in order, ledger rows agree, objects gone now.", word)
	if v.Unchecked > 0 {
		s.Line("%s", s.Paint(shell.Waiting, phrase.Count(v.Unchecked, "certificate")+" could not be checked to the end."))
	}
}
