package sim

import (
	"context"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// mirrored sends every call on to a ledger in DynamoDB too, one at a time and counted by its own context, so that both hold the
// same. What one refuses the other has to refuse.
func mirrored(sent context.Context, t *testing.T, s, server ledger.Store, refused *int) ledger.Store {
	var mu sync.Mutex
	return proxyStore{s, func(ctx context.Context, call func(context.Context, ledger.Store) error) error {
		mu.Lock()
		defer mu.Unlock()
		other := call(sent, server)
		err := call(ctx, s) // the function gets what this one finds
		if (err != nil) != (other != nil) {
			t.Errorf("the ledger says %v, and DynamoDB %v", err, other)
		}
		if err != nil {
			*refused++
		}
		return err
	}}
}

// Over a whole run the units that are derived from the ledger's calls are those that a DynamoDB server says it consumed. The
// tolerance of one in a hundred is for numbers, whose size AWS tells only about, and for refused writes, of which a server
// says nothing.
func TestTheUnitsOfARunAreThoseOfAServer(t *testing.T) {
	config, consumed := ledgertest.Config(standin.Dynoxide.Start(t)), 0.0
	config.APIOptions = append(config.APIOptions, ledgertest.Consumed(&consumed), cost.CountRequests)
	client := dynamodb.NewFromConfig(config)
	ctx, sent := cost.Start(t.Context())
	server, refused := dynamostore.New(client, ledgertest.NewTable(t, client)), 0
	p := newFixture(t).newHarness(t, func(o *Options) {
		o.outside.store = func(s ledger.Store) ledger.Store { return mirrored(ctx, t, s, server, &refused) }
		o.Chaos, o.WindowDays = &Chaos{LoseEvery: 5, DuplicateEvery: 3}, 7
		o.Faults = []alexa.Fault{{Kind: alexa.Truncated, FirstCall: 2, LastCall: 2}, {Kind: alexa.Stray, FirstCall: 1, LastCall: 1}, {Kind: alexa.Duplicated}}
	})
	p.subscribe(nil)
	p.run(t.Context())
	w := p.counted()
	derived := w.ReadUnits + w.WriteUnits
	t.Logf("derived %v units, the server consumed %v; %d writes were refused", derived, consumed, refused)
	if consumed < 100 || derived < consumed*0.99 || derived > consumed*1.01 {
		t.Errorf("derived %v units, the server consumed %v", derived, consumed)
	}
	for call, n := range sent.Work().Calls {
		if call != "DynamoDB CreateTable" && call != "DynamoDB DescribeTable" && w.Calls[call] != n {
			t.Errorf("%s: %d are derived, %d were sent", call, w.Calls[call], n)
		}
	}
}
