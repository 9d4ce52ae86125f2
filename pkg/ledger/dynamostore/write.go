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
)

// write is one mutation made ready: what is to be there afterwards, and on what condition.
type write struct {
	ledger.Mutation
	item      map[string]types.AttributeValue // of an OpPut
	condition string
	names     map[string]string
	values    map[string]types.AttributeValue
}

// Write is [ledger.Store.Write]. One put or delete is a conditional PutItem or DeleteItem, anything else a
// transaction. Mutations that no store could take are Internal: none at all or more than [ledger.MaxMutations], a key
// twice, items of more than [MaxTransactionSize], and what [EncodeImage] refuses.
//
// A write counts as sent again, and succeeds, when every record it puts is there as it was to be, version included,
// and every record that it deletes is gone. Its checks may have changed since, unless it only deletes: then nothing
// proves that it was done.
func (s *Store) Write(ctx context.Context, mutations ...ledger.Mutation) error {
	writes, err := prepare(mutations)
	if err != nil {
		return fault.New(fault.Internal, "write ledger records: %w", err)
	}
	var failed []finding
	switch {
	case len(writes) == 1 && writes[0].Op == ledger.OpPut:
		failed, err = s.put(ctx, writes[0])
	case len(writes) == 1 && writes[0].Op == ledger.OpDelete:
		failed, err = s.remove(ctx, writes[0])
	default:
		failed, err = s.transact(ctx, writes)
	}
	if err != nil || failed == nil {
		return err
	}
	return s.judge(ctx, writes, failed)
}

func prepare(mutations []ledger.Mutation) ([]write, error) {
	if n := len(mutations); n == 0 || n > ledger.MaxMutations {
		return nil, fault.New(fault.Internal, "%d mutations; 1 to %d are allowed", n, ledger.MaxMutations)
	}
	seen, size := make(map[ledger.Key]bool, len(mutations)), 0
	writes := make([]write, len(mutations))
	for i, m := range mutations {
		if seen[m.Record.Key] {
			return nil, fault.New(fault.Internal, "record %s is in it twice", m.Record.Key)
		}
		seen[m.Record.Key] = true
		if m.Expect < 0 {
			return nil, fault.New(fault.Internal, "record %s cannot have version %d", m.Record.Key, m.Expect)
		}
		if err := checkKey(m.Record.Key); err != nil {
			return nil, err
		}
		w := write{Mutation: m, condition: whenAbsent}
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
			size += Size(w.item)
		}
		writes[i] = w
	}
	if size > MaxTransactionSize {
		return nil, fault.New(fault.Internal, "%d bytes in one transaction; %d are allowed", size, MaxTransactionSize)
	}
	return writes, nil
}

func (s *Store) put(ctx context.Context, w write) ([]finding, error) {
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &s.table, Item: w.item,
		ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, patiently)
	return single("put ledger record", err)
}

func (s *Store) remove(ctx context.Context, w write) ([]finding, error) {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: encodeKey(w.Record.Key),
		ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, patiently)
	return single("delete ledger record", err)
}

func single(operation string, err error) ([]finding, error) {
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &failed):
		return []finding{{state: mismatch, item: failed.Item}}, nil
	case contested(err):
		return []finding{{state: unknown}}, nil
	default:
		return nil, failure(operation, err)
	}
}

func (s *Store) transact(ctx context.Context, writes []write) ([]finding, error) {
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
	findings := make([]finding, len(writes))
	throttled := false
	for i, reason := range canceled.CancellationReasons {
		switch code := aws.ToString(reason.Code); {
		case code == codeCondition:
			findings[i] = finding{state: mismatch, item: reason.Item}
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
	return findings, nil
}

func (s *Store) part(w write) types.TransactWriteItem {
	const allOld = types.ReturnValuesOnConditionCheckFailureAllOld
	switch w.Op {
	case ledger.OpDelete:
		return types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.table, Key: encodeKey(w.Record.Key), ReturnValuesOnConditionCheckFailure: allOld,
			ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		}}
	case ledger.OpCheck:
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &s.table, Key: encodeKey(w.Record.Key), ReturnValuesOnConditionCheckFailure: allOld,
			ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
		}}
	case ledger.OpPut:
	}
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: w.item, ReturnValuesOnConditionCheckFailure: allOld,
		ConditionExpression: &w.condition, ExpressionAttributeNames: w.names, ExpressionAttributeValues: w.values,
	}}
}
