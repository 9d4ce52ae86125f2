package dynamostore_test

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// deaf hears the server's answer to the first call of an operation, and drops it.
type deaf struct {
	operation string
	dropped   atomic.Bool
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && r.Header.Get("X-Amz-Target") == "DynamoDB_20120810."+d.operation && d.dropped.CompareAndSwap(false, true) {
		return nil, errors.Join(&closed{}, response.Body.Close())
	}
	return response, err
}

// closed is a broken connection, as the SDK recognises one.
type closed struct{}

func (*closed) Error() string         { return "connection reset by peer" }
func (*closed) ConnectionError() bool { return true }

// The SDK repeats a call whose answer was lost. The server has done it already, so that its condition fails now.
func TestLostAnswer(t *testing.T) {
	for _, server := range ledgertest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			endpoint := server.Start(t)
			for operation, mutations := range map[string][]ledger.Mutation{
				"PutItem":            {job},
				"DeleteItem":         {{Record: ledger.Record{Key: jobKey}, Expect: 1, Op: ledger.OpDelete}},
				"TransactWriteItems": {job, {Record: ledger.Record{Key: fileKey}, Expect: 1, Op: ledger.OpDelete}},
			} {
				t.Run(operation, func(t *testing.T) {
					client := dynamodb.NewFromConfig(ledgertest.Config(endpoint))
					table := ledgertest.NewTable(t, client)
					before := dynamostore.New(client, table)
					for _, k := range []ledger.Key{jobKey, fileKey} {
						if err := before.Write(t.Context(), ledger.Mutation{Record: ledger.Record{Key: k, Doc: []byte(`{}`)}}); err != nil {
							t.Fatal(err)
						}
					}
					transport := &deaf{operation: operation}
					config := ledgertest.Config(endpoint)
					config.HTTPClient = &http.Client{Transport: transport}
					if err := dynamostore.New(dynamodb.NewFromConfig(config), table).Write(t.Context(), mutations...); err != nil {
						t.Fatal(err)
					}
					if !transport.dropped.Load() {
						t.Fatal("no answer was dropped")
					}
				})
			}
		})
	}
}
