package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

const (
	whenAbsent  = "attribute_not_exists(pk)"
	whenVersion = "#version = :expect"
	allOld      = types.ReturnValuesOnConditionCheckFailureAllOld
)

// write is one mutation made ready: what is to be there afterwards, and on what condition.
type write struct {
	ledger.Mutation
	key, item map[string]types.AttributeValue // the item of an OpPut
	condition string
	names     map[string]string
	values    map[string]types.AttributeValue
}

// Write is [ledger.Store.Write]. One put or delete is a conditional PutItem or DeleteItem, anything else a
// transaction. Mutations that no store could take are Internal: what [ledger.CheckMutations] and [EncodeImage] refuse, and
// what DynamoDB refuses by its limits. What counts as a write sent again is for [ledger.SentAgain] to say.
func (s *Store) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	writes, err := prepare(mutations)
	if err != nil {
		return fault.New(fault.Internal, "write ledger records: %w", err)
	}
	var found map[ledger.Key]ledger.Record
	switch {
	case len(writes) == 1 && writes[0].Op == ledger.OpPut:
		found, err = s.put(ctx, writes[0])
	case len(writes) == 1 && writes[0].Op == ledger.OpDelete:
		found, err = s.remove(ctx, writes[0])
	default:
		found, err = s.transact(ctx, writes)
	}
	if err != nil || found == nil {
		return err
	}
	return s.judge(ctx, writes, found)
}

func prepare(mutations []ledger.Mutation) ([]write, error) {
	if err := ledger.CheckMutations(mutations); err != nil {
		return nil, err
	}
	writes := make([]write, len(mutations))
	for i, m := range mutations {
		if err := checkKey(m.Record.Key); err != nil {
			return nil, err
		}
		w := write{Mutation: m, key: encodeKey(m.Record.Key), condition: whenAbsent}
		if m.Expect > 0 {
			w.condition = whenVersion
			w.names = map[string]string{"#version": attrVersion}
			w.values = map[string]types.AttributeValue{":expect": version(m.Expect)}
		}
		if m.Op == ledger.OpPut {
			r := m.Record
			r.Version = m.Expect + 1
			var err error
			if w.item, err = EncodeImage(r); err != nil {
				return nil, err
			}
		}
		writes[i] = w
	}
	return writes, nil
}

func (s *Store) put(ctx context.Context, w write) (map[ledger.Key]ledger.Record, error) {
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.table, Item: w.item,
		ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		ReturnValuesOnConditionCheckFailure: allOld,
	}, patiently)
	return single("put ledger record", w, err)
}

func (s *Store) remove(ctx context.Context, w write) (map[ledger.Key]ledger.Record, error) {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: w.key,
		ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		ReturnValuesOnConditionCheckFailure: allOld,
	}, patiently)
	return single("delete ledger record", w, err)
}

// single returns the record that did not have the expected version, nothing for a write that was only contested, and nil for
// one that went through.
func single(operation string, w write, err error) (map[ledger.Key]ledger.Record, error) {
	found := map[ledger.Key]ledger.Record{}
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &failed):
		return found, note(found, w, failed.Item)
	case contested(err):
		return found, nil
	default:
		return nil, failure(operation, err)
	}
}

// note puts a record as the answer to a write shows it, nil for none, to those that were found.
func note(found map[ledger.Key]ledger.Record, w write, item map[string]types.AttributeValue) error {
	r, err := ledger.Record{Key: w.Record.Key}, error(nil)
	if len(item) > 0 {
		r, err = stored(item)
	}
	found[w.Record.Key] = r
	return err
}

func (s *Store) transact(ctx context.Context, writes []write) (map[ledger.Key]ledger.Record, error) {
	in := &dynamodb.TransactWriteItemsInput{TransactItems: make([]types.TransactWriteItem, len(writes))}
	for i, w := range writes {
		in.TransactItems[i] = s.part(w)
	}
	// The SDK gives each call a token of its own, so that an attempt whose answer was lost is not judged again when
	// the SDK repeats it.
	_, err := s.client.TransactWriteItems(ctx, in, patiently)
	if err == nil {
		return nil, nil
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || len(canceled.CancellationReasons) != len(writes) {
		return nil, failure("write ledger records", err)
	}
	found := map[ledger.Key]ledger.Record{}
	throttled := false
	for i, reason := range canceled.CancellationReasons {
		switch code := aws.ToString(reason.Code); {
		case code == codeCondition:
			if err := note(found, writes[i], reason.Item); err != nil {
				return nil, err
			}
		case code == codeNone || code == "" || code == codeContested:
			// Nothing is said about the record itself.
		case passing[code]:
			throttled = true
		default:
			return nil, failure("write ledger records", err)
		}
	}
	if throttled {
		return nil, fault.New(fault.Transient, "write ledger records: %w", err)
	}
	return found, nil
}

func (s *Store) part(w write) types.TransactWriteItem {
	switch w.Op {
	case ledger.OpDelete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.table, Key: w.key, ReturnValuesOnConditionCheckFailure: allOld,
			ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		}}
	case ledger.OpCheck:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &s.table, Key: w.key, ReturnValuesOnConditionCheckFailure: allOld,
			ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		}}
	case ledger.OpPut:
	}
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: w.item, ReturnValuesOnConditionCheckFailure: allOld,
		ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
	}}
}
