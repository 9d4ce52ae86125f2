package phrase

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns the few names that a person who typed word may have meant, nearest first.
func Nearest(word string, names []string) []string {
	const most = 3
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, name := range names {
		d := distance(strings.ToLower(word), strings.ToLower(name))
		if d <= max(2, len(word)/4) {
			near = append(near, candidate{name, d})
		}
	}
	slices.SortFunc(near, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(x.distance, y.distance), strings.Compare(x.name, y.name))
	})
	var few []string
	for _, c := range near[:min(most, len(near))] {
		few = append(few, c.name)
	}
	return few
}

// distance is how many letters must be inserted, deleted or replaced to turn one text into the other.
func distance(from, to string) int {
	target := []rune(to)
	row := make([]int, len(target)+1)
	for i := range row {
		row[i] = i
	}
	for i, letter := range []rune(from) {
		before := row[0]
		row[0] = i + 1
		for j, other := range target {
			changed := before
			if letter != other {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(target)]
}
