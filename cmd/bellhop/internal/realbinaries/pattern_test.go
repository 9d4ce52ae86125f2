package realbinaries_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// matches applies a filter pattern to a record as Lambda does: every name of the pattern is in the record, and its value is
// one of the listed ones or begins with a prefix. See "Filter rule syntax" in Lambda's developer guide. What else a pattern
// can say fails the test.
func matches(t *testing.T, pattern string, record json.RawMessage) bool {
	t.Helper()
	var p, r any
	if err := json.Unmarshal([]byte(pattern), &p); err != nil {
		t.Fatalf("the pattern %s: %v", pattern, err)
	}
	if err := json.Unmarshal(record, &r); err != nil {
		t.Fatalf("the record %s: %v", record, err)
	}
	return fits(t, p, r)
}

func fits(t *testing.T, pattern, value any) bool {
	t.Helper()
	switch p := pattern.(type) {
	case map[string]any:
		fields, ok := value.(map[string]any)
		for name, inner := range p {
			ok = ok && fits(t, inner, fields[name])
		}
		return ok
	case []any:
		for _, choice := range p {
			if chosen(t, choice, value) {
				return true
			}
		}
		return false
	default:
		t.Fatalf("a pattern's leaf is a list, not %v", pattern)
		return false
	}
}

func chosen(t *testing.T, choice, value any) bool {
	t.Helper()
	rule, isRule := choice.(map[string]any)
	if !isRule {
		return fmt.Sprint(choice) == fmt.Sprint(value) && value != nil
	}
	prefix, ok := rule["prefix"].(string)
	if !ok || len(rule) != 1 {
		t.Fatalf("nobody knows the rule %v", rule)
	}
	text, isText := value.(string)
	return isText && strings.HasPrefix(text, prefix)
}

func TestPatterns(t *testing.T) {
	const pattern = `{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"pk":{"S":[{"prefix":"FILE#"}]}}}}`
	for record, want := range map[string]bool{
		`{"eventName":"INSERT","dynamodb":{"NewImage":{"pk":{"S":"FILE#a"}}}}`:            true,
		`{"eventName":"MODIFY","x":1,"dynamodb":{"NewImage":{"pk":{"S":"FILE#"},"b":1}}}`: true,
		`{"eventName":"REMOVE","dynamodb":{"NewImage":{"pk":{"S":"FILE#a"}}}}`:            false,
		`{"eventName":"INSERT","dynamodb":{"NewImage":{"pk":{"S":"JOB#a"}}}}`:             false,
		`{"eventName":"INSERT","dynamodb":{"NewImage":{"pk":{"N":"FILE#a"}}}}`:            false,
		`{"eventName":"INSERT","dynamodb":{}}`:                                            false,
	} {
		if got := matches(t, pattern, json.RawMessage(record)); got != want {
			t.Errorf("%s: %v", record, got)
		}
	}
}
