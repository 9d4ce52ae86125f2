package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

func (b *bench) growDynamoDB(ctx context.Context, sizes []int) (err error) {
	binary := os.Getenv(standin.Dynoxide.Variable)
	if binary == "" {
		return b.leaveOut("the ledger in DynamoDB", "BELLHOP_DYNOXIDE does not name a server; make bench sets it")
	}
	endpoint, stop, err := standin.Dynoxide.Serve(ctx, binary)
	if err != nil {
		return err
	}
	defer stop()
	template, err := ledgertest.TableOf(filepath.Join(b.root, "template.yaml"))
	if err != nil {
		return err
	}
	// The server keeps every change in memory, and slows down by it; a real stream costs a write nothing.
	template.StreamSpecification = nil
	client := &meteredClient{Client: dynamodb.NewFromConfig(ledgertest.Config(endpoint))}
	var both [2]*books
	for i, name := range []string{"ledger-small", "ledger-large"} {
		template.TableName = &name
		if _, err := client.CreateTable(ctx, template); err != nil {
			return fmt.Errorf("create the table: %w", err)
		}
		both[i] = newBooks(dynamostore.New(client, name), func() float64 { return client.units })
	}
	return b.compareBooks(ctx, "dynoxide", both[0], both[1], sizes, 9)
}

// meteredClient asks for the consumed capacity of each call and adds it up. It is for one goroutine.
type meteredClient struct {
	*dynamodb.Client
	units float64
}

var _ dynamostore.Client = (*meteredClient)(nil)

func (c *meteredClient) add(consumed ...types.ConsumedCapacity) {
	for _, one := range consumed {
		c.units += aws.ToFloat64(one.CapacityUnits)
	}
}

func (c *meteredClient) addOne(consumed *types.ConsumedCapacity) {
	if consumed != nil {
		c.add(*consumed)
	}
}

// GetItem is that of the client.
func (c *meteredClient) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := c.Client.GetItem(ctx, in, o...)
	if err == nil {
		c.addOne(out.ConsumedCapacity)
	}
	return out, err
}

// BatchGetItem is that of the client.
func (c *meteredClient) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := c.Client.BatchGetItem(ctx, in, o...)
	if err == nil {
		c.add(out.ConsumedCapacity...)
	}
	return out, err
}

// Query is that of the client.
func (c *meteredClient) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := c.Client.Query(ctx, in, o...)
	if err == nil {
		c.addOne(out.ConsumedCapacity)
	}
	return out, err
}

// TransactWriteItems is that of the client.
func (c *meteredClient) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := c.Client.TransactWriteItems(ctx, in, o...)
	if err == nil {
		c.add(out.ConsumedCapacity...)
	}
	return out, err
}
