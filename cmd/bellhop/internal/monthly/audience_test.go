//go:build cgo

package monthly_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
)

var owner = monthly.Sight{Audience: monthly.Owner, Fewest: 5, Key: []byte("key")}

func TestAnOwnerSeesNoNamesAndNoSmallNumbers(t *testing.T) {
	r := made(t, hotels(t).reader(t), monthly.Order{})
	seen := r.For(owner)
	content, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range []string{smith, "Room 205", "Sunrise", `"r1"`, `"p1"`, "SELECT", "bellhop analyses", "Refund", "hotels"} {
		if strings.Contains(string(content), planted) {
			t.Errorf("the owner sees %s", planted)
		}
	}
	same(t, "the headline", headline(seen), "dialogs 78, before 40, change 95", "devices 2.1, before 4, change -46.4", "in_use under 5, before under 5, change hidden", "percent_in_use under 5, before under 5, change hidden")
	same(t, "the first days", texts(t, seen, "use-by-day")[:3], "2026-10-01 | 5 | under 5 | 35", "2026-10-02 | 5 | under 5 | 43", "2026-10-03 | 1 | 0 | 0")
	same(t, "campaigns", texts(t, seen, "campaigns"), "<nil> | 2026-10-01 | 2026-10-02 | 40 | under 5 | hidden")
	if _, there := seen.Block("care"); there || !slices.Contains(seen.Without, "Contact centre: responses") {
		t.Errorf("the contact centre is the owner's: without %q", seen.Without)
	}
	// The report itself is as it was.
	same(t, "rooms", texts(t, r, "rooms")[2:3], smith+" | Sunrise | 2 | 1 | 13 | r1 | p1")
}

func TestAManagerSeesNamesAndNoIdentifiers(t *testing.T) {
	seen := made(t, hotels(t).reader(t), monthly.Order{}).For(monthly.Sight{Audience: monthly.Manager})
	same(t, "rooms", texts(t, seen, "rooms"), "Room 301 | Harbour | 2 | 2 | 45", "Room 205 | Sunrise | 2 | 1 | 20", smith+" | Sunrise | 2 | 1 | 13", "Room 302 | Harbour | 7 | 1 | 0")
	if b, _ := seen.Block("rooms"); b.SQL == "" || b.Command != "bellhop analyses run use-by-unit --from 2026-10-01 --to 2026-10-31" {
		t.Errorf("%q, %q", b.Command, b.SQL)
	}
}

func TestAPseudonymIsTheSameForTheSameAudienceAlone(t *testing.T) {
	reader := hotels(t).reader(t)
	first := func(o monthly.Order, s monthly.Sight) string {
		rooms := texts(t, made(t, reader, o).For(s), "rooms")
		return rooms[len(rooms)-1]
	}
	all := first(monthly.Order{}, owner)
	if again := first(monthly.Order{}, owner); again != all {
		t.Errorf("%s and %s are the same room", all, again)
	}
	other := owner
	other.Key = []byte("another")
	if got := first(monthly.Order{}, other); got == all {
		t.Errorf("%s with another key", got)
	}
	one := first(monthly.Order{Property: "p1"}, owner)
	if !strings.Contains(one, " | Sunrise | ") {
		t.Errorf("the owner's property has no name: %s", one)
	}
	pseudonym, _, _ := strings.Cut(one, " | ")
	if slices.ContainsFunc(texts(t, made(t, reader, monthly.Order{}).For(owner), "rooms"), func(row string) bool { return strings.HasPrefix(row, pseudonym) }) {
		t.Errorf("%s is known from the report of all properties", pseudonym)
	}
}

// Of three intents with a known sum, one is small. If it alone were hidden, it would be the sum less the others.
func TestAHiddenNumberIsNotTheTotalLessTheOthers(t *testing.T) {
	const hidden2 = "hidden " + "hidden"
	tests := map[string]struct {
		dialogs []int // of domains, the largest first
		want    []string
	}{
		"one small, and one to hide it":    {[]int{90, 7, 3}, []string{"90 x", hidden2, "under 5 hidden"}},
		"two small that come to enough":    {[]int{90, 4, 3}, []string{"90 x", "under 5 hidden", "under 5 hidden"}},
		"two small that are 1 each":        {[]int{90, 1, 1}, []string{hidden2, "under 5 hidden", "under 5 hidden"}},
		"nothing small":                    {[]int{90, 7, 5}, []string{"90 x", "7 x", "5 x"}},
		"a zero is said, and hides none":   {[]int{90, 8, 2, 0}, []string{"90 x", hidden2, "under 5 hidden", "0 x"}},
		"a small one alone: so is the sum": {[]int{4}, []string{"under 5 hidden"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := &estate{dir: t.TempDir()}
			var lines []string
			sum := 0
			for i, n := range test.dialogs {
				lines = append(lines, fmt.Sprintf("2026-10-01 r1 Domain%d,1,%d", i, n))
				sum += n
			}
			e.load(t, "hotels", "asp_domain_engagement", table("business_domain,active_device_count,dialog_count", lines...))
			e.load(t, "hotels", "asp_device", table(devices, fmt.Sprintf("2026-10-01 r1 9,9,%d", sum)))
			e.cover("asp_device", "asp_domain_engagement")
			var got []string
			seen := made(t, e.reader(t), monthly.Order{}).For(owner)
			for _, row := range texts(t, seen, "domains") {
				f := strings.Split(row, " | ")
				if f[3] != "hidden" {
					f[3] = "x" // a share
				}
				got = append(got, f[2]+" "+f[3])
			}
			same(t, "domains", got, test.want...)
			if sum < 5 && !strings.HasPrefix(headline(seen)[0], "dialogs under 5,") {
				t.Errorf("the sum is said: %s", headline(seen)[0])
			}
		})
	}
}

// The dialogs of a property are said, so that a room is hidden together with another one of the same property.
func TestARoomIsHiddenWithAnotherOfItsProperty(t *testing.T) {
	e := &estate{dir: t.TempDir()}
	e.load(t, "hotels", "asp_device", table(devices, "2026-10-01 r1 1,1,3", "2026-10-01 r2 1,1,50", "2026-10-01 r3 1,1,70", "2026-10-01 r4 1,1,60"))
	e.cover("asp_device")
	var got []string
	for _, row := range texts(t, made(t, e.reader(t), monthly.Order{}).For(owner), "rooms") {
		got = append(got, row[strings.LastIndex(row, "| ")+2:])
	}
	same(t, "rooms by dialogs", got, "70", "60", "hidden", "under 5")
}

// The least that a reader can know of a hidden number is tried over many tables: never one alone, and never two that are 1 each.
func TestNoTableGivesAwayWhatItHides(t *testing.T) {
	for seed := range 300 {
		var dialogs []int
		for i := range 2 + seed%4 {
			dialogs = append(dialogs, (seed*(i+3)*7+i*i)%11)
		}
		hidden, sum := monthly.Concealed(dialogs, 5)
		if n := len(hidden); n == 1 && len(nonzero(dialogs)) > 1 || n > 1 && sum < 5 && n < len(nonzero(dialogs)) {
			t.Errorf("of %v are hidden %v", dialogs, hidden)
		}
		for i, n := range dialogs {
			if n > 0 && n < 5 && !slices.Contains(hidden, i) {
				t.Errorf("of %v, %d is said", dialogs, n)
			}
		}
	}
}

func nonzero(numbers []int) []int {
	return slices.DeleteFunc(slices.Clone(numbers), func(n int) bool { return n == 0 })
}
