package page

import (
	"html/template"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Document is a whole page.
type Document struct {
	Title string
	// Above is a line over the title, such as the name of the installation.
	Above string
	// Lead sums up the page in a sentence or two.
	Lead string
	// Facts stand below it: what the page is about, as of when, for whom.
	Facts []Fact
	// Links are the way to other pages. Without any, the page links to its own sections.
	Links    []Link
	Sections []Section
	// Foot are sentences at the end.
	Foot []string
	// Tools stand below the links: a form that chooses what is shown. The caller has escaped them.
	Tools template.HTML
	// Live says that a server sends the page: it may then send forms to that server. A file never may.
	Live bool
}

// Fact is a name with a value.
type Fact struct{ Name, Value string }

// Link leads to a page, or to a part of this one.
type Link struct {
	Name, Address string
	// Current marks the page that one is on.
	Current bool
}

// Section is a part of a page.
type Section struct {
	// ID is the section's anchor: lower-case letters and hyphens.
	ID, Title, Lead string
	Tiles           []Tile
}

// Tile says one thing. What is empty is left out.
type Tile struct {
	// ID is the tile's anchor.
	ID, Title string
	// Answer says the most important thing in a sentence.
	Answer string
	// Figures are the numbers that one looks for first.
	Figures  []Figure
	Chart    *Chart
	Table    *Table
	Calendar *Calendar
	// Body is what else belongs into the tile, such as a form. The caller has escaped it.
	Body template.HTML
	// Data says of which days the numbers are.
	Data *Data
	// Caveat says what must not be done with the numbers.
	Caveat string
	// SQL and Command say the same as the tile.
	SQL, Command string
	// Half lets the tile share a line with another one, where the page is wide enough.
	Half bool
}

// Figure is a number in large type.
type Figure struct {
	Label string
	Value any // as in a [Table]
	// Note stands below the number, such as a change. Tone colours it.
	Note string
	Tone Tone
}

// Tone is what a note means. Colour alone never conveys it.
type Tone string

// The tones.
const (
	Plain   Tone = ""
	Good    Tone = "good"
	Waiting Tone = "waiting"
	Bad     Tone = "bad"
)

// Data says how many of the days that a tile is about were loaded.
type Data struct {
	// Until is the last loaded day; the zero date if there is none.
	Until report.Date
	// There counts the loaded days, Of all days that the tile is about.
	There, Of int
}

// Short reports whether a day is missing.
func (d Data) Short() bool { return d.There < d.Of }
