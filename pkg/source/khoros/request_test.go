package khoros

import (
	"maps"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

var aDay = report.NewDate(2026, 11, 14)

func orderOf(t *testing.T, params report.Params) wanted {
	t.Helper()
	all := report.Params{"report": "response", "company": "Harbour Hotels", "zone": "America/Los_Angeles"}
	maps.Copy(all, params)
	w, err := parse(all)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The vendor's guide says that 1 AM on 14 August 2019 is 1565769600000, and that 1551441600000 to 1556712000000 are 1 February to 1 May
// 2019. The first is so in California alone; the second is 12:00 of 1 March to 12:00 of 1 May in UTC. A day is that of the zone.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	const california, utc = "America/Los_Angeles", "UTC"
	tests := map[string]struct {
		day      report.Date
		zone     string
		from, to int64
	}{
		"the guide's day in California":      {report.NewDate(2019, 8, 14), california, 1565769600000 - 3_600_000, 1565769600000 + 23*3_600_000 - 1},
		"the guide's day in UTC":             {report.NewDate(2019, 8, 14), utc, 1565769600000 - 8*3_600_000, 1565769600000 + 16*3_600_000 - 1},
		"the guide's range begins in March":  {report.NewDate(2019, 3, 1), utc, 1551441600000 - 12*3_600_000, 1551441600000 + 12*3_600_000 - 1},
		"and ends at noon of this day":       {report.NewDate(2019, 5, 1), utc, 1556712000000 - 12*3_600_000, 1556712000000 + 12*3_600_000 - 1},
		"a day of 23 hours":                  {report.NewDate(2026, 3, 8), california, 1772956800000, 1772956800000 + 23*3_600_000 - 1},
		"a day of 25 hours":                  {report.NewDate(2026, 11, 1), california, 1793516400000, 1793516400000 + 25*3_600_000 - 1},
		"a day that begins at one o'clock":   {report.NewDate(2026, 4, 24), "Africa/Cairo", 1776981600000, 1776981600000 + 23*3_600_000 - 1},
		"a day whose midnight comes twice":   {report.NewDate(2026, 11, 1), "America/Havana", 1793505600000, 1793505600000 + 25*3_600_000 - 1},
		"the day before it":                  {report.NewDate(2026, 10, 31), "America/Havana", 1793419200000, 1793505600000 - 1},
		"half an hour off":                   {report.NewDate(2026, 11, 14), "Asia/Kolkata", 1794594600000, 1794594600000 + 24*3_600_000 - 1},
		"the day before one o'clock's begin": {report.NewDate(2026, 4, 23), "Africa/Cairo", 1776895200000, 1776981600000 - 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			from, to := orderOf(t, report.Params{"zone": tt.zone}).day(tt.day)
			if from.UnixMilli() != tt.from || to.UnixMilli() != tt.to {
				t.Errorf("got %s (%d) to %s (%d), want %d to %d", from, from.UnixMilli(), to, to.UnixMilli(), tt.from, tt.to)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	always := func(more ...string) url.Values {
		v := url.Values{"startTime": {"1794643200000"}, "endTime": {"1794729599999"}, "reportFormat": {"json"}, "locale": {"en"}}
		for i := 0; i < len(more); i += 2 {
			v.Add(more[i], more[i+1])
		}
		return v
	}
	const key, company = "companyKey", "key"
	tests := map[string]struct {
		params      report.Params
		method      string
		query, form url.Values
	}{
		"the least": {nil, "POST", always(key, company), nil},
		"a subset of columns": {
			report.Params{"report": "conversation", "conversation_report_type": "CLOSED", "columns": "CONVERSATION_ID,STATUS,ASSIGNED_AGENT_DISPLAY_ID"},
			"POST", always(key, company, "conversationReportType", "CLOSED", "reportMetrics", "CONVERSATION_ID", "reportMetrics", "STATUS",
				"reportMetrics", "ASSIGNED_AGENT_DISPLAY_ID"), nil,
		},
		"filters": {
			report.Params{"business_hours": "true", "business_hours_type": "true", "priorities": "0,1", "smart_view": "9", "work_queues": "3,4", "timezone": "US/Pacific"},
			"POST", always(key, company, "enableBusinessHour", "true", "businessHourType", "true", "priorities", "0,1", "smartViewId", "9",
				"workqueueIds", "3,4", "timezone", "US/Pacific"), nil,
		},
		"teams": {
			report.Params{"report": "team_performance_interval", "teams": "1,2", "disabled_agents": "true", "time_interval": "5m"},
			"POST", always(key, company, "teamIds", "1,2", "includeDisabled", "true", "timeInterval", "300000"), nil,
		},
		"users are asked for by GET": {
			report.Params{"report": "user", "teams": "1,2", "agents": "7,8"},
			"GET", always(key, company, "teamId", "1", "teamId", "2", "agentId", "7", "agentId", "8"), nil,
		},
		"actions too":    {report.Params{"report": "conversation_actions"}, "GET", always(key, company), nil},
		"a history":      {report.Params{"report": "conversation_history_action"}, "POST", url.Values{key: {company}, "raiselimit": {"true"}}, always()},
		"a short one":    {report.Params{"report": "conversation_history_action", "raise_limit": "false"}, "POST", url.Values{key: {company}, "raiselimit": {"false"}}, always()},
		"a brand's post": {report.Params{"report": "marketing/raw_brand_posts", "campaign": "5"}, "POST", always(key, company, "campaignId", "5"), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			method, query, form := orderOf(t, tt.params).request(company, aDay, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
			if method != tt.method {
				t.Errorf("method %s", method)
			}
			for _, v := range []url.Values{query, form} {
				for name, values := range v {
					if len(values) == 0 {
						delete(v, name)
					}
				}
			}
			if diff := cmp.Diff([]url.Values{tt.query, tt.form}, []url.Values{query, form}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A day that is not over yet is asked for up to now.
func TestADayEndsNow(t *testing.T) {
	_, query, _ := orderOf(t, nil).request("key", aDay, time.UnixMilli(1794650000000))
	if got := query.Get("endTime"); got != "1794650000000" {
		t.Errorf("until %s", got)
	}
}

func TestDelays(t *testing.T) {
	for polls, want := range map[int]time.Duration{0: 15 * time.Second, 1: 18 * time.Second, 2: 21600 * time.Millisecond, 11: 111451256250, 12: 2 * time.Minute, 1000: 2 * time.Minute} {
		if got := delay(polls); got.Round(time.Millisecond) != want.Round(time.Millisecond) {
			t.Errorf("after %d polls %s, want %s", polls, got, want)
		}
	}
}
