package look

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// FilesCommand is bellhop files.
func FilesCommand(a *shell.App) *cobra.Command {
	statuses := shell.Words(report.FileStatuses())
	return a.Parent(&cobra.Command{
		Use: "files", Aliases: []string{"file"}, Short: "What was expected and what arrived: list, show",
		Long: `A file is what the ledger knows of one delivery: expected by a job, arrived, loaded, deleted.`,
	},
		shell.ListCommand(a, &cobra.Command{
			Use: "list", Short: "List files, the newest last",
			Long: "List files, the newest last. It reads the whole ledger.\n\nStatuses: " + strings.Join(statuses, ", ") + ".",
			Example: `  bellhop files list --status QUARANTINED --status STRAY
  bellhop files list --job hotel-000001
  bellhop files list --json | jq 'map(select(.exposure_seconds > 60))'`,
		}, shell.Listing[view.File]{
			Find: (*view.View).Files, Status: "status", StatusHelp: "only those in this `status`; repeat it for more", Statuses: statuses,
			Flags: func(f *pflag.FlagSet, filter *view.Filter) {
				f.StringVar(&filter.Job, "job", "", "only those of one job, by its `id`")
			},
			None: "No files.", Header: "file|status|table|>rows|delivered|>exposure|job|why",
			Row: func(f view.File) []shell.Cell {
				exposure := ""
				if f.ExposureSeconds > 0 {
					exposure = phrase.Span(f.DeletedAt.Sub(f.DeliveredAt))
				}
				return shell.Row(f.Key, shell.Toned(string(f.Status), shell.FileTone(f.Status)), f.Table, phrase.Number(f.Rows), phrase.Minute(f.DeliveredAt),
					exposure, f.Job, shell.Toned(f.Why, shell.Quiet))
			},
		}),
		&cobra.Command{
			Use: "show KEY", Short: "Show one file: receipt, certificates, timeline", Args: shell.Exactly("KEY"),
			Long: `Show one file: what was delivered, what its load proved (rows, sums, SHA-256, what became of each day),
the certificates of its deletion, and every step in between.`,
			Example: "  bellhop files show DEVICE_0001.csv",
			RunE:    shell.About(a, (*view.View).File, drawFile),
		},
	)
}

func drawFile(s *shell.Screen, f view.FileDetails) {
	days := ""
	if f.Job != "" {
		days = f.Window.String()
	}
	s.Facts(
		"file", shell.Toned(f.Key, shell.Strong), "status", shell.Toned(string(f.Status), shell.FileTone(f.Status)), "why", f.Reason, "job", f.Job,
		"subscription", f.Subscription, "table", f.Table, "loads begun", f.Loads, "deleted", phrase.Second(f.DeletedAt),
		"looked at next", phrase.Second(f.DueAt), "days", days,
	)
	if d := f.Delivery; d != nil {
		s.Heading("DELIVERY")
		s.Facts("object", "s3://"+d.Bucket+"/"+d.Key, "arrived", phrase.Second(d.At), "size", phrase.Bytes(d.Size), "etag", d.ETag, "version", d.VersionID)
	}
	if f.Receipt != nil {
		drawReceipt(s, *f.Receipt)
	}
	if len(f.Certificates) > 0 {
		s.Heading("CERTIFICATES")
		shell.Rows(s, certificateHeader, f.Certificates, certificateRow)
	}
	s.Timeline(f.Timeline)
}

func drawReceipt(s *shell.Screen, r report.Receipt) {
	again := shell.Cell{Tone: shell.Bad}
	if r.Duplicates > 0 {
		again.Text = phrase.Number(r.Duplicates)
	}
	var erased string
	if r.Erased > 0 {
		erased = phrase.Number(r.Erased)
	}
	s.Heading("RECEIPT")
	s.Facts("loaded", phrase.Second(r.LoadedAt), "rows", phrase.Number(r.Rows), "rows that came again", again, "rows of erased units", erased, "bytes", phrase.Number(r.Bytes),
		"sha256", r.SHA256, "unknown columns", shell.Toned(strings.Join(r.Unknown, ", "), shell.Bad))
	if len(r.Sums) > 0 {
		s.Heading("SUMS OVER ALL ROWS (roll-ups included)")
		shell.Rows(s, "column|>sum", slices.Sorted(maps.Keys(r.Sums)), func(column string) []shell.Cell { return shell.Row(column, r.Sums[column]) })
	}
	if len(r.Partitions) > 0 {
		s.Heading("DAYS")
		shell.Rows(s, "day|outcome|>rows|object", r.Partitions, func(p report.PartitionProof) []shell.Cell {
			outcome := shell.Toned(string(p.Outcome), shell.Plain)
			if p.Outcome == report.PartitionHeld {
				outcome.Tone = shell.Bad
			}
			return shell.Row(p.Date, outcome, phrase.Number(p.Rows), shell.Toned(p.Key, shell.Quiet))
		})
	}
}
