package campaigns

import (
	"cmp"
	"encoding/json"
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

// values returns the content of all variants.
func (c Campaign) values() []Value {
	values := []Value{}
	for _, v := range c.Suggestion.Variants {
		values = append(values, v.Content.Values...)
	}
	return values
}

// Display returns the title and the body in the first locale.
func (c Campaign) Display() (title, body string) {
	if values := c.values(); len(values) > 0 {
		return values[0].Display()
	}
	return "", ""
}

// Display returns the title and the body that the content shows. The newer templates call them primary and secondary text.
func (v Value) Display() (title, body string) {
	var d struct {
		DisplayText struct {
			Title     text `json:"title"`
			Body      text `json:"body"`
			Primary   text `json:"primaryText"`
			Secondary text `json:"secondaryText"`
		} `json:"displayText"`
	}
	_ = json.Unmarshal(v.Datasources, &d)
	return string(cmp.Or(d.DisplayText.Title, d.DisplayText.Primary)), string(cmp.Or(d.DisplayText.Body, d.DisplayText.Secondary))
}

// text is a JSON string, and nothing for any other value.
type text string

// UnmarshalJSON never fails.
func (t *text) UnmarshalJSON(document []byte) error {
	var s string
	if json.Unmarshal(document, &s) == nil {
		*t = text(s)
	}
	return nil
}

// texts returns what the campaign says, to be kept out of errors.
func (c Campaign) texts() []string {
	var all []string
	for _, v := range c.values() {
		var data any
		_ = json.Unmarshal(v.Datasources, &data)
		all = appendTexts(all, data)
	}
	// Longest first: a text that contains another must not leave its tail behind.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// appendTexts adds every string of a JSON value that is long enough to give something away.
func appendTexts(all []string, value any) []string {
	const least = 4
	switch v := value.(type) {
	case string:
		if len(v) >= least {
			all = append(all, v)
		}
	case []any:
		for _, item := range v {
			all = appendTexts(all, item)
		}
	case map[string]any:
		for key, item := range v {
			// What a tap does is no text of the property's.
			if key != "action" {
				all = appendTexts(all, item)
			}
		}
	}
	return all
}
