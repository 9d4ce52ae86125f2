package dynamostore_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

func TestProtocol(t *testing.T) {
	for _, server := range ledgertest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			client := dynamodb.NewFromConfig(ledgertest.Config(server.Start(t)))
			ledgertest.RunProtocol(t, func(t *testing.T) ledger.Store {
				return dynamostore.New(client, ledgertest.NewTable(t, client))
			})
		})
	}
}
