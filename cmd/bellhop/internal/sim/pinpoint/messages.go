package pinpoint

import (
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// What was sent in an hour is a pure function of the seed, the application, what sent it and the hour; everything else is counted
// from there, so that parts sum to their whole where they can.

// The sources of messages.
const (
	sourceCampaign    = "campaign"
	sourceJourney     = "journey"
	sourceTransaction = "transaction"
)

// message is one that was sent to one person.
type message struct {
	source, resource, channel, activity string
	date                                string
	person                              int64
	delivered, opened, clicked          bool
	complained, unsubscribed            bool
	hardBounced, softBounced, rejected  bool
	country, problem                    string // of SMS
	parts, price                        int64  // of SMS; thousandths of a US cent
}

// latency is how long it takes until a message is counted (documented: about two hours).
const latency = 2 * time.Hour

// messages are what a target's answer is counted from.
func (a *api) messages(t target, s span, now time.Time) (all []message) {
	send := func(source, resource, channel string) {
		wanted := t.level == ofApplication && source != sourceJourney || t.level == source && t.resource == resource
		if !wanted {
			return
		}
		from := s.from
		if from.Before(t.Born) {
			from = t.Born
		}
		for hour := from.Add(time.Hour - 1).Truncate(time.Hour); !hour.After(s.to) && !hour.After(now.Add(-latency)); hour = hour.Add(time.Hour) {
			all = append(all, t.hour(a.Seed, source, resource, channel, hour)...)
		}
	}
	for _, c := range t.Campaigns {
		send(sourceCampaign, c.ID, c.Channel)
	}
	for _, id := range t.Journeys {
		send(sourceJourney, id, "EMAIL")
	}
	send(sourceTransaction, "", "EMAIL")
	send(sourceTransaction, "", "SMS")
	return all
}

// hour is what was sent in an hour. An hour counts where it begins.
func (app Application) hour(seed uint64, source, resource, channel string, at time.Time) (all []message) {
	c := chance.Draw(seed, "pinpoint "+source+" "+channel, app.ID+"/"+resource, at.Unix()/3600)
	for range c.Below(2*app.Hourly + 1) {
		m := message{source: source, resource: resource, channel: channel, date: at.Format(time.DateOnly), person: c.Below(app.Audience)}
		if source != sourceTransaction {
			m.activity = chance.Draw(seed, "activity", resource, c.Below(2)).Hex(10)
		}
		switch fate := c.Below(1000); {
		case fate < 20:
			m.hardBounced = true
		case fate < 45:
			m.softBounced = true
		case fate < 50:
			m.rejected = true
		default:
			m.delivered = true
		}
		m.opened = m.delivered && c.Hits(420)
		m.clicked = m.opened && c.Hits(300)
		m.complained = m.delivered && c.Hits(3)
		m.unsubscribed = m.delivered && c.Hits(6)
		if channel == "SMS" {
			m.sms(c)
		}
		all = append(all, m)
	}
	return all
}

// sms adds what only SMS have. Prices are the countries', for each part.
func (m *message) sms(c *chance.Stream) {
	prices := []struct {
		country string
		price   int64
	}{{"CA", 645}, {"CA", 645}, {"US", 581}, {"FR", 6930}}
	to := prices[c.Below(int64(len(prices)))]
	m.country, m.parts = to.country, c.Between(1, 3)
	m.price = to.price * m.parts
	if !m.delivered {
		m.problem = fmt.Sprint(c.Between(30, 33))
	}
}
