package skillmetrics

import (
	"cmp"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Table is the one that this source fills.
const Table = "skill_metrics"

// row is one value as the file has it. All but the measures are its key; an empty cell is NULL.
type row struct {
	Date        report.Date   `csv:"dataset_date"`
	Skill       string        `csv:"skill_id"`
	Stage       string        `csv:"stage"`
	SkillType   string        `csv:"skill_type"`
	Metric      string        `csv:"metric"`
	Period      string        `csv:"period"`
	PeriodStart alexa.Instant `csv:"period_start"`
	Locale      string        `csv:"locale"`
	Intent      string        `csv:"intent"`
	Statistic   string        `csv:"statistic"`
	GroupField  string        `csv:"group_field"`
	GroupValue  string        `csv:"group_value"`
	// Given is the number as the vendor wrote it, where the measure does not hold it exactly.
	Given string `csv:"given"`
	// Amount is the value of a metric that adds up over periods, Reading that of any other one.
	Amount  string `csv:"amount"`
	Reading string `csv:"reading"`
}

// point is one value of a series.
type point struct {
	at    time.Time
	value json.Number
}

var (
	errLengths  = errors.New("its timestamps and values are not of equal number")
	errConflict = errors.New("it gives two values for one period")
)

// pair puts the timestamps and the values of an answer together.
func pair[T any](timestamps []T, values []json.Number, at func(T) (time.Time, error)) ([]point, error) {
	if len(timestamps) != len(values) {
		return nil, errLengths
	}
	points := make([]point, len(values))
	for i, stamp := range timestamps {
		t, err := at(stamp)
		if err != nil {
			return nil, errors.New("timestamp " + strconv.Itoa(i+1) + " is none")
		}
		points[i] = point{t, values[i]}
	}
	return points, nil
}

// rows makes the points of a series into rows like the given one. Points outside the query's window are left out: its end is
// exclusive.
func rows(like row, q query, points []point) ([]row, error) {
	from, to := q.Window.From.Time(), (q.Window.To + 1).Time()
	additive := Additive(like.Metric, like.Statistic)
	var all []row
	for _, p := range points {
		if p.at.Before(from) || !p.at.Before(to) {
			continue
		}
		r := like
		r.Date, r.PeriodStart = report.DateOf(p.at), alexa.Instant{Time: p.at.UTC()}
		value, exact, err := alexa.Decimal(p.value.String())
		if err != nil {
			return nil, err
		}
		if !exact {
			r.Given = p.value.String()
		}
		if additive {
			r.Amount = value
		} else {
			r.Reading = value
		}
		all = append(all, r)
	}
	return all, nil
}

// compare orders the rows of one fetch by what their values are of. All else of the key is the same in all of them.
func (r row) compare(o row) int {
	return cmp.Or(
		cmp.Compare(r.Date, o.Date), cmp.Compare(r.Skill, o.Skill), cmp.Compare(r.Metric, o.Metric),
		cmp.Compare(r.Locale, o.Locale), cmp.Compare(r.Intent, o.Intent), cmp.Compare(r.GroupField, o.GroupField),
		cmp.Compare(r.GroupValue, o.GroupValue), r.PeriodStart.Compare(o.PeriodStart.Time),
	)
}
