package ledgertest

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func cursorCases() protocolCases {
	return protocolCases{
		"the next sweep begins where one stopped":          sweptTo,
		"of two rounds of verification one goes on":        verificationRounds,
		"a vanished day is marked as it was read, and due": dayMarked,
	}
}

func sweptTo(t *testing.T, d desk) {
	for _, want := range []string{"", "b.csv", ""} {
		done(t, "note", d.NoteSweptTo(t.Context(), want))
		got, err := d.SweptTo(t.Context())
		done(t, "read", err)
		same(t, "the key", got, want)
	}
}

func verificationRounds(t *testing.T, d desk) {
	first, err := d.Verification(t.Context())
	done(t, "read", err)
	same(t, "the first time", first, report.Verification{})
	first.BeganAt, first.After = at(planned), "hotel"
	done(t, "note", d.NoteVerification(t.Context(), first))
	fails(t, "another run that read before", d.NoteVerification(t.Context(), report.Verification{After: "inn"}), fault.Conflict)
	got, err := d.Verification(t.Context())
	done(t, "read again", err)
	if !got.BeganAt.Equal(at(planned)) || got.After != "hotel" || got.Version != 1 {
		t.Fatalf("%+v", got)
	}
}

func dayMarked(t *testing.T, d desk) {
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 1, "p1", 0), published(f, 2, "p2", 0))
	day := d.wantDays(t, "hotel", device, "1 p1 v1", "2 p2 v1")[0]
	day.Vanished = &report.Vanished{At: at(deleted), LastSeen: at(loaded)}
	done(t, "mark", d.MarkDay(t.Context(), day, at(deleted)))
	stale := day
	stale.Vanished = nil
	fails(t, "as it was read before", d.MarkDay(t.Context(), stale, at(deleted)), fault.Conflict)
	if got := d.wantDays(t, "hotel", device, "1 p1 v2", "2 p2 v1")[0]; got.Vanished == nil || !got.Vanished.LastSeen.Equal(at(loaded)) {
		t.Fatalf("%+v", got.Vanished)
	}
	due, err := d.DueSubscriptions(t.Context(), at(deleted), 10)
	done(t, "read what is to be planned", err)
	same(t, "how many are to be planned", len(due), 1)
}
