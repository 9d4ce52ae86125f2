package alexa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/campaigns"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// Client is one set of credentials that the vendor accepts.
type Client struct {
	ID           string `json:"client_id"`
	Secret       string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
	// Forbidden clients get tokens, but may not ask for reports: 403.
	Forbidden bool `json:"forbidden,omitempty"`
}

// Range is a span of time, both ends included.
type Range struct {
	Min time.Duration `json:"min"`
	Max time.Duration `json:"max"`
}

// Config is everything that a simulator needs. Clients, Estate, Now and Deliver are required.
type Config struct {
	// Seed decides all names, numbers, delays and chances.
	Seed uint64
	// Now is the vendor's clock; it may be virtual and jump forward.
	Now func() time.Time
	// Clients are the accepted credentials. All of them own the Estate.
	Clients []Client
	Estate  Estate
	// Delay lies between an accepted request and each of its files. Zero: 2 to 20 minutes (assumed).
	Delay Range
	// Deliver writes an object as the vendor's own AWS role would: under other credentials. bucketARN is
	// what the request named. An error leaves the delivery pending.
	Deliver func(ctx context.Context, bucketARN, key string, body []byte) error
	// Skills are the skills of the same developer, whose metrics can be asked for. Its seed is this one's.
	Skills skills.Config
	// Campaigns settles what the documents of campaigns leave open. Seed, owner (the first client), houses and units are filled in.
	Campaigns campaigns.Config
	// Faults are the script of what goes wrong.
	Faults []Fault
	// Switches settle what the documents leave open.
	Switches Switches
}

// day counts civil days.
type day = script.Day

// Counters say what happened so far.
type Counters struct {
	TokenCalls    int `json:"token_calls"`
	TokensGranted int `json:"tokens_granted"`
	// TokensRefused is by the code of the error, as in the body's error field.
	TokensRefused map[string]int `json:"tokens_refused"`
	// Posts counts every POST to the reports endpoint; each was accepted, refused or lost.
	Posts    int `json:"posts"`
	Accepted int `json:"accepted"`
	// Refused is by status.
	Refused map[int]int `json:"refused"`
	// Lost counts the connections that were cut, whether the request had been accepted or not.
	Lost int `json:"lost"`
	// Named counts the files that accepted requests were promised.
	Named int `json:"named"`
	// Delivered counts written objects, Duplicates and Strays included.
	Delivered  int `json:"delivered"`
	Duplicates int `json:"duplicates"`
	Strays     int `json:"strays"`
	// Withheld counts promised files that will never be written.
	Withheld       int               `json:"withheld"`
	DeliveryErrors int               `json:"delivery_errors"`
	Faults         map[FaultKind]int `json:"faults"`
	// SkillMetrics and Campaigns count the calls of the APIs that are read page by page.
	SkillMetrics rest.Tally `json:"skill_metrics"`
	Campaigns    rest.Tally `json:"campaigns"`
}

func (c Counters) clone() Counters {
	c.TokensRefused = maps.Clone(c.TokensRefused)
	c.Refused = maps.Clone(c.Refused)
	c.Faults = maps.Clone(c.Faults)
	c.SkillMetrics.Refused = maps.Clone(c.SkillMetrics.Refused)
	c.Campaigns.Refused = maps.Clone(c.Campaigns.Refused)
	return c
}

// Simulator is the vendor. It is safe for concurrent use; calls are numbered in the order in which they arrive.
type Simulator struct {
	seed      uint64
	now       func() time.Time
	clients   map[string]Client
	hierarchy *hierarchy
	delay     Range
	deliver   func(ctx context.Context, bucketARN, key string, body []byte) error
	apis      map[Endpoint]rest.API
	audience  map[string]int // see houses
	script    script.Script
	switches  Switches
	zone      *time.Location

	delivering sync.Mutex // held over calls of deliver, so that they happen one by one and in order

	mu    sync.Mutex
	state state
}

// New checks the configuration, every problem of it at once, and returns a vendor without history.
func New(c Config) (*Simulator, error) {
	switches, zone, err := c.Switches.withDefaults()
	problems := []error{err}
	if c.Now == nil || c.Deliver == nil {
		problems = append(problems, errors.New("config: Now and Deliver are required"))
	}
	if c.Delay == (Range{}) {
		c.Delay = Range{Min: 2 * time.Minute, Max: 20 * time.Minute}
	}
	if c.Delay.Min < 0 || c.Delay.Max < c.Delay.Min {
		problems = append(problems, errors.New("config: Delay is out of range"))
	}
	if zone == nil {
		zone = time.UTC
	}
	h, err := newHierarchy(c.Estate, zone)
	problems = append(problems, err)
	lines, err := script.Read(c.Seed, c.Faults, kindOf, conditions)
	problems = append(problems, err)
	c.Skills.Seed = c.Seed
	skillMetrics, err := skills.New(c.Skills)
	problems = append(problems, err)

	s := &Simulator{
		seed: c.Seed, now: c.Now, clients: map[string]Client{}, hierarchy: h, delay: c.Delay,
		deliver: c.Deliver, apis: map[Endpoint]rest.API{SkillMetrics: skillMetrics}, script: lines, switches: switches, zone: zone, state: newState(c.Seed),
	}
	for i, client := range c.Clients {
		if client.ID == "" || client.Secret == "" || client.RefreshToken == "" || s.clients[client.ID].ID != "" {
			problems = append(problems, fmt.Errorf("config: client %d is incomplete or there twice", i))
		}
		s.clients[client.ID] = client
		s.state.Refresh[client.ID] = []string{client.RefreshToken}
	}
	if len(c.Clients) == 0 {
		problems = append(problems, errors.New("config: no clients"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("vendor simulator: %w", err)
	}
	if err := s.openCampaigns(c); err != nil {
		return nil, err
	}
	return s, nil
}

// openCampaigns gives the estate's properties their campaigns.
func (s *Simulator) openCampaigns(c Config) error {
	all, audience := houses(s.seed, s.hierarchy)
	c.Campaigns.Seed, c.Campaigns.Owner, c.Campaigns.Houses = s.seed, c.Clients[0].ID, all
	c.Campaigns.Units = func(id string) bool { return s.hierarchy.byID[id] != nil }
	api, err := campaigns.New(c.Campaigns, &s.state.Campaigns)
	if err != nil {
		return fmt.Errorf("vendor simulator: %w", err)
	}
	s.audience, s.apis[Campaigns] = audience, api
	return nil
}

// Counters returns a copy of the counters.
func (s *Simulator) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Counters.clone()
}

// today is the civil day at the vendor.
func (s *Simulator) today() day { return script.DayOf(s.now().In(s.zone)) }

const (
	tokenPath   = "/auth/o2/token"
	reportsPath = "/v1/enterprise/analytics/reports"
	maxBody     = 64 << 10
)

// Handler serves Login with Amazon and the APIs behind its tokens at the documented paths: POST /auth/o2/token,
// POST /v1/enterprise/analytics/reports and what [skills.API] and [campaigns.API] have.
// Other methods get 405 and other paths 404, in JSON as from a gateway.
// For the faults that cut the connection it panics with [http.ErrAbortHandler], as net/http wants it:
// it has to be served by a real server.
func (s *Simulator) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		a, id := s.serve(r, body, err == nil && len(body) <= maxBody)
		w.Header().Set("X-Amzn-RequestId", id)
		a.Write(w)
	})
}

// serve answers one call. The body is whole when all of it arrived and it is not too large.
func (s *Simulator) serve(r *http.Request, body []byte, whole bool) (a rest.Answer, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Calls++
	id = chance.Draw(s.seed, "request id", "", s.state.Calls).UUID()
	endpoint := map[string]func(*http.Request, []byte, bool) rest.Answer{tokenPath: s.token, reportsPath: s.reports}[r.URL.Path]
	switch api := apiOf(r.URL.Path); {
	case endpoint != nil && r.Method == http.MethodPost:
		return endpoint(r, body, whole), id
	case endpoint != nil:
		return rest.NotAllowed(http.MethodPost), id
	case api != "":
		return s.call(api, r, body, whole), id
	}
	return rest.JSON(http.StatusNotFound, rest.Message{Message: "Not Found"}), id
}

// snapshotVersion changes when a stored state can no longer be read.
const snapshotVersion = 1

// state is everything that changes while the vendor runs.
type state struct {
	Version    int                  `json:"version"`
	Seed       uint64               `json:"seed"`
	Calls      int64                `json:"calls"`
	Refresh    map[string][]string  `json:"refresh"` // by client, oldest first
	Access     map[string]grant     `json:"access"`  // by token
	LastPost   map[string]time.Time `json:"last_post"`
	Strikes    map[int]int          `json:"strikes"` // by place in the script
	Deliveries int64                `json:"deliveries"`
	Pending    []delivery           `json:"pending"` // by due time
	Campaigns  campaigns.State      `json:"campaigns"`
	Counters   Counters             `json:"counters"`
}

func newState(seed uint64) state {
	return state{
		Version: snapshotVersion, Seed: seed,
		Campaigns: campaigns.NewState(),
		Refresh:   map[string][]string{}, Access: map[string]grant{}, LastPost: map[string]time.Time{}, Strikes: map[int]int{},
		Counters: Counters{TokensRefused: map[string]int{}, Refused: map[int]int{}, Faults: map[FaultKind]int{},
			SkillMetrics: rest.Tally{Refused: map[int]int{}}, Campaigns: rest.Tally{Refused: map[int]int{}}},
	}
}

// Snapshot returns the vendor's memory as JSON: pending deliveries, tokens, counters and how far the script got.
// It holds the simulated tokens, so treat it as a secret. Equal memory is equal bytes.
func (s *Simulator) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := json.Marshal(s.state)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return text, nil
}

// Restore replaces the vendor's memory by a snapshot of a simulator with the same configuration. It fails, and
// changes nothing, when the snapshot is of another version or seed or names a unit that the estate lacks.
func (s *Simulator) Restore(snapshot []byte) error {
	restored := newState(s.seed)
	restored.Version = 0
	if err := json.Unmarshal(snapshot, &restored); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if restored.Version != snapshotVersion || restored.Seed != s.seed {
		return errors.New("restore: the snapshot is of another version or seed")
	}
	c := restored.Counters
	if restored.Refresh == nil || restored.Access == nil || restored.LastPost == nil || restored.Strikes == nil || restored.Campaigns.Deleted == nil ||
		c.TokensRefused == nil || c.Refused == nil || c.Faults == nil || c.SkillMetrics.Refused == nil || c.Campaigns.Refused == nil {
		return errors.New("restore: the snapshot is incomplete")
	}
	for _, d := range restored.Pending {
		_, known := categoryNamed(d.Contents.Category)
		k := d.Contents
		if s.hierarchy.byID[k.Unit] == nil || !known || k.Part < 0 || k.Parts <= k.Part {
			return fmt.Errorf("restore: delivery %d does not fit the configuration", d.Number)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = restored
	return nil
}
