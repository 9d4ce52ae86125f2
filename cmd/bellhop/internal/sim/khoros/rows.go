package khoros

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// record is a row; cells are strings, numbers and nulls, in the order of the report's columns.
type record []any

// selection is what an export is about: conversations that began in its days or up to so long before that they can matter, in
// order, as they were known when it was created.
type selection struct {
	export
	at   time.Time
	zone *time.Location
	all  []conversation
}

func (a *api) selection(j job) selection {
	s := selection{export: j.Export, at: j.Created, zone: time.FixedZone("", int(j.Export.OffsetMS/1000))}
	if zone, err := time.LoadLocation(s.Zone); err == nil && s.Zone != "UTC" {
		s.zone = zone
	}
	var of Company
	for _, c := range a.Companies {
		if c.Key == j.Company {
			of = c
		}
	}
	for n := s.From.Add(-openFor).Unix() / 86400; n <= s.To.Unix()/86400; n++ {
		for _, v := range of.day(a.Seed, n) {
			if !v.arrived.After(s.at) && s.wants(v) {
				s.all = append(s.all, v)
			}
		}
	}
	slices.SortStableFunc(s.all, func(a, b conversation) int { return a.created.Compare(b.created) })
	return s
}

// wants applies the filters.
func (s selection) wants(v conversation) bool {
	within := func(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }
	if !within(s.Priorities, v.priority) || !within(s.Queues, v.queue) {
		return false
	}
	hour := v.created.In(s.zone).Hour()
	open := hour >= 9 && hour < 17 // assumed
	return s.Hours == "" || open == (s.Hours == "true")
}

// in reports whether something happened in the export's time, and was known.
func (s selection) in(at time.Time) bool {
	return !at.Before(s.From) && !at.After(s.To) && !at.After(s.at)
}

// begun are the conversations that began in the export's time.
func (s selection) begun() (all []conversation) {
	for _, v := range s.all {
		if s.in(v.created) {
			all = append(all, v)
		}
	}
	return all
}

// date is how an export writes an instant (assumed): in the time zone that was asked for, or else in UTC.
func (s selection) date(at time.Time) string { return at.In(s.zone).Format(time.DateTime) }

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s selection) conversations() (rows []record) {
	for _, v := range s.all {
		end := s.To
		if s.at.Before(end) {
			end = s.at
		}
		wanted := s.in(v.created)
		switch cmp.Or(s.Which, openAtEnd) {
		case openAtEnd:
			wanted = !v.created.After(end) && !v.closedBy(end)
		case closed:
			wanted = s.in(v.closed)
		}
		if !wanted {
			continue
		}
		status, ended, handled := "OPEN", any(nil), any(nil)
		if v.closedBy(s.at) {
			status, ended, handled = "CLOSED", s.date(v.closed), v.seconds()
		}
		rows = append(rows, record{
			v.id, status, v.agent.id, s.zoneName(), s.date(v.created), ended, v.priority, v.queue, v.guest.name, v.guest.handle,
			nullable(v.property), v.posts, v.replies, handled,
		})
	}
	return rows
}

func (s selection) zoneName() string {
	if s.Zone == "UTC" && s.OffsetMS != 0 {
		return time.Time{}.In(s.zone).Format("UTC-07:00")
	}
	return s.Zone
}

func (s selection) posts() (rows []record) {
	for _, v := range s.all {
		for i := range v.posts {
			if at := v.posted(i); s.in(at) {
				rows = append(rows, record{
					v.id, fmt.Sprintf("%s-p%d", v.id, i+1), texts[(v.text+i)%len(texts)], v.guest.name, v.guest.handle, v.guest.email,
					v.guest.place, v.provider, v.language, v.sentiment, s.date(at), nullable(v.property),
				})
			}
		}
	}
	return rows
}

func (s selection) responses() (rows []record) {
	for _, v := range s.all {
		for i := range v.replies {
			if at := v.answered(i); s.in(at) {
				rows = append(rows, record{
					v.id, v.agent.id, i + 1, nil, "care", nil, s.date(v.created.Add(time.Minute)), nil, fmt.Sprintf("%s-r%d", v.id, i+1),
					nullable(v.property), v.agent.email, answers[(v.answer+i)%len(answers)], "@" + Tag(v.agent.name), v.language,
					"Toronto, ON", i + 1, v.provider, s.date(at), "NEUTRAL", nil, int(at.Sub(v.created).Seconds()), "PUBLIC",
				})
			}
		}
	}
	return rows
}

func (s selection) combined() (rows []record) {
	for _, v := range s.all {
		for i := range v.posts {
			if at := v.posted(i); s.in(at) {
				rows = append(rows, record{
					v.id, fmt.Sprintf("%s-p%d", v.id, i+1), "INCOMING", texts[(v.text+i)%len(texts)], v.guest.handle, nil, s.date(at),
					nullable(v.property),
				})
			}
		}
		for i := range v.replies {
			if at := v.answered(i); s.in(at) {
				rows = append(rows, record{
					v.id, fmt.Sprintf("%s-r%d", v.id, i+1), "RESPONSE", answers[(v.answer+i)%len(answers)], v.guest.handle, v.agent.id,
					s.date(at), nullable(v.property),
				})
			}
		}
	}
	return rows
}

func (s selection) authors() (rows []record) {
	posts := map[person]int{}
	for _, v := range s.begun() {
		posts[v.guest] += v.posts
	}
	for i, p := range people {
		if posts[p] > 0 {
			rows = append(rows, record{fmt.Sprint(9001 + i), p.name, p.handle, p.email, p.place, providers[i%len(providers)], posts[p]})
		}
	}
	return rows
}

// step is the action with a number in a conversation, a minute after the one before.
func (v conversation) step(i int) (action string, at time.Time) {
	names := []string{"ASSIGN", "TAG", "RESPOND", "NOTE"}
	return names[i%len(names)], v.created.Add(time.Duration(i) * time.Minute)
}

func (s selection) actions() (rows []record) {
	for _, v := range s.all {
		for i := range min(v.actions, 2+v.replies) {
			if action, at := v.step(i); s.in(at) {
				rows = append(rows, record{v.id, action, s.date(at), nullable(v.property), v.agent.id, v.agent.name})
			}
		}
	}
	return rows
}

// The documented numbers of actions of a conversation. There is no word of those that are left out.
const (
	mostActions   = 500
	raisedActions = 2000
)

func (s selection) history() (rows []record) {
	most := mostActions
	if s.Raised {
		most = raisedActions
	}
	for _, v := range s.begun() {
		for i := range min(v.actions, most) {
			if action, at := v.step(i); !at.After(s.at) {
				rows = append(rows, record{v.id, i + 1, action, s.date(at), v.agent.id})
			}
		}
	}
	return rows
}

func (s selection) brandPosts() (rows []record) {
	for _, v := range s.begun() {
		if v.replies == 3 {
			rows = append(rows, record{v.id + "-b", "c" + v.queue, texts[v.text], v.agent.name, v.provider, s.date(v.created)})
		}
	}
	return rows
}

func (s selection) help() (rows []record) {
	for _, v := range s.begun() {
		if v.priority == "0" {
			rows = append(rows, record{v.id + "-h", v.id, v.agent.name, v.agent.email, texts[v.text], s.date(v.created)})
		}
	}
	return rows
}

func (s selection) approvals() (rows []record) {
	for _, v := range s.begun() {
		if v.agent.disabled && !s.Disabled || !s.among(v.agent) || v.posts < 3 {
			continue
		}
		status := "PENDING"
		if v.closedBy(s.at) {
			status = "APPROVED"
		}
		rows = append(rows, record{v.id, v.id + "-r1", v.agent.name, status, s.date(v.answered(0))})
	}
	return rows
}

// among applies the filters on teams and agents.
func (s selection) among(a agent) bool {
	return (len(s.Teams) == 0 || slices.Contains(s.Teams, a.team)) && (len(s.Agents) == 0 || slices.Contains(s.Agents, a.id))
}

// states has what each agent did: busy with each conversation.
func (s selection) states() (rows []record) {
	for _, v := range s.begun() {
		if s.among(v.agent) {
			rows = append(rows, record{v.agent.name, v.agent.email, v.agent.id, v.agent.team, "BUSY", s.date(v.created), v.seconds()})
		}
	}
	return rows
}

// performance adds up each team's work on the conversations that began in a span of time.
func (s selection) performance(from, to time.Time) (rows []record) {
	for _, team := range []string{"11", "12"} {
		conversations, sent, seconds := 0, 0, 0
		for _, v := range s.begun() {
			if v.agent.team != team || v.agent.disabled && !s.Disabled || v.created.Before(from) || !v.created.Before(to) {
				continue
			}
			conversations++
			sent += v.replies
			seconds += v.seconds()
		}
		if conversations > 0 && s.among(agent{team: team}) {
			rows = append(rows, record{team, conversations, sent, seconds})
		}
	}
	return rows
}

func (s selection) teams() []record { return s.performance(s.From, s.To.Add(time.Millisecond)) }

func (s selection) intervals() (rows []record) {
	for from := s.From; !from.After(s.To); from = from.Add(s.Interval) {
		for _, r := range s.performance(from, from.Add(s.Interval)) {
			rows = append(rows, append(record{s.date(from)}, r...))
		}
	}
	return rows
}

// users has every agent. Only the total time depends on the export's time (documented).
func (s selection) users() (rows []record) {
	for _, a := range agents {
		if a.disabled && !s.Disabled || !s.among(a) {
			continue
		}
		seconds := 0
		for _, v := range s.begun() {
			if v.agent.id == a.id {
				seconds += v.seconds()
			}
		}
		rows = append(rows, record{a.id, a.name, a.email, a.team, !a.disabled, seconds})
	}
	return rows
}
