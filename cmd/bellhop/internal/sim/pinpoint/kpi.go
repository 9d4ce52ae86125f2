package pinpoint

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unit says how a KPI is read from its messages.
type unit int

const (
	count  unit = iota
	rate        // a quotient
	unique      // people, who do not add up over days
	price       // thousandths of a US cent
	mean        // thousandths of a US cent for each message or part
)

// group is what rows are grouped by: the end of the name, the key, and what a message says of it. The keys of dates, countries and
// errors are assumed; the others are documented.
type group struct {
	suffix, key string
	of          func(message) string
}

var (
	plain             = group{"", "", func(message) string { return "" }}
	byDate            = group{"-grouped-by-date", "Date", func(m message) string { return m.date }}
	byCampaign        = group{"-grouped-by-campaign", "CampaignId", func(m message) string { return m.resource }}
	byCampaignAction  = group{"-grouped-by-campaign-activity", "CampaignActivityId", func(m message) string { return m.activity }}
	byJourneyActivity = group{"-grouped-by-journey-activity", "JourneyActivityId", func(m message) string { return m.activity }}
	byCountry         = group{"-grouped-by-country", "Country", func(m message) string { return m.country }}
	byError           = group{"", "ErrorCode", func(m message) string { return m.problem }}
)

// kpi is one of the documented ones, at a level.
type kpi struct {
	group
	unit
	key    string // of its values
	about  channels
	amount func(message) int64 // what is counted, or the dividend
	over   func(message) int64 // the divisor
}

type channels struct {
	source   string // campaigns, journeys or transactions
	channels string
}

func one(message) int64            { return 1 }
func parts(m message) int64        { return m.parts }
func is(b bool) int64              { return map[bool]int64{true: 1}[b] }
func delivered(m message) int64    { return is(m.delivered) }
func opened(m message) int64       { return is(m.opened) }
func clicked(m message) int64      { return is(m.clicked) }
func complained(m message) int64   { return is(m.complained) }
func hardBounced(m message) int64  { return is(m.hardBounced) }
func softBounced(m message) int64  { return is(m.softBounced) }
func rejected(m message) int64     { return is(m.rejected) }
func unsubscribed(m message) int64 { return is(m.unsubscribed) }
func spent(m message) int64        { return m.price }
func partsThere(m message) int64   { return m.parts * is(m.delivered) }

var (
	campaigns      = channels{sourceCampaign, "EMAIL PUSH SMS"}
	campaignEmails = channels{sourceCampaign, "EMAIL"}
	campaignPushes = channels{sourceCampaign, "PUSH"}
	campaignSMS    = channels{sourceCampaign, "SMS"}
	journeyEmails  = channels{sourceJourney, "EMAIL"}
	txnEmails      = channels{sourceTransaction, "EMAIL"}
	txnSMS         = channels{sourceTransaction, "SMS"}
)

// documented are the KPIs as the document lists them: one for each way to group it.
var documented = []struct {
	level        string
	about        channels
	name         string
	unit         unit
	amount, over func(message) int64
	groups       []group
}{
	{ofApplication, campaigns, "successful-delivery-rate", rate, delivered, one, []group{plain, byDate}},
	{ofApplication, campaignEmails, "email-open-rate", rate, opened, delivered, []group{plain, byCampaign}},
	{ofApplication, campaigns, "unique-deliveries", unique, delivered, nil, []group{plain, byCampaign, byDate}},
	{ofApplication, campaigns, "successful-deliveries", count, delivered, nil, []group{byCampaign}},
	{ofApplication, campaignPushes, "push-open-rate", rate, opened, delivered, []group{plain, byCampaign}},

	{ofApplication, txnEmails, "txn-emails-clicked", count, clicked, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-complaint-rate", rate, complained, delivered, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-with-complaints", count, complained, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-delivered", count, delivered, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-delivery-rate", rate, delivered, one, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-hard-bounced", count, hardBounced, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-opened", count, opened, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-sent", count, one, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-soft-bounced", count, softBounced, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-unique-clicks", unique, clicked, nil, []group{plain, byDate}},
	{ofApplication, txnEmails, "txn-emails-unique-opens", unique, opened, nil, []group{plain, byDate}},

	{ofApplication, txnSMS, "txn-sms-average-price", mean, spent, one, []group{byCountry}},
	{ofApplication, txnSMS, "txn-sms-average-price-by-parts", mean, spent, parts, []group{byCountry}},
	{ofApplication, txnSMS, "txn-sms-delivered", count, delivered, nil, []group{plain, byCountry, byDate}},
	{ofApplication, txnSMS, "txn-sms-error-distribution", count, one, nil, []group{byError}},
	{ofApplication, txnSMS, "txn-sms-delivery-rate", rate, delivered, one, []group{plain, byDate}},
	{ofApplication, txnSMS, "txn-sms-delivered-by-parts", count, partsThere, nil, []group{plain, byCountry}},
	{ofApplication, txnSMS, "txn-sms-sent-by-parts", count, parts, nil, []group{plain, byCountry}},
	{ofApplication, txnSMS, "txn-sms-sent", count, one, nil, []group{plain, byCountry, byDate}},
	{ofApplication, txnSMS, "txn-sms-total-price", price, spent, nil, []group{byCountry}},

	{ofCampaign, campaignEmails, "hard-bounce-rate", rate, hardBounced, one, []group{plain, byCampaignAction}},
	{ofCampaign, campaigns, "successful-delivery-rate", rate, delivered, one, []group{plain, byCampaignAction, byDate}},
	{ofCampaign, campaignEmails, "email-open-rate", rate, opened, delivered, []group{plain, byCampaignAction}},
	{ofCampaign, campaignEmails, "direct-email-opens", count, opened, nil, []group{byCampaignAction}},
	{ofCampaign, campaigns, "unique-deliveries", unique, delivered, nil, []group{plain, byCampaignAction, byDate}},
	{ofCampaign, campaignEmails, "clicks", count, clicked, nil, []group{byCampaignAction}},
	{ofCampaign, campaigns, "successful-deliveries", count, delivered, nil, []group{byCampaignAction}},
	{ofCampaign, campaigns, "attempted-deliveries", count, one, nil, []group{byCampaignAction}},
	{ofCampaign, campaignPushes, "push-open-rate", rate, opened, delivered, []group{plain, byCampaignAction}},
	{ofCampaign, campaignPushes, "direct-push-opens", count, opened, nil, []group{byCampaignAction}},
	{ofCampaign, campaignSMS, "sms-spend", price, spent, nil, []group{plain}},
}

// journeyCounts are counted for a journey as a whole and for each of its activities, under two names.
var journeyCounts = map[string]func(message) int64{
	"clicked": clicked, "complained": complained, "delivered": delivered, "hardbounced": hardBounced, "opened": opened,
	"rejected": rejected, "sent": one, "softbounced": softBounced, "unsubscribed": unsubscribed,
}

// catalogue has the documented KPIs by level and name.
var catalogue = func() map[string]map[string]kpi {
	all := map[string]map[string]kpi{ofApplication: {}, ofCampaign: {}, ofJourney: {}}
	for _, d := range documented {
		for _, g := range d.groups {
			all[d.level][d.name+g.suffix] = kpi{group: g, unit: d.unit, key: camel(d.name), about: d.about, amount: d.amount, over: d.over}
		}
	}
	for word, amount := range journeyCounts {
		of := kpi{key: camel("emails-" + word), about: journeyEmails, amount: amount}
		for name, g := range map[string]group{"journey-emails-" + word: plain, "emails-" + word + byJourneyActivity.suffix: byJourneyActivity} {
			of.group = g
			all[ofJourney][name] = of
		}
	}
	return all
}()

// KPIs are the names that there are at a level (application, campaign or journey), in order.
func KPIs(level string) []string { return slices.Sorted(maps.Keys(catalogue[level])) }

// camel is the key of a KPI's values. UniqueDeliveries is documented, and that the others are like it.
func camel(name string) string {
	name = strings.TrimPrefix(strings.TrimPrefix(name, "txn-"), "journey-")
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word == "sms" {
			word = "SMS"
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// rows reads the KPI from the messages. Without a message that it is about there is no row: that is no data, and not zero
// (documented).
func (a *api) rows(k kpi, all []message) (rows []row) {
	groups := map[string][]message{}
	for _, m := range all {
		if m.source != k.about.source || !strings.Contains(k.about.channels, m.channel) || k.key == errorsKey && m.problem == "" {
			continue
		}
		of := k.of(m)
		groups[of] = append(groups[of], m)
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		text, there := k.read(groups[name], a.Percent)
		if !there {
			continue
		}
		r := row{Values: []value{{Key: k.key, Type: "Double", Value: text}}}
		if k.group.key != "" {
			r.GroupedBys = []value{{Key: k.group.key, Type: "String", Value: name}}
		}
		rows = append(rows, r)
	}
	return rows
}

// errorsKey is of the only KPI that leaves out what was delivered.
var errorsKey = camel("txn-sms-error-distribution")

// read reads one value. It is missing where it would be divided by zero.
func (k kpi) read(of []message, percent bool) (text string, there bool) {
	var amount, over int64
	people := map[int64]bool{}
	for _, m := range of {
		amount += k.amount(m)
		if k.over != nil {
			over += k.over(m)
		}
		if k.amount(m) > 0 {
			people[m.person] = true
		}
	}
	switch k.unit {
	case unique:
		amount = int64(len(people))
	case rate, mean:
		return quotient(amount*cmp.Or(is(percent && k.unit == rate)*100, 1), over), over > 0
	}
	return fmt.Sprintf("%d.0", amount), true
}

// quotient has up to four decimals, and at least one.
func quotient(amount, over int64) string {
	n := (amount*10000 + over/2) / max(over, 1)
	text := strings.TrimRight(fmt.Sprintf("%d.%04d", n/10000, n%10000), "0")
	if strings.HasSuffix(text, ".") {
		text += "0"
	}
	return text
}
