package page

import "github.com/bellhop-asp/bellhop/pkg/report"

// Calendar shows what became of each day: a sign for each, whose colour repeats what it says.
type Calendar struct {
	// Caption says what the rows are. It is read out before the calendar.
	Caption string
	// Days are the days of the columns. Each row has a mark for each of them.
	Days report.Window
	Rows []CalendarRow
	// Key explains the signs that occur.
	Key []Mark
}

// CalendarRow is one thing that has days.
type CalendarRow struct {
	Name  string
	Marks []Mark
}

// Mark is a day of a calendar. The zero Mark is a day about which there is nothing to say.
type Mark struct {
	Sign string
	Tone Tone
	// Title says it in words.
	Title string
}

// Month is the part of a calendar's head over the days of one month.
type Month struct {
	Name string
	Days int
}

// Months returns the months that the days are in.
func (c Calendar) Months() []Month {
	var all []Month
	for d := range c.Days.Days() {
		// A month of three days is narrower than its name.
		name := d.Time().Format("Jan 2006")
		if n := len(all); n > 0 && all[n-1].Name == name {
			all[n-1].Days++
			continue
		}
		all = append(all, Month{name, 1})
	}
	return all
}

// Begins reports whether a month begins in a column.
func (c Calendar) Begins(column int) bool {
	return (c.Days.From + report.Date(column)).Time().Day() == 1
}
