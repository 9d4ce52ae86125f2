package monthly

import (
	"time"

	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Report is a month in numbers.
type Report struct {
	Month Month `json:"month"`
	// Property is the one that the report is about; nil means all.
	Property *Property `json:"property,omitempty"`
	// AsOf is when it was computed.
	AsOf     time.Time `json:"as_of"`
	Headline []Figure  `json:"headline"`
	// Data is of the days of the headline, Before of the month before.
	Data   Data    `json:"data"`
	Before Data    `json:"before"`
	Blocks []Block `json:"blocks"`
	// Without names the blocks that are left out because no subscription collects their data, or because the audience may not see them.
	Without []string `json:"without"`
}

// Property is a hotel, or a house of another kind.
type Property struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Data says of which days numbers are.
type Data struct {
	// Until is the last loaded day. There counts the loaded days, Of all days.
	Until report.Date `json:"until,omitzero"`
	There int         `json:"there"`
	Of    int         `json:"of"`
}

// Complete reports whether every day was loaded.
func (d Data) Complete() bool { return d.There == d.Of }

// Figure is a number of the headline, beside that of the month before.
type Figure struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	// Value and Before are as in a block. Change is nil unless both months are complete: it is in percent, and that of a percentage
	// in points.
	Value  any `json:"value"`
	Before any `json:"before"`
	Change any `json:"change"`
	// Unit stands behind the numbers.
	Unit string `json:"unit,omitempty"`

	hidden string // the name of the figure with which this one is hidden, itself where it counts what people did
}

// Block is one thing that a report says: rows of values, which are a [query.Number], text, nil where the vendor says nothing,
// [Missing] or [Hidden].
type Block struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
	Data    *Data    `json:"data,omitempty"`
	Caveat  string   `json:"caveat,omitempty"`
	SQL     string   `json:"sql,omitempty"`
	Command string   `json:"command,omitempty"`

	of *subject
}

// subject is what a block is about: one of the questions of package catalog, and what the report makes of its answer.
type subject struct {
	name, title, question string
	columns               []Column
	// within names the columns whose values split the rows into parts of which totals are known.
	within []string
	// adds are the columns of which totals are known; where it is nil, those that add up by the question.
	adds []string
	// whole says that the question is about the whole account and not about properties.
	whole bool
	// say returns the most important thing in a sentence, of what the audience sees.
	say func(Block) string
	// empty is said where there is no row.
	empty string

	asked catalog.Question // once it was asked
}

// Column is a column of a block.
type Column struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Role  Role   `json:"role"`
	// ID names the column that tells whose name this one has.
	ID string `json:"id,omitempty"`
	// Drawn is how the numbers are drawn beside being written: as a bar, or as a heat of the cell's ground.
	Drawn string `json:"-"`
}

// Role is what the values of a column are, and with it who may see them.
type Role string

// The roles.
const (
	Text     Role = "text"
	Day      Role = "day"      // a date
	ID       Role = "id"       // an identifier of the vendor's; for engineers
	Unit     Role = "unit"     // the name of a unit: a property or a room
	Reason   Role = "reason"   // words of bellhop or of a vendor about their work; not for outside
	Level    Role = "level"    // a number that says nothing of what people do, such as of devices
	Activity Role = "activity" // a count of what people do
	Derived  Role = "derived"  // computed of the counts in the same row
)

// Numeric reports whether the column has numbers.
func (r Role) Numeric() bool { return r == Level || r == Activity || r == Derived }

// Missing stands for a number of a missing day.
type Missing struct {
	Why string `json:"missing"`
}

// Hidden stands for a number that the audience does not see.
type Hidden struct {
	Why string `json:"hidden"`
}

// column returns the place of a column, -1 for none.
func (b Block) column(name string) int {
	for i, c := range b.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Value returns the value of a named column in a row.
func (b Block) Value(row []any, name string) any {
	if i := b.column(name); i >= 0 {
		return row[i]
	}
	return nil
}

// Block returns the named block; ok is false where the report has none.
func (r Report) Block(name string) (b Block, ok bool) {
	for _, b := range r.Blocks {
		if b.Name == name {
			return b, true
		}
	}
	return Block{}, false
}
