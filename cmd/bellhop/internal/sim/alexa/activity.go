package alexa

import (
	"cmp"
	"math/bits"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/campaigns"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// What happened in a room on a day is a pure function of the seed, the estate, the room and the day: asking twice gives the same.

// cell is what one room adds to one row of a report.
type cell struct {
	dims    []string
	values  [4]int64 // by position of the measure; that of the distinct measure stays 0
	devices uint64   // bit set of the devices that a distinct measure counts
	roamed  bool     // one of them was counted in another room too
}

func (c *cell) key() string { return strings.Join(c.dims, "\x1f") }

// add merges another cell of the same room and dimensions: the same day, or a further one.
func (c *cell) add(o cell, measures []measure) {
	for i, m := range measures {
		if m.kind == gauge {
			c.values[i] = max(c.values[i], o.values[i])
		} else {
			c.values[i] += o.values[i]
		}
	}
	c.devices |= o.devices
	c.roamed = c.roamed || o.roamed
}

func (c *cell) distinct() int64 { return int64(bits.OnesCount64(c.devices)) }

// dialog is one exchange with a device.
type dialog struct {
	device         int
	domain, intent string
}

// roomDay is one room on one day, whatever category is asked for.
type roomDay struct {
	seen    bool // the vendor has a record of the room for this day: the documented sample skips a day
	devices int64
	online  bool
	inUse   bool // occupied and online: people may call
	roamed  bool
	dialogs []dialog
}

// epochOfGrowth is 2026-01-01: before it estates are a little quieter, after it a little busier.
const epochOfGrowth day = 20454

// growth is the level of use in thousandths: 12 % a year, within sane bounds.
func growth(d day) int64 {
	return min(max(1000+int64(d-epochOfGrowth)*120/365, 500), 2000)
}

func (s *Simulator) roomDay(room *node, d day) roomDay {
	if d < room.created || chance.Draw(s.seed, "skipped", room.ID, int64(d)).Hits(8) {
		return roomDay{}
	}
	p, weekday := room.profile, d.Time().Weekday()
	r := roomDay{seen: true, devices: 1}
	if chance.Draw(s.seed, "devices", room.ID, 0).Hits(120) {
		r.devices = 2
	}
	// A device that drops off the network stays away for some days.
	r.online = !chance.Draw(s.seed, "offline", room.ID, int64(d)/5).Hits(35)
	if !r.online || room.Silent {
		return r
	}
	// Guests stay: the same draw holds for a whole stay, the threshold moves with the weekday.
	stay := chance.Draw(s.seed, "stay", room.ID, (int64(d)+chance.Draw(s.seed, "shift", room.ID, 0).Below(p.stayDays))/p.stayDays)
	r.inUse = stay.Below(1000) < p.occupied[weekday]
	c := chance.Draw(s.seed, "dialogs", room.ID, int64(d))
	var count int64
	switch mean := p.dialogs * p.weekday[weekday] / 100 * growth(d) / 1000; {
	case r.inUse:
		count = c.Between(mean/2, mean*3/2) / 10 // mean is in tenths
	case c.Hits(30): // housekeeping
		count = 1
	}
	for range count {
		spoken := dialog{device: int(c.Below(r.devices)), domain: pick(c, p.domains)}
		if spoken.domain == skillDomain {
			spoken.intent = pick(c, p.intents)
		}
		r.dialogs = append(r.dialogs, spoken)
	}
	r.roamed = c.Hits(15)
	return r
}

// cells returns what the room adds to a report of the category on that day, in no particular order.
// Calls between rooms are not in it: those concern two rooms at once, see internalCalls.
func (s *Simulator) cells(category string, room *node, d day) (cells []cell) {
	r := s.roomDay(room, d)
	if !r.seen {
		return nil
	}
	said := func(by dialog, dims ...string) {
		cells = append(cells, cell{dims: dims, values: [4]int64{0, 1}, devices: 1 << by.device, roamed: r.roamed})
	}
	switch category {
	case "DEVICE":
		c := cell{values: [4]int64{r.devices, 0, int64(len(r.dialogs))}, roamed: r.roamed && len(r.dialogs) > 0}
		for _, spoken := range r.dialogs {
			c.devices |= 1 << spoken.device
		}
		return []cell{c}
	case "DOMAIN_ENGAGEMENT":
		for _, spoken := range r.dialogs {
			said(spoken, spoken.domain)
		}
	case "PROPERTY_SKILL":
		for _, spoken := range r.dialogs {
			if spoken.intent != "" {
				said(spoken, room.profile.skill, spoken.intent)
			}
		}
	case "PROACTIVE_CAMPAIGN":
		return s.campaignCells(room, r, d)
	case "COMMUNICATION":
		return s.callCells(room, r, d)
	}
	return cells
}

// campaignCells has a row for each campaign that runs: two weeks on, two weeks off.
func (s *Simulator) campaignCells(room *node, r roomDay, d day) (cells []cell) {
	p := room.profile
	if !hasScreen(s.seed, room) {
		return nil
	}
	for i, name := range p.campaigns {
		if (int64(d)+int64(i)*14)%28 >= 14 {
			continue
		}
		id := campaignID(s.seed, name, s.audience[room.ID])
		c := chance.Draw(s.seed, "impressions "+name, room.ID, int64(d))
		values := [4]int64{r.devices}
		if r.online {
			values[2] = r.devices * c.Between(20, 120)
			values[1] = c.Below(2 + values[2]/40)
		}
		cells = append(cells, cell{dims: []string{id}, values: values})
	}
	return cells
}

func hasScreen(seed uint64, room *node) bool {
	return chance.Draw(seed, "screen", room.ID, 0).Hits(room.profile.screens)
}

// campaignID is the id of the campaign that shows what is called name to a hundred rooms.
func campaignID(seed uint64, name string, hundred int) string {
	return campaigns.ID(chance.Draw(seed, "campaign", name, int64(hundred)))
}

// orphan is a campaign that reports have numbers of, and that nobody can find any more.
const orphan = "wellness"

// houses are the properties of each kind with the campaigns that they show, and audience says of each room with a screen which
// hundred of its kind's it is in: a campaign takes no more than a hundred.
func houses(seed uint64, h *hierarchy) (all []campaigns.House, audience map[string]int) {
	audience = map[string]int{}
	for _, kind := range []Kind{Hotel, SeniorLiving, Hospital} {
		house := campaigns.House{Name: string(kind)}
		for _, n := range h.nodes {
			if n.leaf() && cmp.Or(n.Kind, Hotel) == kind && hasScreen(seed, n) {
				audience[n.ID] = len(house.Units) / campaigns.MaxUnits
				house.Units = append(house.Units, n.ID)
			}
		}
		for _, name := range profiles[kind].campaigns {
			if name == orphan {
				continue
			}
			standing := campaigns.Standing{Name: name}
			for first := 0; first < len(house.Units); first += campaigns.MaxUnits {
				standing.IDs = append(standing.IDs, campaignID(seed, name, first/campaigns.MaxUnits))
			}
			house.Standing = append(house.Standing, standing)
		}
		all = append(all, house)
	}
	return all, audience
}

func (s *Simulator) callCells(room *node, r roomDay, d day) (cells []cell) {
	if !r.inUse {
		return nil
	}
	c := chance.Draw(s.seed, "calls", room.ID, int64(d))
	for _, habit := range room.profile.calls {
		if !c.Hits(habit.perMille) {
			continue
		}
		for range c.Between(1, 3) {
			length := c.Between(habit.minutes[0], habit.minutes[1])
			if c.Hits(150) {
				length = 0 // nobody answered
			}
			cells = append(cells, callCell(habit.direction, habit.subExperience, habit.provider, length))
		}
	}
	return cells
}

// callCell fills the pair of columns that belongs to the sub-experience and leaves the other 0, as the documented sample does.
func callCell(direction, subExperience, provider string, length int64) cell {
	c := cell{dims: []string{direction, subExperience, provider}}
	if strings.HasPrefix(subExperience, "DropIn") {
		c.values[2], c.values[3] = 1, length
	} else {
		c.values[0], c.values[1] = 1, length
	}
	return c
}

// internalCalls yields the calls between two rooms of a property on a day: an Outbound
// cell for the caller and, unless the vendor writes only one row, an Inbound one for the other.
func (s *Simulator) internalCalls(property *node, d day, yield func(room *node, c cell)) {
	var rooms []*node
	for _, n := range s.hierarchy.subtree(property) {
		if n.leaf() && s.roomDay(n, d).inUse {
			rooms = append(rooms, n)
		}
	}
	if len(rooms) < 2 {
		return
	}
	c, all := chance.Draw(s.seed, "internal", property.ID, int64(d)), int64(len(rooms))
	for range (all*property.profile.internal + c.Below(1000)) / 1000 {
		from := c.Below(all)
		to := (from + 1 + c.Below(all-1)) % all
		length := c.Between(30, 1500)
		yield(rooms[from], callCell("Outbound", "Calling_Voice", "A2A", length))
		if !s.switches.OneSidedInternalCalls {
			yield(rooms[to], callCell("Inbound", "Calling_Voice", "A2A", length))
		}
	}
}
