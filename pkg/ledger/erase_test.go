package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func eraseCases() protocolCases {
	return protocolCases{
		"an order is given once":                 eraseOrder,
		"a certificate says what was changed":    eraseFinish,
		"what is noted again counts once":        eraseNotes,
		"what is found later has another":        eraseAgain,
		"a note after the certificate is late":   eraseLate,
		"of two that finish at once one is true": eraseRace,
		"its seal names no file":                 eraseSeal,
	}
}

// room is the unit that is erased: printf %s u-9 | sha256sum
const room = "086cd6f120b8c934031754b9cc9c2f4b48bcc64eaf1b2825896325d761f4a4fa"

func (d fixture) order(t *testing.T, unit string, minute int) report.Erasure {
	t.Helper()
	e, err := d.OrderErasure(t.Context(), unit, at(minute))
	done(t, "order", err)
	return e
}

// noted notes days of November of a subscription, each with as many rows.
func (d fixture) noted(t *testing.T, e report.Erasure, rows int64, keys ...string) {
	t.Helper()
	for _, key := range keys {
		o := report.ErasedObject{Kind: report.ErasedDay, Key: key, Subscription: "hotel", Table: device, Rows: rows}
		done(t, "note", d.NoteErased(t.Context(), e, o))
	}
}

func (d fixture) finish(t *testing.T, e report.Erasure, minute int) report.ErasureCertificate {
	t.Helper()
	c, err := d.FinishErasure(t.Context(), e, at(minute))
	done(t, "finish", err)
	return c
}

// wantTotals compares what a certificate says of the hotel's days.
func wantTotals(t *testing.T, c report.ErasureCertificate, objects int, rows int64) {
	t.Helper()
	want := []report.ErasedTotal{{Kind: report.ErasedDay, Subscription: "hotel", Table: device, Objects: objects, Rows: rows}}
	if diff := cmp.Diff(want, c.Changed); diff != "" {
		t.Errorf("changed: -want +got\n%s", diff)
	}
}

func eraseOrder(t *testing.T, d fixture) {
	none, err := d.ErasedUnits(t.Context())
	done(t, "read", err)
	same(t, "erased units of a new ledger", len(none), 0)
	same(t, "the hash of an id", report.HashUnit("u-9"), room)
	first := d.order(t, room, planned)
	d.unchanged(t, func() {
		if diff := cmp.Diff(first, d.order(t, room, loaded)); diff != "" {
			t.Errorf("ordered again: -want +got\n%s", diff)
		}
	})
	units, err := d.ErasedUnits(t.Context())
	done(t, "read", err)
	same(t, "erased units", len(units), 1)
	same(t, "is erased", units[room], true)
	l := d.meanwhile(func() { d.order(t, "other", begun) })
	e, err := l.OrderErasure(t.Context(), "other", at(arrived))
	done(t, "order at once", err)
	sameTime(t, "the order that counts", e.OrderedAt, at(begun))
}

func eraseFinish(t *testing.T, d fixture) {
	e := d.order(t, room, planned)
	d.noted(t, e, 3, "a", "b")
	c := d.finish(t, e, loaded)
	wantTotals(t, c, 2, 6)
	same(t, "unit", c.Unit, room)
	sameTime(t, "ordered", c.OrderedAt, at(planned))
	sameTime(t, "finished", c.FinishedAt, at(loaded))
	all, err := d.Erasures(t.Context())
	done(t, "read", err)
	same(t, "erasures", len(all), 1)
	same(t, "certificates", all[0].Certificates, 1)
	sameTime(t, "finished", all[0].FinishedAt, at(loaded))
	kept, err := d.ErasureCertificates(t.Context(), room)
	done(t, "read", err)
	if diff := cmp.Diff([]report.ErasureCertificate{c}, kept); diff != "" {
		t.Errorf("kept: -want +got\n%s", diff)
	}
	// Once more with nothing found changes nothing, also one for which nothing was found at all.
	d.unchanged(t, func() { same(t, "again", d.finish(t, all[0], deleted).Hash(), c.Hash()) })
	empty := d.order(t, "other", planned)
	same(t, "of a unit that is nowhere", len(d.finish(t, empty, loaded).Changed), 0)
	d.unchanged(t, func() { d.finish(t, empty, deleted) })
	_, err = d.FinishErasure(t.Context(), report.Erasure{Unit: "nobody"}, at(loaded))
	fails(t, "finish what was not ordered", err, fault.NotFound)
}

// A run that is stopped between the note and the change notes the object again, and one between the change and the next note
// finds fewer rows.
func eraseNotes(t *testing.T, d fixture) {
	e := d.order(t, room, planned)
	d.noted(t, e, 3, "a")
	d.unchanged(t, func() { d.noted(t, e, 3, "a") })
	d.noted(t, e, 1, "a")
	older := report.ErasedObject{Kind: report.ErasedVersion, Key: "a", VersionID: "v1", Subscription: "hotel", Table: device, Rows: 2}
	done(t, "note a version of it", d.NoteErased(t.Context(), e, older))
	want := []report.ErasedTotal{
		{Kind: report.ErasedDay, Subscription: "hotel", Table: device, Objects: 1, Rows: 3},
		{Kind: report.ErasedVersion, Subscription: "hotel", Table: device, Objects: 1, Rows: 2},
	}
	if diff := cmp.Diff(want, d.finish(t, e, loaded).Changed); diff != "" {
		t.Errorf("changed: -want +got\n%s", diff)
	}
}

func eraseAgain(t *testing.T, d fixture) {
	e := d.order(t, room, planned)
	d.noted(t, e, 3, "a", "b")
	first := d.finish(t, e, loaded)
	e = d.order(t, room, deleted)
	d.noted(t, e, 5, "a")
	second := d.finish(t, e, deleted)
	wantTotals(t, first, 2, 6)
	wantTotals(t, second, 1, 5)
	sameTime(t, "when it was ordered", second.OrderedAt, at(planned))
	all, err := d.ErasureCertificates(t.Context(), room)
	done(t, "read", err)
	same(t, "certificates", len(all), 2)
}

func eraseLate(t *testing.T, d fixture) {
	e := d.order(t, room, planned)
	d.finish(t, e, loaded)
	err := d.NoteErased(t.Context(), e, report.ErasedObject{Kind: report.ErasedDay, Key: "a"})
	fails(t, "note for a certificate that is written", err, fault.Conflict)
}

func eraseRace(t *testing.T, d fixture) {
	e := d.order(t, room, planned)
	d.noted(t, e, 3, "a")
	var first report.ErasureCertificate
	l := d.meanwhile(func() { first = d.finish(t, e, loaded) })
	second, err := l.FinishErasure(t.Context(), e, at(deleted))
	done(t, "finish what another run finishes", err)
	same(t, "the certificate", second.Hash(), first.Hash())
	same(t, "waiting", len(d.chain(t).Waiting), 1)
}

func eraseSeal(t *testing.T, d fixture) {
	d.strays(t, 1, 1)
	e := d.order(t, room, planned)
	c := d.finish(t, e, loaded)
	d.seal(t, 2)
	chain := d.chain(t)
	same(t, "waiting", len(chain.Waiting), 0)
	same(t, "seals", len(chain.Seals), 1)
	var names []string
	for _, s := range chain.Seals[0].Certificates {
		names = append(names, s.File+s.Erasure)
		if s.Erasure != "" {
			same(t, "its hash", s.SHA256, c.Hash())
			same(t, "its instant", s.VerifiedAt.Format(time.RFC3339), "2026-11-01T12:04:00Z")
		}
	}
	same(t, "sealed, in order of time", strings.Join(names, " "), fmt.Sprint(room, " in/0001.csv"))
	same(t, "the seal's hash", chain.Seals[0].Hash, chain.Seals[0].Computed())
}
