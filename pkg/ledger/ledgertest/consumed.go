package ledgertest

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
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
			// Every operation on items has the same field for the question, and the same one for the answer.
			if wanted := reflect.ValueOf(in.Parameters).Elem().FieldByName("ReturnConsumedCapacity"); wanted.IsValid() {
				wanted.SetString(string(types.ReturnConsumedCapacityTotal))
			}
			out, meta, err := next.HandleInitialize(ctx, in)
			if err != nil {
				return out, meta, err
			}
			if consumed := reflect.ValueOf(out.Result).Elem().FieldByName("ConsumedCapacity"); consumed.IsValid() {
				switch c := consumed.Interface().(type) {
				case *types.ConsumedCapacity:
					*sum += aws.ToFloat64(c.CapacityUnits)
				case []types.ConsumedCapacity:
					for _, table := range c {
						*sum += aws.ToFloat64(table.CapacityUnits)
					}
				}
			}
			return out, meta, nil
		}), middleware.After)
	}
}
