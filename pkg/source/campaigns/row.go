package campaigns

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Table is the one that this source fills.
const Table = "asp_campaigns"

// row is one campaign of a snapshot as the file has it. All but the number of units is its key; an empty cell is NULL.
type row struct {
	Date     report.Date `csv:"dataset_date"`
	ID       string      `csv:"campaign_id"`
	Group    string      `csv:"campaign_group"`
	Title    string      `csv:"title"`
	Body     string      `csv:"body"`
	Locale   string      `csv:"locale"` // whose title and body these are
	Locales  string      `csv:"locales"`
	Template string      `csv:"template"`
	Content  string      `csv:"content"`
	Target   string      `csv:"targeting_type"`
	Units    string      `csv:"target_units"`
	Starts   string      `csv:"starts_at"`
	Ends     string      `csv:"ends_at"`
	Status   string      `csv:"validation_status"`
	Reason   string      `csv:"validation_reason"`
	Count    int         `csv:"target_unit_count"`
}

var errChanged = errors.New("a campaign changed from one of its pages to another: all pages are asked for again")

// appendRows adds the campaigns of a page. Pages shift when a campaign is created or deleted meanwhile, so that one may come
// twice.
func appendRows(rows []row, date report.Date, page []Listed) ([]row, error) {
	for _, l := range page {
		r, err := newRow(date, l)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(rows, func(other row) bool { return other.ID == r.ID })
		if i >= 0 && rows[i] != r {
			return nil, errChanged
		}
		if i < 0 {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func sorted(rows []row) []row {
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

func newRow(date report.Date, l Listed) (row, error) {
	r := row{
		Date: date, ID: l.ID, Target: l.Targeting.Type,
		Status: l.Validation.Value, Reason: l.Validation.Reason,
	}
	var err error
	if r.Starts, err = instant(l.Scheduling.ActivationWindow.Start); err != nil {
		return row{}, err
	}
	if r.Ends, err = instant(l.Scheduling.ActivationWindow.End); err != nil {
		return row{}, err
	}
	content, err := l.content()
	if err == nil {
		r.Group, err = l.Group()
	}
	if err != nil {
		return row{}, errNotJSON
	}
	r.Content = string(content)
	var locales, units []string
	for _, v := range l.values() {
		locales = append(locales, v.Locale)
	}
	for _, u := range l.Targeting.Values {
		units = append(units, u.ID)
	}
	r.Locales, _ = set(locales)
	r.Units, r.Count = set(units)
	if values := l.values(); len(values) > 0 {
		r.Locale, r.Template = values[0].Locale, values[0].Document.Src
	}
	r.Title, r.Body = l.Display()
	return r, nil
}

// set returns the items sorted, each once, with blanks between them, and their number. Empty ones are none.
func set(items []string) (text string, n int) {
	slices.Sort(items)
	items = slices.DeleteFunc(slices.Compact(items), func(item string) bool { return item == "" })
	return strings.Join(items, " "), len(items)
}

// instant returns a moment as the file has it, and nothing for none.
func instant(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	i, err := alexa.ParseInstant(text)
	if err != nil {
		return "", errors.New("one of its moments is none")
	}
	written, err := i.MarshalText()
	return string(written), err
}
