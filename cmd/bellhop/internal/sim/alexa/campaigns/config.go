// Package campaigns plays the Alexa Smart Properties Proactive Suggestion API.
//
// It is written from the vendor's documents. Facts marked "documented" in comments stand there; those marked "assumed" are ours.
package campaigns

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
)

// LastPage says how an answer ends whose next page would be empty. The documents know the first two; a first call with an empty
// object is seen in use, so the third is possible.
type LastPage string

// The ways to end.
const (
	Omitted LastPage = "omitted" // there is no paginationContext
	Null    LastPage = "null"    // its nextToken is null
	Empty   LastPage = "empty"   // it has no nextToken
)

// Config is everything that the API needs.
type Config struct {
	Seed uint64
	// Owner is the client whose campaigns the houses' are.
	Owner  string
	Houses []House
	// Units knows the ids that a campaign may be aimed at.
	Units func(id string) bool
	// CreateStatus of success. 0: 201 as in the documented table; the documented header says 202.
	CreateStatus int
	// ListStatus of success. 0: 202 as in the documented table; all other reads are documented as 200.
	ListStatus int
	// LastPage is how the last page ends. Empty: Omitted.
	LastPage LastPage
	// ValidationMin and ValidationMax bound how long a validation takes. 0: 20 minutes and two hours (assumed).
	ValidationMin, ValidationMax time.Duration
}

// House is a property, or several that show the same campaigns.
type House struct {
	Name string
	// Units are the rooms with a screen, in order.
	Units []string
	// Standing are the campaigns that always run, in an order that stays.
	Standing []Standing
}

// Standing is a campaign that always runs.
type Standing struct {
	// Name chooses its texts.
	Name string
	// IDs has one id for each hundred of the house's units: a campaign takes no more.
	IDs []string
}

// MaxUnits of a campaign is documented.
const MaxUnits = 100

// The other documented limits.
const (
	maxPage  = 10
	maxChars = 60
)

// tokenLife is assumed.
const tokenLife = time.Hour

// State is everything that callers changed.
type State struct {
	Created []Stored `json:"created"`
	// Deleted says when, by id.
	Deleted map[string]time.Time `json:"deleted"`
}

// NewState is a state in which nobody has called yet.
func NewState() State { return State{Deleted: map[string]time.Time{}} }

// Stored is a campaign that somebody created.
type Stored struct {
	ID      string    `json:"id"`
	Client  string    `json:"client"`
	Created time.Time `json:"created"`
	// Entity is what was submitted.
	Entity entity `json:"entity"`
	// Validated is when the validation ends, Rejected the reason of one that ends badly.
	Validated time.Time `json:"validated"`
	Rejected  string    `json:"rejected,omitempty"`
}

// entity is the documented body of a campaign.
type entity struct {
	Suggestion json.RawMessage `json:"suggestion"`
	Targeting  json.RawMessage `json:"targeting"`
	Scheduling json.RawMessage `json:"scheduling"`
}

// API is the Proactive Suggestion API.
type API struct {
	Config
	state *State
	pages rest.Pages
}

// New checks the configuration. The state is read and changed while the API serves.
func New(c Config, state *State) (*API, error) {
	c.CreateStatus = cmp.Or(c.CreateStatus, 201)
	c.ListStatus = cmp.Or(c.ListStatus, 202)
	c.LastPage = cmp.Or(c.LastPage, Omitted)
	c.ValidationMin = cmp.Or(c.ValidationMin, 20*time.Minute)
	c.ValidationMax = cmp.Or(c.ValidationMax, max(2*time.Hour, c.ValidationMin))
	if c.Units == nil {
		c.Units = func(string) bool { return false }
	}
	var problems []error
	if c.CreateStatus/100 != 2 || c.ListStatus/100 != 2 || c.ValidationMin < 0 || c.ValidationMax < c.ValidationMin ||
		c.LastPage != Omitted && c.LastPage != Null && c.LastPage != Empty {
		problems = append(problems, errors.New("campaigns: a status, a time or the last page is out of range"))
	}
	for _, h := range c.Houses {
		for _, s := range h.Standing {
			if texts[s.Name] == nil || len(s.IDs) != (len(h.Units)+MaxUnits-1)/MaxUnits {
				problems = append(problems, errors.New("campaigns: "+h.Name+" has a campaign without texts, or another number of ids than it needs"))
			}
		}
	}
	return &API{Config: c, state: state, pages: rest.Pages{Seed: c.Seed, Life: tokenLife}}, errors.Join(problems...)
}

// ID is the form of a campaign's id.
func ID(c *chance.Stream) string { return "amzn1.alexa.campaign." + c.UUID() }
