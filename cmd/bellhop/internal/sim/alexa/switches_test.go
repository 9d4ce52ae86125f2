package alexa_test

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

func TestConfigurationProblemsAreAllReported(t *testing.T) {
	_, err := alexa.New(alexa.Config{
		Delay:    alexa.Range{Min: time.Hour, Max: time.Minute},
		Estate:   alexa.Estate{Organisation: alexa.Unit{ID: "org", Kind: "castle"}},
		Switches: alexa.Switches{Zone: "Mars/Olympus", NamePattern: "report.csv", NotReadyStatus: 200},
		Faults: []alexa.Fault{
			{Kind: "earthquake"}, {Kind: alexa.Late, From: "yesterday"}, {Kind: alexa.Late, Categories: []string{"DEFECTS"}},
			{Kind: alexa.ServerError, Status: 200}, {Kind: alexa.Late, PerMille: 1001},
		},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"Now and Deliver", "Delay", `"org"`, "castle", "Mars/Olympus", "{hash}", "200 is not an error status", "no clients",
		"fault 0 (earthquake)", "fault 1", "fault 2", "fault 3", "fault 4",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not mentioned in: %v", want, err)
		}
	}
}

func TestFilesAndTheirNames(t *testing.T) {
	body := func(v *vendor) map[string]any { return ask(v.property(0), "2026-11-10", "2026-11-12", true, "DEVICE") }
	t.Run("new names every time", func(t *testing.T) {
		v := start(t, nil).login()
		if first, second := v.accepted(body(v)), v.accepted(body(v)); slices.Equal(first, second) {
			t.Errorf("%q came twice", first)
		}
	})
	t.Run("names reused", func(t *testing.T) {
		v := start(t, func(c *alexa.Config) { c.Switches.ReuseNames = true }).login()
		if first, second := v.accepted(body(v)), v.accepted(body(v)); !slices.Equal(first, second) {
			t.Errorf("%q, then %q", first, second)
		}
	})
	t.Run("several files, prefix, pattern", func(t *testing.T) {
		whole := start(t, nil).login()
		want := whole.report(body(whole))
		v := start(t, func(c *alexa.Config) {
			c.Switches = alexa.Switches{FilesPerCategory: 3, KeyPrefix: "a/b/", NamePattern: "{category}_{n}_{hash}"}
		}).login()
		names := v.accepted(body(v))
		objects := v.delivered(time.Hour)
		slices.SortFunc(objects, func(a, b written) int { return strings.Compare(a.key, b.key) })
		if len(names) != 3 || len(objects) != 3 {
			t.Fatalf("%d names, %d objects", len(names), len(objects))
		}
		joined := [][]string{want[0]}
		for i, o := range objects {
			if o.key != "a/b/"+names[i] || o.arn != bucket || !strings.HasPrefix(names[i], "DEVICE_"+strconv.Itoa(i+1)+"_") {
				t.Errorf("object %q in %q for %q", o.key, o.arn, names[i])
			}
			records := parsed(t, o.body)
			if !slices.Equal(records[0], want[0]) {
				t.Errorf("file %d has the header %q", i, records[0])
			}
			joined = append(joined, records[1:]...)
		}
		if !slices.EqualFunc(joined, want, slices.Equal[[]string]) {
			t.Error("together the files are not the report")
		}
	})
}

func TestDialect(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Switches = alexa.Switches{CRLF: true, BOM: true, DateLayout: "2006-01-02", KeepLevelZero: true}
	}).login()
	v.accepted(ask(v.property(0), "2026-11-10", "2026-11-10", false, "DEVICE"))
	body := v.delivered(time.Hour)[0].body
	want := "\ufeffdataset_date,unitId_level_0,unitName_level_0,unitId_level_1,unitName_level_1,device_count,active_device_count,dialog_count\r\n" +
		"2026-11-10," + v.org() + ",Example Hospitality Group," + v.property(0) + ",\"Lakeside Inn, Toronto\","
	if !strings.HasPrefix(body, want) || !strings.HasSuffix(body, "\r\n") {
		t.Errorf("got  %q\nwant %q…", body, want)
	}
}

func TestAggregateIsOneRowPerUnit(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Switches = alexa.Switches{AggregateGranularity: "TOTAL", AggregateDateColumn: "start_date"}
	}).login()
	body := ask(v.room(1, 0), "2026-10-01", "2026-10-31", false, "DEVICE")
	daily := v.report(body)
	body["dateRange"].(map[string]any)["granularity"] = "TOTAL"
	total := v.report(body)
	if len(total) != 2 || total[0][0] != "start_date" || total[1][0] != "10/1/2026" {
		t.Fatalf("got %q", total)
	}
	var dialogs int64
	for _, n := range column(t, daily, "dialog_count") {
		dialogs += hundredths(t, n)
	}
	if got := hundredths(t, column(t, total, "dialog_count")[0]); got != dialogs {
		t.Errorf("%d dialogs, the days add up to %d", got, dialogs)
	}
	devices, active := column(t, total, "device_count")[0], column(t, total, "active_device_count")[0]
	if devices != column(t, daily, "device_count")[0] || active > devices {
		t.Errorf("%s devices, %s active in a month: a stock and a distinct count do not add up over days", devices, active)
	}
}

func TestIdleRoomsAndLagByOmission(t *testing.T) {
	v := start(t, func(c *alexa.Config) {
		c.Switches = alexa.Switches{OmitIdleUnits: true, LagIsEmpty: true, LagDays: 3}
	}).login()
	records := v.report(ask(v.org(), "2026-11-01", "2026-11-19", true, "DEVICE"))
	if slices.Contains(column(t, records, "dialog_count"), "0") {
		t.Error("an idle room is there")
	}
	dates := column(t, records, "dataset_date")
	if got := dates[len(dates)-1]; got != "11/16/2026" {
		t.Errorf("the last day is %s, want three days before yesterday", got)
	}
}

func TestYoungDaysAreRestatedLater(t *testing.T) {
	v := start(t, func(c *alexa.Config) { c.Switches.RestatedDays = 3 }).login()
	body := ask(v.property(1), "2026-11-16", "2026-11-17", false, "DEVICE")
	early := v.report(body)
	v.pass(24 * time.Hour)
	later := v.login().report(body)
	v.pass(24 * time.Hour)
	last := v.login().report(body)
	// On the 20th the 17th is three days old and the 16th four.
	if !slices.Equal(early[1], later[1]) || slices.Equal(early[2], later[2]) || !slices.Equal(later[2], last[2]) {
		t.Errorf("asked three times: %q, %q, %q", early[1:], later[1:], last[1:])
	}
}

func TestScriptIsData(t *testing.T) {
	var faults []alexa.Fault
	text := `[{"kind":"rate_limited","first_call":2,"last_call":3,"retry_after_seconds":5},{"kind":"late","categories":["DEVICE"],"delay_minutes":90}]`
	if err := json.Unmarshal([]byte(text), &faults); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(faults)
	if err != nil || string(again) != text {
		t.Errorf("%s (%v)", again, err)
	}
	start(t, func(c *alexa.Config) { c.Faults = faults })
}

func TestSameSeedSameBytes(t *testing.T) {
	play := func(seed uint64) []written {
		v := start(t, func(c *alexa.Config) {
			c.Seed = seed
			c.Faults = []alexa.Fault{{Kind: alexa.Late, PerMille: 300}, {Kind: alexa.Stray, PerMille: 300}}
		}).login()
		for _, day := range []string{"2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"} {
			v.accepted(ask(v.org(), day, day, true, "DEVICE", "DOMAIN_ENGAGEMENT", "PROACTIVE_CAMPAIGN", "PROPERTY_SKILL", "COMMUNICATION"))
		}
		return v.delivered(24 * time.Hour)
	}
	first, second, other := play(7), play(7), play(8)
	if !slices.Equal(first, second) {
		t.Error("the same seed gave other bytes")
	}
	if slices.Equal(first, other) {
		t.Error("another seed gave the same bytes")
	}
}

func TestSameDayTwiceIsTheSameWhateverTheWindow(t *testing.T) {
	v := start(t, nil).login()
	one := v.report(ask(v.room(0, 2), "2026-11-11", "2026-11-11", false, "DEVICE"))
	for _, r := range v.report(ask(v.room(0, 2), "2026-11-05", "2026-11-15", false, "DEVICE"))[1:] {
		if r[0] == "11/11/2026" && !slices.Equal(r, one[1]) {
			t.Errorf("%q, then %q", one[1], r)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	v := start(t, nil).login()
	body := ask(v.property(0), "2026-11-10", "2026-11-10", false, "DEVICE", "COMMUNICATION")
	done := make(chan reply)
	for range 8 {
		go func() { done <- v.post(body) }()
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for range 20 {
			v.sim.NextDelivery()
			v.sim.Counters()
			if _, err := v.sim.DeliverDue(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 8 {
		if r := <-done; r.status != 202 {
			t.Errorf("status %d", r.status)
		}
	}
	<-stop
	if got := len(v.delivered(time.Hour)); got != 16 {
		t.Errorf("%d objects, want 16", got)
	}
}
