package skillmetrics

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Names of the parameters of a subscription to this source. A list is written with commas.
const (
	// ParamSkillIDs lists the skills: amzn1.ask.skill.{id}. Required.
	ParamSkillIDs = "skill_ids"
	// ParamSkillType is custom (the default), smartHome, flashBriefing, or a word that the vendor may have added.
	ParamSkillType = "skill_type"
	// ParamMetrics lists the metrics; none means all that the document lists for the skill type.
	ParamMetrics = "metrics"
	// ParamStage is live (the default) or development.
	ParamStage = "stage"
	// ParamPeriod is P1D (the default), PT1H, PT15M, or SINGLE, which is asked for day by day.
	ParamPeriod = "period"
	// ParamLocales lists the locales, each of which is asked for apart; none means all together.
	ParamLocales = "locales"
	// ParamIntents lists the intents, each of which is asked for apart; none means all together. Of v1 only.
	ParamIntents = "intents"
	// ParamAPI is v1 (the default) or v2.
	ParamAPI = "api"
	// ParamNamespace, ParamStat and ParamGroupBy are the vendor's of v2: the namespace of the metrics (that of the skill type
	// by default), the statistic (count by default) and the field that values are broken down by (none by default).
	ParamNamespace = "namespace"
	ParamStat      = "stat"
	ParamGroupBy   = "group_by"
	// ParamHorizonDays is how far back the vendor answers, which it does not document; 90 by default.
	ParamHorizonDays = "horizon_days"
)

var allParams = []string{
	ParamSkillIDs, ParamSkillType, ParamMetrics, ParamStage, ParamPeriod, ParamLocales, ParamIntents,
	ParamAPI, ParamNamespace, ParamStat, ParamGroupBy, ParamHorizonDays,
}

// Values of parameters.
const (
	stageLive, stageDevelopment = "live", "development"
	apiV1, apiV2                = "v1", "v2"
	statCount                   = "count"
	periodSingle                = "SINGLE"
	periodDay                   = "P1D"
	maxID                       = 255 // of a skill, from the vendor's definition of the operation
)

// periods are the vendor's words for the aggregation: those of v1, and for each that of v2.
var periods = map[string]string{periodSingle: "SINGLE", "PT15M": "BY_15", "PT1H": "BY_HOUR", periodDay: "BY_DAY"}

var (
	skillID = regexp.MustCompile(`^amzn1\.ask\.skill\.[A-Za-z0-9._-]+$`)
	word    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*$`)
)

const maxWord = 128

// wanted is what a subscription asks for, with every default filled in and every list sorted, each item once.
type wanted struct {
	API, Stage, SkillType, Period     string
	Namespace, Stat, GroupBy          string // of v2
	Skills, Metrics, Locales, Intents []string
	horizon                           int
}

// Validate reports every problem of a subscription's parameters at once.
func (s *Source) Validate(p report.Params) error {
	_, err := parse(p)
	return err
}

// Warnings tells what the source accepts and cannot vouch for. It is only called with valid parameters.
func (s *Source) Warnings(p report.Params) []string {
	w, err := parse(p)
	if err != nil {
		return nil
	}
	var warnings []string
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	if w.API == apiV2 {
		warn("%s=%s: bellhop knows this API from the vendor's public page and from others' clients, and has not met it live",
			ParamAPI, apiV2)
		return warnings
	}
	for _, name := range w.Metrics {
		if !known(name) {
			warn("%s has %s, which the vendor does not document: its values are not summed", ParamMetrics, name)
		}
	}
	switch w.SkillType {
	case custom, smartHome, flashBriefing:
	default:
		warn("%s is %s, which the vendor does not document: it may refuse it", ParamSkillType, w.SkillType)
	}
	return warnings
}

// reading is the reader of this source, which knows the forms of its values.
type reading struct{ report.ParamReader }

// list returns the items of a list, sorted, each once, and complains of those that are not valid.
func (r *reading) list(name string, valid func(string) bool, form string) []string {
	items := r.List(name)
	slices.Sort(items)
	items = slices.Compact(items)
	for _, item := range items {
		if !valid(item) {
			r.Bad("%s has %q: it must be %s", name, item, form)
		}
	}
	return items
}

func (r *reading) word(name, missing string) string {
	v := cmp.Or(r.Params[name], missing)
	if v != "" && !validWord(v) {
		r.Bad("%s is %q: it must be a word of letters, digits, dots and underscores", name, v)
	}
	return v
}

func validWord(text string) bool { return word.MatchString(text) && len(text) <= maxWord }

// parse reads parameters and reports every problem at once.
func parse(p report.Params) (wanted, error) {
	r := &reading{report.ParamReader{Params: p}}
	r.Only(report.SourceSkillMetrics, allParams...)
	w := wanted{
		API:       r.OneOf(ParamAPI, apiV1, apiV1, apiV2),
		Stage:     r.OneOf(ParamStage, stageLive, stageLive, stageDevelopment),
		SkillType: r.word(ParamSkillType, custom),
		Period:    r.OneOf(ParamPeriod, periodDay, periodDay, "PT1H", "PT15M", periodSingle),
		Skills: r.list(ParamSkillIDs, func(id string) bool { return skillID.MatchString(id) && len(id) <= maxID },
			"of the form amzn1.ask.skill.{id}"),
		Metrics: r.list(ParamMetrics, validWord, "a metric's name"),
		Locales: r.list(ParamLocales, alexa.KnownLocale, "a locale such as en-US"),
		Intents: r.list(ParamIntents, validWord, "an intent's name"),
		horizon: r.Horizon(ParamHorizonDays),
	}
	if len(w.Skills) == 0 {
		r.Bad("%s is missing: the skills whose metrics are wanted, of the form amzn1.ask.skill.{id}", ParamSkillIDs)
	}
	if w.API == apiV2 {
		r.v2(&w)
	} else {
		r.v1(&w)
	}
	if files := w.files(report.Window{From: 0, To: maxWindowDays - 1}); r.Err() == nil && len(files) > maxFiles {
		r.Bad("a week of it takes %d files of %d requests, and a job has at most %d: split the subscription",
			len(files), callsPerFile, maxFiles)
	}
	return w, r.Err()
}

func (r *reading) v1(w *wanted) {
	for _, name := range []string{ParamNamespace, ParamStat, ParamGroupBy} {
		if r.Params[name] != "" {
			r.Bad("%s is a parameter of %s=%s only", name, ParamAPI, apiV2)
		}
	}
	for _, name := range w.Metrics {
		if !fits(name, w.SkillType) {
			r.Bad("%s has %s, which is no metric of a %s skill: use %s", ParamMetrics, name, w.SkillType,
				strings.Join(metricsOf(w.SkillType), ", "))
		}
	}
	if len(w.Metrics) == 0 {
		if w.Metrics = metricsOf(w.SkillType); w.Metrics == nil {
			r.Bad("%s is missing: the vendor lists none for %s %s", ParamMetrics, ParamSkillType, w.SkillType)
		}
		slices.Sort(w.Metrics)
	}
}

func (r *reading) v2(w *wanted) {
	if len(w.Metrics) == 0 {
		r.Bad("%s is missing: %s=%s has no default", ParamMetrics, ParamAPI, apiV2)
	}
	if len(w.Intents) > 0 {
		r.Bad("%s is a parameter of %s=%s only: use %s=intent", ParamIntents, ParamAPI, apiV1, ParamGroupBy)
	}
	if w.Namespace = r.word(ParamNamespace, namespaces[w.SkillType]); w.Namespace == "" {
		r.Bad("%s is missing: none is known for %s %s", ParamNamespace, ParamSkillType, w.SkillType)
	}
	w.Stat, w.GroupBy = r.word(ParamStat, statCount), r.word(ParamGroupBy, "")
}

// maxWindowDays is the vendor's for v1: "The maximum duration is one week." The page of v2 has an example of thirty days;
// the week holds for both here, so that a change of API changes no window.
const maxWindowDays = 7

// Limits of the vendor. It documents no horizon, so that the subscription says how far back it answers. The answer is there
// at once; the delivery window is for the way from the delivery to the dataset.
func (s *Source) Limits(p report.Params) report.Limits {
	l := report.Limits{
		Tables: []string{Table}, MaxWindowDays: maxWindowDays, Repeatable: true, DeliveryWindow: 6 * time.Hour,
	}
	w, _ := parse(p) // the horizon is 90 days where the parameters do not say it well
	return l.Reaching(w.horizon)
}
