package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Stack resolves what CloudFormation would, for one stack in one account.
type Stack struct {
	Template Template
	// Values are the parameters and AWS's own names, and resources that have a physical name.
	Values map[string]string
}

// Placeholder is a name in the text of a Sub: the resource or parameter, and an attribute with its dot.
var Placeholder = regexp.MustCompile(`\$\{([A-Za-z0-9:]+)(\.[A-Za-z0-9.]+)?\}`)

// NewStack deploys the template in the mind, with default parameters where none are given.
func NewStack(x Template, name string, parameters map[string]string) Stack {
	values := map[string]string{
		"AWS::StackName": name, "AWS::AccountId": "111122223333", "AWS::Region": "us-east-1", "AWS::Partition": "aws",
	}
	declared, _ := x.Object["Parameters"].(Object)
	for id, parameter := range declared {
		if standard := At(parameter, "Default"); standard != nil {
			values[id] = fmt.Sprint(standard)
		}
	}
	maps.Copy(values, parameters)
	return Stack{x, values}
}

// Target is the resource that a Ref or GetAtt names; "" for anything else.
func Target(value any) string {
	if id, ok := At(value, "Ref").(string); ok {
		return id
	}
	switch attribute := At(value, "Fn::GetAtt").(type) {
	case []any:
		id, _ := attribute[0].(string)
		return id
	case string:
		id, _, _ := strings.Cut(attribute, ".")
		return id
	}
	return ""
}

// Resolve evaluates CloudFormation's functions, all the way down. What only AWS knows becomes <id.attribute>, and AWS::NoValue nil,
// without which an object is returned.
func (s Stack) Resolve(value any) any {
	switch v := value.(type) {
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = s.Resolve(item)
		}
		return items
	case Object:
		object := Object{}
		for name, item := range v {
			if result, known := s.evaluate(name, item); known && len(v) == 1 {
				return result
			}
			if item = s.Resolve(item); item != nil {
				object[name] = item
			}
		}
		return object
	default:
		return value
	}
}

// evaluate is the result of one function; known is false when the stack knows no such function.
func (s Stack) evaluate(function string, argument any) (result any, known bool) {
	items, _ := argument.([]any)
	switch function {
	case "Ref":
		return s.name(fmt.Sprint(argument), ""), true
	case "Fn::GetAtt":
		return s.name(fmt.Sprint(items[0]), "."+fmt.Sprint(items[1])), true
	case "Fn::Sub":
		return Placeholder.ReplaceAllStringFunc(fmt.Sprint(argument), func(found string) string {
			parts := Placeholder.FindStringSubmatch(found)
			return fmt.Sprint(s.name(parts[1], parts[2]))
		}), true
	case "Fn::Join":
		var texts []string
		for _, item := range s.List(items[1]) {
			texts = append(texts, s.Text(item))
		}
		return strings.Join(texts, s.Text(items[0])), true
	case "Fn::Split":
		var texts []any
		for text := range strings.SplitSeq(s.Text(items[1]), s.Text(items[0])) {
			texts = append(texts, text)
		}
		return texts, true
	case "Fn::If":
		if s.Holds(Object{"Condition": items[0]}) {
			return s.Resolve(items[1]), true
		}
		return s.Resolve(items[2]), true
	case "Fn::Equals":
		return s.Text(items[0]) == s.Text(items[1]), true
	case "Fn::Contains":
		return slices.Contains(s.List(items[0]), any(s.Text(items[1]))), true
	case "Fn::Not":
		return !s.Holds(items[0]), true
	case "Fn::And":
		return !slices.ContainsFunc(items, func(c any) bool { return !s.Holds(c) }), true
	case "Fn::Or":
		return slices.ContainsFunc(items, s.Holds), true
	case "Condition": // by name; in a policy it is something else
		name, named := argument.(string)
		return named && s.Holds(At(s.Template.Object, "Conditions", name)), named
	default:
		return nil, false
	}
}

// Text resolves a value to text; AWS::NoValue is "".
func (s Stack) Text(value any) string {
	switch v := s.Resolve(value).(type) {
	case nil:
		return ""
	case Object:
		return compact(v)
	default:
		return fmt.Sprint(v)
	}
}

// List resolves a value to its items.
func (s Stack) List(value any) []any {
	items, _ := s.Resolve(value).([]any)
	return items
}

// Has reports whether the stack has a resource: whether the template has it, and its condition holds.
func (s Stack) Has(id string) bool {
	body := s.Template.Resource(id)
	return body != nil && (body["Condition"] == nil || s.Holds(Object{"Condition": body["Condition"]}))
}

// Holds evaluates a condition. One of a kind that it does not know panics.
func (s Stack) Holds(condition any) bool {
	holds, ok := s.Resolve(condition).(bool)
	if !ok {
		panic("a condition that this package does not understand: " + compact(condition))
	}
	return holds
}

// name is what a Ref or GetAtt of id gives.
func (s Stack) name(id, attribute string) any {
	value, known := s.Values[id+attribute]
	bucket := s.Template.Properties(id)["BucketName"]
	switch {
	case known:
		return value
	case bucket != nil && attribute == "":
		return s.Text(bucket)
	case bucket != nil && attribute == ".Arn":
		return "arn:aws:s3:::" + s.Text(bucket)
	case id == "AWS::NoValue":
		return nil
	default:
		return "<" + id + attribute + ">"
	}
}

func compact(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// Environment returns the environment variables of a function, without those that AWS::NoValue leaves out.
func (s Stack) Environment(function string) map[string]string {
	variables, _ := s.Resolve(At(s.Template.Properties(function), "Environment", "Variables")).(Object)
	env := make(map[string]string, len(variables))
	for name, value := range variables {
		env[name] = fmt.Sprint(value)
	}
	return env
}
