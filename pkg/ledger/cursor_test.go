package ledger_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func cursorCases() protocolCases {
	return protocolCases{
		"the next sweep begins where one stopped":          sweptTo,
		"of two rounds of verification one goes on":        verificationRounds,
		"days are read between two keys of the dataset":    daysBetween,
		"a vanished day is marked as it was read, and due": dayMarked,
	}
}

func sweptTo(t *testing.T, d fixture) {
	for _, want := range []string{"", "b.csv", ""} {
		done(t, "note", d.NoteSweptTo(t.Context(), want))
		got, err := d.SweptTo(t.Context())
		done(t, "read", err)
		same(t, "the key", got, want)
	}
}

func verificationRounds(t *testing.T, d fixture) {
	first, err := d.Verification(t.Context())
	done(t, "read", err)
	same(t, "the first time", first, report.Verification{})
	first.BeganAt, first.Key = at(planned), "asp_device/x"
	done(t, "note", d.NoteVerification(t.Context(), first))
	fails(t, "another run that read before", d.NoteVerification(t.Context(), report.Verification{Key: "b"}), fault.Conflict)
	got, err := d.Verification(t.Context())
	done(t, "read again", err)
	if !got.BeganAt.Equal(at(planned)) || got.Key != "asp_device/x" || got.Version != 1 {
		t.Fatalf("%+v", got)
	}
}

func dayMarked(t *testing.T, d fixture) {
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

func daysBetween(t *testing.T, d fixture) {
	d.awaiting(t, "hotel", named("a.csv", device), named("b.csv", skill))
	f, g := d.claimed(t, "a.csv"), d.claimed(t, "b.csv")
	empty := published(f, 3, "", 0)
	empty.Key = ""
	d.commit(t, f, published(f, 1, "d1", 0), published(f, 2, "d2", 0), empty, published(f, 4, "d4", 0))
	d.commit(t, g, published(g, 1, "s1", 0), published(g, 2, "s2", 0))
	key := func(sub, table string, day int) string { return report.PartitionKey(sub, table, oct(day)) }
	for name, tt := range map[string]struct{ after, to, want string }{
		"all":                       {"", "", "d1 d2 d4 s1 s2"},
		"from behind a day":         {key("hotel", device, 2), "", "d4 s1 s2"},
		"up to a day":               {"", key("hotel", device, 2), "d1 d2"},
		"beside another's day":      {key("a", device, 2), key("zoo", device, 2), "d2"},
		"behind another's day":      {key("zoo", device, 2), key("a", skill, 2), "d4 s1"},
		"over the table's end":      {key("hotel", device, 4), key("hotel", skill, 1), "s1"},
		"a table's beginning":       {device, device + "/a", ""},
		"a table":                   {device + "/", device + "/z", "d1 d2 d4"},
		"from a key of no table":    {device + "/z", "", "s1 s2"},
		"between no tables":         {"asp_e", "asp_f", ""},
		"beside a table":            {device + "-old/x", device + "_old/x", "d1 d2 d4"},
		"behind the underscore":     {"_\U0010FFFF", "", "d1 d2 d4 s1 s2"},
		"of a date that is none":    {device + "/dataset_date=2026-10-99/x", device + "/dataset_date=zz", ""},
		"up to the middle of a day": {"", device + "/dataset_date=2026-10-02", "d1"},
	} {
		days, err := d.DaysBetween(t.Context(), "hotel", tt.after, tt.to)
		done(t, name, err)
		var got []string
		for _, s := range days {
			got = append(got, s.ETag)
			same(t, name+": the version", s.Version, 1)
		}
		same(t, name, strings.Join(got, " "), tt.want)
	}
	none, err := d.DaysBetween(t.Context(), "inn", "", "")
	done(t, "of another", err)
	same(t, "the days of another", len(none), 0)
}
