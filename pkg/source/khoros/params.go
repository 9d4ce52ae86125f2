package khoros

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a function's machine need not have the zones

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Names of the parameters of a subscription to this source. A list is written with commas.
const (
	// ParamReport is the report type, with marketing/ before it for the vendor's older way. Required.
	ParamReport = "report"
	// ParamCompany is what people call the company whose key the secret has. Required.
	ParamCompany = "company"
	// ParamZone is the IANA zone whose days are asked for. Required: the vendor takes instants, and knows no day.
	ParamZone = "zone"
	// ParamHost is us (the default), emea, or the host that the vendor's administration page names.
	ParamHost = "host"
	// ParamHosts lists more hosts from which an export may be read, without the credential.
	ParamHosts = "hosts"
	// ParamFormat is json (the default) or csv: how the vendor writes the export.
	ParamFormat = "format"
	// ParamLocale is the language of its texts, en by default.
	ParamLocale = "locale"
	// ParamTimezone is the vendor's id of the zone in which it writes times; without it, UTC.
	ParamTimezone = "timezone"
	// ParamColumns lists the columns that are wanted, in the vendor's words; without it, all.
	ParamColumns = "columns"
	// ParamBusinessHours keeps to business hours, ParamBusinessHoursType is the vendor's businessHourType.
	ParamBusinessHours     = "business_hours"
	ParamBusinessHoursType = "business_hours_type"
	ParamPriorities        = "priorities"
	ParamSmartView         = "smart_view"
	ParamWorkQueues        = "work_queues"
	ParamTeams             = "teams"
	ParamAgents            = "agents"
	ParamDisabledAgents    = "disabled_agents"
	ParamCampaign          = "campaign"
	// ParamConversations says which conversations the type conversation is about: the vendor's default leaves the closed ones out.
	ParamConversations = "conversation_report_type"
	// ParamInterval is the interval of team_performance_interval, such as 1h.
	ParamInterval = "time_interval"
	// ParamRaiseLimit is true by default: conversation_history_action has 2,000 actions of a conversation then, and 500 otherwise.
	ParamRaiseLimit = "raise_limit"
	// ParamKeep, ParamDrop and ParamHash list columns, in snake case, that are kept although they are personal, dropped, or hashed.
	ParamKeep = "keep"
	ParamDrop = "drop"
	ParamHash = "hash"
	// ParamHorizonDays is how far back the vendor answers, which it does not document; 90 by default.
	ParamHorizonDays = "horizon_days"
)

var allParams = []string{
	ParamReport, ParamCompany, ParamZone, ParamHost, ParamHosts, ParamFormat, ParamLocale, ParamTimezone, ParamColumns, ParamBusinessHours,
	ParamBusinessHoursType, ParamPriorities, ParamSmartView, ParamWorkQueues, ParamTeams, ParamAgents, ParamDisabledAgents, ParamCampaign,
	ParamConversations, ParamInterval, ParamRaiseLimit, ParamKeep, ParamDrop, ParamHash, ParamHorizonDays,
}

const (
	formatJSON, formatCSV = "json", "csv"
	marketing             = "marketing/"
)

// hosts are the vendor's, by what its guide calls them.
var hosts = map[string]string{"us": "analytics-api.app.lithium.com", "emea": "analytics-api-emea.app.lithium.com"}

// Report types that take a parameter, or are asked for in another way.
var (
	byGet      = []string{"conversation_actions", "user"}
	withTeams  = []string{"raw_agent_states", "response_approval", "team_performance", "team_performance_interval", "user"}
	withLeft   = []string{"response_approval", "team_performance", "team_performance_interval", "user"}
	ofConverse = []string{"conversation"}
	ofInterval = []string{"team_performance_interval"}
	ofHistory  = []string{"conversation_history_action"}
	ofUser     = []string{"user"}
	ofPosts    = []string{"raw_brand_posts"}
)

// intervals are those of the vendor's list that fit into a day. It refuses what makes too many buckets.
var intervals = []time.Duration{
	5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// sureBuckets is how many buckets the vendor's rule surely allows: days in a month.
const sureBuckets = 31

var (
	ident    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]*$`)
	metric   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	locale   = regexp.MustCompile(`^[a-z]{2}([_-][A-Z]{2})?$`)
	zoneID   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+/-]*$`)
	snakeID  = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_]+$`)
	hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?$`)
)

const maxWord = 128

// wanted is what a subscription asks for, with every default filled in.
type wanted struct {
	report, company          string
	zone                     *time.Location
	endpoint                 string // scheme and host
	hosts                    []string
	format, locale, timezone string
	columns                  []string
	businessHours            bool
	businessHoursType        string
	priorities, workQueues   []string
	teams, agents            []string
	smartView, campaign      string
	disabledAgents           bool
	conversations            string
	interval                 time.Duration
	raiseLimit               bool
	keep, drop, hash         []string
	horizon                  int
}

func (w wanted) kind() string  { return strings.TrimPrefix(w.report, marketing) }
func (w wanted) table() string { return dataset.KhorosTable(w.report) }

// Validate reports every problem of a subscription's parameters at once.
func (s *Source) Validate(p report.Params) error {
	_, err := parse(p)
	return err
}

// pace is that of the vendor's 20 requests a minute, and a fifteenth more: any 21 begin in 64 seconds, so that no minute sees them
// all although one is some seconds longer on its way than another.
const pace = 3200 * time.Millisecond

// Limits returns those of a subscription.
func (s *Source) Limits(p report.Params) report.Limits {
	l := report.Limits{
		MaxWindowDays: 1, Repeatable: true, DeliveryWindow: 6 * time.Hour, Pace: pace, Patience: time.Hour,
	}
	w, err := parse(p)
	if err == nil {
		l.Tables = []string{w.table()}
	}
	return l.Reaching(w.horizon)
}

// Warnings tells what the source accepts and cannot vouch for. It is only called with valid parameters.
func (s *Source) Warnings(p report.Params) []string {
	w, err := parse(p)
	if err != nil {
		return nil
	}
	var warnings []string
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	if strings.HasPrefix(w.report, marketing) {
		warn("%s is %s: the vendor's newer documents have no %s any more", ParamReport, w.report, marketing)
	}
	if w.campaign != "" {
		warn("%s: the vendor's newer documents have no filter by campaign any more, and none says what its parameter is called", ParamCampaign)
	}
	if w.interval > 0 && 24*time.Hour/w.interval > sureBuckets {
		warn("%s=%s makes %d buckets a day: the vendor refuses too many, and does not say how many those are", ParamInterval, w.interval, 24*time.Hour/w.interval)
	}
	if w.kind() == "conversation_history_action" && !w.raiseLimit {
		warn("%s=false: the vendor leaves out what is beyond 500 actions of a conversation, and does not say so", ParamRaiseLimit)
	}
	for _, name := range w.keep {
		if personal(name) {
			warn("%s has %s, whose values are of persons: they are stored as they are", ParamKeep, name)
		}
	}
	return warnings
}

// reading is the reader of this source, which knows the forms of its values.
type reading struct{ report.ParamReader }

// list returns the items of a list, each once, and complains of those that are not valid.
func (r *reading) list(name string, form *regexp.Regexp, says string) []string {
	var items []string
	for _, item := range r.List(name) {
		switch {
		case !form.MatchString(item) || len(item) > maxWord:
			r.Bad("%s has %q: it must be %s", name, item, says)
		case !slices.Contains(items, item):
			items = append(items, item)
		}
	}
	return items
}

// one returns the only value of a parameter, and complains of one that is not valid.
func (r *reading) one(name string, form *regexp.Regexp, says, missing string) string {
	v := r.Params[name]
	if v == "" {
		return missing
	}
	if !form.MatchString(v) || len(v) > maxWord {
		r.Bad("%s is %q: it must be %s", name, v, says)
	}
	return v
}

func (r *reading) yes(name string, missing bool) bool {
	return r.OneOf(name, strconv.FormatBool(missing), "true", "false") == "true"
}

// parse reads parameters and reports every problem at once.
func parse(p report.Params) (wanted, error) {
	r := &reading{report.ParamReader{Params: p}}
	r.Only(report.SourceKhorosCare, allParams...)
	w := wanted{
		report: p[ParamReport], company: strings.TrimSpace(p[ParamCompany]), zone: r.zone(), endpoint: r.endpoint(),
		hosts:  r.list(ParamHosts, hostName, "a host's name, with its port where that is not the usual one"),
		format: r.OneOf(ParamFormat, formatJSON, formatJSON, formatCSV),
		locale: r.one(ParamLocale, locale, "a language such as en or en_US", "en"), timezone: r.one(ParamTimezone, zoneID, "the vendor's id of a zone", ""),
		columns:       r.list(ParamColumns, metric, "the vendor's name of a column"),
		businessHours: r.yes(ParamBusinessHours, false), businessHoursType: r.OneOf(ParamBusinessHoursType, "", "true", "false"),
		priorities: r.list(ParamPriorities, regexp.MustCompile(`^[0-5]$`), "a priority from 0 to 5"),
		workQueues: r.list(ParamWorkQueues, ident, "an id"), teams: r.list(ParamTeams, ident, "an id"), agents: r.list(ParamAgents, ident, "an id"),
		smartView: r.one(ParamSmartView, ident, "one id", ""), campaign: r.one(ParamCampaign, ident, "one id", ""),
		disabledAgents: r.yes(ParamDisabledAgents, false), raiseLimit: r.yes(ParamRaiseLimit, true),
		conversations: r.OneOf(ParamConversations, "", "OPEN_AT_END", "CLOSED", "CREATED"), interval: r.interval(),
		keep: r.snakes(ParamKeep), drop: r.snakes(ParamDrop), hash: r.snakes(ParamHash), horizon: r.Horizon(ParamHorizonDays),
	}
	r.subject(w)
	r.fitting(w)
	return w, r.Err()
}

// subject checks what is asked for, and for whom.
func (r *reading) subject(w wanted) {
	if !slices.Contains(dataset.KhorosReportTypes(), w.kind()) {
		r.Bad("%s is %q: it must be %s, or one of them behind %s", ParamReport, w.report, strings.Join(dataset.KhorosReportTypes(), ", "), marketing)
	}
	if w.company == "" || len(w.company) > maxWord || strings.ContainsFunc(w.company, func(c rune) bool { return c < ' ' }) {
		r.Bad("%s is missing, or no name: what people call the company, not its key", ParamCompany)
	}
	for i, name := range slices.Concat(w.keep, w.drop, w.hash) {
		if slices.Contains(slices.Concat(w.keep, w.drop, w.hash)[:i], name) {
			r.Bad("%s is in two of %s, %s and %s", name, ParamKeep, ParamDrop, ParamHash)
		}
	}
}

// fitting checks that parameters belong to the report type, and to each other.
func (r *reading) fitting(w wanted) {
	for name, types := range map[string][]string{
		ParamTeams: withTeams, ParamDisabledAgents: withLeft, ParamAgents: ofUser, ParamCampaign: ofPosts, ParamConversations: ofConverse,
		ParamInterval: ofInterval, ParamRaiseLimit: ofHistory,
	} {
		if r.Params[name] != "" && !slices.Contains(types, w.kind()) {
			r.Bad("%s is only for %s %s", name, ParamReport, strings.Join(types, ", "))
		}
	}
	if slices.Contains(ofConverse, w.kind()) && w.conversations == "" {
		r.Bad("%s is missing: CLOSED, CREATED or OPEN_AT_END, which is the vendor's default and hides the closed ones", ParamConversations)
	}
	if slices.Contains(ofInterval, w.kind()) && r.Params[ParamInterval] == "" {
		r.Bad("%s is missing: how long the intervals are, such as 1h", ParamInterval)
	}
	if w.businessHoursType != "" && !w.businessHours {
		r.Bad("%s means nothing without %s=true", ParamBusinessHoursType, ParamBusinessHours)
	}
}

func (r *reading) zone() *time.Location {
	name := r.Params[ParamZone]
	if name == "" || name == "Local" {
		r.Bad("%s is missing: the IANA name of the zone whose days are wanted, such as Europe/Berlin", ParamZone)
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		r.Bad("%s is %q: it must be the IANA name of a zone, such as Europe/Berlin", ParamZone, name)
		return time.UTC
	}
	return zone
}

// endpoint returns scheme and host. Plain http is taken for this machine alone, where a simulator may stand in.
func (r *reading) endpoint() string {
	v := cmp.Or(r.Params[ParamHost], "us")
	if host, known := hosts[v]; known {
		v = host
	}
	if !strings.Contains(v, "://") {
		v = "https://" + v
	}
	u, err := url.Parse(v)
	if err != nil || !hostName.MatchString(u.Host) || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !net.ParseIP(u.Hostname()).IsLoopback()) {
		r.Bad("%s is no host: it must be us, emea or the host that the vendor's administration page names", ParamHost)
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (r *reading) interval() time.Duration {
	text := r.Params[ParamInterval]
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || !slices.Contains(intervals, d) {
		r.Bad("%s is %q: it must be 5m, 10m, 15m, 30m, 1h, 2h, 4h, 8h, 12h or 24h, as an export is of one day", ParamInterval, text)
		return 0
	}
	return d
}

func (r *reading) snakes(name string) []string {
	return r.list(name, snakeID, "a column's name in snake case, such as response_content")
}
