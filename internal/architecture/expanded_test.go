package architecture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// expanded is the template as CloudFormation gets to see it, after SAM's transform.
type expanded struct{ object }

// expandedJSON runs SAM's transform, once for each test that asks.
func expandedJSON(t *testing.T) []byte {
	t.Helper()
	python, err := filepath.Abs(filepath.Join(root, ".tools", "python", "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatalf("REQUIRE_REAL=1: SAM's transform is not installed: %v", err)
		}
		t.Skipf("SKIPPED: SAM's transform is not installed; tools/install python does it: %v", err)
	}
	expand := exec.CommandContext(t.Context(), python, "tools/python/expand.py", "template.yaml")
	expand.Dir = root
	var problems bytes.Buffer
	expand.Stderr = &problems
	out, err := expand.Output()
	if err != nil {
		t.Fatalf("expanding template.yaml: %v\n%s", err, problems.String())
	}
	return out
}

func parseExpanded(t *testing.T, content []byte) expanded {
	t.Helper()
	var x expanded
	if err := json.Unmarshal(content, &x.object); err != nil {
		t.Fatalf("the expanded template is no JSON: %v", err)
	}
	return x
}

// resource is one resource's body: Type, Properties, DependsOn and policies.
func (x expanded) resource(id string) object {
	body, _ := at(x.object, "Resources", id).(object)
	return body
}

func (x expanded) properties(id string) object {
	properties, _ := x.resource(id)["Properties"].(object)
	return properties
}

// ids are the resources of the given types, or all, in order.
func (x expanded) ids(types ...string) []string {
	var found []string
	for id, body := range x.object["Resources"].(object) {
		kind, _ := at(body, "Type").(string)
		if len(types) == 0 || slices.Contains(types, kind) {
			found = append(found, id)
		}
	}
	return sorted(found)
}

// target is the resource that a Ref or GetAtt names; "" for anything else.
func target(value any) string {
	if id, ok := at(value, "Ref").(string); ok {
		return id
	}
	switch attribute := at(value, "Fn::GetAtt").(type) {
	case []any:
		id, _ := attribute[0].(string)
		return id
	case string:
		id, _, _ := strings.Cut(attribute, ".")
		return id
	}
	return ""
}

var placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9:]+)(\.[A-Za-z0-9.]+)?\}`)

// references lists the names that a value refers to, by whatever function.
func references(value any) []string {
	var names []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			names = append(names, references(item)...)
		}
	case object:
		if id := target(v); id != "" {
			return []string{id}
		}
		for key, item := range v {
			if text, ok := item.(string); ok && key == "Fn::Sub" {
				for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
					names = append(names, match[1])
				}
			}
			names = append(names, references(item)...)
		}
	}
	return names
}

// stack resolves what CloudFormation would, for one stack in one account.
type stack struct {
	x      expanded
	values map[string]string // parameters and AWS's own
}

// newStack deploys the template in the mind, with default parameters where none are given.
func newStack(x expanded, name string, parameters map[string]string) stack {
	values := map[string]string{
		"AWS::StackName": name, "AWS::AccountId": "111122223333", "AWS::Region": "us-east-1", "AWS::Partition": "aws",
	}
	for id, parameter := range x.object["Parameters"].(object) {
		if standard := at(parameter, "Default"); standard != nil {
			values[id] = fmt.Sprint(standard)
		}
	}
	maps.Copy(values, parameters)
	return stack{x, values}
}

// text resolves a value to text. What only AWS knows becomes <id.attribute>.
func (s stack) text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case object:
		return s.call(v)
	default:
		return fmt.Sprint(v)
	}
}

func (s stack) call(v object) string {
	switch {
	case v["Ref"] != nil:
		return s.name(v["Ref"].(string), "")
	case v["Fn::GetAtt"] != nil:
		attribute, _ := v["Fn::GetAtt"].([]any)
		return s.name(fmt.Sprint(attribute[0]), "."+fmt.Sprint(attribute[1]))
	case v["Fn::Sub"] != nil:
		return placeholder.ReplaceAllStringFunc(s.text(v["Fn::Sub"]), func(found string) string {
			parts := placeholder.FindStringSubmatch(found)
			return s.name(parts[1], parts[2])
		})
	case v["Fn::Join"] != nil:
		var items []string
		for _, item := range s.list(at(v, "Fn::Join", 1)) {
			items = append(items, s.text(item))
		}
		return strings.Join(items, s.text(at(v, "Fn::Join", 0)))
	case v["Fn::If"] != nil:
		if s.holds(at(s.x.object, "Conditions", s.text(at(v, "Fn::If", 0)))) {
			return s.text(at(v, "Fn::If", 1))
		}
		return s.text(at(v, "Fn::If", 2))
	default:
		return compact(v)
	}
}

func (s stack) list(value any) []any {
	if split := at(value, "Fn::Split"); split != nil {
		var items []any
		for item := range strings.SplitSeq(s.text(at(split, 1)), s.text(at(split, 0))) {
			items = append(items, item)
		}
		return items
	}
	items, _ := value.([]any)
	return items
}

// holds evaluates a condition.
func (s stack) holds(condition any) bool {
	switch {
	case at(condition, "Fn::Equals") != nil:
		return s.text(at(condition, "Fn::Equals", 0)) == s.text(at(condition, "Fn::Equals", 1))
	case at(condition, "Fn::Contains") != nil:
		return slices.ContainsFunc(s.list(at(condition, "Fn::Contains", 0)), func(item any) bool {
			return s.text(item) == s.text(at(condition, "Fn::Contains", 1))
		})
	case at(condition, "Fn::Not") != nil:
		return !s.holds(at(condition, "Fn::Not", 0))
	case at(condition, "Fn::And") != nil:
		return !slices.ContainsFunc(at(condition, "Fn::And").([]any), func(c any) bool { return !s.holds(c) })
	case at(condition, "Fn::Or") != nil:
		return slices.ContainsFunc(at(condition, "Fn::Or").([]any), s.holds)
	default:
		panic("a condition that this test does not understand: " + compact(condition))
	}
}

// name is what a Ref or GetAtt of id gives.
func (s stack) name(id, attribute string) string {
	if value, known := s.values[id]; known {
		return value
	}
	if bucket := s.x.properties(id)["BucketName"]; bucket != nil && attribute == "" {
		return s.text(bucket)
	} else if bucket != nil && attribute == ".Arn" {
		return "arn:aws:s3:::" + s.text(bucket)
	}
	if id == "AWS::NoValue" {
		return ""
	}
	return "<" + id + attribute + ">"
}

// expandedRule is something that has to hold in the expanded template, and ways to break it that it has to notice.
type expandedRule struct {
	// broken says what is wrong; nothing where the rule holds.
	broken func(t *testing.T, x expanded) []string
	// breaches change the template, each so that the rule no longer holds.
	breaches map[string]func(x expanded)
}

// TestTheExpandedTemplate checks each rule against the template, and each rule itself against its breaches: a rule that
// notices nothing guards nothing.
func TestTheExpandedTemplate(t *testing.T) {
	content := expandedJSON(t)
	whole := compact(parseExpanded(t, content).object)
	for name, rule := range expandedRules() {
		t.Run(name, func(t *testing.T) {
			for _, problem := range rule.broken(t, parseExpanded(t, content)) {
				t.Error(problem)
			}
			if len(rule.breaches) == 0 {
				t.Error("nobody has seen this rule fail")
			}
			for breach, apply := range rule.breaches {
				x := parseExpanded(t, content)
				apply(x)
				if compact(x.object) == whole {
					t.Errorf("the breach %q changes nothing", breach)
				}
				if len(rule.broken(t, x)) == 0 {
					t.Errorf("is not noticed: %s", breach)
				}
			}
		})
	}
}

func expandedRules() map[string]expandedRule {
	all := map[string]expandedRule{}
	for _, group := range []map[string]expandedRule{functionRules(), eventRules(), accessRules(), wholeRules()} {
		maps.Copy(all, group)
	}
	return all
}

// set changes one place of the template.
func set(from any, value any, steps ...any) {
	switch parent := at(from, steps[:len(steps)-1]...).(type) {
	case object:
		key := steps[len(steps)-1].(string)
		if value == nil {
			delete(parent, key)
		} else {
			parent[key] = value
		}
	case []any:
		parent[steps[len(steps)-1].(int)] = value
	default:
		panic(fmt.Sprintf("there is no %v to change", steps))
	}
}

// property returns a breach: one property of one resource is changed, or taken away by nil.
func property(value any, id string, steps ...any) func(x expanded) {
	return func(x expanded) { set(x.properties(id), value, steps...) }
}
