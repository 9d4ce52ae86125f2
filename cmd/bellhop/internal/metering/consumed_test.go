package metering_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/metering"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// consumed makes a DynamoDB client add up the capacity that the server says it consumed.
func consumed(sum *float64) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Consumed", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			const total = types.ReturnConsumedCapacityTotal
			switch p := in.Parameters.(type) {
			case *dynamodb.GetItemInput:
				p.ReturnConsumedCapacity = total
			case *dynamodb.BatchGetItemInput:
				p.ReturnConsumedCapacity = total
			case *dynamodb.QueryInput:
				p.ReturnConsumedCapacity = total
			case *dynamodb.PutItemInput:
				p.ReturnConsumedCapacity = total
			case *dynamodb.DeleteItemInput:
				p.ReturnConsumedCapacity = total
			case *dynamodb.TransactWriteItemsInput:
				p.ReturnConsumedCapacity = total
			}
			out, meta, err := next.HandleInitialize(ctx, in)
			if err != nil {
				return out, meta, err
			}
			switch r := out.Result.(type) {
			case *dynamodb.GetItemOutput:
				*sum += capacity(r.ConsumedCapacity)
			case *dynamodb.BatchGetItemOutput:
				*sum += capacity(pointers(r.ConsumedCapacity)...)
			case *dynamodb.QueryOutput:
				*sum += capacity(r.ConsumedCapacity)
			case *dynamodb.PutItemOutput:
				*sum += capacity(r.ConsumedCapacity)
			case *dynamodb.DeleteItemOutput:
				*sum += capacity(r.ConsumedCapacity)
			case *dynamodb.TransactWriteItemsOutput:
				*sum += capacity(pointers(r.ConsumedCapacity)...)
			}
			return out, meta, nil
		}), middleware.After)
	}
}

func pointers(all []types.ConsumedCapacity) []*types.ConsumedCapacity {
	some := make([]*types.ConsumedCapacity, len(all))
	for i := range all {
		some[i] = &all[i]
	}
	return some
}

func capacity(all ...*types.ConsumedCapacity) float64 {
	sum := 0.0
	for _, c := range all {
		if c != nil {
			sum += aws.ToFloat64(c.CapacityUnits)
		}
	}
	return sum
}

// The derived units are exactly those that a server says it consumed, and the derived calls those that dynamostore sends. The
// server says nothing about a refused write; AWS charges for it.
func TestUnitsAreThoseOfAServer(t *testing.T) {
	config, sum := ledgertest.Config(standin.Dynoxide.Start(t)), 0.0
	config.APIOptions = append(config.APIOptions, consumed(&sum), metering.Requests)
	client := dynamodb.NewFromConfig(config)
	server := dynamostore.New(client, ledgertest.NewTable(t, client))
	store := sqlite(t)
	for _, st := range steps() {
		ctx, derived := metering.Start(t.Context())
		err := st.call(ctx, metering.Ledger{Store: store})
		ctx, sent := metering.Start(t.Context())
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
