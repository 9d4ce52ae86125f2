package pinpoint

import "testing"

// Messages that are read by hand: four e-mails of a campaign to two people, one of whom got three; one that bounced; and SMS, of
// which those to Canada have three parts for 1935 thousandths of a cent.
func TestKPIsOfAFewMessages(t *testing.T) {
	mail := func(date, activity string, person int64, m message) message {
		m.source, m.channel, m.resource, m.date, m.activity, m.person = sourceCampaign, "EMAIL", "c1", date, activity, person
		return m
	}
	text := func(country string, parts, price int64, problem string) message {
		return message{source: sourceTransaction, channel: "SMS", date: "2026-10-01", country: country, parts: parts, price: price,
			problem: problem, delivered: problem == ""}
	}
	all := []message{
		mail("2026-10-01", "a", 1, message{delivered: true, opened: true, clicked: true}),
		mail("2026-10-01", "a", 1, message{delivered: true}),
		mail("2026-10-02", "b", 1, message{delivered: true, opened: true}),
		mail("2026-10-02", "b", 2, message{hardBounced: true}),
		{source: sourceTransaction, channel: "EMAIL", date: "2026-10-01", hardBounced: true},
		text("CA", 1, 645, ""), text("CA", 2, 1290, ""), text("US", 1, 581, "30"),
	}
	for name, test := range map[string]struct {
		level, kpi string
		percent    bool
		want       string
	}{
		"a count of groups":            {ofCampaign, "attempted-deliveries-grouped-by-campaign-activity", false, "a=2.0 b=2.0"},
		"a zero is a zero":             {ofCampaign, "clicks-grouped-by-campaign-activity", false, "a=1.0 b=0.0"},
		"a rate":                       {ofCampaign, "email-open-rate", false, "0.6667"},
		"a rate in percent":            {ofCampaign, "hard-bounce-rate", true, "25.0"},
		"a rate of groups":             {ofCampaign, "email-open-rate-grouped-by-campaign-activity", false, "a=0.5 b=1.0"},
		"people of all days":           {ofApplication, "unique-deliveries", false, "1.0"},
		"people of each day":           {ofApplication, "unique-deliveries-grouped-by-date", false, "2026-10-01=1.0 2026-10-02=1.0"},
		"the same name, another level": {ofApplication, "successful-delivery-rate", false, "0.75"},
		"prices":                       {ofApplication, "txn-sms-total-price-grouped-by-country", false, "CA=1935.0 US=581.0"},
		"a mean":                       {ofApplication, "txn-sms-average-price-grouped-by-country", true, "CA=967.5 US=581.0"},
		"a mean of parts":              {ofApplication, "txn-sms-average-price-by-parts-grouped-by-country", false, "CA=645.0 US=581.0"},
		"errors only":                  {ofApplication, "txn-sms-error-distribution", false, "30=1.0"},
		"no push message, no row":      {ofCampaign, "push-open-rate", false, ""},
		"nothing delivered, no rate":   {ofApplication, "txn-emails-complaint-rate", false, ""},
	} {
		k, known := catalogue[test.level][test.kpi]
		if !known {
			t.Fatalf("%s: no such KPI", name)
		}
		got := ""
		for _, r := range (&api{Config: Config{Percent: test.percent}}).rows(k, all) {
			if got != "" {
				got += " "
			}
			if len(r.GroupedBys) > 0 {
				got += r.GroupedBys[0].Value + "="
			}
			got += r.Values[0].Value
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestKeys(t *testing.T) {
	for name, want := range map[string]string{"unique-deliveries": "UniqueDeliveries", "txn-emails-sent": "EmailsSent", "sms-spend": "SMSSpend"} {
		if got := camel(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
