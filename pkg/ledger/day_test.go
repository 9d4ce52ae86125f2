package ledger_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func changeDayCases() protocolCases {
	return protocolCases{
		"one day changes, and no other record": dayChanged,
		"a day that is not there":              dayAbsent,
		"the change refuses":                   dayRefused,
		"the day changes meanwhile":            dayRaced,
		"the answer is lost":                   dayLost,
	}
}

// twoDays publishes 1 and 2 October.
func (d fixture) twoDays(t *testing.T) {
	t.Helper()
	d.awaiting(t, "hotel", named("a.csv", device))
	f := d.claimed(t, "a.csv")
	d.commit(t, f, published(f, 1, "p1", 0), published(f, 2, "p2", 0))
}

// renew changes the ETag of 1 October as twoDays published it.
func renew(s *report.Partition) error {
	if s.ETag == "p1" {
		s.ETag = "q1"
	}
	return nil
}

func dayChanged(t *testing.T, d fixture) {
	d.twoDays(t)
	before := d.snapshot(t, "hotel")
	done(t, "change", d.ChangeDay(t.Context(), "hotel", device, oct(1), renew))
	day := d.wantDays(t, "hotel", device, "1 q1 v2", "2 p2 v1")[0]
	was := before.Partitions[0]
	was.ETag, was.Version = day.ETag, day.Version
	if !reflect.DeepEqual(day, was) {
		t.Errorf("more has changed than was to:\n%+v\n%+v", was, day)
	}
	same(t, "the subscription's version", d.snapshot(t, "hotel").Version, before.Version)
}

func dayAbsent(t *testing.T, d fixture) {
	d.twoDays(t)
	d.unchanged(t, func() {
		for name, err := range map[string]error{
			"another date":         d.ChangeDay(t.Context(), "hotel", device, oct(3), renew),
			"another table":        d.ChangeDay(t.Context(), "hotel", skill, oct(1), renew),
			"another subscription": d.ChangeDay(t.Context(), "inn", device, oct(1), renew),
		} {
			fails(t, name, err, fault.NotFound)
		}
	})
}

func dayRefused(t *testing.T, d fixture) {
	d.twoDays(t)
	refusal := errors.New("no")
	d.unchanged(t, func() {
		err := d.ChangeDay(t.Context(), "hotel", device, oct(1), func(s *report.Partition) error {
			s.ETag = "q1"
			return refusal
		})
		same(t, "the error", err, refusal)
	})
}

// dayRaced: the change sees what another worker wrote, and keeps it.
func dayRaced(t *testing.T, d fixture) {
	d.twoDays(t)
	l := d.meanwhile(func() {
		done(t, "another change", d.ChangeDay(t.Context(), "hotel", device, oct(1), func(s *report.Partition) error {
			s.Rows = 7
			return nil
		}))
	})
	done(t, "change", l.ChangeDay(t.Context(), "hotel", device, oct(1), renew))
	same(t, "the rows", d.wantDays(t, "hotel", device, "1 q1 v3", "2 p2 v1")[0].Rows, 7)
}

// dayLost: the same change once more finds the day changed, and changes nothing else.
func dayLost(t *testing.T, d fixture) {
	d.twoDays(t)
	l, _ := d.behind(func(c ledgertest.Call) ledgertest.Fault {
		if c.Method == ledgertest.Write && c.Nth == 1 {
			return ledgertest.AnswerLost
		}
		return ledgertest.None
	})
	fails(t, "change", l.ChangeDay(t.Context(), "hotel", device, oct(1), renew), fault.Transient)
	done(t, "change again", l.ChangeDay(t.Context(), "hotel", device, oct(1), renew))
	same(t, "the ETag", d.wantDays(t, "hotel", device, "1 q1 v3", "2 p2 v1")[0].ETag, "q1")
}
