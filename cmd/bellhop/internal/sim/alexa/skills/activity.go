package skills

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// What happened to a skill in a quarter of an hour, a locale and an intent is a pure function of the seed, the skill and those.
// Everything else is added up from there, so that parts sum to their whole. A number that is young lacks what has not
// arrived yet; what arrives late is as pure a function.

// slot is the shortest period of the API.
const slot = 15 * time.Minute

// hours is the rhythm of a day in UTC, in thousandths of the average hour.
var hours = [24]int64{
	900, 800, 600, 400, 250, 200, 200, 250, 350, 500, 700, 1000, 1300, 1500, 1500, 1400, 1300, 1300, 1400, 1500, 1700, 1800, 1700, 1450,
}

// fates are how a session ends, in thousandths. Successful sessions are those that the user or the skill ended (assumed).
const (
	incompletePerMille = 120
	userEndedPerMille  = 430
)

// figures are what a metric is read from.
type figures struct {
	utterances, failed              int64
	sessions, incomplete, userEnded int64
	queues, played, seconds         int64 // of music
	enabled                         int64
	customers                       []uint64 // a bit for each
}

func (f *figures) unique() (n int64) {
	for _, word := range f.customers {
		n += int64(bits.OnesCount64(word))
	}
	return n
}

// source is a skill made ready.
type source struct {
	Skill
	settle time.Duration
	parts  map[string][]part // by stage
}

// part is a skill in one stage, locale and intent.
type part struct {
	locale, intent string
	seed           uint64
	daily          [24]int64 // utterances of a slot of that hour, in thousandths
	failing        int       // utterances in 1000 that fail
	enablements    int64     // the most of a day; 0 but for one part of a locale
}

// developers speak to a skill so many times less than customers.
const developers = 20

func newSource(seed uint64, s Skill, settle time.Duration) *source {
	from := &source{Skill: s, settle: settle, parts: map[string][]part{}}
	intents := s.Intents
	if len(intents) == 0 {
		intents = []Share{{Weight: 1}}
	}
	all := total(s.Locales) * total(intents)
	for stage, daily := range map[string]int64{"live": s.Daily, "development": max(s.Daily/developers, 1)} {
		for _, l := range s.Locales {
			for i, in := range intents {
				p := part{
					locale: l.Value, intent: in.Value, failing: 45,
					seed: chance.Draw(seed, "skill "+stage, s.ID+" "+l.Value+" "+in.Value, 0).Next(),
				}
				if in.Value == "AMAZON.FallbackIntent" {
					p.failing = 700
				}
				for h, weight := range hours {
					p.daily[h] = daily * l.Weight * in.Weight * weight / 96 / max(all, 1)
				}
				if i == 0 {
					p.enablements = daily/40 + 2
				}
				from.parts[stage] = append(from.parts[stage], p)
			}
		}
	}
	return from
}

func total(shares []Share) (n int64) {
	for _, s := range shares {
		n += s.Weight
	}
	return n
}

// selection is what a series is about. An empty locale or intent means all of them.
type selection struct {
	stage, locale, intent string
}

// window is a span of time, its end excluded.
type window struct{ from, to time.Time }

// figures adds up what begins in a window, as far as it is known at now.
func (s *source) figures(of selection, in window, now time.Time) figures {
	f := figures{customers: make([]uint64, (s.Customers+63)/64)}
	first, last := slotAt(later(in.from, s.Born)), slotAt(in.to)
	for _, p := range s.parts[of.stage] {
		if of.locale != "" && of.locale != p.locale || of.intent != "" && of.intent != p.intent {
			continue
		}
		for n := first; n < last; n++ {
			if s.known(p, n, now) {
				s.add(&f, p, n)
			}
		}
		if of.intent == "" { // an enablement has no intent
			f.enabled += s.enabled(p, last, now)
		}
	}
	return f
}

// slotAt is the number of the first slot that does not begin before t.
func slotAt(t time.Time) int64 { return (t.Unix() + int64(slot.Seconds()) - 1) / int64(slot.Seconds()) }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// known reports whether a slot has arrived: after five minutes to two hours, and one in twenty within the time to settle.
func (s *source) known(p part, n int64, now time.Time) bool {
	age := now.Unix() - (n+1)*int64(slot.Seconds())
	if age >= int64(s.settle.Seconds()) && age >= 7200 {
		return true
	}
	c := chance.Draw(p.seed, "late", "", n)
	delay := c.Between(300, 7200)
	if c.Hits(50) {
		delay = max(delay, c.Below(int64(s.settle.Seconds())))
	}
	return age >= delay
}

// add adds what happened in a slot.
func (s *source) add(f *figures, p part, n int64) {
	c := chance.Draw(p.seed, "", "", n)
	count := c.Below(2*p.daily[n/4%24]+1000) / 1000
	if count == 0 {
		return
	}
	f.utterances += count
	for range count {
		if c.Hits(p.failing) {
			f.failed++
		}
	}
	sessions := 1 + c.Below(count)
	f.sessions += sessions
	for range sessions {
		who := c.Below(s.Customers)
		f.customers[who/64] |= 1 << (who % 64)
		switch fate := c.Below(1000); {
		case fate < incompletePerMille:
			f.incomplete++
		case fate < incompletePerMille+userEndedPerMille:
			f.userEnded++
		}
		f.queues++
		f.seconds += c.Between(60, 2400)
		if c.Hits(965) {
			f.played++
		}
	}
}

// enabled is the number of enablements from the skill's birth to a slot. Each appears up to a day late (documented).
func (s *source) enabled(p part, last int64, now time.Time) (count int64) {
	if p.enablements == 0 {
		return 0
	}
	born := slotAt(s.Born)
	for day := born / 96; day*96 < last; day++ {
		c := chance.Draw(p.seed, "enablements", "", day)
		for range c.Below(p.enablements) {
			n, delay := day*96+c.Below(96), c.Below(24*3600)
			if n >= born && n < last && now.Unix()-n*900 >= delay {
				count++
			}
		}
	}
	return count
}

// metric is one of the documented metrics: its name in v1, its name in v2's namespaces, and how it is read.
type metric struct {
	v1, v2 string
	types  []Type
	read   func(*figures) json.Number
}

func count(n func(*figures) int64) func(*figures) json.Number {
	return func(f *figures) json.Number { return json.Number(fmt.Sprint(n(f))) }
}

// ratio has three decimals, cut off. Over nothing it is 0 (assumed).
func ratio(over, under func(*figures) int64) func(*figures) json.Number {
	return func(f *figures) json.Number {
		thousandths := over(f) * 1000 / max(under(f), 1)
		return json.Number(fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000))
	}
}

func utterances(f *figures) int64 { return f.utterances }
func sessions(f *figures) int64   { return f.sessions }
func queues(f *figures) int64     { return f.queues }
func seconds(f *figures) int64    { return f.seconds }
func played(f *figures) int64     { return f.played }
func failed(f *figures) int64     { return f.failed }
func enabled(f *figures) int64    { return f.enabled }
func succeeded(f *figures) int64  { return f.utterances - f.failed }
func ended(f *figures) int64      { return f.sessions - f.incomplete }

// metrics are the documented ones of v1, and those of v2 that are read from the same figures.
var metrics = []metric{
	{"uniqueCustomers", "CUSTOMERS", []Type{Custom, SmartHome, FlashBriefing, Music}, count((*figures).unique)},
	{"totalEnablements", "", []Type{Custom, SmartHome, FlashBriefing}, count(enabled)},
	{"totalUtterances", "UTTERANCES", []Type{Custom, SmartHome}, count(utterances)},
	{"successfulUtterances", "SUCCESSFUL_UTTERANCES", []Type{Custom}, count(succeeded)},
	{"failedUtterances", "FAILED_UTTERANCES", []Type{Custom}, count(failed)},
	{"totalSessions", "ACTIVE_SESSIONS", []Type{Custom, FlashBriefing}, count(sessions)},
	{"successfulSessions", "SUCCESSFUL_SESSIONS", []Type{Custom}, count(ended)},
	{"incompleteSessions", "", []Type{Custom}, count(func(f *figures) int64 { return f.incomplete })},
	{"userEndedSessions", "USER_ENDED_SESSIONS", []Type{Custom}, count(func(f *figures) int64 { return f.userEnded })},
	{"skillEndedSessions", "SKILL_ENDED_SESSIONS", []Type{Custom}, count(func(f *figures) int64 { return ended(f) - f.userEnded })},
	{"totalPlayQueuesDuration", "PLAY_QUEUE_DURATION", []Type{Music}, count(seconds)},
	{"playQueuesCount", "PLAY_QUEUES", []Type{Music}, count(queues)},
	{"successfulPlayQueueRate", "SUCCESSFUL_PLAYBACK_RATE", []Type{Music}, ratio(played, queues)},
	{"averagePlayQueueLength", "AVERAGE_PLAY_QUEUE_DURATION", []Type{Music}, ratio(seconds, queues)},
	{"", "UTTERANCES_PER_CUSTOMER", []Type{Custom, SmartHome}, ratio(utterances, (*figures).unique)},
	{"", "UTTERANCES_PER_ACTIVE_SESSION", []Type{Custom}, ratio(utterances, sessions)},
}
