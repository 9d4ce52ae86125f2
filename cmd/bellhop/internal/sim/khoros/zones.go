package khoros

import (
	"net/http"
	"net/url"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

const zonesPath = "/api/public/config/timezones"

// zone has the documented members.
type zone struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	ShortName    string `json:"shortName"`
	OffsetString string `json:"offsetString"`
	OffsetMillis int    `json:"offsetMillis"`
}

// readZones lists time zones for those who have the company's key.
func (a *api) readZones(r rest.Request, of Company) (rest.Call, rest.Answer) {
	if r.Method != http.MethodGet {
		return rest.Call{}, rest.NotAllowed(http.MethodGet)
	}
	query, err := url.ParseQuery(r.RawQuery)
	switch key := query["companyKey"]; {
	case err != nil || len(key) != 1:
		return rest.Call{}, a.Refuse(http.StatusBadRequest, "")
	case key[0] != of.Key:
		return rest.Call{}, a.Refuse(http.StatusForbidden, "") // assumed
	}
	return rest.Call{Operation: Zones, Serve: func([]rest.Twist) rest.Answer {
		return pass([]zone{{"UTC", "Coordinated Universal Time", "UTC", "+00:00", 0}, {"Asia/Tokyo", "Japan Standard Time", "JST", "+09:00", 9 * 3600 * 1000}})
	}}, rest.Answer{}
}
