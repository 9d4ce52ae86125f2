package view

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// File is a file in one line.
type File struct {
	Key          string            `json:"key"`
	Status       report.FileStatus `json:"status"`
	Reason       string            `json:"reason,omitempty"`
	Subscription string            `json:"subscription,omitempty"`
	Job          string            `json:"job,omitempty"`
	Table        string            `json:"table,omitempty"`
	Window       report.Window     `json:"window,omitzero"`
	SHA256       string            `json:"sha256,omitempty"`
	Rows         int64             `json:"rows"`
	Bytes        int64             `json:"bytes"`
	ExpectedAt   time.Time         `json:"expected_at,omitzero"`
	DeliveredAt  time.Time         `json:"delivered_at,omitzero"`
	LoadedAt     time.Time         `json:"loaded_at,omitzero"`
	DeletedAt    time.Time         `json:"deleted_at,omitzero"`
	// Until is when a file that is kept on purpose is deleted.
	Until time.Time `json:"until,omitzero"`
	// ExposureSeconds is from delivery to deletion.
	ExposureSeconds float64 `json:"exposure_seconds,omitempty"`
	// Why says why it did not simply load; see [WhyNotLoaded].
	Why string `json:"-"`
}

func fileOf(f report.File) File {
	l := File{
		Key: f.Key, Status: f.Status, Reason: f.Reason, Subscription: f.Subscription, Job: f.Job, Table: f.Table, Window: f.Window,
		ExpectedAt: f.Generation, DeletedAt: f.DeletedAt, Why: WhyNotLoaded(f),
	}
	if heldBack(f) {
		l.Until = f.DueAt
	}
	if f.Delivery != nil {
		l.Bytes, l.DeliveredAt = f.Delivery.Size, f.Delivery.At
	}
	if f.Receipt != nil {
		l.SHA256, l.Rows, l.LoadedAt = f.Receipt.SHA256, f.Receipt.Rows, f.Receipt.LoadedAt
	}
	if !l.DeletedAt.IsZero() && !l.DeliveredAt.IsZero() {
		l.ExposureSeconds = l.DeletedAt.Sub(l.DeliveredAt).Seconds()
	}
	return l
}

// WhyNotLoaded says why a file did not simply load; it is empty for one that did. A deletion does not
// count as the reason: the history says in which status the file was deleted.
func WhyNotLoaded(f report.File) string {
	if f.Status != report.FileLoaded && f.Status != report.FileDeleted {
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
		return "held: it would have erased or shrunk " + held[0] + " and " + phrase.Count(len(held)-1, "more day")
	}
}

// Files lists files, the newest last. It reads the whole ledger.
func (v *View) Files(ctx context.Context, f Filter) ([]File, error) {
	found, err := collect(v.Ledger.Files(ctx), func(r report.File) bool { return f.fits(r.Subscription, r.Job, string(r.Status)) })
	if err != nil {
		return nil, err
	}
	var files []File
	for _, r := range found {
		files = append(files, fileOf(r))
	}
	slices.SortFunc(files, func(x, y File) int {
		return cmp.Or(x.DeliveredAt.Compare(y.DeliveredAt), x.ExpectedAt.Compare(y.ExpectedAt), strings.Compare(x.Key, y.Key))
	})
	return newest(files, f.Last), nil
}

// FileDetails is a file with its certificates.
type FileDetails struct {
	report.File
	Certificates []report.Certificate `json:"certificates"`
}

// File returns a file with its certificates.
func (v *View) File(ctx context.Context, key string) (FileDetails, error) {
	file, err := v.Ledger.File(ctx, key)
	if err != nil {
		return FileDetails{}, missing(err, "see which there are: bellhop files list")
	}
	certificates, err := v.Ledger.CertificatesOf(ctx, file.Key)
	return FileDetails{file, some(certificates)}, err
}

// Certificate is a certificate with its exposure.
type Certificate struct {
	report.Certificate
	ExposureSeconds float64 `json:"exposure_seconds"`
}

func certificatesAs(list []report.Certificate) []Certificate {
	shown := make([]Certificate, len(list))
	for i, c := range list {
		shown[i] = Certificate{c, c.Exposure().Seconds()}
	}
	return shown
}

// Certificates lists certificates, the newest last. It reads the whole ledger.
func (v *View) Certificates(ctx context.Context, f Filter) ([]Certificate, error) {
	list, err := collect(v.Ledger.Certificates(ctx), func(c report.Certificate) bool {
		return f.fits(c.Subscription, c.Job, string(c.Cause)) && (f.SlowerThan == 0 || c.Exposure() > f.SlowerThan)
	})
	slices.SortFunc(list, func(x, y report.Certificate) int {
		return cmp.Or(x.VerifiedAt.Compare(y.VerifiedAt), strings.Compare(x.File, y.File))
	})
	return certificatesAs(newest(list, f.Last)), err
}

// CertificatesOf returns the certificates of one file, oldest first. That it has none is a problem.
func (v *View) CertificatesOf(ctx context.Context, file string) ([]Certificate, error) {
	list, err := v.Ledger.CertificatesOf(ctx, file)
	if err != nil || len(list) > 0 {
		return certificatesAs(list), err
	}
	f, err := v.Ledger.File(ctx, file)
	if err != nil {
		return nil, missing(err, "see which there are: bellhop files list")
	}
	none := fault.New(fault.NotFound, "file %s has no certificate: it is %s", file, f.Status)
	return nil, &phrase.Problem{Err: none, Remedy: "see: bellhop files show " + file}
}
