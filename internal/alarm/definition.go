// Package alarm defines what wakes a person: the alarms of the stack, and its dashboard. From it the nested stack
// template/watching.yaml is made, so that an alarm watches a metric that exists, under the name and the dimension that the
// functions give it. Each alarm has a section in docs/operations.md.
package alarm

import (
	"cmp"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// Alarm is one CloudWatch alarm.
type Alarm struct {
	// Name says in words what is wrong.
	Name string
	// Section is the title of the alarm's section in docs/operations.md, if it is not the name.
	Section string
	// Namespace, Metric and Dimensions are what it watches; a dimension's value is YAML of the template.
	Namespace, Metric string
	Dimensions        []Dimension
	// Also are further series of the namespace, which are added to the first. A missing value counts as 0.
	Also []Series
	// Statistic is CloudWatch's Sum or Maximum.
	Statistic string
	// Period is in seconds. Of the last Periods, Enough must be beyond the threshold.
	Period, Periods, Enough int
	// Comparison is > or >= or <.
	Comparison string
	Threshold  float64
	// SilenceRings says that a period without any value counts as beyond the threshold.
	SilenceRings bool
	// Why gives the reason for the threshold, and what else is not plain.
	Why string
	// Essential alarms are in every stack but one with Alarms=none. Each reports that data are being lost, that a raw file stays, or that
	// the pipeline has stopped; the others report some of this earlier, or again.
	Essential bool
}

// essential is the alarm as an essential one.
func (a Alarm) essential() Alarm {
	a.Essential = true
	return a
}

// of is the alarm as one whose section has another title.
func (a Alarm) of(section string) Alarm {
	a.Section = section
	return a
}

// silent is the alarm as one that rings for silence: the functions should have sent something.
func (a Alarm) silent() Alarm {
	a.SilenceRings = true
	return a
}

// Series is one series of values of a metric.
type Series struct {
	Metric     string
	Dimensions []Dimension
}

// Series are all that the alarm adds up.
func (a Alarm) Series() []Series { return append([]Series{{a.Metric, a.Dimensions}}, a.Also...) }

// Dimension is one dimension of what is watched.
type Dimension struct{ Name, Value string }

// ID is the name of the alarm's resource in the template.
func (a Alarm) ID() string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(a.Name, func(r rune) bool { return r == ' ' || r == '-' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String() + "Alarm"
}

// Anchor is the anchor of the alarm's section, as Markdown makes one of a title.
func (a Alarm) Anchor() string {
	return strings.ReplaceAll(strings.ToLower(cmp.Or(a.Section, a.Name)), " ", "-")
}

const (
	minute = 60
	hour   = 60 * minute
)

// All returns every alarm: those on what bellhop is for, then those on what AWS says of its parts.
func All() []Alarm {
	all := append(asked(), delivered()...)
	all = append(all, deleted()...)
	all = append(all, queues()...)
	all = append(all, functions()...)
	return append(all, ledger()...)
}

func own(name string, m metric.Metric, statistic string, period, periods, enough int, comparison string, threshold float64, why string) Alarm {
	return Alarm{
		Name: name, Namespace: metric.Namespace, Metric: m.Name, Dimensions: []Dimension{{metric.Dimension, "!Ref Stack"}},
		Statistic: statistic, Period: period, Periods: periods, Enough: enough, Comparison: comparison, Threshold: threshold, Why: why,
	}
}

// countdown is why a missing day rings again before it is about to be lost.
const countdown = "The days are missing, and no job is under way for them. The alarm for days that stay missing may have rung weeks before; this one says that time is running out."

func asked() []Alarm {
	return []Alarm{
		own("No request was accepted for 26 hours", metric.ReportsRequested, "Sum", hour, 26, 26, "<", 1,
			"Each day has a request. A disabled schedule, or a function that cannot start, sends no metric, so this alarm rings on silence.").silent().essential(),
		own("Requests are refused or in doubt", metric.ReportRequestFailures, "Sum", hour, 1, 1, ">=", 1,
			"A refused job waits for a person.").essential(),
		own("Access tokens cannot be had", metric.TokenRefreshFailures, "Sum", 15*minute, 3, 2, ">=", 1,
			"A single failure is retried; after two failed runs, the credential does not work or the token endpoint is down.").essential(),
		own("Files are overdue", metric.OverdueFiles, "Maximum", 30*minute, 2, 2, ">=", 1,
			"A file is overdue an hour after the request; the alarm rings another hour later. After six hours bellhop requests its days again."),
		own("Days are about to be lost", metric.DaysAboutToBeLost, "Maximum", hour, 3, 3, ">=", 1,
			"A first deployment asks for the oldest days at once and has them within the three hours.").essential(),
		own("Days are lost within a week", metric.DaysLostInWeek, "Maximum", hour, 3, 3, ">=", 1, countdown).of("Days are lost within a month or a week"),
		own("Days are lost within a month", metric.DaysLostInMonth, "Maximum", hour, 3, 3, ">=", 1, countdown).of("Days are lost within a month or a week"),
		own("Days stay missing", metric.DaysMissing, "Maximum", hour, 24, 24, ">=", 1,
			"The next run requests a missing day. A day that stays missing for 24 hours was given up or cannot be requested."),
	}
}

func delivered() []Alarm {
	return []Alarm{
		own("Files came that nobody expects", metric.UnexpectedObjects, "Sum", 5*minute, 1, 1, ">=", 1,
			"The vendor's role writes for all of its customers: someone may know the bucket's name.").essential(),
		own("A file cannot be loaded", metric.FilesQuarantined, "Sum", 5*minute, 1, 1, ">=", 1,
			"The file is kept for twelve hours for a person to look at.").essential(),
		own("Loads keep failing", metric.IngestFailures, "Sum", 30*minute, 2, 2, ">=", 1,
			"A failed load is retried: by the queue after half an hour, and at first sooner by the sweep. Loads that fail for an hour need a person. The function reports failures to the queue, not as errors, so no other alarm sees them."),
	}
}

func deleted() []Alarm {
	return []Alarm{
		own("Raw files stay too long", metric.OldestRawObjectAgeSeconds, "Maximum", 15*minute, 2, 2, ">", 3600,
			"Every sweep reports the age of the oldest file. A sweep that does not run, or cannot list the bucket, reports nothing.").silent().essential(),
		own("A raw file stayed longer than intended", metric.RawRetentionSeconds, "Maximum", 15*minute, 1, 1, ">", 900,
			"The file is deleted by now. Seconds are usual; a quarter of an hour is three sweeps."),
		own("Deletions keep failing", metric.DeleteFailures, "Sum", 30*minute, 2, 2, ">=", 1,
			"The next sweep retries a failed deletion."),
		own("A published day vanished", metric.DaysVanished, "Sum", 15*minute, 1, 1, ">=", 1,
			"Someone deleted or replaced an object of the dataset. bellhop requests the day again while the vendor still has it.").essential(),
		own("A deletion cannot be verified", metric.DeleteVerifyFailures, "Sum", 5*minute, 1, 1, ">=", 1,
			"bellhop writes no certificate before it has verified that the object is gone.").essential(),
	}
}
