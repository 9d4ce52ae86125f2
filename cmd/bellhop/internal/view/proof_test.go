package view_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestVerifyCertificates(t *testing.T) {
	holds, fails, open := view.Verdicts{Holding: 1}, view.Verdicts{Failing: 1}, view.Verdicts{Unchecked: 1}
	for name, tt := range map[string]struct {
		spoil func(f *fixture, c *report.Certificate)
		want  view.Verdicts
		finds string
	}{
		"good":                        {func(*fixture, *report.Certificate) {}, holds, ""},
		"deleted before delivered":    {func(_ *fixture, c *report.Certificate) { c.DeliveredAt = at("06:12:32") }, fails, "before it was delivered"},
		"verified before deleted":     {func(_ *fixture, c *report.Certificate) { c.VerifiedAt = at("06:12:30") }, fails, "before it was deleted"},
		"verified in the future":      {func(_ *fixture, c *report.Certificate) { c.VerifiedAt = at("07:40:01") }, fails, "in the future"},
		"loaded after the deletion":   {func(_ *fixture, c *report.Certificate) { c.LoadedAt = at("06:13:00") }, fails, "without a load before"},
		"loaded without a hash":       {func(_ *fixture, c *report.Certificate) { c.SHA256 = "" }, fails, "without a SHA-256"},
		"without an instant":          {func(_ *fixture, c *report.Certificate) { c.DeletedAt = time.Time{} }, fails, "an instant is missing"},
		"a cause that is none":        {func(_ *fixture, c *report.Certificate) { c.Cause = report.FileExpected }, fails, "must not be deleted"},
		"a cause that nobody knows":   {func(_ *fixture, c *report.Certificate) { c.Cause = "EATEN" }, fails, "unknown status"},
		"an object without a name":    {func(_ *fixture, c *report.Certificate) { c.Key = "" }, fails, "does not name the object"},
		"row of other content":        {func(_ *fixture, c *report.Certificate) { c.ETag = "e2" }, fails, "another object"},
		"receipt of other bytes":      {func(_ *fixture, c *report.Certificate) { c.SHA256 = "ff" }, fails, "another SHA-256"},
		"no row":                      {func(f *fixture, _ *report.Certificate) { delete(f.files, "d.csv") }, fails, "no row"},
		"still there":                 {func(f *fixture, _ *report.Certificate) { f.deliveries.objects["d.csv"] = report.Object{ETag: "e1"} }, fails, "is in the bucket"},
		"put again with other bytes":  {func(f *fixture, _ *report.Certificate) { f.deliveries.objects["d.csv"] = report.Object{ETag: "x"} }, holds, ""},
		"the bucket does not answer":  {func(f *fixture, _ *report.Certificate) { f.deliveries.err = fault.New(fault.Transient, "slow down") }, open, "could not be asked"},
		"the object of another place": {func(_ *fixture, c *report.Certificate) { c.Bucket = "elsewhere" }, open, "another bucket"},
		"row not deleted": {func(f *fixture, _ *report.Certificate) {
			file := f.files["d.csv"]
			file.Status = report.FileLoaded
			f.files["d.csv"] = file
		}, fails, "not DELETED"},
		"a row that was forgotten": {func(f *fixture, c *report.Certificate) {
			delete(f.files, "d.csv")
			for _, at := range []*time.Time{&c.DeliveredAt, &c.LoadedAt, &c.DeletedAt, &c.VerifiedAt} {
				*at = at.AddDate(0, 0, -201)
			}
		}, holds, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			tt.spoil(f, &f.certificates[0])
			for _, files := range [][]string{nil, {"d.csv"}, {"d.csv", "d.csv"}} {
				got := answer(t, func(ctx context.Context) (view.Verdicts, error) { return f.view().VerifyCertificates(ctx, files) })
				if got.Checked != 1 || got.Holding != tt.want.Holding || got.Failing != tt.want.Failing || got.Unchecked != tt.want.Unchecked {
					t.Fatalf("%v: %+v", files, got)
				}
				if found := strings.Join(append(got.Verdicts[0].Findings, got.Verdicts[0].Unchecked...), "; "); !strings.Contains(found, tt.finds) || tt.finds == "" && found != "" {
					t.Errorf("%v: found %q, want %q", files, found, tt.finds)
				}
			}
		})
	}
}

// A file that was put and deleted twice has two certificates; only the newest agrees with its row.
func TestVerifyOlderCertificates(t *testing.T) {
	f := newFixture()
	older := f.certificates[0]
	older.ETag, older.SHA256 = "e0", "00"
	older.DeliveredAt, older.LoadedAt, older.DeletedAt, older.VerifiedAt = at("05:00:00"), at("05:00:01"), at("05:00:02"), at("05:00:03")
	f.certificates = append(f.certificates, older)
	got := answer(t, func(ctx context.Context) (view.Verdicts, error) { return f.view().VerifyCertificates(ctx, nil) })
	if got.Checked != 2 || got.Holding != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAFileWithoutACertificateIsAProblem(t *testing.T) {
	f := newFixture()
	f.files["e.csv"] = report.File{Key: "e.csv", Status: report.FileExpected}
	for file, says := range map[string]string{"e.csv": "file e.csv has no certificate: it is EXPECTED", "none.csv": "there is no file none.csv"} {
		_, shown := f.view().CertificatesOf(t.Context(), file)
		_, verified := f.view().VerifyCertificates(t.Context(), []string{file})
		for _, err := range []error{shown, verified} {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %q", file, err, says)
			}
		}
	}
}
