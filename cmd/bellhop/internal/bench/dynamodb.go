package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/metering"
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
	config, units := ledgertest.Config(endpoint), 0.0
	config.APIOptions = append(config.APIOptions, metering.Consumed(&units))
	client := dynamodb.NewFromConfig(config)
	var both [2]*books
	for i, name := range []string{"ledger-small", "ledger-large"} {
		template.TableName = &name
		if _, err := client.CreateTable(ctx, template); err != nil {
			return fmt.Errorf("create the table: %w", err)
		}
		both[i] = newBooks(dynamostore.New(client, name), func() float64 { return units })
	}
	return b.compareBooks(ctx, "dynoxide", both[0], both[1], sizes, 9)
}
