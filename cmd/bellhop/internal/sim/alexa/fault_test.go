package alexa_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

// script starts a vendor with these faults and logs in.
func script(t *testing.T, faults ...alexa.Fault) *vendor {
	t.Helper()
	return start(t, func(c *alexa.Config) { c.Faults = faults }).login()
}

func TestFaultyAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		fault  alexa.Fault
		status int // 0: the connection is cut
		words  string
		retry  string
		kind   string
		later  int // objects that are delivered all the same
	}{
		"429": {fault: alexa.Fault{Kind: alexa.RateLimited}, status: 429, words: "rate limit", kind: "application/json"},
		"429 with Retry-After": {
			fault:  alexa.Fault{Kind: alexa.RateLimited, RetryAfterSeconds: 7},
			status: 429, retry: "7", words: "rate limit", kind: "application/json"},
		"500": {fault: alexa.Fault{Kind: alexa.ServerError}, status: 500, words: "server", kind: "application/json"},
		"503": {fault: alexa.Fault{Kind: alexa.ServerError, Status: 503}, status: 503, words: "server", kind: "application/json"},
		"not ready": {
			fault:  alexa.Fault{Kind: alexa.NotReady},
			status: 502, words: "Data not yet available due to an upstream processing delay", kind: "application/json"},
		"not ready, other number": {
			fault:  alexa.Fault{Kind: alexa.NotReady, Status: 501},
			status: 501, words: "Data not yet available due to an upstream processing delay", kind: "application/json"},
		"gateway page":  {fault: alexa.Fault{Kind: alexa.GatewayError, Status: 504}, status: 504, words: "<html>", kind: "text/html"},
		"token expired": {fault: alexa.Fault{Kind: alexa.TokenExpired}, status: 401, words: "token", kind: "application/json"},
		"not eligible": {
			fault:  alexa.Fault{Kind: alexa.NotEligible},
			status: 400, words: "at least four days old", kind: "application/json"},
		"lost request": {fault: alexa.Fault{Kind: alexa.LostRequest}},
		"lost answer":  {fault: alexa.Fault{Kind: alexa.LostAnswer}, later: 1},
	} {
		t.Run(name, func(t *testing.T) {
			test.fault.FirstCall, test.fault.LastCall = 2, 2
			v := script(t, test.fault)
			body := ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE")
			v.accepted(body)
			r := v.post(body)
			if r.status != test.status || !strings.Contains(r.body, test.words) {
				t.Errorf("second post: %d %s, want %d with %q", r.status, r.body, test.status, test.words)
			}
			if got := r.header.Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After %q, want %q", got, test.retry)
			}
			if got := r.header.Get("Content-Type"); got != test.kind {
				t.Errorf("Content-Type %q, want %q", got, test.kind)
			}
			v.login().accepted(body)
			if got := len(v.delivered(time.Hour)); got != 2+test.later {
				t.Errorf("%d objects, want %d", got, 2+test.later)
			}
			if got := v.sim.Counters().Faults[test.fault.Kind]; got != 1 {
				t.Errorf("the fault struck %d times", got)
			}
		})
	}
}

func TestStormEndsAfterItsTimes(t *testing.T) {
	v := script(t,
		alexa.Fault{Kind: alexa.RateLimited, Times: 2},
		alexa.Fault{Kind: alexa.ServerError, Times: 1})
	for i, want := range []int{429, 429, 500, 202} {
		if r := v.post(ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE")); r.status != want {
			t.Errorf("post %d: %d, want %d", i+1, r.status, want)
		}
	}
	c := v.sim.Counters()
	if c.Posts != 4 || c.Accepted != 1 || c.Refused[429] != 2 || c.Refused[500] != 1 {
		t.Errorf("counters %+v", c)
	}
}

func TestConditionsOfAFault(t *testing.T) {
	for name, test := range map[string]struct {
		fault   alexa.Fault
		strikes bool
	}{
		"none":             {alexa.Fault{}, true},
		"category":         {alexa.Fault{Categories: []string{"DEVICE"}}, true},
		"another category": {alexa.Fault{Categories: []string{"COMMUNICATION"}}, false},
		"window touches":   {alexa.Fault{From: "2026-11-12", To: "2026-11-20"}, true},
		"window after":     {alexa.Fault{From: "2026-11-13"}, false},
		"window before":    {alexa.Fault{To: "2026-11-09"}, false},
		"window of 3":      {alexa.Fault{MaxDays: 3}, true},
		"window too long":  {alexa.Fault{MaxDays: 2}, false},
		"later call":       {alexa.Fault{FirstCall: 2}, false},
		"all of 1000":      {alexa.Fault{PerMille: 1000}, true},
	} {
		t.Run(name, func(t *testing.T) {
			test.fault.Kind = alexa.ServerError
			v := script(t, test.fault)
			want := 202
			if test.strikes {
				want = 500
			}
			if r := v.post(ask(v.org(), "2026-11-10", "2026-11-12", false, "DEVICE")); r.status != want {
				t.Errorf("status %d, want %d", r.status, want)
			}
		})
	}
}

func TestChanceOfAFault(t *testing.T) {
	v := script(t, alexa.Fault{Kind: alexa.ServerError, PerMille: 300})
	for range 200 {
		v.post(ask(v.room(0, 0), "2026-11-10", "2026-11-10", false, "DEVICE"))
	}
	// 60 are expected; 6.5 is the standard deviation.
	if got := v.sim.Counters().Refused[500]; got < 35 || got > 85 {
		t.Errorf("%d of 200 struck, want about 60", got)
	}
}

func TestDeliveryComesWithinItsDelay(t *testing.T) {
	v := script(t)
	v.accepted(ask(v.org(), "2026-11-18", "2026-11-18", false, "DEVICE"))
	due, pending := v.sim.NextDelivery()
	if !pending || due.Before(noon.Add(2*time.Minute)) || due.After(noon.Add(20*time.Minute)) {
		t.Fatalf("due %s (%t), asked at %s", due, pending, noon)
	}
	if got := len(v.delivered(due.Sub(noon) - time.Nanosecond)); got != 0 {
		t.Errorf("%d objects before it was due", got)
	}
	if got := len(v.delivered(time.Nanosecond)); got != 1 {
		t.Errorf("%d objects when it was due", got)
	}
	if _, pending := v.sim.NextDelivery(); pending {
		t.Error("still pending")
	}
}

// The faults of a delivery, each against what the same vendor delivers without it.
func TestFaultyDeliveries(t *testing.T) {
	type parsedFile = [][]string
	body := func(v *vendor) map[string]any { return ask(v.org(), "2026-11-10", "2026-11-12", true, "DEVICE") }
	clean := start(t, nil)
	want := clean.report(body(clean))
	same := func(a, b parsedFile) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }
	header := func(change func([]string) []string) func(*testing.T, parsedFile) {
		return func(t *testing.T, got parsedFile) {
			if wanted := change(slices.Clone(want[0])); !slices.Equal(got[0], wanted) || len(got) != len(want) {
				t.Errorf("header %q, want %q", got[0], wanted)
			}
		}
	}
	replaced := func(old, name string) func([]string) []string {
		return func(h []string) []string { h[slices.Index(h, old)] = name; return h }
	}
	for name, test := range map[string]struct {
		fault alexa.Fault
		check func(*testing.T, parsedFile)
	}{
		"restated": {alexa.Fault{Kind: alexa.Restated, From: "2026-11-11", To: "2026-11-11"}, func(t *testing.T, got parsedFile) {
			for i, r := range got[1:] {
				count := want[i+1][len(r)-1]
				if changed := !slices.Equal(r, want[i+1]); changed != (r[0] == "11/11/2026" && count != "0") {
					t.Errorf("row %q was %q", r, want[i+1])
				}
			}
		}},
		"emptied": {alexa.Fault{Kind: alexa.Emptied}, func(t *testing.T, got parsedFile) {
			if !same(got, want[:1]) {
				t.Errorf("got %d records, want the header alone", len(got))
			}
		}},
		"shrunk": {alexa.Fault{Kind: alexa.Shrunk}, func(t *testing.T, got parsedFile) {
			var kept parsedFile
			for _, day := range []string{"11/10/2026", "11/11/2026", "11/12/2026"} {
				of := slices.DeleteFunc(slices.Clone(want), func(r []string) bool { return r[0] != day })
				kept = append(kept, of[:(len(of)+2)/3]...)
			}
			if len(kept) < 6 || !same(got[1:], kept) {
				t.Errorf("got %d rows, want the first third of each day: %d", len(got)-1, len(kept))
			}
		}},
		"last column renamed": {alexa.Fault{Kind: alexa.ColumnRenamed}, header(replaced("dialog_count", "dialog_count_v2"))},
		"column renamed": {
			alexa.Fault{Kind: alexa.ColumnRenamed, Column: "device_count", Name: "devices"},
			header(replaced("device_count", "devices"))},
		"column of another category": {
			alexa.Fault{Kind: alexa.ColumnRenamed, Column: "taps_count"},
			header(func(h []string) []string { return h })},
		"column added": {
			alexa.Fault{Kind: alexa.ColumnAdded},
			header(func(h []string) []string { return append(h, "engagement_score") })},
		"columns reordered": {
			alexa.Fault{Kind: alexa.ColumnsReordered},
			header(func(h []string) []string { slices.Reverse(h); return h })},
		"of another category": {alexa.Fault{Kind: alexa.Emptied, Categories: []string{"COMMUNICATION"}}, func(t *testing.T, got parsedFile) {
			if !same(got, want) {
				t.Error("the file differs")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := script(t, test.fault)
			test.check(t, v.report(body(v)))
		})
	}
}

func TestTruncatedFileEndsInTheMiddleOfARow(t *testing.T) {
	body := func(v *vendor) map[string]any { return ask(v.org(), "2026-11-10", "2026-11-12", true, "DEVICE") }
	clean, v := script(t), script(t, alexa.Fault{Kind: alexa.Truncated})
	clean.accepted(body(clean))
	v.accepted(body(v))
	whole, part := clean.delivered(time.Hour)[0].body, v.delivered(time.Hour)[0].body
	lines := strings.Split(part, "\n")
	if !strings.HasPrefix(whole, part) || len(lines) < 3 {
		t.Fatalf("%d of %d bytes", len(part), len(whole))
	}
	if columns := strings.Count(lines[0], ","); strings.Count(lines[len(lines)-1], ",") >= columns {
		t.Errorf("the last row is whole: %q", lines[len(lines)-1])
	}
}

func TestWhenAndWhetherFilesCome(t *testing.T) {
	categories := []string{"DEVICE", "DOMAIN_ENGAGEMENT", "PROPERTY_SKILL", "COMMUNICATION"}
	device := []string{"DEVICE"}
	for name, test := range map[string]struct {
		fault                       alexa.Fault
		soon, later                 int // objects after 20 minutes, and after a day
		withheld, duplicates, stray int
	}{
		"no fault":        {fault: alexa.Fault{Kind: alexa.Late, LastCall: 1, FirstCall: 2}, soon: 4, later: 4},
		"late":            {fault: alexa.Fault{Kind: alexa.Late, Categories: device}, soon: 3, later: 4},
		"never":           {fault: alexa.Fault{Kind: alexa.NeverDelivered, Categories: device}, soon: 3, later: 3, withheld: 1},
		"none of them":    {fault: alexa.Fault{Kind: alexa.NeverDelivered}, withheld: 4},
		"duplicated":      {fault: alexa.Fault{Kind: alexa.Duplicated, Categories: device}, soon: 4, later: 5, duplicates: 1},
		"half of them":    {fault: alexa.Fault{Kind: alexa.Partial}, soon: 2, later: 2, withheld: 2},
		"three of them":   {fault: alexa.Fault{Kind: alexa.Partial, Keep: 3}, soon: 3, later: 3, withheld: 1},
		"a stray":         {fault: alexa.Fault{Kind: alexa.Stray}, soon: 5, later: 5, stray: 1},
		"struck only two": {fault: alexa.Fault{Kind: alexa.NeverDelivered, Times: 2}, soon: 2, later: 2, withheld: 2},
	} {
		t.Run(name, func(t *testing.T) {
			v := script(t, test.fault)
			names := v.accepted(ask(v.org(), "2026-11-10", "2026-11-10", false, categories...))
			if len(names) != 4 {
				t.Fatalf("%d files were promised", len(names))
			}
			if got := len(v.delivered(20 * time.Minute)); got != test.soon {
				t.Errorf("%d objects after 20 minutes, want %d", got, test.soon)
			}
			objects := v.delivered(24 * time.Hour)
			if len(objects) != test.later {
				t.Errorf("%d objects after a day, want %d", len(objects), test.later)
			}
			strays, keys := 0, map[string]string{}
			for _, o := range objects {
				if !slices.Contains(names, o.key) {
					strays++
				}
				if before, again := keys[o.key]; again && before != o.body {
					t.Errorf("%s came with other bytes", o.key)
				}
				keys[o.key] = o.body
			}
			c := v.sim.Counters()
			if strays != test.stray || c.Strays != test.stray || c.Duplicates != test.duplicates || c.Withheld != test.withheld ||
				c.Delivered != test.later || c.Named != 4 {
				t.Errorf("%d strays; counters %+v", strays, c)
			}
		})
	}
}

func TestReorderedIsTheOppositeOrder(t *testing.T) {
	order := func(faults ...alexa.Fault) []string {
		v := script(t, faults...)
		v.accepted(ask(v.org(), "2026-11-10", "2026-11-10", false, "DEVICE", "DOMAIN_ENGAGEMENT", "PROPERTY_SKILL"))
		var keys []string
		for _, o := range v.delivered(time.Hour) {
			keys = append(keys, o.key)
		}
		return keys
	}
	plain, turned := order(), order(alexa.Fault{Kind: alexa.Reordered})
	slices.Reverse(turned)
	if len(plain) != 3 || !slices.Equal(plain, turned) {
		t.Errorf("%q, reordered and turned back %q", plain, turned)
	}
}

func TestStrayLooksLikeAReportOfSomebodyElse(t *testing.T) {
	v := script(t, alexa.Fault{Kind: alexa.Stray})
	names := v.accepted(ask(v.org(), "2026-11-10", "2026-11-10", false, "DEVICE"))
	for _, o := range v.delivered(time.Hour) {
		if o.key == names[0] {
			continue
		}
		if id := parsed(t, o.body)[1][1]; id == v.org() || !strings.HasPrefix(id, "amzn1.alexa.unit.did.") {
			t.Errorf("the stray is about %s", id)
		}
		return
	}
	t.Error("no stray came")
}

func TestDeliveryThatTheBucketRefusesStaysPending(t *testing.T) {
	v := script(t)
	v.accepted(ask(v.org(), "2026-11-10", "2026-11-10", false, "DEVICE"))
	v.pass(time.Hour)
	v.refuse = errors.New("access denied")
	if n, err := v.sim.DeliverDue(context.Background()); n != 0 || !errors.Is(err, v.refuse) {
		t.Errorf("delivered %d: %v", n, err)
	}
	v.refuse = nil
	if n, err := v.sim.DeliverDue(context.Background()); n != 1 || err != nil {
		t.Errorf("delivered %d: %v", n, err)
	}
	if c := v.sim.Counters(); c.DeliveryErrors != 1 || c.Delivered != 1 {
		t.Errorf("counters %+v", c)
	}
}

func TestDeliverDueStopsWhenAsked(t *testing.T) {
	v := script(t)
	v.accepted(ask(v.org(), "2026-11-10", "2026-11-10", false, "DEVICE"))
	v.pass(time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if n, err := v.sim.DeliverDue(ctx); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("delivered %d: %v", n, err)
	}
}
