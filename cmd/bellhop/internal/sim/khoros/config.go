// Package khoros plays the Khoros Care Analytics Reports API: exports that are created, asked about and downloaded.
//
// It is written from the vendor's documents and shares no type with bellhop's clients, so that a misreading on either side
// shows. Facts marked "documented" in comments stand in the vendor's guide or in its OpenAPI; those marked "assumed" are ours.
//
// One seed and one sequence of calls give the same bytes. What an export holds is a pure function of the seed, the company, the
// type, the days and the instant at which it was created.
package khoros

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// Endpoint is what a script calls this API.
const Endpoint script.Endpoint = "khoros"

// The operations, as a script names them.
const (
	Create   = "create"   // of an export
	Status   = "status"   // of an export
	Download = "download" // of an export, which leads on to a file
	File     = "file"     // on the other host
	Zones    = "zones"    // the list of time zones
)

// What goes wrong besides what goes wrong everywhere. The call is served.
const (
	JobFails          script.Kind = "job_fails"           // the new export fails, with the reason Name (none, as documented)
	JobNeverEnds      script.Kind = "job_never_ends"      // the new export runs forever
	JobLate           script.Kind = "job_late"            // the new export takes DelayMinutes (30) longer
	URLEarly          script.Kind = "url_early"           // an export that runs has a download URL, which leads nowhere yet
	URLMissing        script.Kind = "url_missing"         // an export that is completed has no download URL yet
	IDsOnly           script.Kind = "ids_only"            // the answer has ids and no URLs
	ForeignStatusHost script.Kind = "foreign_status_host" // statusUrl is on host Name, as in a documented sample
	ForeignRedirect   script.Kind = "foreign_redirect"    // the download leads to host Name
	Truncated         script.Kind = "truncated"           // the file ends in the middle, as if it were whole
	CutShort          script.Kind = "cut_short"           // the connection ends in the middle of the file
)

var kinds = map[script.Kind]script.Type{
	JobFails:          {Only: only(Create), Words: "let an export fail"},
	JobNeverEnds:      {Only: only(Create), Words: "let an export run forever"},
	JobLate:           {Only: only(Create), Words: "took its time for an export"},
	URLEarly:          {Only: only(Create, Status), Words: "named a download before it was there"},
	URLMissing:        {Only: only(Status), Words: "called an export completed and named no download"},
	IDsOnly:           {Only: only(Create, Status), Words: "answered with ids only"},
	ForeignStatusHost: {Only: only(Create, Status), Words: "named a status on a foreign host"},
	ForeignRedirect:   {Only: only(Download), Words: "led a download to a foreign host"},
	Truncated:         {Only: only(File), Words: "delivered an export that ends in the middle"},
	CutShort:          {Only: only(File), Words: "cut a download"},
}

func only(operations ...string) func(script.Fault, script.Call) bool {
	return func(_ script.Fault, at script.Call) bool {
		return slices.Contains(operations, at.Operation)
	}
}

// Company is a tenant with its one user of the API.
type Company struct {
	Key, Username, Password string
	// Properties are the tags by which its conversations name a property; the first are named most.
	Properties []string
	// Daily is the number of conversations on an ordinary day.
	Daily int64
}

// Config is everything that the API needs. Seed, Now and Companies are required.
type Config struct {
	Seed      uint64
	Now       func() time.Time
	Companies []Company
	// Files is where downloads are redirected to: a base URL on another host name, whose calls come to the same handler, under
	// /exports/. Empty: a download is answered at once. The documents show "curl -L" only.
	Files string
	// DelayMin and DelayMax bound how long an export takes. 0: 20 seconds and three minutes (assumed).
	DelayMin, DelayMax time.Duration
	// PerMinute is how many calls a user may make in any minute. 0: 20, as a third party says that the vendor says. Negative: any.
	PerMinute int
	// ThrottleStatus answers the calls beyond. 0: 429. The documents name none, so 403 is possible. There are no headers.
	ThrottleStatus int
	// TokenLife is how long an analyticsAccessToken is good for. 0: one to two hours (assumed).
	TokenLife time.Duration
	// Faults are the script of what goes wrong. Calls are counted over all operations.
	Faults []script.Fault
}

// api is the [rest.API].
type api struct {
	Config
	users map[string]Company
	memory
}

// memory is everything that callers changed.
type memory struct {
	Jobs []job `json:"jobs"`
	// Served says when a user's last calls were, oldest first.
	Served map[string][]time.Time `json:"served"`
}

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

// reply is the documented body of everything but a refusal. Status stays PASS when an export failed.
type reply struct {
	Status  string `json:"status"`
	Request any    `json:"request"`
	Message any    `json:"message"`
	Result  any    `json:"result"`
}

func pass(result any) rest.Answer {
	return rest.JSON(http.StatusOK, reply{Status: "PASS", Result: result})
}

// Refuse builds an error. The documented body of a 400 is an empty object, and no other error is documented.
func (a *api) Refuse(status int, _ string) rest.Answer { return rest.JSON(status, struct{}{}) }

const (
	reportsPath = "/api/public/reports/report/"
	filesPath   = "/exports/"
)

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
