// Package khoros plays the Khoros Care Analytics Reports API: exports that are created, asked about and downloaded.
//
// It is written from the vendor's documents and shares no type with bellhop's clients, so that a misreading on either side
// shows. Facts marked "documented" in comments stand in the vendor's guide or in its OpenAPI; those marked "assumed" are ours.
//
// One seed and one sequence of calls give the same bytes. What an export holds is a pure function of the seed, the company, the
// type, the days and the instant at which it was created.
package khoros

import (
	"net/http"
	"slices"
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

// job is an export that somebody created.
type job struct {
	Workflow string    `json:"workflow"`
	Run      string    `json:"run"`
	Company  string    `json:"company"` // its key
	Export   export    `json:"export"`
	Created  time.Time `json:"created"`
	// Ready is when it ends. Endless never does.
	Ready   time.Time `json:"ready"`
	Endless bool      `json:"endless,omitempty"`
	Failed  bool      `json:"failed,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// The documented types of reports that are asked for in their own way.
const (
	actions     = "conversation_actions"
	history     = "conversation_history_action"
	user        = "user"
	interval    = "team_performance_interval"
	brandPosts  = "raw_brand_posts"
	agentStates = "raw_agent_states"
)

// The documented kinds of the conversation report. Without one, an export has the conversations that are open at its end.
const (
	openAtEnd = "OPEN_AT_END"
	closed    = "CLOSED"
	created   = "CREATED"
)

// export is what was asked for. It is kept, so that a download answers as the export was created.
type export struct {
	Type     string    `json:"type"`
	From, To time.Time // both included: the documented samples end at .999
	CSV      bool      `json:"csv"`
	Columns  []string  `json:"columns,omitempty"`
	Zone     string    `json:"zone"`
	OffsetMS int64     `json:"offset_ms,omitempty"`
	// Which conversations, of the type conversation.
	Which      string   `json:"which,omitempty"`
	Priorities []string `json:"priorities,omitempty"`
	Queues     []string `json:"queues,omitempty"`
	Teams      []string `json:"teams,omitempty"`
	Agents     []string `json:"agents,omitempty"`
	Disabled   bool     `json:"disabled,omitempty"`
	// Hours: "true" within business hours, "false" outside, "" both.
	Hours    string        `json:"hours,omitempty"`
	Interval time.Duration `json:"interval,omitempty"`
	Raised   bool          `json:"raised,omitempty"`
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
