package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) filesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "files", Aliases: []string{"file"}, Short: "What was expected and what arrived: list, show",
		Long: `A file is what the ledger knows of one delivery: expected by a job, arrived, loaded, deleted.`,
	}
	a.parent(c)
	var filter fileFilter
	list := &cobra.Command{
		Use: "list", Short: "List files, the newest last", Args: cobra.NoArgs,
		Long: "List files, the newest last. It reads the whole ledger.\n\nStatuses: " + words(report.FileStatuses()) + ".",
		Example: `  bellhop files list --status QUARANTINED --status STRAY
  bellhop files list --job hotel-000001
  bellhop files list --json | jq 'map(select(.exposure_seconds > 60))'`,
		PreRunE: func(*cobra.Command, []string) error {
			return errors.Join(checkLast(filter.last), checkStatuses(filter.statuses, report.FileStatuses()))
		},
		RunE: a.on(func(ctx context.Context, at Account, _ []string) error {
			return a.listFiles(ctx, at, filter)
		}),
	}
	f := list.Flags()
	f.StringVar(&filter.subscription, "subscription", "", "only those of one subscription, by its `name`")
	f.StringVar(&filter.job, "job", "", "only those of one job, by its `id`")
	f.StringSliceVar(&filter.statuses, "status", nil, "only those in this `status`; repeat it for more")
	f.IntVar(&filter.last, "last", 0, "only the newest `n` (0: all)")
	c.AddCommand(list, &cobra.Command{
		Use: "show KEY", Short: "Show one file: receipt, certificates, timeline", Args: exactly("KEY"),
		Long: `Show one file: what was delivered, what its load proved (rows, sums, SHA-256, what became of each day),
the certificates of its deletion, and every step in between.`,
		Example: "  bellhop files show DEVICE_0001.csv",
		RunE:    a.on(a.showFile),
	})
	return c
}

type fileFilter struct {
	subscription, job string
	statuses          []string
	last              int
}

// checkLast refuses a number that counts nothing.
func checkLast(n int) error {
	if n < 0 {
		return usage("", "--last cannot be negative")
	}
	return nil
}

// newestOf returns the last n of a list that is in the order of time; 0 is all.
func newestOf[T any](list []T, n int) []T {
	if n > 0 && len(list) > n {
		return list[len(list)-n:]
	}
	return list
}

func (f fileFilter) wants(r report.File) bool {
	return (f.subscription == "" || f.subscription == r.Subscription) && (f.job == "" || f.job == r.Job) &&
		(len(f.statuses) == 0 || slices.Contains(f.statuses, string(r.Status)))
}

// listedFile is a file in one line.
type listedFile struct {
	Key          string            `json:"key"`
	Status       report.FileStatus `json:"status"`
	Reason       string            `json:"reason,omitempty"`
	Subscription string            `json:"subscription,omitempty"`
	Job          string            `json:"job,omitempty"`
	Table        string            `json:"table,omitempty"`
	Window       report.Window     `json:"window,omitzero"`
	Rows         int64             `json:"rows"`
	Bytes        int64             `json:"bytes"`
	ExpectedAt   time.Time         `json:"expected_at,omitzero"`
	DeliveredAt  time.Time         `json:"delivered_at,omitzero"`
	LoadedAt     time.Time         `json:"loaded_at,omitzero"`
	DeletedAt    time.Time         `json:"deleted_at,omitzero"`
	// ExposureSeconds is from delivery to deletion.
	ExposureSeconds float64 `json:"exposure_seconds,omitempty"`
}

func listedAs(f report.File) listedFile {
	l := listedFile{
		Key: f.Key, Status: f.Status, Reason: f.Reason, Subscription: f.Subscription, Job: f.Job, Table: f.Table, Window: f.Window,
		ExpectedAt: f.Generation, DeletedAt: f.DeletedAt,
	}
	if f.Delivery != nil {
		l.Bytes, l.DeliveredAt = f.Delivery.Size, f.Delivery.At
	}
	if f.Receipt != nil {
		l.Rows, l.LoadedAt = f.Receipt.Rows, f.Receipt.LoadedAt
	}
	if !l.DeletedAt.IsZero() && !l.DeliveredAt.IsZero() {
		l.ExposureSeconds = l.DeletedAt.Sub(l.DeliveredAt).Seconds()
	}
	return l
}

// whyNotLoaded says why a file did not simply load; nothing of one that did. That a file is deleted is no reason: what it was
// deleted as is in its history.
func whyNotLoaded(f report.File) string {
	if fileTone(f.Status) != good {
		return f.Reason
	}
	if n := len(f.History); n > 0 && f.Status == report.FileDeleted && f.History[n-1].From != string(report.FileLoaded) {
		for _, e := range slices.Backward(f.History[:n-1]) {
			if e.To == f.History[n-1].From {
				return e.Why
			}
		}
	}
	var held []string
	if f.Receipt != nil {
		for _, p := range f.Receipt.Partitions {
			if p.Outcome == report.PartitionHeld {
				held = append(held, p.Date.String())
			}
		}
	}
	switch len(held) {
	case 0:
		return ""
	case 1:
		return "held: it would have erased or shrunk " + held[0]
	default:
		return "held: it would have erased or shrunk " + held[0] + " and " + count(len(held)-1, "more day")
	}
}

// collect reads a list to its end.
func collect[T any](all iter.Seq2[T, error], wants func(T) bool) ([]T, error) {
	var list []T
	for v, err := range all {
		if err != nil {
			return nil, err
		}
		if wants(v) {
			list = append(list, v)
		}
	}
	return list, nil
}

func (a *app) listFiles(ctx context.Context, at Account, filter fileFilter) error {
	found, err := collect(at.Ledger.Files(ctx), filter.wants)
	if err != nil {
		return err
	}
	files := make([]listedFile, len(found))
	why := map[string]string{}
	for i, f := range found {
		files[i], why[f.Key] = listedAs(f), whyNotLoaded(f)
	}
	slices.SortFunc(files, func(x, y listedFile) int {
		return cmp.Or(cmp.Or(x.DeliveredAt.Compare(y.DeliveredAt), x.ExpectedAt.Compare(y.ExpectedAt)), strings.Compare(x.Key, y.Key))
	})
	files = newestOf(files, filter.last)
	return a.show(files, func(s *screen) {
		if len(files) == 0 {
			s.line("No files.")
			return
		}
		var rows [][]cell
		for _, f := range files {
			exposure := ""
			if f.ExposureSeconds > 0 {
				exposure = span(f.DeletedAt.Sub(f.DeliveredAt))
			}
			rows = append(rows, []cell{
				{f.Key, plain}, {string(f.Status), fileTone(f.Status)}, {f.Table, plain}, {number(f.Rows), plain},
				{minute(f.DeliveredAt), plain}, {exposure, plain}, {f.Job, plain}, {why[f.Key], quiet},
			})
		}
		s.table("", []string{"file", "status", "table", "rows", "delivered", "exposure", "job", "why"}, []string{"rows", "exposure"}, rows)
	})
}

func bytesText(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
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

// shownFile is a file with its certificates.
type shownFile struct {
	report.File
	Certificates []report.Certificate `json:"certificates"`
}

func (a *app) showFile(ctx context.Context, at Account, args []string) error {
	file, err := at.Ledger.File(ctx, args[0])
	if err != nil {
		return missing(err, "see which there are: bellhop files list")
	}
	certificates, err := at.Ledger.CertificatesOf(ctx, file.Key)
	if err != nil {
		return err
	}
	shown := shownFile{file, some(certificates)}
	return a.show(shown, func(s *screen) { s.file(shown) })
}

func (s *screen) file(f shownFile) {
	facts := []cell{
		{"file", plain}, {f.Key, strong},
		{"status", plain}, {string(f.Status), fileTone(f.Status)},
		{"why", plain}, {f.Reason, plain},
		{"job", plain}, {f.Job, plain},
		{"subscription", plain}, {f.Subscription, plain},
		{"table", plain}, {f.Table, plain},
		{"loads begun", plain}, {fmt.Sprint(f.Loads), plain},
		{"deleted", plain}, {second(f.DeletedAt), plain},
		{"looked at next", plain}, {second(f.DueAt), plain},
	}
	if f.Job != "" {
		facts = append(facts, cell{"days", plain}, cell{f.Window.String(), plain})
	}
	s.facts(facts...)
	if d := f.Delivery; d != nil {
		s.heading("DELIVERY")
		s.facts(cell{"object", plain}, cell{"s3://" + d.Bucket + "/" + d.Key, plain}, cell{"arrived", plain}, cell{second(d.At), plain},
			cell{"size", plain}, cell{bytesText(d.Size), plain}, cell{"etag", plain}, cell{d.ETag, plain}, cell{"version", plain}, cell{d.VersionID, plain})
	}
	if f.Receipt != nil {
		s.receipt(*f.Receipt)
	}
	if len(f.Certificates) > 0 {
		s.heading("CERTIFICATES")
		s.certificates(f.Certificates)
	}
	s.timeline(f.Timeline)
}

// again is how many rows came again; nothing when none did.
func again(n int64) string {
	if n == 0 {
		return ""
	}
	return number(n)
}

func (s *screen) receipt(r report.Receipt) {
	s.heading("RECEIPT")
	s.facts(cell{"loaded", plain}, cell{second(r.LoadedAt), plain}, cell{"rows", plain}, cell{number(r.Rows), plain}, cell{"rows that came again", plain}, cell{again(r.Duplicates), bad}, cell{"bytes", plain}, cell{number(r.Bytes), plain},
		cell{"sha256", plain}, cell{r.SHA256, plain}, cell{"unknown columns", plain}, cell{strings.Join(r.Unknown, ", "), bad})
	if len(r.Sums) > 0 {
		s.heading("SUMS OVER ALL ROWS (roll-ups included)")
		var rows [][]cell
		for _, column := range slices.Sorted(maps.Keys(r.Sums)) {
			rows = append(rows, cells(column, r.Sums[column]))
		}
		s.table("", []string{"column", "sum"}, []string{"sum"}, rows)
	}
	if len(r.Partitions) > 0 {
		s.heading("DAYS")
		var rows [][]cell
		for _, p := range r.Partitions {
			t := plain
			if p.Outcome == report.PartitionHeld {
				t = bad
			}
			rows = append(rows, []cell{{p.Date.String(), plain}, {string(p.Outcome), t}, {number(p.Rows), plain}, {p.Key, quiet}})
		}
		s.table("", []string{"day", "outcome", "rows", "object"}, []string{"rows"}, rows)
	}
}
