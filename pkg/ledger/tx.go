package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// maxConflicts is how often a change is run again after losing a race. The records of one job are touched by as many
// workers as it has files, each once or twice.
const maxConflicts = 16

// ShortestRetention is longer than a finished job or file can matter to anything: a vendor's horizon of 90 days and the half
// year in which a person may decide on a held report are over.
const ShortestRetention = 200 * 24 * time.Hour

// Ledger is the protocol over a [Store]. It is safe for concurrent use. Every method may be called again after an
// error: what was written is found and not written twice.
type Ledger struct {
	// Retention is for how long a job or a file is kept after it came to its end: at least [ShortestRetention], or 0 for
	// ever. It is to be set before the ledger is used. What the rules of loading rest on, the partitions, and the proof, the
	// certificates, are kept for ever.
	Retention time.Duration

	store Store
}

// New returns the ledger kept in store.
func New(store Store) *Ledger { return &Ledger{store: store} }

// tx is one attempt at a change: the records as they were read, and the writes that are to follow.
type tx struct {
	read      map[Key]Record
	writes    []Mutation
	retention time.Duration
}

// get decodes the record of key into v and reports whether it exists.
func (t *tx) get(key Key, v any) (bool, error) {
	r, ok := t.read[key]
	if !ok || r.Version == 0 {
		return false, nil
	}
	return true, decode(r, v)
}

// must decodes the record of key into v; what is not there is a NotFound.
func (t *tx) must(key Key, v any, what string) error {
	exists, err := t.get(key, v)
	if err == nil && !exists {
		err = absent(what)
	}
	return err
}

// put writes v under key, on the condition that the record is still as it was read.
func (t *tx) put(key Key, lane DueQueue, due time.Time, v any) error {
	return t.putAt(key, t.read[key].Version, lane, due, v)
}

// putAt is put for a record whose version is known without reading it.
func (t *tx) putAt(key Key, version int64, lane DueQueue, due time.Time, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode ledger record %s: %w", key, err)
	}
	t.writes = append(t.writes, Mutation{
		Record: Record{Key: key, Queue: lane, DueAt: due, Doc: doc},
		Expect: version,
	})
	return nil
}

// putFile writes a file. A finished one may be forgotten after its retention.
func (t *tx) putFile(f report.File) error {
	if err := t.put(fileKey(f.Key), FileQueue, f.DueAt, f); err != nil {
		return err
	}
	t.retain(f.Finished())
	return nil
}

// retain lets the record that was put last be forgotten when it has been finished for the retention.
func (t *tx) retain(since time.Time, finished bool) {
	if finished && t.retention > 0 {
		t.writes[len(t.writes)-1].Record.ForgetAt = since.Add(t.retention)
	}
}

func (t *tx) deleteAt(key Key, version int64) {
	t.writes = append(t.writes, Mutation{Record: Record{Key: key}, Expect: version, Op: OpDelete})
}

func decode(r Record, v any) error {
	if err := json.Unmarshal(r.Doc, v); err != nil {
		return fmt.Errorf("decode ledger record %s: %w", r.Key, err)
	}
	return nil
}

// readEach reads the records of keys, and returns what pick makes of those that it takes, in the order of keys; a record that is not
// there is passed over. One that cannot be read keeps no other back: the error tells of all such, beside the others. When nothing
// could be read at all there are none, not even an empty list.
func readEach[Doc, T any](ctx context.Context, store Store, keys []Key, pick func(Doc) (T, bool)) ([]T, error) {
	picked := make([]T, 0, len(keys))
	var unreadable []error
	for chunk := range slices.Chunk(keys, MaxMutations) {
		records, err := store.Get(ctx, chunk...)
		if err != nil {
			return nil, err
		}
		for _, k := range chunk {
			r, ok := records[k]
			if !ok {
				continue
			}
			var doc Doc
			if err := decode(r, &doc); err != nil {
				unreadable = append(unreadable, err)
				continue
			}
			if item, taken := pick(doc); taken {
				picked = append(picked, item)
			}
		}
	}
	return picked, errors.Join(unreadable...)
}

// atomically reads the records of keys, lets change decide, and writes what it put, all or nothing. Change runs again
// with fresh records when one of keys was written meanwhile, so it must have no effects but on its own variables; when
// it puts nothing, nothing is written. A race about a record that is not among keys is the caller's: the error is the
// store's conflict.
func (l *Ledger) atomically(ctx context.Context, keys []Key, change func(*tx) error) error {
	read, err := l.store.Get(ctx, keys...)
	if err != nil {
		return err
	}
	for range maxConflicts {
		t := &tx{read: read, retention: l.Retention}
		if err := change(t); err != nil {
			return err
		}
		if len(t.writes) == 0 {
			return nil
		}
		err := l.store.Write(ctx, t.writes...)
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			return err
		}
		if read, err = l.reread(ctx, read, keys, conflict); err != nil {
			return err
		}
	}
	return fault.New(fault.Transient, "the ledger record %s is changing too fast: lost %d races", keys[0], maxConflicts)
}

// reread returns the records after a lost race. What the store told about the winners saves reading them again. A marker
// is only ever written with its job, so a race about it is one about the job.
func (l *Ledger) reread(ctx context.Context, read map[Key]Record, keys []Key, conflict *ConflictError) (map[Key]Record, error) {
	told := false
	for k, current := range conflict.Current {
		switch {
		case slices.Contains(keys, k):
			read[k], told = current, true
		case !strings.HasPrefix(k.SK, openPrefix):
			return nil, fault.As(fault.Conflict, conflict)
		}
	}
	if !told {
		return l.store.Get(ctx, keys...)
	}
	return read, nil
}
