// Package dynamostore keeps the ledger in one DynamoDB table, whose schema is in template.yaml.
//
// An item is a record; see [EncodeImage] for its attributes. All reads but [Store.Due] are strongly consistent.
//
// Repeating is left to the client: the SDK's retryer sends a throttled or unanswered call again, and here it also
// repeats a write that met another transaction under way. What it gives up on is Transient, and a contested write is
// a *[ledger.ConflictError].
package dynamostore

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// maxKeys is how many keys one BatchGetItem takes.
const maxKeys = 100

// Client is the part of *[dynamodb.Client] that the store calls.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

var _ Client = (*dynamodb.Client)(nil)

// Store is a [ledger.Store]. It is safe for concurrent use.
type Store struct {
	client Client
	table  string
}

var _ ledger.Store = (*Store)(nil)

// New returns the store in the named table.
func New(client Client, table string) *Store { return &Store{client: client, table: table} }

// Get is [ledger.Store.Get]. More than 100 keys are Internal.
func (s *Store) Get(ctx context.Context, keys ...ledger.Key) (map[ledger.Key]ledger.Record, error) {
	unique := make([]ledger.Key, 0, len(keys))
	for _, k := range keys {
		if err := checkKey(k); err != nil {
			return nil, fault.New(fault.Internal, "get ledger record: %w", err)
		}
		// BatchGetItem refuses a key that comes twice.
		if !slices.Contains(unique, k) {
			unique = append(unique, k)
		}
	}
	switch n := len(unique); {
	case n == 0:
		return map[ledger.Key]ledger.Record{}, nil
	case n == 1:
		return s.getOne(ctx, unique[0])
	case n > maxKeys:
		return nil, fault.New(fault.Internal, "get %d ledger records: %d are allowed in one call", n, maxKeys)
	default:
		return s.getMany(ctx, unique)
	}
}

func (s *Store) getOne(ctx context.Context, key ledger.Key) (map[ledger.Key]ledger.Record, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.table, Key: encodeKey(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, failure("get ledger record", err)
	}
	records := map[ledger.Key]ledger.Record{}
	if len(out.Item) == 0 {
		return records, nil
	}
	r, err := stored(out.Item)
	if err != nil {
		return nil, err
	}
	records[r.Key] = r
	return records, nil
}

func (s *Store) getMany(ctx context.Context, keys []ledger.Key) (map[ledger.Key]ledger.Record, error) {
	wanted := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, k := range keys {
		wanted.Keys = append(wanted.Keys, encodeKey(k))
	}
	records := make(map[ledger.Key]ledger.Record, len(keys))
	for open := len(keys); open > 0; {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{s.table: wanted},
		})
		if err != nil {
			return nil, failure("get ledger records", err)
		}
		for _, item := range out.Responses[s.table] {
			r, err := stored(item)
			if err != nil {
				return nil, err
			}
			records[r.Key] = r
		}
		wanted.Keys = out.UnprocessedKeys[s.table].Keys
		// An answer has at most 16 MB, so keys may be left over while all is well. When there is no progress, the
		// table is throttled.
		if len(wanted.Keys) == open {
			return nil, fault.New(fault.Transient, "get ledger records: the table processes none of %d keys", open)
		}
		open = len(wanted.Keys)
	}
	return records, nil
}

// Query is [ledger.Store.Query].
func (s *Store) Query(ctx context.Context, pk, prefix string) ([]ledger.Record, error) {
	condition, values := "pk = :pk", map[string]types.AttributeValue{":pk": str(pk)}
	// DynamoDB refuses an empty string as the value of a key.
	if prefix != "" {
		condition += " AND begins_with(sk, :prefix)"
		values[":prefix"] = str(prefix)
	}
	return s.query(ctx, condition, values)
}

// Between is [ledger.Store.Between].
func (s *Store) Between(ctx context.Context, pk, first, last string) ([]ledger.Record, error) {
	// DynamoDB calls bounds in the wrong order, and empty ones, a mistake; here they are an empty range, and no bound.
	if last == "" || first > last {
		return nil, nil
	}
	if first == "" {
		return s.query(ctx, "pk = :pk AND sk <= :last", map[string]types.AttributeValue{":pk": str(pk), ":last": str(last)})
	}
	return s.query(ctx, "pk = :pk AND sk BETWEEN :first AND :last",
		map[string]types.AttributeValue{":pk": str(pk), ":first": str(first), ":last": str(last)})
}

func (s *Store) query(ctx context.Context, condition string, values map[string]types.AttributeValue) ([]ledger.Record, error) {
	pages := dynamodb.NewQueryPaginator(s.client, &dynamodb.QueryInput{
		TableName: &s.table, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: &condition, ExpressionAttributeValues: values,
	})
	var records []ledger.Record
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure("query ledger records", err)
		}
		for _, item := range page.Items {
			r, err := stored(item)
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
	}
	return records, nil
}

// Due is [ledger.Store.Due]. The list comes from a global index, which DynamoDB reads with eventual consistency only.
func (s *Store) Due(ctx context.Context, lane ledger.DueQueue, now time.Time, limit int) ([]ledger.Key, error) {
	if limit <= 0 {
		return nil, nil
	}
	pages := dynamodb.NewQueryPaginator(s.client, &dynamodb.QueryInput{
		TableName: &s.table, IndexName: aws.String(indexDue), ScanIndexForward: aws.Bool(true),
		KeyConditionExpression: aws.String("due_pk = :lane AND due_at <= :now"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":lane": str(duePrefix + string(lane)), ":now": str(now.UTC().Format(dueLayout)),
		},
		Limit: aws.Int32(int32(min(limit, 1000))),
	})
	var keys []ledger.Key
	for pages.HasMorePages() && len(keys) < limit {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure("list due ledger records", err)
		}
		for _, item := range page.Items {
			key, err := decodeKey(item)
			if err != nil {
				return nil, fault.As(fault.Internal, err)
			}
			keys = append(keys, key)
		}
	}
	return keys[:min(limit, len(keys))], nil
}

// Scan is [ledger.Store.Scan]. It costs reading the whole table.
func (s *Store) Scan(ctx context.Context, prefix string) iter.Seq2[ledger.Record, error] {
	in := &dynamodb.ScanInput{TableName: &s.table, ConsistentRead: aws.Bool(true)}
	if prefix != "" {
		in.FilterExpression = aws.String("begins_with(pk, :prefix)")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":prefix": str(prefix)}
	}
	return func(yield func(ledger.Record, error) bool) {
		pages := dynamodb.NewScanPaginator(s.client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(ledger.Record{}, failure("scan ledger records", err))
				return
			}
			for _, item := range page.Items {
				r, err := stored(item)
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// stored decodes an item of the table. One that is no record is a damaged ledger, and not a bad input.
func stored(item map[string]types.AttributeValue) (ledger.Record, error) {
	r, err := DecodeImage(item)
	return r, fault.As(fault.Internal, err)
}
