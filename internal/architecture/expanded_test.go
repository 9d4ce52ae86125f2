package architecture_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// expanded is the template as CloudFormation gets to see it, after SAM's transform.
type expanded = cloudformation.Template

// references lists the names that a value refers to, by whatever function.
func references(value any) []string {
	var names []string
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			names = append(names, references(item)...)
		}
	case object:
		if id := cloudformation.Target(v); id != "" {
			return []string{id}
		}
		for key, item := range v {
			if text, ok := item.(string); ok && key == "Fn::Sub" {
				for _, match := range cloudformation.Placeholder.FindAllStringSubmatch(text, -1) {
					names = append(names, match[1])
				}
			}
			names = append(names, references(item)...)
		}
	}
	return names
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
	content := cloudformation.Expanded(t, root)
	whole := compact(cloudformation.Parse(t, content).Object)
	for name, rule := range expandedRules() {
		t.Run(name, func(t *testing.T) {
			for _, problem := range rule.broken(t, cloudformation.Parse(t, content)) {
				t.Error(problem)
			}
			if len(rule.breaches) == 0 {
				t.Error("nobody has seen this rule fail")
			}
			for breach, apply := range rule.breaches {
				x := cloudformation.Parse(t, content)
				apply(x)
				if compact(x.Object) == whole {
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
	for _, group := range []map[string]expandedRule{functionRules(), eventRules(), accessRules(), peopleRules(), wholeRules()} {
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
	return func(x expanded) { set(x.Properties(id), value, steps...) }
}
