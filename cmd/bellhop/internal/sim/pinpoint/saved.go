package pinpoint

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// Saved returns what somebody saved before the service ended: the body of an answer for each day and KPI of an application, as the
// service wrote it at an instant.
func Saved(seed uint64, of Application, kpis []string, first, last script.Day, at time.Time) (bodies [][]byte, err error) {
	a, err := newAPI(Config{Seed: seed, Now: func() time.Time { return at }, Applications: []Application{of}})
	if err != nil {
		return nil, err
	}
	signed := http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=somebody"}}
	for day := first; day <= last; day++ {
		date := day.Time().Format(time.DateOnly)
		query := url.Values{"start-time": {date}, "end-time": {date}}.Encode()
		for _, name := range kpis {
			call, refusal := a.Read(rest.Request{
				Method: http.MethodGet, EscapedPath: "/v1/apps/" + of.ID + "/kpis/daterange/" + name, RawQuery: query, Header: signed, Now: at,
			})
			if call.Serve == nil {
				return nil, fmt.Errorf("pinpoint: %s of %s: %d %s", name, date, refusal.Status, refusal.Body)
			}
			bodies = append(bodies, call.Serve(nil).Body)
		}
	}
	return bodies, nil
}
