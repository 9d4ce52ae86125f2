package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func certifyCases() protocolCases {
	return protocolCases{
		"a loaded file leaves its job loaded":       certifyLoaded,
		"a quarantined file frees its days":         certifyQuarantined,
		"a stray belongs to no job":                 certifyStray,
		"another object is a conflict":              certifyOther,
		"content that comes now is left alone":      certifyRace,
		"certificates are in order of time":         certificateOrder,
		"files and certificates are told apart":     scansApart,
		"a scan that fails says so":                 scanFails,
		"a file that was named now is not deleted":  certifyNamed,
		"of two that certify the same one is heard": certifyTwice,
	}
}

func (d fixture) certify(t *testing.T, f report.File, verified time.Time) report.File {
	t.Helper()
	f, err := d.Certify(t.Context(), f.Key, certificate(f, verified), verified)
	done(t, "certify", err)
	return f
}

func (d fixture) certificates(t *testing.T, key string) []report.Certificate {
	t.Helper()
	certificates, err := d.CertificatesOf(t.Context(), key)
	done(t, "read the certificates", err)
	return certificates
}

func certifyLoaded(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	f := d.loaded(t, "a.csv")
	got := d.certify(t, f, at(deleted))
	same(t, "the file", fileLine(got), "DELETED hotel-000001 e1 1")
	got = d.wantFile(t, "a.csv", "DELETED hotel-000001 e1 1")
	sameTime(t, "when it was deleted", got.DeletedAt, at(deleted))
	same(t, "due no more", got.DueAt.IsZero(), true)
	same(t, "its receipt is kept", got.Receipt.Rows, 10)
	d.wantJob(t, j.ID, "AWAITING_FILES a.csv=LOADED b.csv=EXPECTED")
	certificates := d.certificates(t, "a.csv")
	same(t, "certificates", len(certificates), 1)
	if diff := cmp.Diff(certificate(f, at(deleted)), certificates[0]); diff != "" {
		t.Errorf("the certificate: -want +got\n%s", diff)
	}
	d.certify(t, d.loaded(t, "b.csv"), at(deleted))
	d.wantJob(t, j.ID, "LOADED a.csv=LOADED b.csv=LOADED")
	d.wantMarkers(t, "hotel")
}

func certifyQuarantined(t *testing.T, d fixture) {
	j := d.awaiting(t, "hotel", named("a.csv", device))
	f := d.quarantined(t, "a.csv")
	j = d.wantJob(t, j.ID, "AWAITING_FILES a.csv=QUARANTINED")
	limits := report.Limits{Tables: []string{device}, HorizonDays: 88, LostAfterDays: 90}
	narrow := report.Narrow{Window: report.Window{From: oct(1), To: oct(4)}}
	same(t, "days to ask for meanwhile", len(report.Plan(d.snapshot(t, "hotel"), limits, oct(31), narrow)), 0)

	d.certify(t, f, at(graceOver))
	d.wantFile(t, "a.csv", "DELETED hotel-000001 e1 1")
	d.wantJob(t, j.ID, "LOST a.csv=LOST")
	d.wantMarkers(t, "hotel", "hotel-000001 LOST asp_device")
	plan := report.Plan(d.snapshot(t, "hotel"), limits, oct(31), narrow)
	if len(plan) != 1 || plan[0].Window != narrow.Window || plan[0].Attempt != 2 {
		t.Fatalf("to be asked for again: %+v, want 1 to 4 October for the second time", plan)
	}
}

func certifyStray(t *testing.T, d fixture) {
	f, _ := arrive(t, d.Ledger, object("in/stray.csv", "s1", arrived), "w1", arrived)
	d.certify(t, f, at(graceOver))
	d.wantFile(t, "in/stray.csv", "DELETED - s1 0")
	same(t, "its cause", d.certificates(t, "in/stray.csv")[0].Cause, report.FileStray)
}

func certifyOther(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", device))
	f := d.claimed(t, "a.csv")
	f = d.commit(t, f)
	c := certificate(f, at(deleted))
	for name, change := range map[string]func(*report.Certificate){
		"another key": func(c *report.Certificate) { c.Key = "in/a.csv" },
		"another job": func(c *report.Certificate) { c.Job = "hotel-000009" },
	} {
		other := c
		change(&other)
		d.unchanged(t, func() {
			_, err := d.Certify(t.Context(), "a.csv", other, at(deleted))
			fails(t, name, err, fault.Conflict)
		})
	}
	d.unchanged(t, func() {
		other := c
		other.File, other.Key = "b.csv", "b.csv"
		_, err := d.Certify(t.Context(), "b.csv", other, at(deleted))
		fails(t, "what never came", err, fault.Conflict)
	})
	d.wantFile(t, "a.csv", "LOADED hotel-000001 e1 1")
	same(t, "certificates", len(d.certificates(t, "a.csv")), 0)
}

func certifyRace(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.loaded(t, "a.csv")
	l := d.meanwhile(func() { arrive(t, d.Ledger, object("a.csv", "e2", deleted), "w2", deleted) })
	_, err := l.Certify(t.Context(), "a.csv", certificate(f, at(deleted)), at(deleted))
	done(t, "certify what is gone, while other content came", err)
	d.wantFile(t, "a.csv", "CLAIMED hotel-000001 e2 2")
	same(t, "the certificate of what is gone", d.certificates(t, "a.csv")[0].ETag, "e1")
}

func certificateOrder(t *testing.T, d fixture) {
	east := time.FixedZone("", 3600)
	var want []time.Time
	for i, verified := range []time.Time{
		at(10), at(10).Add(500 * time.Millisecond), at(10).Add(1_500_000_000), at(11).In(east), at(70), at(24 * 60),
	} {
		o := object("stray.csv", fmt.Sprintf("s%d", i), 0)
		o.At = verified.Add(-time.Millisecond)
		f, decision, err := d.Arrive(t.Context(), o, report.Claim{Worker: "w1", Lease: o.At, Grace: o.At}, o.At)
		done(t, "arrive", err)
		same(t, "the decision", decision.String(), "stray")
		d.certify(t, f, verified)
		want = append(want, verified)
	}
	got := d.certificates(t, "stray.csv")
	same(t, "certificates", len(got), len(want))
	for i := range got {
		sameTime(t, fmt.Sprintf("certificate %d", i), got[i].VerifiedAt, want[i])
	}
	same(t, "certificates of another", len(d.certificates(t, "stray")), 0)
}

func scansApart(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	d.certify(t, d.loaded(t, "a.csv"), at(deleted))
	f, _ := arrive(t, d.Ledger, object("stray.csv", "s1", arrived), "w1", arrived)
	d.certify(t, f, at(deleted))
	var files, certificates []string
	for f, err := range d.Files(t.Context()) {
		done(t, "scan the files", err)
		files = append(files, f.Key+" "+string(f.Status))
	}
	for c, err := range d.Certificates(t.Context()) {
		done(t, "scan the certificates", err)
		certificates = append(certificates, c.File+" "+string(c.Cause))
	}
	slices.Sort(files)
	slices.Sort(certificates)
	same(t, "files", strings.Join(files, ", "), "a.csv DELETED, b.csv EXPECTED, stray.csv DELETED")
	same(t, "certificates", strings.Join(certificates, ", "), "a.csv LOADED, stray.csv STRAY")
	for _, err := range d.Files(t.Context()) {
		done(t, "stop at the first", err)
		break
	}
}

func scanFails(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	l, _ := d.behind(func(ledgertest.Call) ledgertest.Fault { return ledgertest.Throttled })
	n := 0
	for _, err := range l.Files(t.Context()) {
		fails(t, "scan", err, fault.Transient)
		n++
	}
	for _, err := range l.Certificates(t.Context()) {
		fails(t, "scan", err, fault.Transient)
		n++
	}
	same(t, "errors", n, 2)
}

// A stray was deleted when its grace was over, and just then its name is recorded: the record must not end as deleted,
// or nobody would miss the file.
func certifyNamed(t *testing.T, d fixture) {
	f, _ := arrive(t, d.Ledger, object("a.csv", "s1", planned), "w1", planned)
	j := d.begun(t, "hotel", device)
	l := d.meanwhile(func() { d.accept(t, j, named("a.csv", device)) })
	if _, err := l.Certify(t.Context(), "a.csv", certificate(f, at(deleted)), at(deleted)); !movedOn(err) {
		t.Fatalf("a stray that was named meanwhile: %v", err)
	}
	d.unchanged(t, func() {
		if _, err := d.Certify(t.Context(), "a.csv", certificate(f, at(deleted)), at(deleted)); !movedOn(err) {
			t.Fatalf("a stray that was named before: %v", err)
		}
	})
	d.wantFile(t, "a.csv", "EXPECTED hotel-000001 s1 0")
	same(t, "certificates", len(d.certificates(t, "a.csv")), 0)
}

func certifyTwice(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.loaded(t, "a.csv")
	l := d.meanwhile(func() { d.certify(t, f, at(deleted)) })
	if _, err := l.Certify(t.Context(), "a.csv", certificate(f, at(deleted+1)), at(deleted+1)); !movedOn(err) {
		t.Fatalf("the second: %v", err)
	}
	same(t, "certificates", len(d.certificates(t, "a.csv")), 1)
	same(t, "how often it was deleted", transitions(d.wantFile(t, "a.csv", "DELETED hotel-000001 e1 1").History, "DELETED"), 1)
}
