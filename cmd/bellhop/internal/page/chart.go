package page

import (
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Chart shows numbers by day. A day without a value is a gap on a hatched ground, and a zero is a point on the axis.
type Chart struct {
	// Label says what is drawn, for those who do not see it.
	Label string
	// Lines draws lines. Otherwise days are bars, of which there is one series.
	Lines  bool
	Days   []report.Date
	Series []Series
}

// Series has a value for each day of the chart: a [query.Number], or anything else where there is none.
type Series struct {
	Name   string
	Values []any
}

// drawing is a chart as the page's script takes it.
type drawing struct {
	Lines  bool     `json:"lines"`
	Days   []int64  `json:"days"` // seconds since 1970-01-01, in UTC
	Series []series `json:"series"`
}

type series struct {
	Name   string     `json:"name"`
	Values []*float64 `json:"values"`
}

// draw returns what the page's script needs.
func draw(c *Chart) drawing {
	d := drawing{Lines: c.Lines, Days: make([]int64, len(c.Days))}
	for i, date := range c.Days {
		d.Days[i] = date.Time().Unix()
	}
	for _, s := range c.Series {
		drawn := series{Name: s.Name, Values: make([]*float64, len(s.Values))}
		for i, v := range s.Values {
			if f, ok := amount(v); ok {
				drawn.Values[i] = &f
			}
		}
		d.Series = append(d.Series, drawn)
	}
	return d
}
