package ledgertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/logging"
	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/internal/standin"
)

// Servers are the programs that speak DynamoDB's protocol, on which the suites run.
func Servers() []standin.Program { return []standin.Program{standin.Dynoxide, standin.DynamoDBLocal} }

// Config is the AWS configuration for a server at endpoint. It logs nothing: the SDK would complain of the servers'
// checksums.
func Config(endpoint string) aws.Config {
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: &endpoint, Logger: logging.Nop{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

var tables atomic.Int64

// NewTable makes an empty table with a name of its own from the one AWS::DynamoDB::Table of template.yaml, so that
// schema and template cannot drift, and returns the name.
func NewTable(t *testing.T, client *dynamodb.Client) string {
	t.Helper()
	in, err := TableOf(filepath.Join(standin.Root(t), "template.yaml"))
	if err != nil {
		t.Fatalf("read the table from template.yaml: %v", err)
	}
	in.TableName = aws.String(fmt.Sprintf("ledger-%d", tables.Add(1)))
	if _, err := client.CreateTable(t.Context(), in); err != nil {
		t.Fatalf("create the table: %v", err)
	}
	ready := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, 100*time.Millisecond
	})
	if err := ready.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: in.TableName}, time.Minute); err != nil {
		t.Fatalf("wait for the table: %v", err)
	}
	return *in.TableName
}

// TableOf returns the one table that a CloudFormation template declares, as CreateTable takes it. The names of its
// properties are those of CreateTable, but for the stream, which is enabled by being there. Time to live, backups,
// encryption and tags are set by other calls and left out.
func TableOf(path string) (*dynamodb.CreateTableInput, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the repository's own template
	if err != nil {
		return nil, err
	}
	// Nodes keep the short forms !Ref and !Sub as plain values, which nothing below needs resolved.
	var template struct {
		Resources map[string]struct {
			Type       string    `yaml:"Type"`
			Properties yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(raw, &template); err != nil {
		return nil, err
	}
	var found []yaml.Node
	for _, r := range template.Resources {
		if r.Type == "AWS::DynamoDB::Table" {
			found = append(found, r.Properties)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d resources are an AWS::DynamoDB::Table, want 1", len(found))
	}
	var properties map[string]any
	if err := found[0].Decode(&properties); err != nil {
		return nil, err
	}
	// CreateTableInput has the names of the properties, so JSON carries them over.
	kept := map[string]any{}
	for _, name := range []string{"AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes"} {
		if v, ok := properties[name]; ok {
			kept[name] = v
		}
	}
	if stream, ok := properties["StreamSpecification"]; ok {
		kept["StreamSpecification"] = stream
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	in := &dynamodb.CreateTableInput{}
	if err := json.Unmarshal(text, in); err != nil {
		return nil, err
	}
	if in.StreamSpecification == nil || in.StreamSpecification.StreamViewType != types.StreamViewTypeNewAndOldImages {
		return nil, fmt.Errorf("the table's stream does not carry NEW_AND_OLD_IMAGES")
	}
	in.StreamSpecification.StreamEnabled = aws.Bool(true)
	return in, nil
}
