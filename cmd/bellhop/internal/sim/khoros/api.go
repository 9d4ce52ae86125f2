package khoros

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// New checks the configuration and returns the API, which nobody has called yet. It serves everything below /api/public/ and
// /exports/. URLs in its answers have the host that the call came to.
func New(c Config) (*rest.Service, error) {
	c.DelayMin = cmp.Or(c.DelayMin, 20*time.Second)
	c.DelayMax = cmp.Or(c.DelayMax, max(3*time.Minute, c.DelayMin))
	c.PerMinute = cmp.Or(c.PerMinute, 20)
	c.ThrottleStatus = cmp.Or(c.ThrottleStatus, http.StatusTooManyRequests)
	c.TokenLife = cmp.Or(c.TokenLife, time.Hour)
	a := &api{Config: c, users: map[string]Company{}, memory: memory{Served: map[string][]time.Time{}}}
	var problems []error
	if c.Now == nil || len(c.Companies) == 0 || c.DelayMin < 0 || c.DelayMax < c.DelayMin || c.TokenLife < 0 || c.ThrottleStatus/100 != 4 {
		problems = append(problems, errors.New("khoros: Now or Companies are missing, or a time or a status is out of range"))
	}
	for i, of := range c.Companies {
		if of.Key == "" || of.Username == "" || of.Password == "" || of.Daily <= 0 || a.users[of.Username].Key != "" {
			problems = append(problems, fmt.Errorf("khoros: company %d is incomplete or there twice", i))
		}
		a.users[of.Username] = of
	}
	service, err := rest.NewService(rest.Options{
		Seed: c.Seed, Now: c.Now, Endpoint: Endpoint, API: a, Faults: c.Faults, Kinds: kinds,
		Operations: []string{Create, Status, Download, File, Zones}, Memory: &a.memory,
	})
	return service, errors.Join(append(problems, err)...)
}

// Read implements [rest.API].
func (a *api) Read(r rest.Request) (rest.Call, rest.Answer) {
	if path, ok := strings.CutPrefix(r.EscapedPath, filesPath); ok {
		return a.readFile(r, path)
	}
	of, refusal := a.authorise(r)
	if refusal.Refused() {
		return rest.Call{}, refusal
	}
	if r.EscapedPath == zonesPath {
		return a.readZones(r, of)
	}
	path, ok := strings.CutPrefix(r.EscapedPath, reportsPath)
	if !ok {
		return rest.Call{}, a.Refuse(http.StatusNotFound, "")
	}
	segments := strings.Split(path, "/")
	switch {
	case len(segments) == 3 && (segments[2] == Status || segments[2] == Download):
		return a.readJob(r, of, segments)
	case len(segments) == 1, len(segments) == 2 && segments[0] == "marketing":
		return a.readCreate(r, of, segments[len(segments)-1], len(segments) == 2)
	}
	return rest.Call{}, a.Refuse(http.StatusNotFound, "")
}

// authorise finds the company behind Basic authentication, which is documented for every call, and counts the call.
func (a *api) authorise(r rest.Request) (Company, rest.Answer) {
	name, password, ok := (&http.Request{Header: r.Header}).BasicAuth()
	of := a.users[name]
	if !ok || of.Key == "" || of.Password != password {
		refusal := a.Refuse(http.StatusUnauthorized, "")
		refusal.Header = map[string]string{"WWW-Authenticate": `Basic realm="analytics"`}
		return of, refusal
	}
	if a.PerMinute < 0 {
		return of, rest.Answer{}
	}
	var last []time.Time
	for _, at := range a.Served[name] {
		if r.Now.Sub(at) < time.Minute {
			last = append(last, at)
		}
	}
	if len(last) >= a.PerMinute {
		a.Served[name] = last
		return of, a.Refuse(a.ThrottleStatus, "")
	}
	a.Served[name] = append(last, r.Now)
	return of, rest.Answer{}
}

const zonesPath = "/api/public/config/timezones"

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
	type zone struct { // as documented
		ID           string `json:"id"`
		Name         string `json:"name"`
		ShortName    string `json:"shortName"`
		OffsetString string `json:"offsetString"`
		OffsetMillis int    `json:"offsetMillis"`
	}
	return rest.Call{Operation: Zones, Serve: func([]rest.Twist) rest.Answer {
		return pass([]zone{{"UTC", "Coordinated Universal Time", "UTC", "+00:00", 0}, {"Asia/Tokyo", "Japan Standard Time", "JST", "+09:00", 9 * 3600 * 1000}})
	}}, rest.Answer{}
}
