package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

func (b *bench) growDynamoDB(ctx context.Context, sizes []int) (err error) {
	binary := os.Getenv("BELLHOP_DYNOXIDE")
	if binary == "" {
		return b.leaveOut("the ledger in DynamoDB", "BELLHOP_DYNOXIDE does not name a server; make bench sets it")
	}
	endpoint, stop, err := serve(ctx, binary)
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

// serve starts the server on a free port and returns when it listens.
func serve(ctx context.Context, binary string) (endpoint string, stop func(), err error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address := listener.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err := errors.Join(err, listener.Close()); err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "serve", "--host", "127.0.0.1", "--port", port) //nolint:gosec // the caller's server
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill() // It may have ended by itself.
		_ = cmd.Wait()         // Killed, so always with an error.
	}
	for range 3000 {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			return "http://" + address, stop, c.Close()
		}
		select {
		case <-ctx.Done():
			stop()
			return "", nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	return "", nil, errors.New(binary + " does not listen on port " + strconv.Quote(port))
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
