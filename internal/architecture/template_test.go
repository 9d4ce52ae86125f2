package architecture_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/config"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// object is a YAML mapping of the template, its intrinsic functions written out: !Ref X is {"Ref": X}, !Sub X is
// {"Fn::Sub": X}, !GetAtt X.Y is {"Fn::GetAtt": "X.Y"}.
type object = map[string]any

// once is template.yaml, which is long, read for the first test that asks.
var once struct {
	sync.Once
	template object
}

// nested are the stacks in template.yaml.
var nested = []string{"template/analytics.yaml", "template/watching.yaml", "template/access.yaml"}

// template reads template.yaml with the resources of the nested stacks. The tests share it, so none may change it.
func template(t *testing.T) object {
	t.Helper()
	once.Do(func() {
		once.template = parsed(t, "template.yaml")
		for _, name := range nested {
			maps.Copy(once.template["Resources"].(object), parsed(t, name)["Resources"].(object))
		}
	})
	if once.template == nil {
		t.Fatal("template.yaml cannot be read; the first test that needed it says why")
	}
	return once.template
}

// parsed reads a template.
func parsed(t *testing.T, name string) object {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(read(t, name)), &document); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	content, _ := plain(t, &document).(object)
	return content
}

func plain(t *testing.T, node *yaml.Node) any {
	t.Helper()
	var value any
	switch node.Kind {
	case yaml.DocumentNode:
		return plain(t, node.Content[0])
	case yaml.MappingNode:
		mapping := object{}
		for i := 0; i < len(node.Content); i += 2 {
			mapping[node.Content[i].Value] = plain(t, node.Content[i+1])
		}
		value = mapping
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range node.Content {
			list = append(list, plain(t, item))
		}
		value = list
	case yaml.ScalarNode:
		if strings.HasPrefix(node.Tag, "!!") {
			if err := node.Decode(&value); err != nil {
				t.Fatalf("line %d: %v", node.Line, err)
			}
		} else {
			value = node.Value
		}
	case yaml.AliasNode:
		t.Fatalf("line %d: CloudFormation knows no aliases", node.Line)
	}
	switch tag := strings.TrimPrefix(node.Tag, "!"); {
	case tag == "" || strings.HasPrefix(tag, "!"):
		return value
	case tag == "Ref" || tag == "Condition":
		return object{tag: value}
	default:
		return object{"Fn::" + tag: value}
	}
}

// at goes down by names and numbers; nil where there is nothing.
func at(from any, steps ...any) any { return cloudformation.At(from, steps...) }

// want compares one place of the template with what it has to say.
func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v, want %v", what, compact(got), compact(want))
	}
}

func compact(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// resources returns the resources of one type, by logical id.
func resources(t *testing.T, ofType string) map[string]object {
	t.Helper()
	found := map[string]object{}
	for id, resource := range at(template(t), "Resources").(object) {
		if at(resource, "Type") == ofType {
			properties, _ := at(resource, "Properties").(object)
			found[id] = properties
		}
	}
	if len(found) == 0 {
		t.Fatalf("template.yaml has no %s", ofType)
	}
	return found
}

const functionType = "AWS::Serverless::Function"

func TestFunctionsAreBuiltAndRunTheSameWay(t *testing.T) {
	globals := at(template(t), "Globals", "Function")
	want(t, "runtime", at(globals, "Runtime"), "provided.al2023")
	want(t, "architecture", at(globals, "Architectures"), []any{"arm64"})
	want(t, "handler", at(globals, "Handler"), "bootstrap")
	want(t, "tracing", at(globals, "Tracing"), "Active")
	want(t, "log format", at(globals, "LoggingConfig", "LogFormat"), "JSON")

	groups := resources(t, "AWS::Logs::LogGroup")
	makefile := read(t, "Makefile")
	var ids []string
	for id, function := range resources(t, functionType) {
		ids = append(ids, strings.ToLower(strings.TrimSuffix(id, "Function")))
		for _, inherited := range []string{"Runtime", "Architectures", "Handler", "CodeUri", "Policies"} {
			want(t, id+"'s own "+inherited, function[inherited], nil)
		}
		want(t, id+"'s build method", at(template(t), "Resources", id, "Metadata", "BuildMethod"), "makefile")
		if !strings.Contains(makefile, "\nbuild-"+id+": function = ") {
			t.Errorf("the Makefile cannot build %s", id)
		}
		group, _ := at(function, "LoggingConfig", "LogGroup", "Ref").(string)
		if at(groups[group], "RetentionInDays") == nil {
			t.Errorf("%s logs to %q, which has no retention", id, group)
		}
	}
	if got, want := sorted(ids), functionFolders(t); !slices.Equal(got, want) {
		t.Errorf("functions in the template: %v; in functions/: %v", got, want)
	}
}

// TestEnvironmentIsWhatTheFunctionsRead compares both ways: a variable that is set and not read is a promise that
// nobody keeps, and one that is read and not set cannot be configured.
func TestEnvironmentIsWhatTheFunctionsRead(t *testing.T) {
	everywhere := at(template(t), "Globals", "Function", "Environment", "Variables").(object)
	for id, function := range resources(t, functionType) {
		set := maps.Clone(everywhere)
		own, _ := at(function, "Environment", "Variables").(object)
		maps.Copy(set, own)

		read := map[string]config.Variable{}
		for _, variable := range config.Variables() {
			if slices.Contains(variable.Functions, strings.ToLower(strings.TrimSuffix(id, "Function"))) {
				read[variable.Name] = variable
			}
		}
		for name := range set {
			if _, ok := read[name]; !ok {
				t.Errorf("template.yaml sets %s, which the %s does not read", name, id)
			}
		}
		for name, variable := range read {
			if set[name] == nil {
				t.Errorf("the %s reads %s, which template.yaml does not set", id, name)
				continue
			}
			if standard, ok := parameterDefault(t, set[name]); ok && variable.Default != "" && standard != variable.Default {
				t.Errorf("%s is %q by default in template.yaml and %q in the code", name, standard, variable.Default)
			}
		}
	}
}

// parameterDefault returns the default of the parameter that a value refers to, directly or where it is given.
func parameterDefault(t *testing.T, value any) (string, bool) {
	t.Helper()
	name, direct := at(value, "Ref").(string)
	if !direct {
		name, _ = at(value, "Fn::If", 1, "Ref").(string)
	}
	standard := at(template(t), "Parameters", name, "Default")
	return fmt.Sprint(standard), standard != nil
}

func TestLedgerIsTheTableThatTheCodeKnows(t *testing.T) {
	tables := resources(t, "AWS::DynamoDB::Table")
	ledger := tables["Ledger"]
	if len(tables) != 1 || ledger == nil {
		t.Fatalf("want one table, Ledger; got %v", sorted(slices.Collect(maps.Keys(tables))))
	}
	key := func(name, kind string) any { return object{"AttributeName": name, "KeyType": kind} }
	want(t, "key", ledger["KeySchema"], []any{key("pk", "HASH"), key("sk", "RANGE")})
	want(t, "indexes", ledger["GlobalSecondaryIndexes"], []any{object{
		"IndexName":  "due",
		"KeySchema":  []any{key("due_pk", "HASH"), key("due_at", "RANGE")},
		"Projection": object{"ProjectionType": "KEYS_ONLY"},
	}})
	for _, attribute := range ledger["AttributeDefinitions"].([]any) {
		want(t, "type of a key attribute", at(attribute, "AttributeType"), "S")
	}
	want(t, "billing", ledger["BillingMode"], "PAY_PER_REQUEST")
	want(t, "stream", at(ledger, "StreamSpecification", "StreamViewType"), "NEW_AND_OLD_IMAGES")
	want(t, "point-in-time recovery", at(ledger, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), true)
}

func TestDataOutlivesTheStackAndRawFilesDoNot(t *testing.T) {
	tests := map[string]struct{ deletion, replacement string }{
		"Ledger":         {"RetainExceptOnCreate", "Retain"},
		"DatasetBucket":  {"RetainExceptOnCreate", "Retain"},
		"DeliveryBucket": {"Delete", "Delete"},
	}
	for id, test := range tests {
		resource := at(template(t), "Resources", id)
		want(t, id+"'s deletion policy", at(resource, "DeletionPolicy"), test.deletion)
		want(t, id+"'s replacement policy", at(resource, "UpdateReplacePolicy"), test.replacement)
	}
}

func TestSecretHasNoValue(t *testing.T) {
	for id, secret := range resources(t, "AWS::SecretsManager::Secret") {
		for _, property := range []string{"SecretString", "GenerateSecretString"} {
			if secret[property] != nil {
				t.Errorf("%s has a %s: a secret's value never passes through a template", id, property)
			}
		}
	}
}

func TestFreeTextParametersHaveAPattern(t *testing.T) {
	for name, parameter := range at(template(t), "Parameters").(object) {
		bounded := at(parameter, "AllowedPattern") != nil && at(parameter, "ConstraintDescription") != nil ||
			at(parameter, "AllowedValues") != nil ||
			at(parameter, "MinValue") != nil && at(parameter, "MaxValue") != nil
		if !bounded {
			t.Errorf("parameter %s takes anything", name)
		}
		if at(parameter, "Description") == nil {
			t.Errorf("parameter %s has no description", name)
		}
	}
}
