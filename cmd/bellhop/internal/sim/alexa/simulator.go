package alexa

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"
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
	// History is the number of past days that can be asked for. 0: 90, as documented.
	History int
	// Delay lies between an accepted request and each of its files. Zero: 2 to 20 minutes (assumed).
	Delay Range
	// Deliver writes an object as the vendor's own AWS role would: under other credentials. bucketARN is
	// what the request named. An error leaves the delivery pending.
	Deliver func(ctx context.Context, bucketARN, key string, body []byte) error
	// Faults are the script of what goes wrong.
	Faults []Fault
	// Switches settle what the documents leave open.
	Switches Switches
}

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
}

func (c Counters) clone() Counters {
	c.TokensRefused = maps.Clone(c.TokensRefused)
	c.Refused = maps.Clone(c.Refused)
	c.Faults = maps.Clone(c.Faults)
	return c
}

// Simulator is the vendor. It is safe for concurrent use; calls are numbered in the order in which they arrive.
type Simulator struct {
	seed      uint64
	now       func() time.Time
	clients   map[string]Client
	hierarchy *hierarchy
	model     *model
	history   int
	delay     Range
	deliver   func(ctx context.Context, bucketARN, key string, body []byte) error
	script    []scripted
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
	if c.History == 0 {
		c.History = 90
	}
	if c.Delay == (Range{}) {
		c.Delay = Range{Min: 2 * time.Minute, Max: 20 * time.Minute}
	}
	if c.Delay.Min < 0 || c.Delay.Max < c.Delay.Min || c.History < 0 {
		problems = append(problems, errors.New("config: Delay or History is out of range"))
	}
	if zone == nil {
		zone = time.UTC
	}
	h, err := newHierarchy(c.Estate, zone)
	problems = append(problems, err)
	script, err := readScript(c.Faults, switches.NotReadyStatus)
	problems = append(problems, err)

	s := &Simulator{
		seed: c.Seed, now: c.Now, clients: map[string]Client{}, hierarchy: h, history: c.History, delay: c.Delay,
		deliver: c.Deliver, script: script, switches: switches, zone: zone, state: newState(c.Seed),
		model: &model{
			seed: c.Seed, hierarchy: h,
			sumDistinct: switches.SumDistinct, oneSidedCall: switches.OneSidedInternalCalls,
		},
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
	return s, nil
}

// Counters returns a copy of the counters.
func (s *Simulator) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Counters.clone()
}

// today is the civil day at the vendor.
func (s *Simulator) today() day { return dayOf(s.now().In(s.zone)) }

const (
	tokenPath   = "/auth/o2/token"
	reportsPath = "/v1/enterprise/analytics/reports"
)

// Handler serves both vendors: POST /auth/o2/token and POST /v1/enterprise/analytics/reports, the documented paths.
// Other methods get 405 and other paths 404, in JSON as from a gateway.
// For the faults that cut the connection it panics with [http.ErrAbortHandler], as net/http wants it:
// it has to be served by a real server.
func (s *Simulator) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.state.Calls++
		id := draw(s.seed, "request id", "", s.state.Calls).uuid()
		s.mu.Unlock()
		w.Header().Set("X-Amzn-RequestId", id)
		serve := map[string]func(*http.Request) answer{tokenPath: s.token, reportsPath: s.reports}[r.URL.Path]
		var a answer
		switch {
		case serve == nil:
			a = jsonAnswer(http.StatusNotFound, gatewayMessage{"Not Found"})
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			a = jsonAnswer(http.StatusMethodNotAllowed, gatewayMessage{"Method Not Allowed"})
		default:
			a = serve(r)
		}
		a.write(w)
	})
}
