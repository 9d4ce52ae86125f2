package monthly

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// Audience is who a report is for.
type Audience string

// The audiences.
const (
	// Manager runs the properties and sees names, but no identifiers.
	Manager Audience = "manager"
	// Owner is an outsider: units have pseudonyms, small numbers are hidden, and nothing shows how bellhop works.
	Owner Audience = "owner"
	// Engineer sees everything.
	Engineer Audience = "engineer"
)

// Audiences returns every audience.
func Audiences() []Audience { return []Audience{Manager, Owner, Engineer} }

// Sight is what an audience sees.
type Sight struct {
	Audience Audience
	// Fewest is the smallest number of activities that an owner sees, apart from 0. Lower ones are hidden, and so is what they could
	// be computed from: see [Report.For].
	Fewest int
	// Key makes an owner's pseudonyms. Anyone who has it can find the unit of a pseudonym by trying all units.
	Key []byte
}

// For returns what the audience sees of a report. The report stays as it is.
//
// An owner's numbers of activities that are above 0 and below the fewest are hidden, with what was computed of them in the same row.
// Where the total of a column is known, the smallest other numbers are hidden with them until at least two are hidden and these come
// to the fewest, so that no hidden number is the total less the shown ones. Within a block that holds for each part whose total
// another block gives; beyond that, the blocks are not compared with each other.
func (r Report) For(s Sight) Report {
	blocks := make([]Block, 0, len(r.Blocks))
	r.Without = slices.Clone(r.Without)
	for _, b := range r.Blocks {
		switch {
		case s.Audience == Owner && (b.Name == restatements || b.of != nil && b.of.whole):
			r.Without = append(r.Without, b.Title)
			continue
		case s.Audience == Owner:
			b = s.hideSmall(s.rename(b, r.Property))
			b.SQL, b.Command = "", ""
			b = b.drop(ID, Reason)
		case s.Audience == Manager:
			b = b.drop(ID)
		}
		blocks = append(blocks, b)
	}
	r.Blocks = blocks
	if s.Audience == Owner {
		r.Headline = s.hideFigures(r.Headline)
	}
	return r
}

// drop leaves columns of some roles out.
func (b Block) drop(roles ...Role) Block {
	var columns []Column
	rows := make([][]any, len(b.Rows))
	for i, c := range b.Columns {
		if slices.Contains(roles, c.Role) {
			continue
		}
		columns = append(columns, c)
		for n, row := range b.Rows {
			rows[n] = append(rows[n], row[i])
		}
	}
	b.Columns, b.Rows = columns, rows
	return b
}

// rename gives units their pseudonyms. The property that the report is about keeps its name.
func (s Sight) rename(b Block, of *Property) Block {
	rows := cloned(b.Rows)
	for i, c := range b.Columns {
		if c.Role != Unit {
			continue
		}
		for n, row := range b.Rows {
			id, known := b.Value(row, c.ID).(string)
			switch {
			case !known:
				rows[n][i] = nil
			case of == nil || id != of.ID:
				rows[n][i] = s.pseudonym(id, of)
			}
		}
	}
	b.Rows = rows
	return b
}

// pseudonym returns the same text for the same unit, audience and property, and a different one otherwise.
func (s Sight) pseudonym(id string, of *Property) string {
	mac := hmac.New(sha256.New, s.Key)
	property := ""
	if of != nil {
		property = of.ID
	}
	_, _ = fmt.Fprintf(mac, "%q %q %q", s.Audience, property, id) // a hash takes all
	return "unit " + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil))[:8])
}

func cloned(rows [][]any) [][]any {
	all := make([][]any, len(rows))
	for i, row := range rows {
		all[i] = slices.Clone(row)
	}
	return all
}

// small reports whether a number of activities is to be hidden.
func (s Sight) small(v any) bool {
	n, ok := number(v)
	return ok && n.Sign() > 0 && n.Cmp(big.NewRat(int64(s.Fewest), 1)) < 0
}

func (s Sight) hidden() Hidden { return Hidden{fmt.Sprintf("under %d", s.Fewest)} }

// also is said of a number that is hidden to keep another one hidden.
var also = Hidden{"hidden"}

func (s Sight) hideSmall(b Block) Block {
	rows := cloned(b.Rows)
	for i, c := range b.Columns {
		if c.Role != Activity {
			continue
		}
		for _, part := range b.parts() {
			small, more := s.conceal(b, i, part, b.of != nil && slices.Contains(b.of.adds, c.Name))
			for _, n := range small {
				rows[n][i] = s.hidden()
			}
			for _, n := range more {
				rows[n][i] = also
			}
			for _, n := range slices.Concat(small, more) {
				for j, d := range b.Columns {
					if d.Role == Derived {
						rows[n][j] = also
					}
				}
			}
		}
	}
	b.Rows = rows
	return b
}

// parts returns the places of the rows whose total is known, part by part.
func (b Block) parts() [][]int {
	var order []string
	byPart := map[string][]int{}
	for n, row := range b.Rows {
		var within strings.Builder
		if b.of != nil {
			for _, name := range b.of.within {
				fmt.Fprintf(&within, "%q ", b.Value(row, name))
			}
		}
		part := within.String()
		if byPart[part] == nil {
			order = append(order, part)
		}
		byPart[part] = append(byPart[part], n)
	}
	all := make([][]int, len(order))
	for i, part := range order {
		all[i] = byPart[part]
	}
	return all
}

// conceal returns which of some rows are too small in a column, and, where their total is known, which others have to be hidden with
// them.
func (s Sight) conceal(b Block, column int, part []int, totalKnown bool) (small, more []int) {
	sum := new(big.Rat)
	var shown []int
	for _, n := range part {
		v, ok := number(b.Rows[n][column])
		switch {
		case ok && s.small(b.Rows[n][column]):
			small = append(small, n)
			sum.Add(sum, v)
		case ok && v.Sign() > 0:
			shown = append(shown, n)
		}
	}
	if len(small) == 0 || !totalKnown {
		return small, nil
	}
	slices.SortStableFunc(shown, func(x, y int) int {
		a, _ := number(b.Rows[x][column])
		c, _ := number(b.Rows[y][column])
		return a.Cmp(c)
	})
	fewest := big.NewRat(int64(s.Fewest), 1)
	for _, n := range shown {
		if len(small)+len(more) > 1 && sum.Cmp(fewest) >= 0 {
			break
		}
		v, _ := number(b.Rows[n][column])
		more = append(more, n)
		sum.Add(sum, v)
	}
	return small, more
}

// hideFigures hides what is small in the headline, with what is computed of it: also the change that would tell the month before.
func (s Sight) hideFigures(figures []Figure) []Figure {
	figures = slices.Clone(figures)
	hideNow, hideBefore := map[string]bool{}, map[string]bool{}
	for _, f := range figures {
		if f.hidden == f.Name {
			hideNow[f.Name], hideBefore[f.Name] = s.small(f.Value), s.small(f.Before)
		}
	}
	for i, f := range figures {
		now, before := hideNow[f.hidden], hideBefore[f.hidden]
		if now {
			figures[i].Value = s.hidden()
		}
		if before {
			figures[i].Before = s.hidden()
		}
		if _, known := f.Change.(query.Number); known && (now || before) {
			figures[i].Change = also
		}
	}
	return figures
}
