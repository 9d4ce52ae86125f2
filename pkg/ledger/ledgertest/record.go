package ledgertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// noon is when the suite plays: it reads no clock.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func key(pk, sk string) ledger.Key { return ledger.Key{PK: pk, SK: sk} }

func record(k ledger.Key, doc string) ledger.Record {
	return ledger.Record{Key: k, Doc: json.RawMessage(doc)}
}

func dueRecord(k ledger.Key, lane ledger.DueQueue, at time.Time) ledger.Record {
	return ledger.Record{Key: k, Queue: lane, DueAt: at, Doc: json.RawMessage(`{"status":"PLANNED"}`)}
}

func put(r ledger.Record, expect int64) ledger.Mutation {
	return ledger.Mutation{Record: r, Expect: expect}
}

func remove(k ledger.Key, expect int64) ledger.Mutation {
	return ledger.Mutation{Record: ledger.Record{Key: k}, Expect: expect, Op: ledger.OpDelete}
}

func demand(k ledger.Key, expect int64) ledger.Mutation {
	return ledger.Mutation{Record: ledger.Record{Key: k}, Expect: expect, Op: ledger.OpCheck}
}

// write writes and must succeed.
func write(t *testing.T, s ledger.Store, mutations ...ledger.Mutation) {
	t.Helper()
	if err := s.Write(t.Context(), mutations...); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// conflict writes and must meet a conflict, whose present records it returns.
func conflict(t *testing.T, s ledger.Store, mutations ...ledger.Mutation) map[ledger.Key]ledger.Record {
	t.Helper()
	err := s.Write(t.Context(), mutations...)
	var c *ledger.ConflictError
	if !errors.As(err, &c) || !fault.Is(err, fault.Conflict) {
		t.Fatalf("write: %v (%v), want a conflict", err, fault.KindOf(err))
	}
	return c.Current
}

// present returns a record as the store has it; Version 0 for none.
func present(t *testing.T, s ledger.Store, k ledger.Key) ledger.Record {
	t.Helper()
	records, err := s.Get(t.Context(), k)
	if err != nil {
		t.Fatalf("get %s: %v", k, err)
	}
	return records[k]
}

// want compares a record with what was written: the doc as JSON, numbers digit for digit. The doc of a due record
// tells its due_at, whether or not the writer's did.
func want(t *testing.T, got, wrote ledger.Record, version int64) {
	t.Helper()
	if !wrote.DueAt.IsZero() {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(wrote.Doc, &members); err != nil {
			t.Fatalf("a doc is not JSON: %v", err)
		}
		members["due_at"] = json.RawMessage(strconv.Quote(wrote.DueAt.UTC().Format(time.RFC3339Nano)))
		var err error
		if wrote.Doc, err = json.Marshal(members); err != nil {
			t.Fatal(err)
		}
	}
	if got.Key != wrote.Key || got.Version != version || got.Queue != wrote.Queue || !got.DueAt.Equal(wrote.DueAt) ||
		!sameJSON(t, got.Doc, wrote.Doc) {
		t.Fatalf("got  %s\nwant %s", show(got), show(ledger.Record{
			Key: wrote.Key, Version: version, Queue: wrote.Queue, DueAt: wrote.DueAt, Doc: wrote.Doc,
		}))
	}
}

func show(r ledger.Record) string {
	doc := r.Doc
	if len(doc) > 200 {
		doc = append(doc[:200:200], "…"...)
	}
	return fmt.Sprintf("%s v%d %q %s %s", r.Key, r.Version, r.Queue, r.DueAt.Format(time.RFC3339Nano), doc)
}

func sameJSON(t *testing.T, a, b json.RawMessage) bool {
	t.Helper()
	return reflect.DeepEqual(parse(t, a), parse(t, b))
}

func parse(t *testing.T, doc json.RawMessage) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("a doc is not JSON: %v", err)
	}
	return v
}

func skOf(records []ledger.Record) []string {
	var places []string
	for _, r := range records {
		places = append(places, r.SK)
	}
	return places
}
