package alexa

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

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
	Counters   Counters             `json:"counters"`
}

func newState(seed uint64) state {
	return state{
		Version: snapshotVersion, Seed: seed,
		Refresh: map[string][]string{}, Access: map[string]grant{}, LastPost: map[string]time.Time{}, Strikes: map[int]int{},
		Counters: Counters{TokensRefused: map[string]int{}, Refused: map[int]int{}, Faults: map[FaultKind]int{}},
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
	if restored.Refresh == nil || restored.Access == nil || restored.LastPost == nil || restored.Strikes == nil ||
		c.TokensRefused == nil || c.Refused == nil || c.Faults == nil {
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
