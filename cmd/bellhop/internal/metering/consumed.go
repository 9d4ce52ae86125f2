package metering

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// Consumed makes a DynamoDB client add to sum the capacity units, read and written together, that the server says it consumed.
// It is for one goroutine. A server says nothing about a call that fails.
func Consumed(sum *float64) func(*middleware.Stack) error {
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
