package ledgertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const table = `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${AWS::StackName}-q'}}
  Ledger:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref Name
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      SSESpecification: !If [Key, {SSEEnabled: true}, !Ref AWS::NoValue]
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
`

func TestTableOf(t *testing.T) {
	for name, c := range map[string]struct {
		template string
		fails    bool
	}{
		"short forms of functions": {table, false},
		"no table":                 {"Resources: {}", true},
		"not YAML":                 {"{", true},
		"no stream":                {strings.Replace(table, "StreamSpecification", "Other", 1), true},
		"a stream of keys":         {strings.Replace(table, "NEW_AND_OLD_IMAGES", "KEYS_ONLY", 1), true},
		"two tables":               {strings.Replace(table, "AWS::SQS::Queue", "AWS::DynamoDB::Table", 1), true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(path, []byte(c.template), 0o600); err != nil {
				t.Fatal(err)
			}
			in, err := TableOf(path)
			if (err != nil) != c.fails {
				t.Fatalf("%v, want an error: %v", err, c.fails)
			}
			if err == nil && (len(in.KeySchema) != 1 || *in.KeySchema[0].AttributeName != "pk" || in.BillingMode != "PAY_PER_REQUEST" ||
				!*in.StreamSpecification.StreamEnabled || in.TableName != nil) {
				t.Errorf("%+v", in)
			}
		})
	}
}
