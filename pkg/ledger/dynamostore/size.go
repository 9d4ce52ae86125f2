package dynamostore

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

const (
	// MaxItemSize is how many bytes one item may have, names and values together.
	MaxItemSize = 400 * 1024
	// MaxTransactionSize is how many bytes all items of one transaction may have together.
	MaxTransactionSize = 4 * 1024 * 1024
)

// Size returns the bytes for which DynamoDB counts an item, by the rules of its developer guide, "DynamoDB item sizes
// and formats". For numbers the guide gives an approximation only; it is rounded up here.
func Size(item map[string]types.AttributeValue) int {
	total := 0
	for name, v := range item {
		total += len(name) + valueSize(v)
	}
	return total
}

func valueSize(v types.AttributeValue) int {
	// A list or map costs 3 bytes, and each element or member 1 more than itself.
	const container, element = 3, 1
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		// One byte per two significant digits, and one more; a sign takes another.
		return min((len(v.Value)+1)/2+2, 21)
	case *types.AttributeValueMemberL:
		total := container
		for _, e := range v.Value {
			total += element + valueSize(e)
		}
		return total
	case *types.AttributeValueMemberM:
		total := container
		for name, e := range v.Value {
			total += element + len(name) + valueSize(e)
		}
		return total
	default: // BOOL and NULL; there is nothing else in a record
		return 1
	}
}
