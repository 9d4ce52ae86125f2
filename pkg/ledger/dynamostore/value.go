package dynamostore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// encodeObject turns a JSON object into attributes, numbers digit for digit.
func encodeObject(doc json.RawMessage) (map[string]types.AttributeValue, error) {
	var members map[string]any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	// The decoder's own error could quote a value.
	if err := d.Decode(&members); err != nil || members == nil || d.More() {
		return nil, errors.New("its Doc is not one JSON object")
	}
	if _, err := leaves(members, func(v any) (any, error) {
		if n, ok := v.(json.Number); ok {
			return attributevalue.Number(n), nil
		}
		return v, nil
	}); err != nil {
		return nil, err
	}
	return attributevalue.MarshalMap(members)
}

// decodeValue is the way back: what encoding/json marshals to the JSON that encodeObject was given.
func decodeValue(attribute types.AttributeValue) (any, error) {
	var value any
	err := attributevalue.UnmarshalWithOptions(attribute, &value, func(o *attributevalue.DecoderOptions) { o.UseNumber = true })
	if err != nil {
		return nil, errors.New("an attribute that cannot be decoded")
	}
	return leaves(value, func(v any) (any, error) {
		switch v := v.(type) {
		case attributevalue.Number:
			return json.Number(v), nil
		case nil, bool, string:
			return v, nil
		default:
			// Sets and binaries: bellhop never writes them, and JSON has nothing that would bring them back.
			return nil, fmt.Errorf("an attribute of type %T, which JSON does not have", v)
		}
	})
}

// leaves replaces everything in a JSON value that is no object and no list.
func leaves(value any, replace func(any) (any, error)) (any, error) {
	var err error
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			if value[name], err = leaves(v, replace); err != nil {
				return nil, err
			}
		}
		return value, nil
	case []any:
		for i, v := range value {
			if value[i], err = leaves(v, replace); err != nil {
				return nil, err
			}
		}
		return value, nil
	default:
		return replace(value)
	}
}
