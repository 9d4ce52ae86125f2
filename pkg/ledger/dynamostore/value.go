package dynamostore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// maxDepth is how deep DynamoDB lets lists and maps be nested.
const maxDepth = 32

// encodeObject turns a JSON object into attributes, numbers digit for digit.
func encodeObject(doc json.RawMessage) (map[string]types.AttributeValue, error) {
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	// The decoder's own error could quote a value.
	if err := d.Decode(&members); err != nil || members == nil || d.More() {
		return nil, errors.New("its Doc is not one JSON object")
	}
	return encodeMembers(members, 0)
}

func encodeMembers(members map[string]any, depth int) (map[string]types.AttributeValue, error) {
	m := make(map[string]types.AttributeValue, len(members))
	for name, v := range members {
		var err error
		if m[name], err = encodeValue(v, depth+1); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func encodeValue(v any, depth int) (types.AttributeValue, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("its Doc is nested more than %d levels deep", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}, nil
	case string:
		return &types.AttributeValueMemberS{Value: v}, nil
	case json.Number:
		if _, err := canonical(v.String()); err != nil {
			return nil, err
		}
		return &types.AttributeValueMemberN{Value: v.String()}, nil
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i, e := range v {
			var err error
			if list[i], err = encodeValue(e, depth+1); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	case map[string]any:
		m, err := encodeMembers(v, depth)
		return &types.AttributeValueMemberM{Value: m}, err
	default:
		return nil, fmt.Errorf("its Doc holds a %T", v)
	}
}

// decodeValue is the way back: what encoding/json marshals to the JSON that encodeValue was given.
func decodeValue(v types.AttributeValue) (any, error) {
	switch v := v.(type) {
	case *types.AttributeValueMemberNULL:
		return nil, nil //nolint:nilnil // a JSON null is a nil, and not an error
	case *types.AttributeValueMemberBOOL:
		return v.Value, nil
	case *types.AttributeValueMemberS:
		return v.Value, nil
	case *types.AttributeValueMemberN:
		return json.Number(v.Value), nil
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, e := range v.Value {
			var err error
			if list[i], err = decodeValue(e); err != nil {
				return nil, err
			}
		}
		return list, nil
	case *types.AttributeValueMemberM:
		m := make(map[string]any, len(v.Value))
		for name, e := range v.Value {
			var err error
			if m[name], err = decodeValue(e); err != nil {
				return nil, err
			}
		}
		return m, nil
	default:
		// Sets and binaries: bellhop never writes them, and JSON has nothing that would bring them back.
		return nil, fmt.Errorf("an attribute of type %s, which JSON does not have", typeName(v))
	}
}

func typeName(v types.AttributeValue) string {
	switch v.(type) {
	case *types.AttributeValueMemberB:
		return "B"
	case *types.AttributeValueMemberSS:
		return "SS"
	case *types.AttributeValueMemberNS:
		return "NS"
	case *types.AttributeValueMemberBS:
		return "BS"
	default:
		return "unknown"
	}
}

// sameItem reports whether two items say the same. DynamoDB writes numbers its own way (1E2 comes back as 100), so
// numbers are compared by value.
func sameItem(a, b map[string]types.AttributeValue) bool { return maps.EqualFunc(a, b, sameValue) }

func sameValue(a, b types.AttributeValue) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberN:
		b, ok := b.(*types.AttributeValueMemberN)
		return ok && sameNumber(a.Value, b.Value)
	case *types.AttributeValueMemberBOOL:
		b, ok := b.(*types.AttributeValueMemberBOOL)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberNULL:
		_, ok := b.(*types.AttributeValueMemberNULL)
		return ok
	case *types.AttributeValueMemberM:
		b, ok := b.(*types.AttributeValueMemberM)
		return ok && sameItem(a.Value, b.Value)
	case *types.AttributeValueMemberL:
		b, ok := b.(*types.AttributeValueMemberL)
		return ok && slices.EqualFunc(a.Value, b.Value, sameValue)
	default:
		return false
	}
}
