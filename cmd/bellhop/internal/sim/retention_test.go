package sim

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// expiringStore is a ledger's store that removes what may be forgotten at once. DynamoDB takes days for it, so this is as bad as
// it can be.
type expiringStore struct {
	ledger.Store
	now       func() time.Time
	expiring  map[ledger.Key]expiry
	forgotten map[ledger.Key]bool
}

type expiry struct {
	version int64
	end     time.Time
}

func (f *expiringStore) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	err := f.Store.Write(ctx, mutations...)
	if err != nil {
		return err
	}
	for _, m := range mutations {
		if m.Op != ledger.OpCheck {
			delete(f.expiring, m.Record.Key)
		}
		if !m.Record.ForgetAt.IsZero() {
			f.expiring[m.Record.Key] = expiry{m.Expect + 1, m.Record.ForgetAt}
		}
	}
	return nil
}

// Due is what every run of the schedules begins with.
func (f *expiringStore) Due(ctx context.Context, lane ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	for key, m := range f.expiring {
		if m.end.After(f.now()) {
			continue
		}
		if err := f.Store.Write(ctx, ledger.Mutation{Record: ledger.Record{Key: key}, Expect: m.version, Op: ledger.OpDelete}); err != nil {
			return nil, err
		}
		delete(f.expiring, key)
		f.forgotten[key] = true
	}
	return f.Store.Due(ctx, lane, now, limit)
}

// forgot demands that files and jobs were removed, and nothing else.
func (f *expiringStore) forgot(t *testing.T) {
	t.Helper()
	kinds := map[string]int{}
	for k := range f.forgotten {
		kind, _, _ := strings.Cut(k.PK, "#")
		kinds[kind+" "+k.SK]++
	}
	if kinds["FILE META"] == 0 || kinds["JOB META"] == 0 || len(kinds) != 2 {
		t.Errorf("what is forgotten: %v, want files and jobs", kinds)
	}
}

// When finished jobs and files are forgotten, the same days are asked for and the same dataset stands, and every
// certificate is kept. A file that comes again after that is nobody's.
func TestWhatIsForgottenIsNotMissed(t *testing.T) {
	at := newFixture(t)
	year := func(edit func(*Options)) *harness {
		p := at.newHarness(t, func(o *Options) {
			o.WindowDays = 30
			if edit != nil {
				edit(o)
			}
		})
		p.subscribe(func(s *report.Subscription) { s.MaxWindowDays = 30 })
		p.run(t.Context())
		p.settled()
		p.skipTo(p.clock.Now().Add(retention + 24*time.Hour))
		p.run(t.Context())
		return p
	}
	remembering := year(nil)
	want, posts := remembering.dataset(), remembering.vendor.Counters().Posts
	remembered, err := remembering.Summarize(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	var key, body string
	store := &expiringStore{expiring: map[ledger.Key]expiry{}, forgotten: map[ledger.Key]bool{}}
	p := year(func(o *Options) {
		o.outside.store = func(s ledger.Store) ledger.Store { store.Store = s; return store }
		store.now = func() time.Time { return at.clock.Load().Now() }
		o.Delivered = func(name string, content []byte) {
			if key == "" {
				key, body = name, string(content)
			}
		}
	})
	sameDataset(t, want, p.dataset())
	sum := p.summary()
	if got := p.vendor.Counters().Posts; got != posts || sum.Certificates != remembered.Certificates || sum.RawObjects != 0 || sum.Unverified != 0 {
		t.Errorf("%d requests, want %d; %d certificates, want %d; %d raw objects, %d deletions unproved", got, posts, sum.Certificates, remembered.Certificates, sum.RawObjects, sum.Unverified)
	}
	store.forgot(t)

	p.deliver(key, body)
	p.run(t.Context())
	sameDataset(t, want, p.dataset())
	if f, err := p.ledger.File(t.Context(), key); err != nil || f.Status != report.FileDeleted || f.Job != "" {
		t.Errorf("what came again is %s of job %q (%v), want a stray that is deleted", f.Status, f.Job, err)
	}
	if certificates, err := p.ledger.CertificatesOf(t.Context(), key); err != nil || len(certificates) != 2 || certificates[1].Cause != report.FileStray {
		t.Errorf("certificates %+v (%v)", certificates, err)
	}
}
