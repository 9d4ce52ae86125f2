package khoros_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
)

func TestEveryTypeHasItsColumns(t *testing.T) {
	types := khoros.Types()
	if len(types) != 14 {
		t.Fatalf("%d types", len(types))
	}
	for _, kind := range types {
		v := start(t, nil)
		query := day("2026-11-18") + "&timeInterval=3600000"
		get := func(more string) string {
			if kind == "user" || kind == "conversation_actions" || kind == "conversation_history_action" {
				i := v.decoded(v.call(http.MethodPost, base+kind+"?companyKey="+v.as.Key, query+more))
				v.clock = v.clock.Add(4 * time.Minute)
				s, _ := v.asked(i)
				return v.call(http.MethodGet, s.JobInfo.DownloadURL, "").body
			}
			return v.export(kind, query+more)
		}
		rows, lines := objects(t, get("")), records(t, get("&reportFormat=csv"))
		if len(rows) == 0 || len(rows) != len(lines)-1 || len(rows[0]) != len(lines[0]) {
			t.Errorf("%s: %d rows as JSON, %d lines as CSV", kind, len(rows), len(lines))
		}
	}
}

func TestConversationsJoinWithProperties(t *testing.T) {
	v := start(t, nil)
	tags := map[any]int{}
	for _, row := range objects(t, v.export("conversation", day("2026-11-18")+"&conversationReportType=CREATED")) {
		tags[row["MANUAL_TAG"]]++
	}
	if tags["lakeside-inn-toronto"] < 5 || tags["maple-court"] < 2 || tags[nil] == 0 || len(tags) != 3 {
		t.Errorf("tags %v", tags)
	}
}

func TestFreeTextIsHostile(t *testing.T) {
	v := start(t, nil)
	body := v.export("incoming_post", day("2026-11-17")+"&reportFormat=csv") + v.export("raw_agent_states", day("2026-11-17"))
	for _, want := range append([]string{"\n", `""no signal""`, "😍", "=1+1", "@SUM(", `"=HYPERLINK(`, "田中"}, khoros.Planted...) {
		if !strings.Contains(body, want) {
			t.Errorf("nothing has %q", want)
		}
	}
}

// A day that is over changes while conversations arrive late and close, and then no more.
func TestPastDaysChange(t *testing.T) {
	v := start(t, nil)
	at := func(days int) string {
		v.clock = time.Date(2026, 11, 18+days, 6, 0, 0, 0, time.UTC)
		return v.export("conversation", day("2026-11-17")+"&conversationReportType=CREATED")
	}
	first, second, late, later := at(0), at(1), at(5), at(9)
	if first == second || late != later {
		t.Errorf("changed after a day: %t; after five: %t", first != second, late != later)
	}
	if a, b := len(objects(t, first)), len(objects(t, late)); a >= b {
		t.Errorf("%d conversations became %d", a, b)
	}
	if strings.Contains(late, `"OPEN"`) || !strings.Contains(first, `"OPEN"`) {
		t.Error("conversations never close, or always have")
	}
}

// Each conversation is closed on one day, and open at the end of each day before.
func TestKindsOfConversations(t *testing.T) {
	v := start(t, nil)
	ids := func(date, kind string) (all []string) {
		for _, row := range objects(t, v.export("conversation", day(date)+"&conversationReportType="+kind)) {
			all = append(all, row["CONVERSATION_ID"].(string))
		}
		return all
	}
	begun := ids("2026-11-10", "CREATED")
	open := ids("2026-11-10", "OPEN_AT_END")
	closedOn := map[string]int{}
	for _, date := range []string{"2026-11-10", "2026-11-11", "2026-11-12", "2026-11-13"} {
		for _, id := range ids(date, "CLOSED") {
			closedOn[id]++
		}
	}
	for _, id := range begun {
		if closedOn[id] != 1 {
			t.Errorf("%s is closed on %d days", id, closedOn[id])
		}
	}
	if unset := objects(t, v.export("conversation", day("2026-11-10"))); len(unset) != len(open) {
		t.Errorf("%d by default, %d open at the end", len(unset), len(open))
	}
}

func TestActionsAreCutOffSilently(t *testing.T) {
	for limit, want := range map[string]int{"": 500, "&raiselimit=true": 620} {
		v := start(t, nil)
		i := v.decoded(v.call(http.MethodPost, base+"conversation_history_action?companyKey="+v.as.Key+limit, day("2026-11-17")))
		v.clock = v.clock.Add(4 * time.Minute)
		s, _ := v.asked(i)
		most := map[any]int{}
		longest := 0
		for _, row := range objects(t, v.call(http.MethodGet, s.JobInfo.DownloadURL, "").body) {
			most[row["CONVERSATION_ID"]]++
			longest = max(longest, most[row["CONVERSATION_ID"]])
		}
		if longest != want {
			t.Errorf("%q: %d actions, want %d", limit, longest, want)
		}
	}
}

// The teams' conversations are all conversations, whether they are counted for a day or for its hours.
func TestPartsAddUp(t *testing.T) {
	v := start(t, nil)
	sum := func(kind, more string) (n float64) {
		for _, row := range objects(t, v.export(kind, day("2026-11-17")+"&includeDisabled=true"+more)) {
			n += row["CONVERSATIONS_HANDLED"].(float64)
		}
		return n
	}
	all := float64(len(objects(t, v.export("conversation", day("2026-11-17")+"&conversationReportType=CREATED"))))
	if teams, hours := sum("team_performance", ""), sum("team_performance_interval", "&timeInterval=3600000"); teams != all || hours != all {
		t.Errorf("%v conversations, %v of teams, %v of hours", all, teams, hours)
	}
	if some := sum("team_performance", "&teamIds=12"); some <= 0 || some >= all {
		t.Errorf("a team has %v of %v", some, all)
	}
}

func TestZonesFormatDatesOnly(t *testing.T) {
	v := start(t, nil)
	first := func(more string) (string, string) {
		row := objects(t, v.export("conversation", day("2026-11-17")+"&conversationReportType=CREATED"+more))[0]
		return row["CREATED_DATE"].(string), row["TIME_ZONE"].(string)
	}
	utc, zone := first("")
	at, err := time.Parse(time.DateTime, utc)
	if err != nil || zone != "UTC" {
		t.Fatal(err, zone)
	}
	if got, zone := first("&timezone=America%2FChicago"); got != at.Add(-6*time.Hour).Format(time.DateTime) || zone != "America/Chicago" {
		t.Errorf("in Chicago %s %s, in UTC %s", got, zone, utc)
	}
	if got, zone := first("&timezoneOffset=3600000"); got != at.Add(time.Hour).Format(time.DateTime) || zone != "UTC+01:00" {
		t.Errorf("an hour ahead %s %s, in UTC %s", got, zone, utc)
	}
}
