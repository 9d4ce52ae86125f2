package alexa

import (
	"cmp"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// Kind says what sort of house a property is, and so how its rooms behave.
type Kind string

// The kinds of property that the simulator has a rhythm for.
const (
	Hotel        Kind = "hotel"
	SeniorLiving Kind = "senior-living"
	Hospital     Kind = "hospital"
)

// unitIDPrefix is the documented form of a directed unit id, up to its opaque part.
const unitIDPrefix = "amzn1.alexa.unit.did."

// Unit is a node of the vendor's hierarchy. The depth in the tree is the vendor's level:
// 0 organisation, 1 property, 2 group, 3 room. A unit without sub-units holds the devices.
type Unit struct {
	// ID is the directed id, amzn1.alexa.unit.did.… (documented form).
	ID string `json:"id"`
	// Name is what people call the unit. Real ones hold personal data; so do some here.
	Name string `json:"name"`
	// Kind matters on properties; sub-units inherit it. Empty means Hotel.
	Kind Kind `json:"kind,omitempty"`
	// Created is the instant the unit was set up; zero means long ago. The unit has no data before
	// that day, and no report until it is four days old.
	Created time.Time `json:"created,omitzero"`
	// Silent units have devices that are online, and to which nobody ever speaks: there are no dialogs and no calls.
	Silent bool `json:"silent,omitempty"`
	// Units are the sub-units in the order in which reports list them.
	Units []Unit `json:"units,omitempty"`
}

// SilentUnits counts the silent ones of the unit and of those below it.
func (u Unit) SilentUnits() int {
	n := 0
	if u.Silent {
		n++
	}
	for _, below := range u.Units {
		n += below.SilentUnits()
	}
	return n
}

// Estate is everything that the simulated credentials may ask about.
type Estate struct {
	Organisation Unit `json:"organisation"`
	// Foreign holds ids of units that exist but belong to another customer.
	Foreign []string `json:"foreign,omitempty"`
}

// PlantedName is the name of the fourth room of the senior living home that [SizedEstate] builds. It looks like
// what staff type in practice. It belongs in reports and in datasets, never in a log or an error.
const PlantedName = "Mrs Example 204"

// DemoEstate is one organisation with a hotel of 24 rooms, a senior living home of 24 and a hospital of 24. A room of the
// hotel and a bed of the hospital are silent.
func DemoEstate() Estate {
	e := SizedEstate(24)
	for property, room := range map[int]int{0: 7, 2: 15} {
		e.Organisation.Units[property].Units[0].Units[room].Silent = true
	}
	return e
}

// SizedEstate is the demonstration estate with the given number of rooms in each of its three properties.
// The ids depend on nothing but the place in the tree.
func SizedEstate(roomsPerProperty int) Estate {
	houses := []struct {
		kind       Kind
		name, room string
	}{
		{Hotel, "Lakeside Inn, Toronto", "Room %d"},
		{SeniorLiving, "Maple Court", "Apartment %d"},
		{Hospital, "St. Anne's Hospital", "Bed %d"},
	}
	org := Unit{ID: demoID("org"), Name: "Example Hospitality Group"}
	for _, house := range houses {
		group := Unit{ID: demoID(string(house.kind), "group"), Name: "Default"}
		for i := range roomsPerProperty {
			// Ten rooms to a floor: 101…110, 201…210.
			number := (i/10+1)*100 + i%10 + 1
			name := fmt.Sprintf(house.room, number)
			if house.kind == SeniorLiving && i == 3 {
				name = PlantedName
			}
			id := demoID(string(house.kind), "room", fmt.Sprint(number))
			group.Units = append(group.Units, Unit{ID: id, Name: name})
		}
		id := demoID(string(house.kind), "property")
		org.Units = append(org.Units, Unit{ID: id, Name: house.name, Kind: house.kind, Units: []Unit{group}})
	}
	return Estate{Organisation: org, Foreign: []string{demoID("another customer")}}
}

func demoID(path ...string) string {
	c := chance.Draw(0, "unit", strings.Join(path, "/"), 0)
	var b []byte
	for range 3 {
		b = binary.BigEndian.AppendUint64(b, c.Next())
	}
	return unitIDPrefix + "A" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// node is a unit in its place. Nodes stand in preorder, so a subtree is a run of them.
type node struct {
	Unit
	profile  profile
	created  day // the first day with data
	level    int
	parent   *node
	property *node // the ancestor on level 1, or the node itself above and on it
	order    int   // own position in preorder
	last     int   // position of the last descendant
}

func (n *node) leaf() bool { return n.order == n.last }

// hierarchy is the flattened estate.
type hierarchy struct {
	nodes   []*node
	byID    map[string]*node
	foreign map[string]bool
}

func newHierarchy(e Estate, zone *time.Location) (*hierarchy, error) {
	h := &hierarchy{byID: map[string]*node{}, foreign: map[string]bool{}}
	var problems []error
	var add func(u Unit, parent *node)
	add = func(u Unit, parent *node) {
		n := &node{Unit: u, parent: parent, order: len(h.nodes)}
		if !u.Created.IsZero() {
			n.created = script.DayOf(u.Created.In(zone))
		}
		n.property = n
		if parent != nil {
			n.level = parent.level + 1
			n.created = max(n.created, parent.created)
			n.Kind = cmp.Or(n.Kind, parent.Kind)
			if n.level > 1 {
				n.property = parent.property
			}
		}
		var known bool
		if n.profile, known = profiles[cmp.Or(n.Kind, Hotel)]; !known {
			problems = append(problems, fmt.Errorf("estate: unknown kind %q", n.Kind))
		}
		if h.byID[u.ID] != nil || !validUnitID(u.ID) {
			problems = append(problems, fmt.Errorf("estate: unit id %q is malformed or used twice", u.ID))
		}
		h.nodes = append(h.nodes, n)
		h.byID[u.ID] = n
		for _, child := range u.Units {
			add(child, n)
		}
		n.last = len(h.nodes) - 1
	}
	add(e.Organisation, nil)
	for _, id := range e.Foreign {
		h.foreign[id] = true
	}
	return h, errors.Join(problems...)
}

func (h *hierarchy) subtree(n *node) []*node { return h.nodes[n.order : n.last+1] }

func validUnitID(id string) bool {
	rest, ok := strings.CutPrefix(id, unitIDPrefix)
	return ok && rest != "" && !strings.ContainsAny(rest, " \t\r\n")
}
