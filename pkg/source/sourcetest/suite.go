package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Subject is a source that is put to the suite.
type Subject struct {
	// New builds the source. It sends nothing.
	New func(alexa.Options) requester.Source
	// Order returns one that the source takes, a new one each time. Its window may end on the day of [Now].
	Order func() report.Order
	// Invalid makes orders of it that cannot be sent.
	Invalid map[string]func(*report.Order)
	// Good are the bodies of the answers with which the order succeeds, one for each request. Shuffled, if any, are others with
	// the same content.
	Good, Shuffled []string
	// Statuses replace the outcomes that a request has which changes nothing at the vendor.
	Statuses map[int]report.Outcome
	// Authorization is the header that a token is sent in; nil means that of a bearer. A source that has it is sent the user's own
	// name and password: where those are refused twice, everything else with them is refused too.
	Authorization func(token string) string
	// Signed says that requests carry signatures and no token: there is none that the vendor refuses, and a fresh one would help
	// against.
	Signed bool
	// Echo returns bodies of 200s that cannot be what was asked for and hold this JSON string.
	Echo func(quoted string) []string
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	t.Run("describes itself", s.describes)
	t.Run("succeeds, and again", s.succeeds)
	t.Run("what cannot be sent", s.unsendable)
	t.Run("statuses", s.statuses)
	t.Run("waits", s.waits)
	t.Run("lost answers", s.lost)
	t.Run("bodies", s.bodies)
	t.Run("what was not sent", s.unsent)
	if !s.Signed {
		t.Run("a token that is refused", s.unauthorized)
	}
	t.Run("turns", s.turns)
	t.Run("shows no secret", s.showsNothing)
}

// result is what became of an order.
type result struct {
	answer  report.Answer
	files   []report.NamedFile
	content string
}

// ask submits the order, polls it where it is pending, and fetches the first file where that is to be fetched.
func (s Subject) ask(ctx context.Context, src requester.Source, o report.Order, turn func(context.Context) error) result {
	a := src.Submit(ctx, o)
	for a.Outcome == report.OutcomePending && ctx.Err() == nil {
		o.Ticket = a.Ticket
		a = src.Poll(ctx, o)
	}
	r := result{answer: a, files: a.Files}
	if a.Outcome != report.OutcomeAccepted || len(a.Files) == 0 || a.Files[0].Fetch == "" {
		return r
	}
	content, a := src.Fetch(ctx, o, a.Files[0], turn)
	if r.answer = a; content != nil {
		text, err := io.ReadAll(content)
		if r.content = string(text); err != nil {
			r.answer = report.Answer{Why: "the content cannot be read"}
		}
	}
	return r
}

// play asks before a vendor that gives these answers.
func (s Subject) play(t *testing.T, answers ...Reply) (result, *Vendor, *Tokens) {
	t.Helper()
	o, v, k := Play(t, answers...)
	return s.ask(t.Context(), s.New(o), s.Order(), freely), v, k
}

// polled reports whether the source orders what it fetches.
func (s Subject) polled() bool {
	return s.New(alexa.Options{}).Describe().Delivery == report.DeliveryPolled
}

func freely(context.Context) error { return nil }

// good returns the answers with which the order succeeds.
func (s Subject) good() []Reply {
	var all []Reply
	for _, body := range s.Good {
		all = append(all, Says(http.StatusOK, body))
	}
	return all
}

// repeatable reports whether a request may be sent again, and what becomes of one whose answer is lost.
func (s Subject) repeatable() (bool, report.Outcome) {
	src := s.New(alexa.Options{Now: func() time.Time { return Now }})
	if src.Limits(s.Order().Subscription.Params).Repeatable {
		return true, report.OutcomeBackOff
	}
	return false, report.OutcomeUnknown
}

func (s Subject) describes(t *testing.T) {
	o, _, _ := Play(t)
	src := s.New(o)
	d := src.Describe()
	first := d.Example("first")
	if d.Name != src.Name() || first.Source != src.Name() || d.Credential != src.Credential(first.Params) || d.Title == "" || d.Meaning == "" {
		t.Errorf("described as %+v", d)
	}
	if err := errors.Join(first.Validate(), src.Validate(first.Params)); err != nil {
		t.Errorf("the example is not accepted: %v", err)
	}
	for _, table := range src.Limits(first.Params).Tables {
		if !slices.Contains(d.Tables, table) {
			t.Errorf("it fills %s, and does not say so", table)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", src, src, src); text != strings.Join([]string{d.Name, d.Name, d.Name}, " ") {
		t.Errorf("printed as %s", text)
	}
	// Nothing that could be asked after was ordered.
	if a := src.Poll(t.Context(), s.Order()); a.Outcome != report.OutcomeRefused && (!s.polled() || a.Outcome != report.OutcomeFailed) || a.Why == "" {
		t.Errorf("polled: %+v", a)
	}
	// The file is one that the source never named.
	content, a := src.Fetch(t.Context(), s.Order(), report.NamedFile{Name: "x", Fetch: "x"}, freely)
	if content != nil || a.Outcome != report.OutcomeRefused && a.Outcome != report.OutcomeFailed || a.Why == "" {
		t.Errorf("fetched: %+v", a)
	}
}

func (s Subject) succeeds(t *testing.T) {
	first, v, _ := s.play(t, s.good()...)
	if first.answer.Outcome != report.OutcomeAccepted || len(first.files) == 0 || len(v.Asked()) != len(s.Good) {
		t.Fatalf("got %+v after %d requests", first, len(v.Asked()))
	}
	if first.answer.RequestID != RequestID {
		t.Errorf("request %q", first.answer.RequestID)
	}
	again, _, _ := s.play(t, s.good()...)
	if len(s.Shuffled) > 0 {
		s.Good = s.Shuffled
		again, _, _ = s.play(t, s.good()...)
	}
	if diff := cmp.Diff(first, again, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func (s Subject) unsendable(t *testing.T) {
	for name, change := range s.Invalid {
		t.Run(name, func(t *testing.T) {
			options, _, _ := Play(t)
			src := s.New(options)
			file := report.NamedFile{Fetch: "x"}
			if fetched, _ := s.repeatable(); fetched && !s.polled() {
				// This submission sends nothing.
				file = src.Submit(t.Context(), s.Order()).Files[0]
			}
			o := s.Order()
			o.Subscription.Params = maps.Clone(o.Subscription.Params)
			change(&o)
			if a := src.Submit(t.Context(), o); a.Outcome != report.OutcomeRefused || !strings.HasPrefix(a.Why, "not sent: ") || strings.Contains(a.Why, "\n") {
				t.Errorf("submitted: %+v", a)
			}
			if content, a := src.Fetch(t.Context(), o, file, freely); content != nil || a.Outcome != report.OutcomeRefused || a.Why == "" {
				t.Errorf("fetched: %+v", a)
			}
		})
	}
}

func (s Subject) statuses(t *testing.T) {
	const refused, again = report.OutcomeRefused, report.OutcomeBackOff
	want := map[int]report.Outcome{
		302: refused, 400: refused, 403: refused, 404: refused, 408: again, 409: refused, 418: refused, 429: again,
		500: again, 501: again, 502: again, 503: again, 504: again,
	}
	maps.Copy(want, s.Statuses)
	for status, outcome := range want {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			got, _, k := s.play(t, Says(status, `{"message":"in these words"}`))
			a := got.answer
			if a.Outcome != outcome || a.RequestID != RequestID || a.RetryAfter != 0 || !a.Until.IsZero() || a.Files != nil || got.content != "" {
				t.Errorf("got %+v, want %s", got, outcome)
			}
			if !strings.HasPrefix(a.Why, "the vendor answered "+strconv.Itoa(status)+": in these words") || len(k.Dropped) > 0 {
				t.Errorf("why: %s; dropped %v", a.Why, k.Dropped)
			}
		})
	}
}

func (s Subject) waits(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"17": 17 * time.Second, "Fri, 20 Nov 2026 12:05:00 GMT": 5 * time.Minute, "soon": 0, "": 0,
	} {
		got, _, _ := s.play(t, Says(http.StatusTooManyRequests, "{}", "Retry-After", value))
		if got.answer.Outcome != report.OutcomeBackOff || got.answer.RetryAfter != want {
			t.Errorf("%q: got %+v", value, got)
		}
	}
}

func (s Subject) lost(t *testing.T) {
	_, outcome := s.repeatable()
	for name, answer := range map[string]Reply{
		"hung up": Raw(""), "no answer": Late, "half a header": Raw("HTTP/1.1 202 Accepted\r\nContent-"),
	} {
		t.Run(name, func(t *testing.T) {
			got, v, _ := s.play(t, answer)
			if got.answer.Outcome != outcome || got.answer.Why == "" || len(v.Asked()) != 1 {
				t.Errorf("got %+v after %d requests", got, len(v.Asked()))
			}
		})
	}
	t.Run("a deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), Timeout/6)
		defer cancel()
		o, _, _ := Play(t, Late)
		begun := time.Now()
		got := s.ask(ctx, s.New(o), s.Order(), freely)
		if took := time.Since(begun); got.answer.Outcome != outcome || took > Timeout {
			t.Errorf("got %+v after %v", got, took)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o, v, _ := Play(t)
		got := s.ask(ctx, s.New(o), s.Order(), freely)
		if got.answer.Outcome != report.OutcomeBackOff || len(v.Asked()) > 0 {
			t.Errorf("got %+v", got)
		}
	})
}

// A body that cannot be read leaves open what the vendor will do, unless the request may be repeated.
func (s Subject) bodies(t *testing.T) {
	_, outcome := s.repeatable()
	good := s.Good[0]
	for name, answer := range map[string]Reply{
		"none": Says(200, ""), "no JSON": Says(200, "<html>Room 101</html>"), "another document": Says(200, `["Room 101"]`),
		"broken off":                Says(200, good[:len(good)/2], "Content-Length", strconv.Itoa(len(good))),
		"broken off behind its end": Says(200, good, "Content-Length", strconv.Itoa(len(good)+9)),
		"too long":                  Says(200, good+strings.Repeat(" ", MaxBytes)),
	} {
		t.Run(name, func(t *testing.T) {
			got, _, _ := s.play(t, answer)
			if got.answer.Outcome != outcome || got.content != "" || !strings.HasPrefix(got.answer.Why, "the vendor answered") || strings.Contains(got.answer.Why, "Room 101") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func (s Subject) unsent(t *testing.T) {
	cases := map[string]struct {
		endpoint string
		err      error
		want     report.Outcome
	}{
		"nobody there":       {endpoint: "http://127.0.0.1:1", want: report.OutcomeBackOff},
		"no such host":       {endpoint: "http://bellhop.invalid", want: report.OutcomeBackOff},
		"not a URL":          {endpoint: "http://[", want: report.OutcomeRefused},
		"no token for now":   {err: fault.New(fault.Transient, "later"), want: report.OutcomeBackOff},
		"no credential":      {err: fault.New(fault.NotFound, "no secret"), want: report.OutcomeUnauthorized},
		"a token in the way": {err: fault.New(fault.Transient, "Atza|planted"), want: report.OutcomeBackOff},
		"credential refused": {err: fault.New(fault.Poison, "refused: log in"), want: report.OutcomeUnauthorized},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o, v, k := Play(t)
			if c.endpoint != "" {
				o.Endpoint = c.endpoint
			}
			if k.Err = c.err; c.err != nil {
				k.Left = nil
				err := s.New(o).Authorize(t.Context(), s.Order().Subscription.Params)
				if fault.KindOf(err) != fault.KindOf(c.err) || strings.Contains(err.Error(), "planted") {
					t.Errorf("authorized: %v", err)
				}
			}
			got := s.ask(t.Context(), s.New(o), s.Order(), freely)
			if got.answer.Outcome != c.want || got.answer.Why == "" || strings.Contains(got.answer.Why, "planted") || len(v.Asked()) > 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func (s Subject) unauthorized(t *testing.T) {
	header, twice := s.Authorization, report.OutcomeUnauthorized
	if header == nil {
		header, twice = func(token string) string { return "Bearer " + token }, report.OutcomeRefused
	}
	no := func() Reply { return Says(http.StatusUnauthorized, `{"message":"The token expired"}`) }
	repeatable, lost := s.repeatable()
	t.Run("once", func(t *testing.T) {
		o, v, k := Play(t, append([]Reply{no()}, s.good()...)...)
		turns := 0
		got := s.ask(t.Context(), s.New(o), s.Order(), func(context.Context) error { turns++; return nil })
		if got.answer.Outcome != report.OutcomeAccepted || strings.Join(k.Dropped, " ") != "Atza|first" {
			t.Fatalf("got %+v, dropped %v", got, k.Dropped)
		}
		if asked := v.Asked(); asked[0].Header.Get("Authorization") != header("Atza|first") || asked[1].Header.Get("Authorization") != header("Atza|second") {
			t.Errorf("asked %+v", asked)
		}
		if repeatable && !s.polled() && turns != len(s.Good) {
			t.Errorf("%d turns for %d requests", turns, len(s.Good)+1)
		}
	})
	t.Run("twice", func(t *testing.T) {
		got, v, k := s.play(t, []Reply{no(), no()}...)
		if got.answer.Outcome != twice || !strings.HasPrefix(got.answer.Why, "the vendor answered 401: The token expired (check that ") {
			t.Errorf("got %+v", got)
		}
		if len(v.Asked()) != 2 || strings.Join(k.Dropped, " ") != "Atza|first Atza|second" {
			t.Errorf("asked %d times, dropped %v", len(v.Asked()), k.Dropped)
		}
	})
	t.Run("no fresh token for now", func(t *testing.T) {
		o, _, k := Play(t, no())
		k.Left, k.Err = k.Left[:1], fault.New(fault.Transient, "later")
		if got := s.ask(t.Context(), s.New(o), s.Order(), freely); got.answer.Outcome != report.OutcomeBackOff {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("the second answer is lost", func(t *testing.T) {
		// On a connection that was kept, the transport sends once more what may be repeated.
		if got, _, _ := s.play(t, []Reply{no(), Raw(""), Raw("")}...); got.answer.Outcome != lost {
			t.Errorf("got %+v", got)
		}
	})
}

// Every request but the first has a turn of its own, and is not sent without. A source that may not repeat its request sends
// only one.
func (s Subject) turns(t *testing.T) {
	if repeatable, _ := s.repeatable(); !repeatable || s.polled() {
		return // of a source that is polled, most requests are the requester's own steps
	}
	for limit := range s.Good {
		o, v, _ := Play(t, s.good()[:limit+1]...)
		turns := 0
		got := s.ask(t.Context(), s.New(o), s.Order(), func(context.Context) error {
			if turns++; turns > limit {
				return errors.New("the run's time is up")
			}
			return nil
		})
		if len(v.Asked()) != limit+1 || turns != min(limit+1, len(s.Good)-1) {
			t.Errorf("%d requests in %d turns, and %d were there", len(v.Asked()), turns, limit)
		}
		if last := limit == len(s.Good)-1; last != (got.answer.Outcome == report.OutcomeAccepted) || !last && (got.answer.Outcome != report.OutcomeBackOff || got.answer.Why != "not sent: the run's time is up") {
			t.Errorf("got %+v", got)
		}
	}
}

// printed returns values in every way in which Go prints and logs them.
func printed(values ...any) string {
	var out bytes.Buffer
	for _, v := range values {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	}
	return out.String()
}
