package rest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// AtContent comes once for each call that is served: what strikes there is a twist in the answer.
const AtContent script.Moment = 1

const maxBody = 64 << 10

// Tally counts the calls of an API. Each was served, refused or lost.
type Tally struct {
	Calls  int `json:"calls"`
	Served int `json:"served"`
	// Refused is by status.
	Refused map[int]int `json:"refused"`
	// Lost counts the connections that were cut, whether the call had been served or not.
	Lost int `json:"lost"`
}

// Count notes what became of a call.
func (t *Tally) Count(a Answer) {
	switch {
	case a.Cut:
		t.Lost++
	case a.Status >= http.StatusBadRequest:
		t.Refused[a.Status]++
	default:
		t.Served++
	}
}

// Counters say what happened to the calls of a service.
type Counters struct {
	Tally
	Faults map[script.Kind]int `json:"faults"`
}

// Options are what a service needs. All but Kinds, Conditions and Memory are required.
type Options struct {
	Seed     uint64
	Now      func() time.Time
	Endpoint script.Endpoint
	API      API
	Faults   []script.Fault
	// Kinds are the faults that only this API has, all of them twists.
	Kinds map[script.Kind]script.Type
	// Operations are what a fault may be limited to.
	Operations []string
	// Memory points to what the API remembers. It is part of the snapshot.
	Memory any
}

// Service is an API of a vendor that needs no other beside it, with what its script has go wrong. It is safe for concurrent use;
// calls are numbered in the order in which they arrive.
type Service struct {
	Options
	script script.Script

	mu    sync.Mutex
	state state
}

// snapshotVersion changes when a stored state can no longer be read.
const snapshotVersion = 1

type state struct {
	Version  int             `json:"version"`
	Seed     uint64          `json:"seed"`
	Strikes  map[int]int     `json:"strikes"` // by place in the script
	Counters Counters        `json:"counters"`
	Memory   json.RawMessage `json:"memory"`
}

// common are the faults that every service has.
var common = map[script.Kind]string{
	script.RateLimited: "answered that there are too many calls", script.ServerError: "answered 500",
	script.GatewayError: "answered with the page of a gateway",
	script.LostAnswer:   "took a request and cut the connection before the answer",
	script.LostRequest:  "cut the connection without taking the request",
}

// kind is what a script needs to know of a kind.
func (o Options) kind(k script.Kind) (script.Type, bool) {
	t, known := o.Kinds[k]
	t.When = AtContent
	if words, everywhere := common[k]; everywhere {
		t, known = script.Type{Words: words}, true
	}
	t.Where = []script.Endpoint{o.Endpoint}
	return t, known
}

// Words say what the vendor did, as a person sees it from outside.
func (s *Service) Words(k script.Kind) string {
	t, _ := s.kind(k)
	return t.Words
}

// NewService checks the script and returns a service that nobody has called yet.
func NewService(o Options) (*Service, error) {
	lines, err := script.Read(o.Seed, o.Faults, o.kind, func(f script.Fault) error {
		var problems []error
		for _, operation := range f.Operations {
			if !slices.Contains(o.Operations, operation) {
				problems = append(problems, fmt.Errorf("unknown operation %q", operation))
			}
		}
		return errors.Join(problems...)
	})
	return &Service{Options: o, script: lines, state: state{
		Version: snapshotVersion, Seed: o.Seed, Strikes: map[int]int{},
		Counters: Counters{Tally: Tally{Refused: map[int]int{}}, Faults: map[script.Kind]int{}},
	}}, err
}

// Counters returns a copy of the counters.
func (s *Service) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.Counters
	c.Refused, c.Faults = maps.Clone(c.Refused), maps.Clone(c.Faults)
	return c
}

// ServeHTTP answers one call. It panics with [http.ErrAbortHandler] where the connection is cut.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	s.serve(r, body, err == nil && len(body) <= maxBody).Write(w)
}

func (s *Service) serve(r *http.Request, body []byte, whole bool) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.state.Counters
	c.Calls++
	a := s.answer(r, body, whole)
	c.Count(a)
	return a
}

// answer reads a call and serves it, as its faults would have it.
func (s *Service) answer(r *http.Request, body []byte, whole bool) Answer {
	if !whole {
		return JSON(http.StatusRequestEntityTooLarge, Message{"Request Too Long"})
	}
	number := s.state.Counters.Calls
	asked, refusal := s.API.Read(Request{
		Method: r.Method, Path: r.URL.Path, EscapedPath: r.URL.EscapedPath(), RawQuery: r.URL.RawQuery, Host: r.Host,
		ContentType: r.Header.Get("Content-Type"), Header: r.Header, Body: body, Now: s.Now(),
		ID: chance.Draw(s.Seed, "request id", string(s.Endpoint), int64(number)).UUID(),
	})
	if asked.Serve == nil {
		return refusal
	}
	at := asked.At(s.Endpoint, number)
	of := script.Memory{Strikes: s.state.Strikes, Faults: s.state.Counters.Faults}
	cut := false
	for _, f := range s.script.Strikes(script.AtAnswer, at, "", of) {
		if f.Kind != script.LostAnswer {
			return s.instead(f.Fault)
		}
		cut = true
	}
	a := asked.Serve(Twists(s.script.Strikes(AtContent, at, "", of)))
	a.Cut = a.Cut || cut
	return a
}

// instead is what a call gets in place of its answer.
func (s *Service) instead(f script.Fault) (a Answer) {
	switch f.Kind {
	case script.GatewayError:
		return GatewayPage(cmp.Or(f.Status, http.StatusBadGateway))
	case script.LostRequest:
		return Answer{Cut: true}
	case script.RateLimited:
		a = s.API.Refuse(cmp.Or(f.Status, http.StatusTooManyRequests), "Too many requests")
	default:
		a = s.API.Refuse(cmp.Or(f.Status, http.StatusInternalServerError), "Error occurred on the server")
	}
	a.RetryAfter = f.RetryAfterSeconds
	return a
}

// Snapshot returns what the service remembers as JSON. Equal memory is equal bytes. Treat it as a secret.
func (s *Service) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, err := json.Marshal(s.Memory)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	s.state.Memory = own
	return json.Marshal(s.state)
}

// Restore replaces what a service that nobody has called remembers by a snapshot of one with the same configuration.
func (s *Service) Restore(snapshot []byte) error {
	var restored state
	if err := json.Unmarshal(snapshot, &restored); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if restored.Version != snapshotVersion || restored.Seed != s.Seed {
		return errors.New("restore: the snapshot is of another version or seed")
	}
	if restored.Strikes == nil || restored.Counters.Refused == nil || restored.Counters.Faults == nil {
		return errors.New("restore: the snapshot is incomplete")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Memory != nil {
		if err := json.Unmarshal(restored.Memory, s.Memory); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	s.state = restored
	return nil
}
