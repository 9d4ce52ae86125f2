package khoros

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// request returns how the export of a day is ordered: the method, the query, and a form, where the vendor's examples have one.
func (w wanted) request(companyKey string, day report.Date, now time.Time) (method string, query, form url.Values) {
	method, query = http.MethodPost, w.query(day, now)
	switch {
	case slices.Contains(byGet, w.kind()):
		method = http.MethodGet
	case slices.Contains(ofHistory, w.kind()):
		// The definition of the API says JSON, its example sends a form.
		form, query = query, url.Values{}
		query.Set("raiselimit", strconv.FormatBool(w.raiseLimit))
	}
	query.Set("companyKey", companyKey)
	return method, query, form
}

// query has every filter that is set. The others are left to the vendor's defaults.
func (w wanted) query(day report.Date, now time.Time) url.Values {
	from, to := w.day(day)
	if now.Before(to) {
		to = now
	}
	q := url.Values{
		"startTime": {millis(from)}, "endTime": {millis(to)}, "reportFormat": {w.format}, "locale": {w.locale},
	}
	if len(w.columns) > 0 {
		q["reportMetrics"] = w.columns
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("timezone", w.timezone)
	set("businessHourType", w.businessHoursType)
	set("priorities", strings.Join(w.priorities, ","))
	set("smartViewId", w.smartView)
	set("workqueueIds", strings.Join(w.workQueues, ","))
	set("conversationReportType", w.conversations)
	set("campaignId", w.campaign)
	if w.businessHours {
		set("enableBusinessHour", "true")
	}
	if w.disabledAgents {
		set("includeDisabled", "true")
	}
	if w.interval > 0 {
		set("timeInterval", strconv.FormatInt(w.interval.Milliseconds(), 10))
	}
	if slices.Contains(ofUser, w.kind()) {
		q["teamId"], q["agentId"] = w.teams, w.agents
	} else {
		set("teamIds", strings.Join(w.teams, ","))
	}
	return q
}

// day returns the first and the last millisecond of a civil date in the subscription's zone. The vendor does not say whether its
// ranges include their ends. Were the end the next midnight, what happened then could come twice.
func (w wanted) day(d report.Date) (from, to time.Time) {
	return midnight(d, w.zone), midnight(d+1, w.zone).Add(-time.Millisecond)
}

// midnight returns when a date begins in a zone: at its first midnight, as [time.Date] has it, or, where clocks go from before midnight
// to behind it, then.
func midnight(d report.Date, zone *time.Location) time.Time {
	y, m, day := d.Time().Date()
	at := time.Date(y, m, day, 0, 0, 0, 0, zone)
	if changed, _ := time.Date(y, m, day, 12, 0, 0, 0, zone).ZoneBounds(); at.Hour() != 0 && changed.Day() == day {
		return changed
	}
	return at
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
