package dataset

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Type is the type of a column, one for all systems that see it.
type Type int

// The types.
const (
	Date      Type = iota // a civil date
	Int                   // 32 bits, signed
	Bigint                // 64 bits, signed
	Decimal               // exact, 18 digits of which 6 are after the point
	String                // UTF-8 text
	Strings               // a list of text
	StringMap             // text by text
	Timestamp             // an instant, in UTC, to the microsecond
)

// SQL returns the type's name in Athena and Glue; DuckDB and Spark read the same Parquet as the equivalent types.
func (t Type) SQL() string {
	switch t {
	case Date:
		return "date"
	case Int:
		return "int"
	case Bigint:
		return "bigint"
	case Decimal:
		return "decimal(18,6)"
	case String:
		return "string"
	case Strings:
		return "array<string>"
	case StringMap:
		return "map<string,string>"
	case Timestamp:
		return "timestamp"
	default:
		return "unknown"
	}
}

const (
	// DecimalDigits is how many digits a [Decimal] has.
	DecimalDigits = 18
	// DecimalScale is how many of them are after the point.
	DecimalScale = 6
)

// Text returns the exact decimal form of a number of the type, without trailing zeros after the point. A [Decimal]'s number
// is in units of its last digit.
func (t Type) Text(n *big.Int) string {
	if t != Decimal {
		return n.String()
	}
	whole, fraction := new(big.Int).QuoRem(n, big.NewInt(1_000_000), new(big.Int))
	digits := fraction.String()
	digits = strings.TrimRight(strings.Repeat("0", DecimalScale-len(digits))+digits, "0")
	if digits == "" {
		return whole.String()
	}
	return whole.String() + "." + digits
}

// Role says where the value of a column comes from.
type Role int

// The roles.
const (
	RoleDate         Role = iota // the delivered dataset_date
	RoleUnit                     // derived from the delivered unitId_level_N and unitName_level_N
	RoleDimension                // delivered text, or an instant, by which measures are broken down
	RoleMeasure                  // a delivered number
	RoleExtra                    // delivered columns that the definition does not know
	RoleSubscription             // the subscription that the file belongs to
)

// Additivity says over what a measure may be summed without telling a lie. Views and reports obey it.
type Additivity string

// The additivities. Summing over units always means LEAF rows only: a ROLLUP row repeats its descendants.
const (
	NotMeasured Additivity = ""                                    // not a measure
	Additive    Additivity = "sum"                                 // over days, dimensions and leaf units
	AdditiveDay Additivity = "sum over leaf units of one day only" // a stock or a distinct count per unit
	NotAdditive Additivity = "never"                               // a distinct count that rows share, a rate, or of an unknown kind
)

// Column is one column of a table.
type Column struct {
	// Name is the column's name in Parquet and SQL: lower-case, with underscores. A delivered header fits
	// when both are equal after folding case, spaces and underscores.
	Name string
	Type Type
	Role Role
	// Nullable says that an empty cell is NULL. In a column that is not, an empty cell refuses the file.
	Nullable bool
	// Units says that the text is a list of ids of units, with spaces between them.
	Units      bool
	Meaning    string
	Additivity Additivity
}

// Definition is the one description of a table.
type Definition struct {
	Name    string
	Meaning string
	// Grain says in a sentence what one row is.
	Grain string
	// Source is the source whose reports are loaded into the table, as in a subscription.
	Source string
	// Columns are in the order in which readers show them; [Definition.FileColumns] is that of the Parquet schema.
	Columns []Column
	// DatedBy names the [Timestamp] whose date in UTC is a row's dataset_date: a row of another date refuses the file. It is empty
	// where the dataset_date stands for itself.
	DatedBy string
	// ShrinkBelow is the share of a published day, in rows or in a measure's values or sum, below which a newer report of
	// it is held for a person: [Half] where a report does not shrink for a good reason, and 0 where it may become as small
	// as it likes.
	ShrinkBelow float64
	// Repeats says that the rows have no key: equal rows are kept, each as often as it comes. Such a table has neither units nor
	// measures, so that rows are equal or differ in a dimension or in extra.
	Repeats bool
	// Open says that columns which the definition does not know are the normal case: they are kept in extra and announced to
	// nobody. A delivered column called extra has such columns as a JSON object, text by text.
	Open bool

	chosen choice // by the default view
}

// Half is the [Definition.ShrinkBelow] of most tables.
const Half = 0.5

// ShrinkBelow returns the share of a published day of a table below which a newer report of it is held for a person. A table
// that is not known has the share of most.
func ShrinkBelow(name string) float64 {
	if d, known := Lookup(name); known {
		return d.ShrinkBelow
	}
	return Half
}

// HeldWhen says in a sentence when a newer report of a published day is held.
func (d Definition) HeldWhen() string {
	if d.ShrinkBelow == 0 {
		return "A newer report of a published day replaces it, however much smaller it is."
	}
	return fmt.Sprintf("A newer report of a published day is held for a person when its rows, or the values or the sum of a measure, are less than %g %% of the published ones.", d.ShrinkBelow*100)
}

// HasUnits reports whether the rows are of Alexa's units: then a row may repeat what the rows of its descendants say, and
// row_scope tells which do.
func (d Definition) HasUnits() bool { return len(d.role(RoleUnit)) > 0 }

// Key returns the columns that tell a row from all others, in order: no two rows have the same values in all of them. A table that
// [Definition.Repeats] has none.
func (d Definition) Key() []Column {
	if d.Repeats {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(d.Columns), func(c Column) bool {
		return c.Role == RoleMeasure || c.Role == RoleUnit && !slices.Contains(unitKey, c.Name)
	})
}

// KeySaid says in a sentence what tells a row from all others.
func (d Definition) KeySaid() string {
	if d.Repeats {
		return "It has no key: equal rows are kept, each as often as it comes."
	}
	return "No two rows have the same " + names(d.Key()) + "."
}

// Dimensions returns the columns with [RoleDimension], in order.
func (d Definition) Dimensions() []Column { return d.role(RoleDimension) }

// Measures returns the columns with [RoleMeasure], in order.
func (d Definition) Measures() []Column { return d.role(RoleMeasure) }

func (d Definition) role(r Role) []Column {
	var out []Column
	for _, c := range d.Columns {
		if c.Role == r {
			out = append(out, c)
		}
	}
	return out
}

// FileColumns returns the columns that a partition's Parquet file has, in order: all but the date, which is in the path. A
// partition's column that is in both has two types there, and strict readers refuse it.
func (d Definition) FileColumns() []Column {
	return slices.DeleteFunc(slices.Clone(d.Columns), func(c Column) bool { return c.Role == RoleDate })
}

// Definitions returns all tables, sorted by name. The caller owns the result.
func Definitions() []Definition {
	all := append(aspTables(), skillMetrics(), aspCampaigns(), pinpointKPIs())
	all = append(all, khorosTables()...)
	slices.SortFunc(all, func(a, b Definition) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// Lookup returns the definition of the named table.
func Lookup(name string) (Definition, bool) {
	for _, d := range Definitions() {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}
