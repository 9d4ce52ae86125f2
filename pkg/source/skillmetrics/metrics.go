package skillmetrics

import "slices"

// metric is one that the vendor documents.
type metric struct {
	name string
	// additive metrics count events, so that the values of several periods add up to that of all of them. Customers come
	// back, enablements are a stock, and rates, averages and lengths have a denominator.
	additive bool
	types    []string
}

// The skill types of the vendor's lists. The document gives a list for "music, radio, and podcast skills" and no skillType
// for them.
const (
	custom, smartHome, flashBriefing = "custom", "smartHome", "flashBriefing"
	music, radio, podcast            = "music", "radio", "podcast"
)

// metrics are those of v1, in the document's order.
var metrics = []metric{
	{"uniqueCustomers", false, []string{custom, smartHome, flashBriefing, music, radio, podcast}},
	{"totalEnablements", false, []string{custom, smartHome, flashBriefing}},
	{"totalUtterances", true, []string{custom, smartHome}},
	{"successfulUtterances", true, []string{custom}},
	{"failedUtterances", true, []string{custom}},
	{"totalSessions", true, []string{custom, flashBriefing}},
	{"successfulSessions", true, []string{custom}},
	{"incompleteSessions", true, []string{custom}},
	{"userEndedSessions", true, []string{custom}},
	{"skillEndedSessions", true, []string{custom}},
	{"totalPlayQueuesDuration", true, []string{music, radio, podcast}},
	{"playQueuesCount", true, []string{music, radio, podcast}},
	{"successfulPlayQueueRate", false, []string{music, radio, podcast}},
	{"averagePlayQueueLength", false, []string{music, radio, podcast}},
}

// countsV2 are the metrics of v2 that count the same events as those of v1 do. The vendor's page of v2 does not say which
// metrics add up, so that every other one is a reading.
var countsV2 = []string{
	"UTTERANCES", "SUCCESSFUL_UTTERANCES", "FAILED_UTTERANCES",
	"ENDED_SESSIONS", "SUCCESSFUL_SESSIONS", "USER_ENDED_SESSIONS", "SKILL_ENDED_SESSIONS",
}

// Additive reports whether the values of a metric may be summed over periods. With a statistic the metric is one of v2. One
// that nobody knows may not.
func Additive(name, statistic string) bool {
	if statistic != "" {
		return statistic == statCount && slices.Contains(countsV2, name)
	}
	i := slices.IndexFunc(metrics, func(m metric) bool { return m.name == name })
	return i >= 0 && metrics[i].additive
}

func known(name string) bool {
	return slices.ContainsFunc(metrics, func(m metric) bool { return m.name == name })
}

// metricsOf returns what the document lists for a skill type, nil for a type that it does not know.
func metricsOf(skillType string) []string {
	var names []string
	for _, m := range metrics {
		if slices.Contains(m.types, skillType) {
			names = append(names, m.name)
		}
	}
	return names
}

// fits reports whether a metric can be one of a skill type: nothing is held against what the document does not know.
func fits(name, skillType string) bool {
	listed := metricsOf(skillType)
	return !known(name) || listed == nil || slices.Contains(listed, name)
}

// namespaces of v2 by skill type.
var namespaces = map[string]string{custom: "Alexa.Custom", smartHome: "Alexa.SmartHome", music: "Alexa.Music"}
