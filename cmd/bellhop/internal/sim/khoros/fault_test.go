package khoros_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault script.Fault
		check func(*vendor, info, status, bool) string
	}{
		"fails with a reason": {script.Fault{Kind: khoros.JobFails, Name: "worker lost"}, func(_ *vendor, _ info, s status, array bool) string {
			return is(array && s.Result.Detail == "FAILED" && *s.Result.Reason == "worker lost")
		}},
		"never ends": {script.Fault{Kind: khoros.JobNeverEnds}, func(v *vendor, i info, _ status, _ bool) string {
			v.clock = v.clock.AddDate(0, 0, 30)
			s, array := v.asked(i)
			return is(array && s.Result.RunnerState == "RUNNING")
		}},
		"late": {script.Fault{Kind: khoros.JobLate, DelayMinutes: 40}, func(v *vendor, i info, before status, _ bool) string {
			v.clock = v.clock.Add(40 * time.Minute)
			s, _ := v.asked(i)
			return is(before.Result.Detail == "" && s.Result.Detail == "COMPLETED")
		}},
		"URL before ready": {script.Fault{Kind: khoros.URLEarly, Operations: []string{khoros.Create}}, func(_ *vendor, i info, s status, _ bool) string {
			return is(strings.Contains(i.DownloadURL, "/download?") && s.Result.Detail == "COMPLETED")
		}},
		"completed without URL": {script.Fault{Kind: khoros.URLMissing, Times: 1}, func(v *vendor, i info, s status, _ bool) string {
			again, _ := v.asked(i)
			return is(s.Result.Detail == "COMPLETED" && s.JobInfo.DownloadURL == "" && again.JobInfo.DownloadURL != "")
		}},
		"ids only": {script.Fault{Kind: khoros.IDsOnly, Operations: []string{khoros.Status}}, func(_ *vendor, _ info, s status, _ bool) string {
			return is(s.JobInfo.DownloadURL == "" && s.JobInfo.StatusURL == "" && s.JobInfo.RunID != "")
		}},
		"foreign status host": {script.Fault{Kind: khoros.ForeignStatusHost, Operations: []string{khoros.Status}}, func(_ *vendor, _ info, s status, _ bool) string {
			return is(strings.HasPrefix(s.JobInfo.StatusURL, "http://analytics-api.qa.aws.lcloud.com/api/public/"))
		}},
		"foreign redirect": {script.Fault{Kind: khoros.ForeignRedirect}, func(v *vendor, _ info, s status, _ bool) string {
			r := v.call(http.MethodGet, s.JobInfo.DownloadURL, "")
			return is(strings.HasPrefix(r.header.Get("Location"), "https://exports.example.net/exports/"))
		}},
		"truncated": {script.Fault{Kind: khoros.Truncated}, func(v *vendor, _ info, s status, _ bool) string {
			r := v.file(s)
			return is(r.status == 200 && r.err == nil && !json.Valid([]byte(r.body)))
		}},
		"cut short": {script.Fault{Kind: khoros.CutShort}, func(v *vendor, _ info, s status, _ bool) string {
			return is(v.file(s).err != nil)
		}},
		"server error on a status": {script.Fault{Kind: script.ServerError, FirstCall: 3, Status: 503}, func(v *vendor, i info, _ status, _ bool) string {
			r := v.call(http.MethodGet, i.StatusURL, "")
			return is(r.status == 503 && r.body == "{}")
		}},
		"throttled": {script.Fault{Kind: script.RateLimited, FirstCall: 3, Status: 403}, func(v *vendor, i info, _ status, _ bool) string {
			r := v.call(http.MethodGet, i.StatusURL, "")
			return is(r.status == 403 && r.header.Get("Retry-After") == "")
		}},
		"lost answer to a create": {script.Fault{Kind: script.LostAnswer, FirstCall: 3}, func(v *vendor, _ info, _ status, _ bool) string {
			r := v.call(http.MethodPost, base+"author?companyKey="+v.as.Key+"&"+day("2026-11-18"), "")
			memory, err := v.api.Snapshot()
			return is(r.err != nil && err == nil && strings.Count(string(memory), `"workflow"`) == 2)
		}},
	} {
		v := faulty(t, test.fault)
		i := v.created("incoming_post", day("2026-11-18"))
		v.clock = v.clock.Add(4 * time.Minute)
		s, array := v.asked(i)
		if wrong := test.check(v, i, s, array); wrong != "" {
			t.Errorf("%s: %s: %+v %+v", name, wrong, i, s)
		}
		if v.api.Counters().Faults[test.fault.Kind] == 0 || v.api.Words(test.fault.Kind) == "" {
			t.Errorf("%s: not counted, or without words", name)
		}
	}
}

// A fault may be limited to a type of reports and to days.
func TestConditionsOfAFault(t *testing.T) {
	for name, test := range map[string]struct {
		fault script.Fault
		fails bool
	}{
		"the type":        {script.Fault{Metrics: []string{"response"}}, true},
		"another type":    {script.Fault{Metrics: []string{"author"}}, false},
		"the day":         {script.Fault{From: "2026-11-18", To: "2026-11-18"}, true},
		"the day after":   {script.Fault{From: "2026-11-19"}, false},
		"a single day":    {script.Fault{MaxDays: 1}, true},
		"the status only": {script.Fault{Operations: []string{khoros.Status}}, false},
	} {
		test.fault.Kind = script.ServerError
		v := faulty(t, test.fault)
		r := v.call(http.MethodPost, base+"response?companyKey="+v.as.Key+"&"+day("2026-11-18"), "")
		if (r.status == 500) != test.fails {
			t.Errorf("%s: %d", name, r.status)
		}
	}
}

func is(ok bool) string {
	if ok {
		return ""
	}
	return "it is otherwise"
}

// file follows a download as a client does, without the password.
func (v *vendor) file(s status) reply {
	v.t.Helper()
	link, err := url.Parse(v.call(http.MethodGet, s.JobInfo.DownloadURL, "").header.Get("Location"))
	if err != nil {
		v.t.Fatal(err)
	}
	as := v.as
	defer func() { v.as = as }()
	v.as = khoros.Company{}
	return v.call(http.MethodGet, link.RequestURI(), "")
}

func TestScriptIsChecked(t *testing.T) {
	for name, f := range map[string]script.Fault{
		"unknown kind":      {Kind: "earthquake"},
		"another's fault":   {Kind: khoros.JobFails, Endpoint: "reports"},
		"unknown operation": {Kind: script.ServerError, Operations: []string{"list"}},
	} {
		if _, err := khoros.New(khoros.Config{Now: time.Now, Companies: companies, Faults: []script.Fault{f}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A vendor that starts again goes on where it was: the same bytes as one that never stopped.
func TestRestart(t *testing.T) {
	began := func() (*vendor, info) {
		v := faulty(t, script.Fault{Kind: script.ServerError, FirstCall: 2, LastCall: 4, Times: 1})
		i := v.created("response", day("2026-11-18"))
		return v, i
	}
	finish := func(v *vendor, i info) string {
		_, path, _ := strings.Cut(i.StatusURL, base)
		i.StatusURL = v.server.URL + base + path
		v.call(http.MethodGet, i.StatusURL, "")
		v.clock = v.clock.Add(4 * time.Minute)
		s, _ := v.asked(i)
		return v.file(s).body
	}
	whole, i := began()
	want := finish(whole, i)
	first, i := began()
	memory, err := first.api.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	second := faulty(t, script.Fault{Kind: script.ServerError, FirstCall: 2, LastCall: 4, Times: 1})
	if err := second.api.Restore(memory); err != nil {
		t.Fatal(err)
	}
	if got := finish(second, i); got != want || len(got) < 1000 {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
	a, errA := whole.api.Snapshot()
	b, errB := second.api.Snapshot()
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("memory differs:\n%s\n%s", a, b)
	}
	for name, bad := range map[string]string{"no JSON": "{", "another seed": strings.Replace(string(memory), `"seed":7`, `"seed":8`, 1), "nothing": "{}"} {
		if err := second.api.Restore([]byte(bad)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
