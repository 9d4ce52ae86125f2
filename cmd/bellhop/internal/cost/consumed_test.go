package cost_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// The derived units are exactly those that a server says it consumed, and the derived calls those that dynamostore sends. The
// server says nothing about a refused write; AWS charges for it.
func TestUnitsAreThoseOfAServer(t *testing.T) {
	config, sum := ledgertest.Config(standin.Dynoxide.Start(t)), 0.0
	config.APIOptions = append(config.APIOptions, ledgertest.Consumed(&sum), cost.CountRequests)
	client := dynamodb.NewFromConfig(config)
	server := dynamostore.New(client, ledgertest.NewTable(t, client))
	store := sqlite(t)
	for _, st := range steps() {
		ctx, derived := cost.Start(t.Context())
		err := st.call(ctx, cost.Ledger{Store: store})
		ctx, sent := cost.Start(t.Context())
		sum = 0
		if serverErr := st.call(ctx, server); (serverErr != nil) != st.fails || (err != nil) != st.fails {
			t.Fatalf("%s: %v, and on the server %v", st.name, err, serverErr)
		}
		w := derived.Work()
		if got := w.ReadUnits + w.WriteUnits; !st.fails && got != sum {
			t.Errorf("%s: derived %v units, the server consumed %v", st.name, got, sum)
		}
		if diff := cmp.Diff(sent.Work().Calls, w.Calls); diff != "" {
			t.Errorf("%s: %s", st.name, diff)
		}
	}
}
