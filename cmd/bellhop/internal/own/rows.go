package own

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// row is a row of one of the tables, as a file of CSV and as Parquet have it: the tags are the columns of package dataset.
type row interface {
	// key tells the row from all others.
	key() string
	// unit is the unit that it is about, if it is about one.
	unit() string
	// lacks names the columns that must not be empty and are.
	lacks() []string
	// of returns the row as one of a version, and numbered the version that it is of.
	of(version int32) row
	numbered() int32
}

type room struct {
	Unit     string `csv:"unit_id" parquet:"unit_id"`
	Room     string `csv:"room" parquet:"room"`
	Building string `csv:"building" parquet:"building,optional"`
	Wing     string `csv:"wing" parquet:"wing,optional"`
	Property string `csv:"property_code" parquet:"property_code,optional"`
	Version  int32  `csv:"-" parquet:"version"`
}

func (r room) key() string     { return r.Unit }
func (r room) unit() string    { return r.Unit }
func (r room) lacks() []string { return empty("unit_id", r.Unit, "room", r.Room) }
func (r room) of(v int32) row  { r.Version = v; return r }
func (r room) numbered() int32 { return r.Version }

type stay struct {
	Unit     string `csv:"unit_id" parquet:"unit_id"`
	Date     day    `csv:"stay_date" parquet:"stay_date,date"`
	Occupied yesNo  `csv:"occupied" parquet:"occupied"`
	Version  int32  `csv:"-" parquet:"version"`
}

func (r stay) key() string     { return r.Unit + " on " + report.Date(r.Date).String() }
func (r stay) unit() string    { return r.Unit }
func (r stay) lacks() []string { return empty("unit_id", r.Unit) }
func (r stay) of(v int32) row  { r.Version = v; return r }
func (r stay) numbered() int32 { return r.Version }

type answer struct {
	Unit    string `csv:"unit_id" parquet:"unit_id"`
	Month   month  `csv:"survey_month" parquet:"survey_month,date"`
	Mark    mark   `csv:"satisfaction" parquet:"satisfaction,decimal(6:18)"`
	Version int32  `csv:"-" parquet:"version"`
}

func (r answer) key() string     { return r.Unit + " in " + report.Date(r.Month).String()[:7] }
func (r answer) unit() string    { return r.Unit }
func (r answer) lacks() []string { return empty("unit_id", r.Unit) }
func (r answer) of(v int32) row  { r.Version = v; return r }
func (r answer) numbered() int32 { return r.Version }

type property struct {
	Property    string `csv:"property_id" parquet:"property_id"`
	Code        string `csv:"property_code" parquet:"property_code,optional"`
	Company     string `csv:"company" parquet:"company,optional"`
	Tag         string `csv:"tag" parquet:"tag,optional"`
	Application string `csv:"application_id" parquet:"application_id,optional"`
	Version     int32  `csv:"-" parquet:"version"`
}

func (r property) key() string {
	return strings.Join([]string{r.Property, r.Company, r.Tag, r.Application}, "\n")
}
func (r property) unit() string    { return r.Property }
func (r property) lacks() []string { return empty("property_id", r.Property) }
func (r property) of(v int32) row  { r.Version = v; return r }
func (r property) numbered() int32 { return r.Version }

type campaign struct {
	Campaign string `csv:"campaign_id" parquet:"campaign_id"`
	Group    string `csv:"campaign_group" parquet:"campaign_group"`
	Version  int32  `csv:"-" parquet:"version"`
}

func (r campaign) key() string  { return r.Campaign }
func (r campaign) unit() string { return "" }
func (r campaign) lacks() []string {
	return empty("campaign_id", r.Campaign, "campaign_group", r.Group)
}
func (r campaign) of(v int32) row  { r.Version = v; return r }
func (r campaign) numbered() int32 { return r.Version }

// empty returns the names of the values that are empty, of pairs of both.
func empty(pairs ...string) []string {
	var names []string
	for pair := range slices.Chunk(pairs, 2) {
		if pair[len(pair)-1] == "" {
			names = append(names, pair[0])
		}
	}
	return names
}

// yesNo is 1 or 0.
type yesNo int32

// UnmarshalCSV reads the words that spreadsheets write.
func (y *yesNo) UnmarshalCSV(text string) error {
	switch strings.ToLower(text) {
	case "1", "yes", "true":
		*y = 1
	case "0", "no", "false":
		*y = 0
	default:
		return errors.New("write 1 or 0, yes or no, true or false")
	}
	return nil
}

// day is a day. Its error says nothing of what was written: that may be a person's name, in the wrong column.
type day report.Date

// UnmarshalCSV reads 2026-11-01.
func (d *day) UnmarshalCSV(text string) error {
	parsed, err := report.ParseDate(text)
	if err != nil {
		return errors.New("write a day like 2026-11-01")
	}
	*d = day(parsed)
	return nil
}

// month is the first day of one.
type month report.Date

// UnmarshalCSV reads 2026-11, and the first day of a month in full.
func (m *month) UnmarshalCSV(text string) error {
	if len(text) == len("2026-11") {
		text += "-01"
	}
	d, err := report.ParseDate(text)
	if err != nil || d.Time().Day() != 1 {
		return errors.New("write a month like 2026-11")
	}
	*m = month(d)
	return nil
}

// mark is an exact decimal number, in units of its last digit.
type mark int64

// UnmarshalCSV reads a decimal number.
func (m *mark) UnmarshalCSV(text string) error {
	r, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/eExX_") {
		return errors.New("write a number like 4.5")
	}
	r.Mul(r, new(big.Rat).SetInt64(1_000_000))
	if !r.IsInt() || !r.Num().IsInt64() || len(new(big.Int).Abs(r.Num()).String()) > dataset.DecimalDigits {
		return fmt.Errorf("write a number of at most %d digits after the point", dataset.DecimalScale)
	}
	*m = mark(r.Num().Int64())
	return nil
}
