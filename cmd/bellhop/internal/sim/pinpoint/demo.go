package pinpoint

import "time"

// Ids of the demonstration.
const (
	DemoApplicationID = "8f2c1d5e7a9b4c3d8e6f0a1b2c3d4e5f"
	DemoEmails        = "5a1b2c3d4e5f46778899aabbccddeeff" // a campaign of e-mails
	DemoPushes        = "6b2c3d4e5f6047889900bbccddeeff11" // a campaign of push messages
	DemoJourney       = "7c3d4e5f607148990011ccddeeff2233"
)

// DemoApplications are a project of the demonstration's properties, which began to send long before.
func DemoApplications() []Application {
	return []Application{{
		ID: DemoApplicationID, Campaigns: []Campaign{{DemoEmails, "EMAIL"}, {DemoPushes, "PUSH"}}, Journeys: []string{DemoJourney},
		Hourly: 3, Audience: 400, Born: time.Date(2025, 5, 5, 0, 0, 0, 0, time.UTC),
	}}
}

// DemoKPIs are those whose answers somebody saved.
var DemoKPIs = []string{
	"txn-emails-sent", "txn-emails-delivered", "txn-emails-opened", "txn-sms-sent", "txn-sms-delivered", "unique-deliveries-grouped-by-campaign",
}

// DemoSaved is when they did: in the last hour of the service.
var DemoSaved = EndOfSupport.Add(-time.Hour)
