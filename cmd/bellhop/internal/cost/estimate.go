package cost

import (
	_ "embed" // for the reference
	"encoding/json"
	"time"
)

// Usage is the counted work of one run on one machine, with the simulated vendor and all that goes wrong on purpose.
type Usage struct {
	At time.Time `json:"at"`
	// Reports were loaded; Delivered are all files that came, strays and repeats included, with DeliveredBytes together.
	Reports        int64 `json:"reports"`
	Delivered      int64 `json:"delivered"`
	DeliveredBytes int64 `json:"delivered_bytes"`
	// Duplicates are loads that found the file loaded or under way. Requests were sent to the vendor.
	Duplicates int64 `json:"duplicates"`
	Requests   int64 `json:"requests"`
	// The work by who did it. Outside is what no function does: the vendor's PUTs, and the queue's messages as S3 sends
	// them and Lambda takes them.
	Requester Work `json:"requester"`
	Ingester  Work `json:"ingester"`
	Janitor   Work `json:"janitor"`
	Outside   Work `json:"outside"`
	// RequesterRuns and Sweeps are how many of the invocations a schedule made. IdleRequester and IdleSweep are one such
	// invocation each, counted when there was nothing to do.
	RequesterRuns int64 `json:"requester_runs"`
	Sweeps        int64 `json:"sweeps"`
	IdleRequester Work  `json:"idle_requester"`
	IdleSweep     Work  `json:"idle_sweep"`
}

// ReportBytes returns the mean size of a delivered file.
func (u Usage) ReportBytes() int64 {
	if u.Delivered == 0 {
		return 0
	}
	return u.DeliveredBytes / u.Delivered
}

// Wish says what an estimate is for.
type Wish struct {
	// ReportsPerDay are how many reports are loaded.
	ReportsPerDay float64 `json:"reports_per_day"`
	// ReportBytes is the mean size of a file; 0 for that of the run.
	ReportBytes int64 `json:"report_bytes"`
	// FreeTier takes the monthly free tier off the month.
	FreeTier bool    `json:"free_tier"`
	Assumed  Assumed `json:"assumed"`
}

// Assumed is what cannot be counted on one machine, in seconds and bytes as on Lambda.
type Assumed struct {
	// RequesterSeconds are for a run that has nothing to ask, RequestSeconds come on top for each request to the vendor: an
	// answer, and the pause of a second before the next.
	RequesterSeconds float64 `json:"requester_seconds"`
	RequestSeconds   float64 `json:"request_seconds"`
	// IngesterSeconds are for each file, MegabyteSeconds on top for each megabyte of it.
	IngesterSeconds float64 `json:"ingester_seconds"`
	MegabyteSeconds float64 `json:"megabyte_seconds"`
	// JanitorSeconds are for each invocation, a sweep that finds nothing included.
	JanitorSeconds float64 `json:"janitor_seconds"`
	// PlatformLogBytes are Lambda's own lines of each invocation.
	PlatformLogBytes float64 `json:"platform_log_bytes"`
}

// UsualWish is a report of each category a day.
var UsualWish = Wish{ReportsPerDay: 5, Assumed: Usual}

// Usual are the assumptions unless a person knows better: 1.5 seconds for a file of 200 KB and 0.3 seconds for the janitor,
// a cold start in the mean included, which Lambda bills.
var Usual = Assumed{
	RequesterSeconds: 0.5, RequestSeconds: 1.5, IngesterSeconds: 1.3, MegabyteSeconds: 1, JanitorSeconds: 0.3, PlatformLogBytes: 1000,
}

func gigabyteSeconds(megabytes int, seconds float64) float64 {
	return float64(megabytes) / 1024 * seconds
}

// daysOfMonth is the length of a month.
const daysOfMonth = 30

// perReport returns what one report uses. What a schedule's invocation uses when there is nothing to do is not in it: that
// belongs to the month, whether or not a report comes.
func (u Usage) perReport(s Stack, w Wish) Quantities {
	requester, janitor := u.Requester.without(u.IdleRequester, u.RequesterRuns), u.Janitor.without(u.IdleSweep, u.Sweeps)
	q := Quantities{}
	for _, part := range []Work{requester, u.Ingester, janitor, u.Outside} {
		q.Add(part.quantities(), 1)
	}
	a := w.Assumed
	loading := a.IngesterSeconds + a.MegabyteSeconds*float64(w.ReportBytes)/1e6
	q[LambdaCompute] = gigabyteSeconds(s.RequesterMB, a.RequestSeconds*float64(u.Requests)) +
		gigabyteSeconds(s.IngesterMB, loading*float64(u.Ingester.Invocations)) +
		gigabyteSeconds(s.JanitorMB, a.JanitorSeconds*float64(janitor.Invocations))
	s.overhead(q, a, float64(requester.Invocations+u.Ingester.Invocations+janitor.Invocations))
	return s.credential(Quantities{}.Add(q, 1/float64(u.Reports)))
}

// overhead adds what Lambda and X-Ray do on their own for each invocation.
func (s Stack) overhead(q Quantities, a Assumed, invocations float64) {
	q[LogBytes] += a.PlatformLogBytes * invocations / 1e9
	if s.Traced {
		q[Traces] += invocations
	}
}

// standing returns what a month uses when no report comes.
func (u Usage) standing(s Stack, a Assumed) Quantities {
	runs, sweeps := float64(s.RequesterRuns*daysOfMonth), float64(s.Sweeps*daysOfMonth)
	q := Quantities{
		Metrics: float64(s.MetricsAlways), Alarms: float64(s.Alarms), Dashboards: float64(s.Dashboards), Secrets: float64(s.Secret),
		ScheduleRuns: runs + sweeps,
		// One read of the queue waits for 20 seconds, three in a minute.
		QueueRequests: float64(s.Pollers * 3 * 60 * 24 * daysOfMonth),
		// At worst each run is a cold start, which reads the credential anew.
		SecretCalls: runs,
		LambdaCompute: gigabyteSeconds(s.RequesterMB, a.RequesterSeconds*runs) +
			gigabyteSeconds(s.JanitorMB, a.JanitorSeconds*sweeps),
	}
	q.Add(u.IdleRequester.quantities(), runs).Add(u.IdleSweep.quantities(), sweeps)
	s.overhead(q, a, runs+sweeps)
	return s.credential(q)
}

// credential moves the calls for the credential to the place where the stack keeps it. The run on one machine counts them as
// those of Secrets Manager.
func (s Stack) credential(q Quantities) Quantities {
	if s.Secret == 0 {
		q[ParameterCalls] += q[SecretCalls]
		delete(q, SecretCalls)
	}
	return q
}

// Estimate is what bellhop costs, with all that it was computed from.
type Estimate struct {
	Region string `json:"region"`
	Wish   Wish   `json:"wish"`
	// PerThousand is for 1,000 reports, at list prices: a free tier belongs to a month.
	PerThousand Bill `json:"per_1000_reports"`
	// Standing is a month without any report; Month is one with its reports, storage after a year included. Both are after the
	// free tier where that is wished; MonthListed and MonthFree are the totals of the month without and with it.
	Standing    Bill    `json:"standing_month"`
	Month       Bill    `json:"month"`
	MonthListed float64 `json:"month_at_list_prices"`
	MonthFree   float64 `json:"month_after_free_tier"`
	Usage       Usage   `json:"usage"`
	Stack       Stack   `json:"stack"`
}

// Of computes an estimate from a run that loaded at least one report.
func Of(u Usage, s Stack, w Wish) Estimate {
	measured := u.ReportBytes()
	if w.ReportBytes == 0 {
		w.ReportBytes = measured
	}
	one, standing := u.perReport(s, w), u.standing(s, w.Assumed)
	month := Quantities{}.Add(standing, 1).Add(one, w.ReportsPerDay*daysOfMonth)
	// CloudWatch charges a metric by the hours in which it is sent. Each report is taken to come in an hour of its own, which
	// is the most.
	month[Metrics] += float64(s.MetricsOfReports) * min(24, w.ReportsPerDay) / 24
	// All that a year's reports put into the dataset, as if no day replaced another.
	grown := float64(u.Ingester.SentBytes["S3 PutObject"]) / float64(u.Reports) * w.ReportsPerDay * 365 / 1e9
	if measured > 0 {
		grown *= float64(w.ReportBytes) / float64(measured)
	}
	month[S3Storage] = grown
	return Estimate{
		Region: Region, Wish: w, Usage: u, Stack: s,
		PerThousand: Charge(Quantities{}.Add(one, 1000), false),
		Standing:    Charge(standing, w.FreeTier), Month: Charge(month, w.FreeTier),
		MonthListed: Charge(month, false).Total, MonthFree: Charge(month, true).Total,
	}
}

//go:embed reference.json
var reference []byte

// Reference returns the usage of the run whose bill is in docs/cost.md: `bellhop local run` in a fresh folder.
func Reference() (u Usage, err error) {
	err = json.Unmarshal(reference, &u)
	return u, err
}
