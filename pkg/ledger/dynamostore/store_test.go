package dynamostore_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

func TestStore(t *testing.T) {
	for _, server := range ledgertest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			client := dynamodb.NewFromConfig(ledgertest.Config(server.Start(t)))
			ledgertest.RunStore(t, func(t *testing.T) ledger.Store {
				return dynamostore.New(client, ledgertest.NewTable(t, client))
			})
		})
	}
}

func TestFeed(t *testing.T) {
	for _, server := range ledgertest.Servers() {
		t.Run(server.Name, func(t *testing.T) {
			config := ledgertest.Config(server.Start(t))
			client := dynamodb.NewFromConfig(config)
			table := ledgertest.NewTable(t, client)
			ledgertest.RunFeed(t, func(t *testing.T) (ledger.Store, func(*testing.T, int) []ledger.Change) {
				s := stream{dynamodbstreams.NewFromConfig(config), table}
				return dynamostore.New(client, table), s.read
			})
		})
	}
}

// stream reads the stream of a table from its beginning.
type stream struct {
	client *dynamodbstreams.Client
	table  string
}

func (s stream) read(t *testing.T, n int) []ledger.Change {
	for range 100 {
		if changes := s.all(t); len(changes) >= n {
			return changes
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the stream does not get to %d records", n)
	return nil
}

func (s stream) all(t *testing.T) []ledger.Change {
	streams, err := s.client.ListStreams(t.Context(), &dynamodbstreams.ListStreamsInput{TableName: &s.table})
	if err != nil || len(streams.Streams) != 1 {
		t.Fatalf("%v streams: %v", streams, err)
	}
	arn := streams.Streams[0].StreamArn
	described, err := s.client.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	var changes []ledger.Change
	for _, shard := range described.StreamDescription.Shards {
		at, err := s.client.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
			StreamArn: arn, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
		})
		if err != nil {
			t.Fatal(err)
		}
		for next := at.ShardIterator; next != nil; {
			page, err := s.client.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: next})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				changes = append(changes, change(t, r))
			}
			// An open shard has no end: an empty page is all there is for now.
			if next = page.NextShardIterator; len(page.Records) == 0 {
				break
			}
		}
	}
	return changes
}

func change(t *testing.T, r streamtypes.Record) ledger.Change {
	keys := image(t, r.Dynamodb.Keys)
	c := ledger.Change{
		Sequence: *r.Dynamodb.SequenceNumber, At: *r.Dynamodb.ApproximateCreationDateTime,
		Key: ledger.Key{PK: keys["pk"], SK: keys["sk"]},
		Old: decoded(t, r.Dynamodb.OldImage), New: decoded(t, r.Dynamodb.NewImage),
	}
	names := map[streamtypes.OperationType]bool{
		streamtypes.OperationTypeInsert: c.Old == nil && c.New != nil,
		streamtypes.OperationTypeModify: c.Old != nil && c.New != nil,
		streamtypes.OperationTypeRemove: c.Old != nil && c.New == nil,
	}
	if !names[r.EventName] {
		t.Fatalf("a %s has old image %v, new image %v", r.EventName, c.Old, c.New)
	}
	return c
}

func image(t *testing.T, keys map[string]streamtypes.AttributeValue) map[string]string {
	item, err := attributevalue.FromDynamoDBStreamsMap(keys)
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := attributevalue.UnmarshalMap(item, &texts); err != nil {
		t.Fatal(err)
	}
	return texts
}

func decoded(t *testing.T, image map[string]streamtypes.AttributeValue) *ledger.Record {
	if len(image) == 0 {
		return nil
	}
	item, err := attributevalue.FromDynamoDBStreamsMap(image)
	if err != nil {
		t.Fatal(err)
	}
	r, err := dynamostore.DecodeImage(item)
	if err != nil {
		t.Fatal(err)
	}
	return &r
}
