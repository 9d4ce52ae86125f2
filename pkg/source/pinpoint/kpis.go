package pinpoint

import (
	"slices"
	"strings"
)

// Level is what a KPI is about.
type Level string

// The levels, each with an operation of its own.
const (
	Application Level = "application"
	Campaign    Level = "campaign"
	Journey     Level = "journey"
)

func levels() []Level { return []Level{Application, Campaign, Journey} }

// The names of the vendor's page of standard metrics, as it stood on 28 April 2023: 84 in all.
var (
	campaignsOfApplication = []string{
		"successful-delivery-rate", "successful-delivery-rate-grouped-by-date", "email-open-rate", "email-open-rate-grouped-by-campaign",
		"unique-deliveries", "unique-deliveries-grouped-by-campaign", "unique-deliveries-grouped-by-date",
		"successful-deliveries-grouped-by-campaign", "push-open-rate", "push-open-rate-grouped-by-campaign",
	}
	// Each also grouped by date.
	transactionalEmails = []string{
		"txn-emails-clicked", "txn-emails-complaint-rate", "txn-emails-with-complaints", "txn-emails-delivered", "txn-emails-delivery-rate",
		"txn-emails-hard-bounced", "txn-emails-opened", "txn-emails-sent", "txn-emails-soft-bounced", "txn-emails-unique-clicks",
		"txn-emails-unique-opens",
	}
	transactionalSMS = []string{
		"txn-sms-average-price-grouped-by-country", "txn-sms-average-price-by-parts-grouped-by-country", "txn-sms-delivered",
		"txn-sms-delivered-grouped-by-country", "txn-sms-delivered-grouped-by-date", "txn-sms-error-distribution", "txn-sms-delivery-rate",
		"txn-sms-delivery-rate-grouped-by-date", "txn-sms-delivered-by-parts", "txn-sms-delivered-by-parts-grouped-by-country",
		"txn-sms-sent-by-parts", "txn-sms-sent-by-parts-grouped-by-country", "txn-sms-sent", "txn-sms-sent-grouped-by-country",
		"txn-sms-sent-grouped-by-date", "txn-sms-total-price-grouped-by-country",
	}
	ofCampaign = []string{
		"hard-bounce-rate", "hard-bounce-rate-grouped-by-campaign-activity", "successful-delivery-rate",
		"successful-delivery-rate-grouped-by-campaign-activity", "successful-delivery-rate-grouped-by-date", "email-open-rate",
		"email-open-rate-grouped-by-campaign-activity", "direct-email-opens-grouped-by-campaign-activity", "unique-deliveries",
		"unique-deliveries-grouped-by-campaign-activity", "unique-deliveries-grouped-by-date", "clicks-grouped-by-campaign-activity",
		"successful-deliveries-grouped-by-campaign-activity", "attempted-deliveries-grouped-by-campaign-activity", "push-open-rate",
		"push-open-rate-grouped-by-campaign-activity", "direct-push-opens-grouped-by-campaign-activity", "sms-spend",
	}
	// For each the whole journey and its activities.
	journeyEmails = []string{
		"clicked", "complained", "delivered", "hardbounced", "opened", "rejected", "sent", "softbounced", "unsubscribed",
	}
)

const byDate = "-grouped-by-date"

// KPIs returns the names that are known of a level, sorted.
func KPIs(l Level) []string {
	var names []string
	switch l {
	case Application:
		names = slices.Concat(campaignsOfApplication, transactionalEmails, transactionalSMS)
		for _, name := range transactionalEmails {
			names = append(names, name+byDate)
		}
	case Campaign:
		names = slices.Clone(ofCampaign)
	case Journey:
		for _, what := range journeyEmails {
			names = append(names, "journey-emails-"+what, "emails-"+what+"-grouped-by-journey-activity")
		}
	}
	slices.Sort(names)
	return names
}

// additive reports whether values of a KPI add up over days: a count of messages does. A rate, a count of distinct people and money
// do not, nor does what is not known.
func additive(kpi string) bool {
	name, _, _ := strings.Cut(kpi, "-grouped-by-")
	for part := range strings.SplitSeq(name, "-") {
		switch part {
		case "rate", "unique", "price", "spend":
			return false
		}
	}
	return slices.ContainsFunc(levels(), func(l Level) bool { return slices.Contains(KPIs(l), kpi) })
}
