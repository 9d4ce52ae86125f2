package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) filesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "files", Aliases: []string{"file"}, Short: "What was expected and what arrived: list, show",
		Long: `A file is what the ledger knows of one delivery: expected by a job, arrived, loaded, deleted.`,
	}
	a.parent(c)
	statuses := words(report.FileStatuses())
	c.AddCommand(
		listCommand(a, &cobra.Command{
			Use: "list", Short: "List files, the newest last",
			Long: "List files, the newest last. It reads the whole ledger.\n\nStatuses: " + strings.Join(statuses, ", ") + ".",
			Example: `  bellhop files list --status QUARANTINED --status STRAY
  bellhop files list --job hotel-000001
  bellhop files list --json | jq 'map(select(.exposure_seconds > 60))'`,
		}, listing[view.File]{
			find: (*view.View).Files, status: "status", statusHelp: "only those in this `status`; repeat it for more", statuses: statuses,
			flags: func(f *pflag.FlagSet, filter *view.Filter) {
				f.StringVar(&filter.Job, "job", "", "only those of one job, by its `id`")
			},
			none: "No files.", header: "file|status|table|>rows|delivered|>exposure|job|why",
			row: func(f view.File) []cell {
				exposure := ""
				if f.ExposureSeconds > 0 {
					exposure = span(f.DeletedAt.Sub(f.DeliveredAt))
				}
				return row(f.Key, cell{string(f.Status), fileTone(f.Status)}, f.Table, number(f.Rows), minute(f.DeliveredAt),
					exposure, f.Job, cell{f.Why, quiet})
			},
		}),
		&cobra.Command{
			Use: "show KEY", Short: "Show one file: receipt, certificates, timeline", Args: exactly("KEY"),
			Long: `Show one file: what was delivered, what its load proved (rows, sums, SHA-256, what became of each day),
the certificates of its deletion, and every step in between.`,
			Example: "  bellhop files show DEVICE_0001.csv",
			RunE:    about(a, (*view.View).File, (*screen).file),
		})
	return c
}

func fileTone(s report.FileStatus) tone {
	switch s {
	case report.FileLoaded, report.FileDeleted:
		return good
	case report.FileExpected, report.FileClaimed:
		return waiting
	case report.FileStray, report.FileQuarantined, report.FileLost:
		return bad
	default:
		panic("cli: unhandled file status " + string(s))
	}
}

func (s *screen) file(f view.FileDetails) {
	days := ""
	if f.Job != "" {
		days = f.Window.String()
	}
	s.facts(
		"file", cell{f.Key, strong}, "status", cell{string(f.Status), fileTone(f.Status)}, "why", f.Reason, "job", f.Job,
		"subscription", f.Subscription, "table", f.Table, "loads begun", f.Loads, "deleted", second(f.DeletedAt),
		"looked at next", second(f.DueAt), "days", days,
	)
	if d := f.Delivery; d != nil {
		s.heading("DELIVERY")
		s.facts("object", "s3://"+d.Bucket+"/"+d.Key, "arrived", second(d.At), "size", bytesText(d.Size), "etag", d.ETag, "version", d.VersionID)
	}
	if f.Receipt != nil {
		s.receipt(*f.Receipt)
	}
	if len(f.Certificates) > 0 {
		s.heading("CERTIFICATES")
		rows(s, certificateHeader, f.Certificates, certificateRow)
	}
	s.timeline(f.Timeline)
}

func (s *screen) receipt(r report.Receipt) {
	again := cell{tone: bad}
	if r.Duplicates > 0 {
		again.text = number(r.Duplicates)
	}
	s.heading("RECEIPT")
	s.facts("loaded", second(r.LoadedAt), "rows", number(r.Rows), "rows that came again", again, "bytes", number(r.Bytes),
		"sha256", r.SHA256, "unknown columns", cell{strings.Join(r.Unknown, ", "), bad})
	if len(r.Sums) > 0 {
		s.heading("SUMS OVER ALL ROWS (roll-ups included)")
		rows(s, "column|>sum", slices.Sorted(maps.Keys(r.Sums)), func(column string) []cell { return row(column, r.Sums[column]) })
	}
	if len(r.Partitions) > 0 {
		s.heading("DAYS")
		rows(s, "day|outcome|>rows|object", r.Partitions, func(p report.PartitionProof) []cell {
			outcome := cell{string(p.Outcome), plain}
			if p.Outcome == report.PartitionHeld {
				outcome.tone = bad
			}
			return row(p.Date, outcome, number(p.Rows), cell{p.Key, quiet})
		})
	}
}

// deletedAs are the statuses of which a file may be deleted.
var deletedAs = []report.FileStatus{report.FileLoaded, report.FileStray, report.FileQuarantined}

func (a *app) certificatesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "certificates", Aliases: []string{"certificate", "certs"}, Short: "What was deleted, with proof: list, show, verify",
		Long: `A certificate says what one deletion proved: which object, which content, when it was delivered, loaded,
deleted, and found gone with no version left. Exposure is from delivery to that last moment.`,
	}
	a.parent(c)
	c.AddCommand(
		listCommand(a, &cobra.Command{
			Use: "list", Short: "List certificates, the newest last",
			Long: "List certificates, the newest last. It reads the whole ledger.",
			Example: `  bellhop certificates list --slower-than 1m
  bellhop certificates list --cause QUARANTINED
  bellhop certificates list --json > deletions-2026-11.json`,
		}, listing[view.Certificate]{
			find: (*view.View).Certificates, status: "cause", statuses: words(deletedAs),
			statusHelp: "only files deleted as LOADED, STRAY or QUARANTINED; repeat it for more",
			flags: func(f *pflag.FlagSet, filter *view.Filter) {
				f.DurationVar(&filter.SlowerThan, "slower-than", 0, "only exposures longer than a `duration`, such as 15m")
			},
			none: "No certificates.", header: certificateHeader,
			row: func(c view.Certificate) []cell { return certificateRow(c.Certificate) },
		}),
		&cobra.Command{
			Use: "show FILE", Short: "Show the certificates of one file", Args: exactly("FILE"),
			Example: "  bellhop certificates show DEVICE_0001.csv",
			RunE:    about(a, (*view.View).CertificatesOf, (*screen).certificates),
		},
		&cobra.Command{
			Use: "verify [FILE...]", Short: "Check certificates against the ledger and the bucket, now",
			Long: `Check certificates, all of them or those of some files, again:

  times    delivered ≤ deleted ≤ verified, none in the future; what counts as loaded was loaded before
  ledger   the file's newest certificate and its row agree: DELETED, same object, ETag and SHA-256
  gone     the object is not in the delivery bucket, in no version

Exit code 3 when one does not hold, 5 when none fails but some could not be checked.`,
			Example: "  bellhop certificates verify\n  bellhop certificates verify DEVICE_0001.csv",
			RunE: answer(a, verifyCertificates, (*screen).verdicts, func(v view.Verdicts) int {
				if v.Failing == 0 && v.Unchecked > 0 {
					return ExitPartly
				}
				return attention(v.Failing > 0)
			}),
		},
	)
	return c
}

const certificateHeader = "file|deleted as|>size|delivered|verified gone|>exposure"

func certificateRow(c report.Certificate) []cell {
	cause := cell{string(c.Cause), plain}
	if c.Cause != report.FileLoaded {
		cause.tone = waiting
	}
	return row(c.File, cause, bytesText(c.Size), second(c.DeliveredAt), second(c.VerifiedAt), span(c.Exposure()))
}

func (s *screen) certificates(list []view.Certificate) {
	for i, c := range list {
		if i > 0 {
			s.line("")
		}
		s.facts("file", cell{c.File, strong}, "object", "s3://"+c.Bucket+"/"+c.Key, "etag", c.ETag, "version", c.VersionID,
			"size", bytesText(c.Size), "sha256", cmp.Or(c.SHA256, withoutHash(c.Cause)), "job", c.Job, "deleted as", c.Cause,
			"delivered", second(c.DeliveredAt), "loaded", second(c.LoadedAt), "deleted", second(c.DeletedAt),
			"verified gone", second(c.VerifiedAt), "exposure", cell{span(c.Exposure()), strong},
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

func verifyCertificates(ctx context.Context, at Account, files []string) (view.Verdicts, error) {
	if at.Deliveries == nil {
		return view.Verdicts{}, usage("name it with --delivery-bucket or BELLHOP_DELIVERY_BUCKET",
			"whether an object is gone can only be seen in the delivery bucket, and that is not known")
	}
	return at.view.VerifyCertificates(ctx, files)
}

func (s *screen) verdicts(v view.Verdicts) {
	if v.Checked == 0 {
		s.line("No certificates.")
		return
	}
	var found [][]cell
	for _, one := range v.Verdicts {
		for _, f := range one.Findings {
			found = append(found, row(cell{"✖", bad}, one.File, second(one.VerifiedAt), cell{f, bad}))
		}
		for _, u := range one.Unchecked {
			found = append(found, row(cell{"?", waiting}, one.File, second(one.VerifiedAt), cell{u, waiting}))
		}
	}
	if len(found) > 0 {
		s.table("", []string{"", "file", "verified gone", "finding"}, nil, found)
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

// settle waits for what was delivered, as long as is wanted, and then deletes the files that are not needed any more, if that is
// wanted.
func (a *app) settle(ctx context.Context, service *imports.Service, o importOrder, results []importedFile) error {
	var parts []*imports.Part
	for i := range results {
		for j := range results[i].Parts {
			parts = append(parts, &results[i].Parts[j])
		}
	}
	settled, err := service.Await(ctx, parts, o.wait)
	if err != nil {
		return err
	}
	for i, r := range results {
		for _, p := range r.Parts {
			if r.err == nil && (p.State == imports.Quarantined || p.State == imports.Lost) {
				results[i].err = fmt.Errorf("%s is %s: %s", p.Window, p.State, p.Why)
				results[i].Error = results[i].err.Error()
			}
		}
	}
	if o.deleteSource {
		err = a.deleteSources(ctx, service, o.certain, results)
	}
	if !settled && o.wait > 0 && err == nil {
		err = &Problem{Code: ExitPartly, Err: fmt.Errorf("not all is loaded after %s", o.wait), Remedy: "it goes on without this command: run it again to see how it stands"}
	}
	return err
}

// failedImports is the error of a run of which files were refused.
func failedImports(results []importedFile) error {
	var failures []error
	var first *Problem
	for _, r := range results {
		if r.err == nil {
			continue
		}
		p := explain(r.err)
		if first == nil {
			first = p
		}
		failures = append(failures, fmt.Errorf("%s: %w", r.File, p.Err))
	}
	if first == nil {
		return nil
	}
	code := first.Code
	if len(failures) < len(results) {
		code = ExitPartly
	}
	return &Problem{Code: code, Err: errors.Join(failures...), Remedy: first.Remedy}
}
