// Package cloudformation reads template.yaml and the stacks nested in it as one template, after SAM's transform, and resolves
// what CloudFormation would for one stack in one account. It is for tests, which look at the template as a whole and run the
// system by it.
package cloudformation

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// Object is a node with names.
type Object = map[string]any

// Template is the expanded template.
type Template struct{ Object }

// expansion is the result of the transform, which takes a second: a process runs it once.
var expansion struct {
	sync.Mutex
	content []byte
}

// Expanded runs SAM's transform over the template.yaml of the repository, with the nested stacks' resources as if they were its own,
// and returns the result as JSON. Where the transform
// is not installed the test is skipped, and fails with REQUIRE_REAL=1.
func Expanded(t *testing.T, root string) []byte {
	t.Helper()
	expansion.Lock()
	defer expansion.Unlock()
	if expansion.content == nil {
		expansion.content = expand(t, root)
	}
	return expansion.content
}

func expand(t *testing.T, root string) []byte {
	t.Helper()
	root, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(root, ".tools", "python", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatalf("REQUIRE_REAL=1: SAM's transform is not installed: %v", err)
		}
		t.Skipf("SKIPPED: SAM's transform is not installed; tools/install python does it: %v", err)
	}
	transform := exec.CommandContext(t.Context(), python, "tools/python/expand.py", "template.yaml") //nolint:gosec // the repository's own
	transform.Dir = root
	var problems bytes.Buffer
	transform.Stderr = &problems
	out, err := transform.Output()
	if err != nil {
		t.Fatalf("expanding template.yaml: %v\n%s", err, problems.String())
	}
	return out
}

// Parse reads a template from JSON.
func Parse(t *testing.T, content []byte) Template {
	t.Helper()
	var x Template
	if err := json.Unmarshal(content, &x.Object); err != nil {
		t.Fatalf("the expanded template is no JSON: %v", err)
	}
	return x
}

// Resource is one resource's body: Type, Properties, DependsOn and policies.
func (x Template) Resource(id string) Object {
	body, _ := At(x.Object, "Resources", id).(Object)
	return body
}

// Properties are those of one resource.
func (x Template) Properties(id string) Object {
	properties, _ := x.Resource(id)["Properties"].(Object)
	return properties
}

// IDs are the resources of the given types, or all, in order.
func (x Template) IDs(types ...string) []string {
	var found []string
	resources, _ := x.Object["Resources"].(Object)
	for id, body := range resources {
		kind, _ := At(body, "Type").(string)
		if len(types) == 0 || slices.Contains(types, kind) {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return found
}

// At goes down by names and numbers; nil where there is nothing.
func At(from any, steps ...any) any {
	for _, step := range steps {
		switch here := from.(type) {
		case Object:
			key, _ := step.(string)
			from = here[key]
		case []any:
			if i, ok := step.(int); ok && i < len(here) {
				from = here[i]
			} else {
				return nil
			}
		default:
			return nil
		}
	}
	return from
}
