package convert

// root watches that every row of a file is of one unit, or of a unit below it. Whose rows a file holds is not told by its
// name: the vendor's role writes for all of its customers.
//
// At which level the unit stands is not known, and the vendor's own sample of DEVICE leaves level 0 out. So the rows
// decide: the first row that names the unit says its level, and from there on every row has to name it there. A row whose
// units begin at level 0 and do not include it is another organisation's. Where the file names neither, nothing can be
// told, and it is let through. The rows of a table without units are nobody's.
type root struct {
	unit   string // empty: nothing is watched
	levels []int
	at     int // index into levels where the unit stands; -1 while no row has named it
	// unnamed tells that a row was let through which does not name the unit.
	unnamed bool
	// seen counts the paths of the current vocabulary that were looked at. Paths are numbered as they come.
	seen uint32
}

func newRoot(unit string, levels []int) root {
	if len(levels) == 0 {
		unit = ""
	}
	return root{unit: unit, levels: levels, at: -1}
}

// forget begins with a new vocabulary, whose paths are numbered from 0 again.
func (r *root) forget() { r.seen = 0 }

// check looks at the current row's path, whose units are its ids by level, when it is a new one.
func (r *root) check(path uint32, units []string) error {
	if path < r.seen || r.unit == "" {
		return nil
	}
	r.seen = path + 1
	at := -1
	for i := range r.levels {
		if units[i] == r.unit {
			at = i
			break
		}
	}
	switch {
	case at < 0 && r.at >= 0, at < 0 && r.levels[0] == 0 && units[0] != "":
		return foreign
	case at < 0:
		r.unnamed = true
		return nil
	case r.at >= 0 && r.at != at, r.unnamed:
		// The rows before this one stood beside the unit, and not below it.
		return foreign
	default:
		r.at = at
		return nil
	}
}
