package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MaxAttempts is how often the same day is asked for before a person must look.
const MaxAttempts = 3

// Request is one job that the planner wants.
type Request struct {
	Window Window
	Tables []string
	// Attempt counts how often these days will have been asked for when this request is made.
	Attempt int
	// Why says what the request is for: missing days, or days that are asked again.
	Why string
}

// Narrow restricts a plan at a person's wish.
type Narrow struct {
	// Window restricts the days when it is not the zero window.
	Window Window
	// Tables restricts the tables when it is not empty.
	Tables []string
	// Refresh asks again for days that are covered, and for days that were given up.
	Refresh bool
}

// Narrows reports whether it is another plan than the ordinary one.
func (n Narrow) Narrows() bool { return n.Window != (Window{}) || len(n.Tables) > 0 || n.Refresh }

func (n Narrow) wants(table string) bool {
	return len(n.Tables) == 0 || slices.Contains(n.Tables, table)
}

// Plan returns the requests that close the difference between the days that the subscription wants and the
// days that are covered or being asked for: backfill, daily run, healing and restatement are all this one
// difference. Together the requests cover each wanted day of each table at most once; no request is longer than
// the limits allow, reaches beyond the horizon, or touches a day that an open job holds. Once the requests are
// reserved as jobs, planning again on the same day returns nothing. Requests are in order of their first day.
//
// It returns no more requests than asking table by table, and no more than asking day by day, would need;
// days that were lost before count apart from the others.
func Plan(b Snapshot, l Limits, today Date, n Narrow) []Request {
	wanted := b.wanted(l, today, n)
	longest := b.Subscription.MaxWindowDays
	if l.MaxWindowDays > 0 {
		longest = min(longest, l.MaxWindowDays)
	}
	var requests []Request
	// Days that were lost before are asked for apart from the others, so that each day's attempts are its own.
	for ask := 1; ask <= MaxAttempts; ask++ {
		requests = append(requests, pack(wanted, ask, l.Tables, longest)...)
	}
	slices.SortStableFunc(requests, func(a, b Request) int {
		if a.Window.From != b.Window.From {
			return int(a.Window.From - b.Window.From)
		}
		return slices.Index(l.Tables, a.Tables[0]) - slices.Index(l.Tables, b.Tables[0])
	})
	return requests
}

// want is why a day is asked for, and how often it will have been.
type want struct {
	ask   int
	again bool
}

// wanted returns the days that have to be asked for.
func (b Snapshot) wanted(l Limits, today Date, n Narrow) map[cell]want {
	sub := b.Subscription
	reach := l.Wanted(sub, today).Intersect(Window{today - Date(l.HorizonDays), today})
	if n.Window != (Window{}) {
		reach = reach.Intersect(n.Window)
	}
	loaded := b.partitions()
	wanted := map[cell]want{}
	for _, table := range l.Tables {
		if !n.wants(table) {
			continue
		}
		for d := range reach.Days() {
			s, covered := loaded[cell{table, d}]
			if covered && !n.Refresh && !sub.restates(s, today) {
				continue
			}
			ask := 1
			if m, marked := b.marker(table, d); marked {
				if m.Status.Holds() || m.Attempt >= MaxAttempts && !n.Refresh {
					continue
				}
				if ask = m.Attempt + 1; n.Refresh {
					ask = 1
				}
			}
			wanted[cell{table, d}] = want{ask: ask, again: covered}
		}
	}
	return wanted
}

// restates reports whether a covered day is young enough to be asked for again, and was not yet asked for today.
func (s Subscription) restates(day Partition, today Date) bool {
	youngest := today - Date(s.LagDays)
	asked := day.Generation
	if day.Held != nil && day.Held.Generation.After(asked) {
		// Its report came, and waits for a person.
		asked = day.Held.Generation
	}
	return day.Date > youngest-Date(s.RefreshDays) && day.Date <= youngest && DateOf(asked) < today
}

// pack returns the fewer of the requests that asking table by table, or day by day, needs for the days that
// are wanted for the given time.
func pack(wanted map[cell]want, ask int, tables []string, longest int) []Request {
	now := maps.Clone(wanted)
	maps.DeleteFunc(now, func(_ cell, w want) bool { return w.ask != ask })
	requests := packByTable(now, tables, longest)
	if byDay := packByDay(now, tables, longest); len(byDay) < len(requests) {
		requests = byDay
	}
	for i := range requests {
		requests[i].Attempt = ask
		requests[i].Why = why(requests[i], now)
	}
	return requests
}

// packByTable cuts each table's days into runs and joins the tables whose runs are the same.
func packByTable(wanted map[cell]want, tables []string, longest int) []Request {
	var order []Window
	joined := map[Window][]string{}
	for _, table := range tables {
		var days []Date
		for c := range wanted {
			if c.table == table {
				days = append(days, c.date)
			}
		}
		slices.Sort(days)
		for _, w := range runs(days, longest) {
			if joined[w] == nil {
				order = append(order, w)
			}
			joined[w] = append(joined[w], table)
		}
	}
	requests := make([]Request, 0, len(order))
	for _, w := range order {
		requests = append(requests, Request{Window: w, Tables: joined[w]})
	}
	return requests
}

// packByDay joins consecutive days that want the same tables.
func packByDay(wanted map[cell]want, tables []string, longest int) []Request {
	byDay := map[Date][]string{}
	for _, table := range tables {
		for c := range wanted {
			if c.table == table {
				byDay[c.date] = append(byDay[c.date], table)
			}
		}
	}
	groups := map[string][]Date{}
	for _, d := range slices.Sorted(maps.Keys(byDay)) {
		set := strings.Join(byDay[d], ",")
		groups[set] = append(groups[set], d)
	}
	var requests []Request
	for _, set := range slices.Sorted(maps.Keys(groups)) {
		for _, w := range runs(groups[set], longest) {
			requests = append(requests, Request{Window: w, Tables: byDay[w.From]})
		}
	}
	return requests
}

// runs cuts sorted days into the fewest windows of consecutive days, none longer than longest.
func runs(days []Date, longest int) []Window {
	var windows []Window
	for _, d := range days {
		last := len(windows) - 1
		if last >= 0 && windows[last].To == d-1 && windows[last].Len() < longest {
			windows[last].To = d
			continue
		}
		windows = append(windows, Window{d, d})
	}
	return windows
}

func why(r Request, wanted map[cell]want) string {
	missing, again := 0, 0
	for _, table := range r.Tables {
		for d := range r.Window.Days() {
			if wanted[cell{table, d}].again {
				again++
			} else {
				missing++
			}
		}
	}
	switch {
	case again == 0:
		return plural(missing, "table day") + " missing"
	case missing == 0:
		return plural(again, "table day") + " asked again"
	default:
		return plural(missing, "table day") + " missing, " + fmt.Sprint(again) + " asked again"
	}
}

// Settled returns the markers of lost jobs that no longer tell anything: each of their days is covered since,
// beyond the vendor's reach, or held by a later job.
func (b Snapshot) Settled(l Limits, today Date) []Marker {
	loaded := b.partitions()
	var settled []Marker
	for _, m := range b.Markers {
		if m.Status.Holds() {
			continue
		}
		open := false
		for _, table := range m.Tables {
			for d := range m.Window.Days() {
				s, covered := loaded[cell{table, d}]
				wanted := !covered || b.Subscription.restates(s, today)
				if wanted && today <= d+Date(l.LostAfterDays) && !b.askedSince(m, table, d) {
					open = true
				}
			}
		}
		if !open {
			settled = append(settled, m)
		}
	}
	return settled
}

// askedSince reports whether a later attempt than m speaks of the day.
func (b Snapshot) askedSince(m Marker, table string, d Date) bool {
	for _, other := range b.Markers {
		if other.Job != m.Job && other.Attempt > m.Attempt && other.Covers(table, d) {
			return true
		}
	}
	return false
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
