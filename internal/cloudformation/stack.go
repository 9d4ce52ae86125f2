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

// Text resolves a value to text. What only AWS knows becomes <id.attribute>, and AWS::NoValue nothing.
func (s Stack) Text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Object:
		return s.call(v)
	default:
		return fmt.Sprint(v)
	}
}

func (s Stack) call(v Object) string {
	switch {
	case v["Ref"] != nil:
		return s.name(fmt.Sprint(v["Ref"]), "")
	case v["Fn::GetAtt"] != nil:
		attribute, _ := v["Fn::GetAtt"].([]any)
		return s.name(fmt.Sprint(attribute[0]), "."+fmt.Sprint(attribute[1]))
	case v["Fn::Sub"] != nil:
		return Placeholder.ReplaceAllStringFunc(s.Text(v["Fn::Sub"]), func(found string) string {
			parts := Placeholder.FindStringSubmatch(found)
			return s.name(parts[1], parts[2])
		})
	case v["Fn::Join"] != nil:
		var items []string
		for _, item := range s.List(At(v, "Fn::Join", 1)) {
			items = append(items, s.Text(item))
		}
		return strings.Join(items, s.Text(At(v, "Fn::Join", 0)))
	case v["Fn::If"] != nil:
		return s.Text(s.chosen(v))
	default:
		return compact(v)
	}
}

// List resolves a value to its items.
func (s Stack) List(value any) []any {
	if split := At(value, "Fn::Split"); split != nil {
		var items []any
		for item := range strings.SplitSeq(s.Text(At(split, 1)), s.Text(At(split, 0))) {
			items = append(items, item)
		}
		return items
	}
	items, _ := value.([]any)
	return items
}

// Has reports whether the stack has a resource: whether the template has it, and its condition holds.
func (s Stack) Has(id string) bool {
	body := s.Template.Resource(id)
	name, conditional := body["Condition"].(string)
	return body != nil && (!conditional || s.Holds(At(s.Template.Object, "Conditions", name)))
}

// Holds evaluates a condition. One of a kind that it does not know panics.
func (s Stack) Holds(condition any) bool {
	if name, ok := At(condition, "Condition").(string); ok {
		condition = At(s.Template.Object, "Conditions", name)
	}
	items := func(of string) []any { list, _ := At(condition, of).([]any); return list }
	switch {
	case At(condition, "Fn::Equals") != nil:
		return s.Text(At(condition, "Fn::Equals", 0)) == s.Text(At(condition, "Fn::Equals", 1))
	case At(condition, "Fn::Contains") != nil:
		return slices.ContainsFunc(s.List(At(condition, "Fn::Contains", 0)), func(item any) bool {
			return s.Text(item) == s.Text(At(condition, "Fn::Contains", 1))
		})
	case At(condition, "Fn::Not") != nil:
		return !s.Holds(At(condition, "Fn::Not", 0))
	case At(condition, "Fn::And") != nil:
		return !slices.ContainsFunc(items("Fn::And"), func(c any) bool { return !s.Holds(c) })
	case At(condition, "Fn::Or") != nil:
		return slices.ContainsFunc(items("Fn::Or"), s.Holds)
	default:
		panic("a condition that this package does not understand: " + compact(condition))
	}
}

// name is what a Ref or GetAtt of id gives.
func (s Stack) name(id, attribute string) string {
	if value, known := s.Values[id+attribute]; known {
		return value
	}
	if bucket := s.Template.Properties(id)["BucketName"]; bucket != nil && attribute == "" {
		return s.Text(bucket)
	} else if bucket != nil && attribute == ".Arn" {
		return "arn:aws:s3:::" + s.Text(bucket)
	}
	if id == "AWS::NoValue" {
		return ""
	}
	return "<" + id + attribute + ">"
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
	variables, _ := At(s.Template.Properties(function), "Environment", "Variables").(Object)
	env := make(map[string]string, len(variables))
	for name, value := range variables {
		if value = s.chosen(value); At(value, "Ref") != "AWS::NoValue" {
			env[name] = s.Text(value)
		}
	}
	return env
}

// chosen returns what an If stands for.
func (s Stack) chosen(value any) any {
	for At(value, "Fn::If") != nil {
		branch := 2
		if s.Holds(At(s.Template.Object, "Conditions", s.Text(At(value, "Fn::If", 0)))) {
			branch = 1
		}
		value = At(value, "Fn::If", branch)
	}
	return value
}
