package view_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// sealed is a fixture with four certificates: two in a seal each, one that waits, and one from before there was a chain.
func sealed() *fixture {
	f := newFixture()
	model := f.certificates[0]
	f.certificates = nil
	for i, hour := range []int{-3, -2, -1, 0} {
		c := model
		c.File, c.Cause, c.ETag = fmt.Sprintf("%d.csv", i), report.FileStray, "gone"
		c.Key, c.Job, c.LoadedAt, c.SHA256 = c.File, "", time.Time{}, ""
		for _, at := range []*time.Time{&c.DeliveredAt, &c.DeletedAt, &c.VerifiedAt} {
			*at = at.Add(time.Duration(hour) * time.Hour)
		}
		f.certificates = append(f.certificates, c)
		f.files[c.File] = report.File{Key: c.File, Status: report.FileDeleted, DeletedAt: c.DeletedAt,
			Delivery: &report.Delivery{Key: c.Key, ETag: c.ETag, At: c.DeliveredAt}}
	}
	first := report.Seal{}.After([]report.Sealed{f.certificates[1].Seal()}, at("05:00:00"))
	second := first.After([]report.Sealed{f.certificates[2].Seal()}, at("06:00:00"))
	f.chain.Seals, f.chain.Number, f.chain.Hash = []report.Seal{first, second}, 2, second.Hash
	f.chain.Waiting = []report.Sealed{f.certificates[3].Seal()}
	return f
}

// end makes the newest seal of the list the chain's end, as somebody would who wants to hide something.
func (f *fixture) end() {
	last := f.chain.Seals[len(f.chain.Seals)-1]
	f.chain.Number, f.chain.Hash = last.Number, last.Hash
}

// erased adds an erasure whose certificate waits for its seal.
func (f *fixture) erased() *report.ErasureCertificate {
	e := report.Erasure{Unit: "0123456789abcdef", OrderedAt: at("06:30:00")}
	c := e.Finish([]report.ErasedObject{
		{Kind: report.ErasedDay, Key: "a", Subscription: "hotel", Table: "asp_device", Rows: 2},
		{Kind: report.ErasedDay, Key: "b", Subscription: "hotel", Table: "asp_device", Rows: 3},
		{Kind: report.ErasedVersion, Key: "b", VersionID: "1", Subscription: "hotel", Table: "asp_device", Rows: 3},
	}, at("06:40:00"))
	f.erasures, f.ledger.erased = []report.Erasure{e}, []report.ErasureCertificate{c}
	f.chain.Waiting = append(f.chain.Waiting, c.Seal())
	return &f.ledger.erased[0]
}

func TestVerifyChain(t *testing.T) {
	kept := func(number int, hash string) []view.KeptSeal { return []view.KeptSeal{{Number: number, Hash: hash}} }
	original := sealed().chain.Seals
	for name, tt := range map[string]struct {
		spoil func(f *fixture)
		kept  []view.KeptSeal
		want  string
	}{
		"good":                             {spoil: func(*fixture) {}, kept: kept(1, original[0].Hash)},
		"no chain yet":                     {spoil: func(f *fixture) { f.chain.Seals, f.chain.Waiting, f.chain.Number, f.chain.Hash = nil, nil, 0, "" }},
		"sealed while it is read":          {spoil: func(f *fixture) { f.chain.Waiting = append(f.chain.Waiting, f.chain.Seals[1].Certificates...) }},
		"a certificate was changed":        {spoil: func(f *fixture) { f.certificates[1].Size++ }, want: "seal 1 has another certificate of 1.csv"},
		"a waiting one was changed":        {spoil: func(f *fixture) { f.certificates[3].Size++ }, want: "wait for a seal has another certificate of 3.csv"},
		"a certificate was taken out":      {spoil: func(f *fixture) { f.certificates = slices.Delete(f.certificates, 2, 3) }, want: "seal 2 has a certificate of 2.csv that is not in the ledger"},
		"an erasure":                       {spoil: func(f *fixture) { f.erased() }},
		"an erasure's certificate changed": {spoil: func(f *fixture) { f.erased().Changed[0].Rows++ }, want: "has another certificate of the erasure 0123456789ab than"},
		"an erasure's certificate is gone": {spoil: func(f *fixture) { f.erased(); f.ledger.erased = nil }, want: "a certificate of the erasure 0123456789ab that is not in the ledger"},
		"an erasure waits for no seal":     {spoil: func(f *fixture) { f.erased(); f.chain.Waiting = f.chain.Waiting[:1] }, want: "the certificate of the erasure 0123456789ab has no seal"},
		"a certificate was put in": {spoil: func(f *fixture) {
			c := f.certificates[2]
			c.File, c.Key = "d.csv", "d.csv"
			f.certificates = append(f.certificates, c)
		}, want: "the certificate of d.csv has no seal"},
		"a seal was changed":   {spoil: func(f *fixture) { f.chain.Seals[0].At = at("04:00:00") }, want: "seal 1 was changed"},
		"a seal was taken out": {spoil: func(f *fixture) { f.chain.Seals = f.chain.Seals[1:] }, want: "seal 0 is followed by seal 2"},
		"a seal was made anew": {spoil: func(f *fixture) {
			f.chain.Seals[0] = report.Seal{}.After(f.chain.Seals[0].Certificates, at("04:00:00"))
		}, want: "seal 2 does not follow on seal 1"},
		"the newest was taken out": {spoil: func(f *fixture) { f.chain.Seals = f.chain.Seals[:1] }, want: "the newest seal is 1, and the chain ends with seal 2"},
		"with its certificate, and the end": {spoil: func(f *fixture) {
			f.chain.Seals = f.chain.Seals[:1]
			f.certificates = slices.Delete(f.certificates, 2, 3)
			f.end()
		}, kept: kept(2, original[1].Hash), want: "no seal 2, which was kept"},
		"all seals were made anew": {spoil: func(f *fixture) {
			f.chain.Seals[0] = report.Seal{}.After(f.chain.Seals[0].Certificates, at("04:00:00"))
			f.chain.Seals[1] = f.chain.Seals[0].After(f.chain.Seals[1].Certificates, at("04:00:00"))
			f.end()
		}, kept: kept(1, original[0].Hash), want: "seal 1 has another hash than the one that was kept"},
		"a certificate was sealed twice": {spoil: func(f *fixture) {
			f.chain.Seals = append(f.chain.Seals, f.chain.Seals[1].After(f.chain.Seals[0].Certificates, at("07:00:00")))
			f.end()
		}, want: "1.csv is in seal 1 and in seal 3"},
	} {
		t.Run(name, func(t *testing.T) {
			f := sealed()
			tt.spoil(f)
			got := answer(t, func(ctx context.Context) (view.PrivacyVerdict, error) { return f.view().VerifyPrivacy(ctx, tt.kept) })
			found := strings.Join(got.Chain.Findings, "; ")
			if !strings.Contains(found, tt.want) || tt.want == "" && found != "" || got.Holds() != (tt.want == "") {
				t.Errorf("found %q, want %q; certificates: %+v", found, tt.want, got.Certificates)
			}
			if tt.want == "" && got.Chain.Sealed+got.Chain.Waiting+got.Chain.Older < 4 {
				t.Errorf("%+v", got.Chain)
			}
		})
	}
}

// A certificate that is written and sealed after all were read is looked up by itself.
func TestVerifyChainWhileACertificateIsWritten(t *testing.T) {
	f := sealed()
	late := f.certificates[3]
	reads := f.view()
	reads.Ledger = lateLedger{f.ledger, late}
	got, err := reads.VerifyPrivacy(t.Context(), nil)
	if err != nil || len(got.Chain.Findings) > 0 {
		t.Errorf("%+v, %v", got.Chain, err)
	}
}

// lateLedger does not list one certificate yet.
type lateLedger struct {
	*ledger
	late report.Certificate
}

func (l lateLedger) Certificates(context.Context) iter.Seq2[report.Certificate, error] {
	return each(slices.Values(slices.DeleteFunc(slices.Clone(l.certificates), func(c report.Certificate) bool { return c.File == l.late.File })))
}

func TestPrivacyReport(t *testing.T) {
	f := sealed()
	// Exposures of 3, 3, 3 and 63 seconds; the last was loaded, the others were strays.
	c := &f.certificates[3]
	c.VerifiedAt, c.Cause, c.Size = c.VerifiedAt.Add(time.Minute), report.FileLoaded, 1000
	f.files["lies.csv"] = report.File{Key: "lies.csv", Status: report.FileQuarantined, Delivery: &report.Delivery{Key: "lies.csv", At: at("07:00:00")}}
	f.files["waits.csv"] = report.File{Key: "waits.csv", Status: report.FileExpected}
	delete(f.files, "d.csv")
	f.erased()
	got := answer(t, func(ctx context.Context) (view.PrivacyReport, error) { return f.view().Privacy(ctx, days(20, 20)) })
	if got.Delivered != 5 || len(got.Undeleted) != 1 || got.Undeleted[0].Key != "lies.csv" {
		t.Errorf("delivered %d, undeleted %+v", got.Delivered, got.Undeleted)
	}
	if want := (view.Deletion{Files: 4, Bytes: 3*2048 + 1000, MedianSeconds: 3, P99Seconds: 63, MaxSeconds: 63}); got.Deleted != want {
		t.Errorf("deleted %+v, want %+v", got.Deleted, want)
	}
	if len(got.Erasures) != 1 || got.Erasures[0].Days != 2 || got.Erasures[0].Rows != 5 {
		t.Errorf("erasures %+v", got.Erasures)
	}
	if strays := got.ByCause[report.FileStray]; strays.Files != 3 || strays.MaxSeconds != 3 || got.Slowest.File != "3.csv" {
		t.Errorf("strays %+v, slowest %+v", strays, got.Slowest)
	}
	other := answer(t, func(ctx context.Context) (view.PrivacyReport, error) { return f.view().Privacy(ctx, days(19, 19)) })
	if other.Delivered != 0 || other.Deleted != (view.Deletion{}) || other.Slowest != nil {
		t.Errorf("the day before: %+v", other)
	}
}
