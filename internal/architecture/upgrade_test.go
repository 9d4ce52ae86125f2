package architecture_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// oneFile is the last template without nested stacks, as CloudFormation saw it: its parameters, and of each resource what
// decides whether an update keeps it, replaces it or deletes it. An installed stack may be one of that template.
func oneFile(t *testing.T) expanded {
	t.Helper()
	var x expanded
	if err := json.Unmarshal([]byte(read(t, "internal/architecture/testdata/one-file-stack.json")), &x.Object); err != nil {
		t.Fatal(err)
	}
	return x
}

// movable are the types that hold no data: a resource of these may go from the stack into a nested one, where it is made anew.
var movable = []string{
	"AWS::Athena::NamedQuery", "AWS::Athena::WorkGroup", "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
	"AWS::Glue::Database", "AWS::Glue::Table", "AWS::IAM::ManagedPolicy", "AWS::Logs::QueryDefinition",
}

// createOnly are the properties of a type whose change makes CloudFormation replace the resource, by AWS's own schema.
func createOnly(t *testing.T, kind string) []string {
	t.Helper()
	var files map[string]string
	published(t, "schemas/providers/us-east-1.json", &files)
	var schema struct {
		CreateOnlyProperties, ConditionalCreateOnlyProperties []string
	}
	published(t, "schemas/resources/"+files[kind]+".json", &schema)
	var names []string
	for _, path := range append(schema.CreateOnlyProperties, schema.ConditionalCreateOnlyProperties...) {
		names = append(names, strings.Split(path, "/")[2])
	}
	return names
}

// kept says what an update from before to after would delete or replace of what holds data or is part of the pipeline.
func kept(t *testing.T, before, after expanded) []string {
	t.Helper()
	var problems []string
	inNested := map[string]bool{}
	for _, name := range nested {
		for id := range parsed(t, name)["Resources"].(object) {
			inNested[id] = true
		}
	}
	for _, id := range before.IDs() {
		was, is := before.Resource(id), after.Resource(id)
		kind := was["Type"].(string)
		switch {
		case is == nil || is["Type"] != kind:
			problems = append(problems, id+" is gone")
			continue
		case inNested[id]:
			if !slices.Contains(movable, kind) {
				problems = append(problems, id+" has gone into a nested stack: the update deletes it")
			}
			continue
		}
		for _, part := range []string{"Condition", "DeletionPolicy", "UpdateReplacePolicy"} {
			if was[part] != is[part] {
				problems = append(problems, id+" has another "+part)
			}
		}
		for _, property := range createOnly(t, kind) {
			if compact(before.Properties(id)[property]) != compact(after.Properties(id)[property]) {
				problems = append(problems, id+" has another "+property+": the update replaces it")
			}
		}
	}
	for name, parameter := range before.Object["Parameters"].(object) {
		now := at(after.Object, "Parameters", name)
		if now == nil || compact(at(parameter, "Default")) != compact(at(now, "Default")) {
			problems = append(problems, "the parameter "+name+" is gone, or has another default")
		}
	}
	return problems
}

// TestAnUpdateFromTheOneFileStackKeepsWhatHoldsData compares this template with the last one that was one file: the buckets,
// the table, the secret, the queues, the functions and all else of the pipeline stay as they are.
func TestAnUpdateFromTheOneFileStackKeepsWhatHoldsData(t *testing.T) {
	content := cloudformation.Expanded(t, root)
	for _, problem := range kept(t, oneFile(t), cloudformation.Parse(t, content)) {
		t.Error(problem)
	}
	for breach, apply := range map[string]func(x expanded){
		"another bucket":             property(object{"Fn::Sub": "${BucketPrefix}-data"}, "DatasetBucket", "BucketName"),
		"another key":                property([]any{object{"AttributeName": "id", "KeyType": "HASH"}}, "Ledger", "KeySchema"),
		"a table with a name":        property("ledger", "Ledger", "TableName"),
		"a queue with a name":        property("queue", "IngestQueue", "QueueName"),
		"a bucket that goes":         func(x expanded) { set(x.Resource("DatasetBucket"), "Delete", "DeletionPolicy") },
		"a secret of another name":   func(x expanded) { set(x.Object, nil, "Resources", "LwaSecret") },
		"a bucket under a condition": func(x expanded) { set(x.Resource("QueryResultsBucket"), "HasAnalytics", "Condition") },
		"a parameter less":           func(x expanded) { set(x.Object, nil, "Parameters", "Categories") },
		"another default":            func(x expanded) { set(x.Object, "6h", "Parameters", "QuarantineHold", "Default") },
	} {
		x := cloudformation.Parse(t, content)
		apply(x)
		if len(kept(t, oneFile(t), x)) == 0 {
			t.Errorf("is not noticed: %s", breach)
		}
	}
	moved := oneFile(t)
	set(moved.Object, object{"Type": "AWS::S3::Bucket"}, "Resources", "Catalog")
	x := cloudformation.Parse(t, content)
	set(x.Object, object{"Type": "AWS::S3::Bucket"}, "Resources", "Catalog")
	if problems := kept(t, moved, x); !slices.ContainsFunc(problems, func(p string) bool { return strings.HasPrefix(p, "Catalog has gone") }) {
		t.Errorf("is not noticed: a bucket in a nested stack; only %q", problems)
	}
}

// TestWhatMovesCollidesOnlyAsTheUpgradeSays: CloudFormation makes what is in a nested stack before it deletes what was in the parent. For
// the databases and the workgroup, whose names people use, docs/upgrade.md has an update in two steps; nothing else may
// have the name that it had. CloudWatch Logs takes two saved queries of one name.
func TestWhatMovesCollidesOnlyAsTheUpgradeSays(t *testing.T) {
	before, after := oneFile(t), cloudformation.Parse(t, cloudformation.Expanded(t, root))
	old, now := cloudformation.NewStack(before, "bellhop", nil), cloudformation.NewStack(after, "bellhop", nil)
	var same []string
	for _, name := range nested {
		for id := range parsed(t, name)["Resources"].(object) {
			kind, _ := before.Resource(id)["Type"].(string)
			steps := physical[kind]
			if steps == nil || kind == "AWS::Logs::QueryDefinition" || at(before.Properties(id), steps...) == nil {
				continue
			}
			if old.Text(at(before.Properties(id), steps...)) == now.Text(at(after.Properties(id), steps...)) {
				same = append(same, id)
			}
		}
	}
	if known := []string{"AllRows", "Catalog", "WorkGroup"}; !slices.Equal(sorted(same), known) {
		t.Errorf("the names of %v stay while they move; docs/upgrade.md knows of %v", sorted(same), known)
	}
	if page := read(t, "docs/upgrade.md"); !strings.Contains(page, "## From a stack of one file") || !strings.Contains(page, "Analytics=false") {
		t.Error("docs/upgrade.md does not say how a stack of one file is updated")
	}
}
