package convert

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// cellKind says what the decoder does with the cells of one delivered column.
type cellKind uint8

const (
	cellDate cellKind = iota
	cellUnit
	cellDimension
	cellInstant // a dimension that is a timestamp
	cellMeasure
	cellExtra
	cellExtras // of an open table: unknown columns as a JSON object
)

// delivered is one column of a delivered file.
type delivered struct {
	header string
	kind   cellKind
	slot   int  // index among the columns of its kind, or the dimensions; for units: twice the index into levels, plus 1 for a name
	filled bool // no cell of a dimension may be empty
	dates  bool // the instant's date is that of the row
	units  bool // a list of ids of units
}

// layout is a header matched with a definition.
type layout struct {
	columns []delivered
	levels  []int    // unit levels in the file, ascending
	extras  []string // headers of the unknown columns, sorted: the keys of "extra"
	unknown []string // the same, in file order
	open    bool     // unknown columns are no news
}

// announced returns the unknown columns that somebody has to hear of.
func (l *layout) announced() []string {
	if l.open {
		return nil
	}
	return l.unknown
}

const (
	maxHeaderName = 128
	maxListed     = 20
)

// matchHeader fits a delivered header to a definition. Names count as equal when they are after folding
// case, spaces and underscores; order does not matter.
func matchHeader(d dataset.Definition, header []string, bounds limits) (layout, error) {
	names, err := headerNames(header, bounds)
	if err != nil {
		return layout{}, err
	}
	wanted := wantedColumns(d)
	var (
		l     = layout{open: d.Open}
		seen  = map[string]bool{}
		twice string
	)
	for _, name := range names {
		key := fold(name)
		c, known := wanted[key]
		switch level, isName, ok := unitColumn(key); {
		case !d.HasUnits():
		case ok && level > maxLevel:
			// Kept in "extra", its units would be counted as those above them.
			return layout{}, fault.New(fault.Poison, "header of %s: column %s: a unit's level is at most %d", d.Name, printable(name), maxLevel)
		case ok:
			c, known = delivered{kind: cellUnit, slot: 2 * level}, true
			if isName {
				c.slot++
			} else {
				l.levels = append(l.levels, level)
			}
			key = "unit column " + strconv.Itoa(c.slot) // 3 and 03 are one level
		}
		if seen[key] {
			twice = name
		}
		seen[key] = true
		if !known {
			c = delivered{kind: cellExtra, slot: len(l.unknown)}
			l.unknown = append(l.unknown, name)
		}
		c.header = name
		l.columns = append(l.columns, c)
	}
	if err := l.complete(d, seen); err != nil {
		return layout{}, err
	}
	if twice != "" {
		return layout{}, fault.New(fault.Poison, "header of %s: duplicate column %s", d.Name, printable(twice))
	}
	l.arrange()
	return l, nil
}

// wantedColumns returns what a header may have besides units, by folded name.
func wantedColumns(d dataset.Definition) map[string]delivered {
	wanted := map[string]delivered{fold("dataset_date"): {kind: cellDate}}
	if d.Open {
		wanted["extra"] = delivered{kind: cellExtras}
	}
	for i, c := range d.Dimensions() {
		w := delivered{kind: cellDimension, slot: i, filled: !c.Nullable, dates: c.Name == d.DatedBy, units: c.Units}
		if c.Type == dataset.Timestamp {
			w.kind = cellInstant
		}
		wanted[fold(c.Name)] = w
	}
	for i, c := range d.Measures() {
		wanted[fold(c.Name)] = delivered{kind: cellMeasure, slot: i}
	}
	return wanted
}

// complete reports the difference between the header and what the definition requires.
func (l *layout) complete(d dataset.Definition, seen map[string]bool) error {
	var missing []string
	for _, c := range d.Columns {
		if (c.Role == dataset.RoleDate || c.Role == dataset.RoleDimension || c.Role == dataset.RoleMeasure) && !seen[fold(c.Name)] {
			missing = append(missing, c.Name)
		}
	}
	if d.HasUnits() && len(l.levels) == 0 {
		missing = append(missing, "unitId_level_N")
	}
	for _, c := range l.columns {
		if level := c.slot / 2; c.kind == cellUnit && !slices.Contains(l.levels, level) {
			missing = append(missing, "unitId_level_"+strconv.Itoa(level))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if len(l.unknown) == len(l.columns) {
		// Perhaps a row of data: then these are no header names and must not be printed.
		return fault.New(fault.Poison, "header of %s: none of the %d cells of the first line is a known column; missing: %s",
			d.Name, len(l.columns), listed(missing))
	}
	return fault.New(fault.Poison, "header of %s: missing: %s; unknown: %s", d.Name, listed(missing), listed(l.unknown))
}

// arrange gives units and unknown columns their final slots, by level and by name.
func (l *layout) arrange() {
	slices.Sort(l.levels)
	l.extras = slices.Sorted(slices.Values(l.unknown))
	for i := range l.columns {
		c := &l.columns[i]
		switch c.kind {
		case cellUnit:
			c.slot = 2*slices.Index(l.levels, c.slot/2) + c.slot%2
		case cellExtra:
			c.slot = slices.Index(l.extras, c.header)
		case cellDate, cellDimension, cellInstant, cellMeasure, cellExtras:
		}
	}
}

func headerNames(header []string, bounds limits) ([]string, error) {
	if sep := separator(header); sep != "" {
		return nil, separatedBy(sep)
	}
	if len(header) > bounds.Columns {
		return nil, fault.New(fault.Poison, "header has %d columns; at most %d are accepted", len(header), bounds.Columns)
	}
	names := make([]string, len(header))
	for i, h := range header {
		h = strings.TrimSpace(h)
		if len(h) > maxHeaderName || !utf8.ValidString(h) || strings.ContainsFunc(h, unicode.IsControl) {
			return nil, fault.New(fault.Poison, "header: column %d has no usable name", i+1)
		}
		if h == "" {
			h = "column_" + strconv.Itoa(i+1)
		}
		names[i] = h
	}
	return names, nil
}

// separator returns what separates the columns of a header instead of commas; nothing when they do.
func separator(header []string) string {
	line := strings.Join(header, ",")
	for _, sep := range []string{";", "\t", "|"} {
		names := strings.Split(line, sep)
		if len(names) > len(header) && slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold("dataset_date") }) {
			return sep
		}
	}
	return ""
}

func separatedBy(sep string) error {
	return fault.New(fault.Poison, "header: the columns are separated by %q: save the file with commas between its columns, and with points, not commas, in its numbers", sep)
}

// maxLevel is what a unit's depth can say. How many levels a file has is bounded by its columns only.
const maxLevel = 1_000_000

// unitColumn recognises folded unitId_level_N and unitName_level_N. A number that is too large is more than maxLevel.
func unitColumn(key string) (level int, isName, ok bool) {
	digits, isID := strings.CutPrefix(key, "unitidlevel")
	if !isID {
		if digits, isName = strings.CutPrefix(key, "unitnamelevel"); !isName {
			return 0, false, false
		}
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false, false
	}
	level, err := strconv.Atoi(digits)
	if err != nil {
		level = maxLevel + 1
	}
	return level, isName, true
}

func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	var out []string
	for i, n := range names {
		if i == maxListed {
			out = append(out, "and "+strconv.Itoa(len(names)-i)+" more")
			break
		}
		out = append(out, printable(n))
	}
	return strings.Join(out, ", ")
}

// printable makes a header name safe to print: short, and in quotes unless it is a plain word.
func printable(name string) string {
	const most = 40
	if r := []rune(name); len(r) > most {
		name = string(r[:most]) + "…"
	}
	plain := !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && r != '…' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if plain {
		return name
	}
	return strconv.QuoteToGraphic(name)
}
