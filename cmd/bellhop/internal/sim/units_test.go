package sim

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// mirror sends every call on to a ledger in DynamoDB, one at a time and not counted for its caller, so that both hold the
// same.
type mirror struct {
	ledger.Store
	t       *testing.T
	server  *dynamostore.Store
	mu      sync.Mutex
	sent    context.Context //nolint:containedctx // of the mirror's own meter
	refused int
}

// both makes a call on both sides. What one refuses the other has to refuse.
func both[T any](ctx context.Context, m *mirror, do func(context.Context, ledger.Store) (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, err := do(ctx, m.Store)
	if _, other := do(m.sent, m.server); (err != nil) != (other != nil) { //nolint:contextcheck // counted apart
		m.t.Errorf("the ledger says %v, and DynamoDB %v", err, other)
	}
	if err != nil {
		m.refused++
	}
	return found, err
}

func (m *mirror) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	return both(ctx, m, func(ctx context.Context, s ledger.Store) (map[ledger.Key]ledger.Record, error) {
		return s.Get(ctx, keys...)
	})
}

func (m *mirror) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	return both(ctx, m, func(ctx context.Context, s ledger.Store) ([]ledger.Record, error) { return s.Query(ctx, pk, prefix) })
}

func (m *mirror) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	return both(ctx, m, func(ctx context.Context, s ledger.Store) ([]ledger.Record, error) {
		return s.Between(ctx, pk, first, last)
	})
}

func (m *mirror) Due(ctx context.Context, lane ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	return both(ctx, m, func(ctx context.Context, s ledger.Store) ([]ledger.Key, error) { return s.Due(ctx, lane, now, limit) })
}

func (m *mirror) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	_, err := both(ctx, m, func(ctx context.Context, s ledger.Store) (any, error) { return nil, s.Write(ctx, mutations...) })
	return err
}

func (m *mirror) Scan(context.Context, string) iter.Seq2[ledger.Record, error] {
	m.t.Error("a function scans: see cost.Ledger")
	return func(func(ledger.Record, error) bool) {}
}

// Over a whole life the units that are derived from the ledger's calls are those that a DynamoDB server says it consumed. The
// tolerance of one in a hundred is for numbers, whose size AWS tells only about, and for refused writes, of which a server
// says nothing.
func TestTheUnitsOfARunAreThoseOfAServer(t *testing.T) {
	config, consumed := ledgertest.Config(standin.Dynoxide.Start(t)), 0.0
	config.APIOptions = append(config.APIOptions, ledgertest.Consumed(&consumed), cost.CountRequests)
	client := dynamodb.NewFromConfig(config)
	ctx, sent := cost.Start(t.Context())
	twin := &mirror{t: t, server: dynamostore.New(client, ledgertest.NewTable(t, client)), sent: ctx}
	p := newSite(t).newPlant(t, func(o *Options) {
		o.outside.store = func(s ledger.Store) ledger.Store { twin.Store = s; return twin }
		o.Chaos, o.WindowDays = &Chaos{LoseEvery: 5, DuplicateEvery: 3}, 7
		o.Faults = []alexa.Fault{{Kind: alexa.Truncated, FirstCall: 2, LastCall: 2}, {Kind: alexa.Stray, FirstCall: 1, LastCall: 1}, {Kind: alexa.Duplicated}}
	})
	p.subscribe(nil)
	p.run(t.Context())
	w := p.counted()
	derived := w.ReadUnits + w.WriteUnits
	t.Logf("derived %v units, the server consumed %v; %d writes were refused", derived, consumed, twin.refused)
	if consumed < 100 || derived < consumed*0.99 || derived > consumed*1.01 {
		t.Errorf("derived %v units, the server consumed %v", derived, consumed)
	}
	for call, n := range sent.Work().Calls {
		if call != "DynamoDB CreateTable" && call != "DynamoDB DescribeTable" && w.Calls[call] != n {
			t.Errorf("%s: %d are derived, %d were sent", call, w.Calls[call], n)
		}
	}
}

// A machine of a person takes the ids of the vendor's documents only, as the deployed ingester does.
func TestTextThatIsNoUnitIsQuarantined(t *testing.T) {
	p := newSite(t).newPlant(t, func(o *Options) { o.outside.unitIDs = nil })
	p.expect("report.csv", "asp_device", asked())
	p.deliver("report.csv", device(good)())
	if err := p.settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.quarantined("convert to asp_device: line 2: column unitId_level_0: not a unit's id: each begins with amzn1.alexa.unit. and has no spaces")
}
