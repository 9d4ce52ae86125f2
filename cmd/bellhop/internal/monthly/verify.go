package monthly

import (
	"context"
	"time"
)

// Verification says which numbers of a frozen report have changed.
type Verification struct {
	AsOf time.Time `json:"as_of"`
	// Numbers counts those that were compared, Days the days that they rest on.
	Numbers int       `json:"numbers"`
	Days    int       `json:"days"`
	Changed []Changed `json:"changed"`
	// Restated are the days that have changed.
	Restated []Restated `json:"restated"`
}

// Changed is a number that has changed. A number that did not exist has no text.
type Changed struct {
	Block  string `json:"block"`
	Row    string `json:"row"`
	Column string `json:"column"`
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
}

// Verify computes a frozen report again and compares.
func (r Reader) Verify(ctx context.Context, f Frozen) (Verification, error) {
	v := Verification{AsOf: r.Now().UTC(), Numbers: len(f.Numbers), Days: len(f.Days), Changed: []Changed{}}
	now, err := r.Report(ctx, Order{Month: f.Month, Property: f.Property})
	if err != nil {
		return v, err
	}
	numbers, err := now.numbers()
	if err != nil {
		return v, err
	}
	old, fresh := placed(f.Numbers), placed(numbers)
	for _, n := range f.Numbers {
		if value, there := fresh[n.place()]; !there || value != n.Value {
			v.Changed = append(v.Changed, Changed{n.Block, n.Row, n.Column, n.Value, value})
		}
	}
	for _, n := range numbers {
		if _, there := old[n.place()]; !there {
			v.Changed = append(v.Changed, Changed{n.Block, n.Row, n.Column, "", n.Value})
		}
	}
	v.Restated, err = r.restated(ctx, f)
	return v, err
}

func (n Number) place() Number {
	n.Value = ""
	return n
}

func placed(numbers []Number) map[Number]string {
	all := make(map[Number]string, len(numbers))
	for _, n := range numbers {
		all[n.place()] = n.Value
	}
	return all
}
