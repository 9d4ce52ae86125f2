package monthly

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// frozenFormat is the number of the form of [Frozen].
const frozenFormat = 1

// Frozen is a report that can be verified later: all of its numbers, whatever the audience of the page saw of them, and the days that
// they rest on.
type Frozen struct {
	Format int `json:"format"`
	// Month and Property are those of the order, and tell with AsOf which report it is.
	Month    Month     `json:"month"`
	Property string    `json:"property,omitempty"`
	AsOf     time.Time `json:"as_of"`
	// Numbers are by block, row and column.
	Numbers []Number `json:"numbers"`
	Days    []RestOn `json:"days"`
	// Page is the SHA-256 of the page that was written with it.
	Page string `json:"page_sha256"`
	// SHA256 is that of all the above, as JSON in one line.
	SHA256 string `json:"sha256"`
}

// Number is one value of a report with its place.
type Number struct {
	Block  string `json:"block"`
	Row    string `json:"row"`
	Column string `json:"column"`
	Value  string `json:"value"`
}

// RestOn is a published day that a report rests on, as the ledger recorded it.
type RestOn struct {
	Subscription string                    `json:"subscription"`
	Table        string                    `json:"table"`
	Date         report.Date               `json:"date"`
	Generation   time.Time                 `json:"generation"`
	LoadedAt     time.Time                 `json:"loaded_at"`
	Rows         int64                     `json:"rows"`
	ETag         string                    `json:"etag,omitempty"`
	Content      string                    `json:"sha256,omitempty"`
	Figures      map[string]report.Figures `json:"figures,omitempty"`
}

// Freeze returns the report for a file beside its page.
func (r Reader) Freeze(ctx context.Context, made Report, page []byte) (Frozen, error) {
	f := Frozen{Format: frozenFormat, Month: made.Month, AsOf: made.AsOf, Page: digest(page)}
	if made.Property != nil {
		f.Property = made.Property.ID
	}
	var err error
	if f.Numbers, err = made.numbers(); err != nil {
		return f, err
	}
	if f.Days, err = r.restOn(ctx, made.Month.Days()); err != nil {
		return f, err
	}
	f.SHA256, err = f.sum()
	return f, err
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (f Frozen) sum() (string, error) {
	f.SHA256 = ""
	content, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("write the frozen report as JSON: %w", err)
	}
	return digest(content), nil
}

// Thaw reads a frozen report. It refuses one whose content is not that of its SHA-256.
func Thaw(content []byte) (Frozen, error) {
	var f Frozen
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, &phrase.Problem{Err: fmt.Errorf("this is not a frozen report: %w", err), Remedy: "name the file that bellhop report freeze wrote"}
	}
	if f.Format != frozenFormat {
		return f, &phrase.Problem{Err: fmt.Errorf("its format is %d, and this bellhop reads %d", f.Format, frozenFormat), Remedy: "use the bellhop that wrote it"}
	}
	sum, err := f.sum()
	if err == nil && sum != f.SHA256 {
		err = &phrase.Problem{Err: fmt.Errorf("its content was changed: its SHA-256 is %s, not %s", sum, f.SHA256), Remedy: "use an unmodified copy"}
	}
	return f, err
}

// numbers returns the values of the headline and of all blocks that come from the dataset.
func (r Report) numbers() ([]Number, error) {
	all := []Number{}
	add := func(block, row, column string, v any) error {
		text, err := json.Marshal(v)
		all = append(all, Number{block, row, column, string(text)})
		return err
	}
	for _, f := range r.Headline {
		if err := add("headline", f.Name, "value", f.Value); err != nil {
			return nil, err
		}
	}
	for _, b := range r.Blocks {
		if b.Data == nil {
			continue
		}
		for _, row := range b.Rows {
			for i, c := range b.Columns {
				if !c.Role.Numeric() {
					continue
				}
				if err := add(b.Name, b.key(row), c.Name, row[i]); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// key tells a row from the others of its block: names of units may change, and what tells is left.
func (b Block) key(row []any) string {
	var parts []string
	for i, c := range b.Columns {
		if c.Role == Text || c.Role == ID || c.Role == Day && i == 0 {
			parts = append(parts, fmt.Sprintf("%s=%v", c.Name, row[i]))
		}
	}
	return strings.Join(parts, " ")
}

// restOn returns the published days of a window, of all subscriptions.
func (r Reader) restOn(ctx context.Context, days report.Window) ([]RestOn, error) {
	found, err := r.Days.Coverage(ctx, view.CoverageFilter{Days: days})
	if err != nil {
		return nil, err
	}
	all := []RestOn{}
	for _, sub := range found.Subscriptions {
		published, err := r.Days.Published(ctx, sub.Name, days)
		if err != nil {
			return nil, err
		}
		for _, s := range published {
			all = append(all, RestOn{s.Subscription, s.Table, s.Date, s.Generation.UTC(), s.LoadedAt.UTC(), s.Rows, s.ETag, s.SHA256, s.Figures})
		}
	}
	slices.SortFunc(all, func(a, b RestOn) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Date, b.Date), cmp.Compare(a.Subscription, b.Subscription))
	})
	return all, nil
}

// Restated is a measure of a day that has changed; for a day that appeared or disappeared without figures, it is rows.
type Restated struct {
	Subscription string      `json:"subscription"`
	Table        string      `json:"table"`
	Date         report.Date `json:"date"`
	Measure      string      `json:"measure"`
	Old          string      `json:"old,omitempty"`
	New          string      `json:"new,omitempty"`
	// At is when the present content of the day was loaded; zero if there is none.
	At time.Time `json:"at,omitzero"`
}

// day names a published day.
type day struct {
	subscription, table string
	date                report.Date
}

func (d RestOn) day() day { return day{d.Subscription, d.Table, d.Date} }

// restated compares the days that a frozen report rests on with the days published now.
func (r Reader) restated(ctx context.Context, f Frozen) ([]Restated, error) {
	days, err := r.restOn(ctx, f.Month.Days())
	if err != nil {
		return nil, err
	}
	now := map[day]RestOn{}
	for _, d := range days {
		now[d.day()] = d
	}
	all := []Restated{}
	for _, old := range f.Days {
		fresh := now[old.day()]
		delete(now, old.day())
		all = append(all, old.against(fresh)...)
	}
	for _, d := range days {
		if fresh, left := now[d.day()]; left {
			all = append(all, RestOn{Subscription: d.Subscription, Table: d.Table, Date: d.Date}.against(fresh)...)
		}
	}
	return all, nil
}

// against says what differs. A day without content on either side differs by what it holds, if only no rows.
func (d RestOn) against(fresh RestOn) []Restated {
	if d.Content == fresh.Content && d.ETag == fresh.ETag && d.LoadedAt.IsZero() == fresh.LoadedAt.IsZero() {
		return nil
	}
	made := func(measure, old, now string) Restated {
		return Restated{d.Subscription, d.Table, d.Date, measure, old, now, fresh.LoadedAt}
	}
	var all []Restated
	if d.Rows != fresh.Rows || d.LoadedAt.IsZero() != fresh.LoadedAt.IsZero() {
		all = append(all, made("rows", d.rows(), fresh.rows()))
	}
	measures := maps.Clone(d.Figures)
	if measures == nil {
		measures = map[string]report.Figures{}
	}
	maps.Copy(measures, fresh.Figures)
	for _, m := range slices.Sorted(maps.Keys(measures)) {
		if old, now := d.Figures[m].Sum, fresh.Figures[m].Sum; old != now {
			all = append(all, made(m, old, now))
		}
	}
	if all == nil {
		all = append(all, made("content", phrase.Second(d.LoadedAt), phrase.Second(fresh.LoadedAt)))
	}
	return all
}

func (d RestOn) rows() string {
	if d.LoadedAt.IsZero() {
		return ""
	}
	return fmt.Sprint(d.Rows)
}

// restatedBlock is the appendix about an earlier report.
func restatedBlock(f Frozen, since []Restated) Block {
	b := Block{
		Name: restatements, Title: fmt.Sprintf("What changed in %s since its report of %s", f.Month.Name(), phrase.Minute(f.AsOf)),
		Columns: []Column{
			{Name: "date", Title: "Day", Role: Day}, text("table", "Table"), text("measure", "Measure"), level("old", "Reported"), level("new", "Now"),
			text("at", "Loaded"), {Name: "subscription", Title: "Subscription", Role: ID},
		},
		Rows: [][]any{},
		Caveat: "These are sums over all units of a subscription's day, whatever property this report is about. " +
			"The sums of devices are of one day and must not be added up.",
		of: &subject{say: sayRows("%s changed after that report."), empty: "Nothing changed: its numbers still hold."},
	}
	for _, c := range since {
		row := []any{c.Date.String(), c.Table, c.Measure, given(c.Old), given(c.New), nil, c.Subscription}
		if !c.At.IsZero() {
			row[5] = phrase.Minute(c.At)
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}

// given returns a number, text that is not a number, or nil for empty text.
func given(text string) any {
	if _, ok := number(query.Number(text)); ok {
		return query.Number(text)
	}
	if text == "" {
		return nil
	}
	return text
}
