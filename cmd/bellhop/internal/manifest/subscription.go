// Package manifest reads and writes what people keep in YAML files: subscriptions.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Subscription is what a person wants of a subscription; nil leaves a thing as it is.
type Subscription struct {
	Name                    string
	Source                  *string
	From                    *report.Date
	Lag, Refresh, MaxWindow *int
	Paused                  *bool
	Params                  report.Params
	// Replace: Params are all there shall be, not only those to change.
	Replace bool
	// Unreadable: Params could not be read, so that nothing can be said of them.
	Unreadable bool
}

// Empty reports whether nothing is wanted.
func (d Subscription) Empty() bool {
	return d.Source == nil && d.From == nil && d.Lag == nil && d.Refresh == nil && d.MaxWindow == nil &&
		d.Paused == nil && d.Params == nil
}

// Apply returns sub as it is wanted. An empty parameter is taken away.
func (d Subscription) Apply(sub report.Subscription) report.Subscription {
	set(&sub.Source, d.Source)
	set(&sub.From, d.From)
	set(&sub.LagDays, d.Lag)
	set(&sub.RefreshDays, d.Refresh)
	set(&sub.MaxWindowDays, d.MaxWindow)
	set(&sub.Paused, d.Paused)
	params := report.Params{}
	if !d.Replace {
		maps.Copy(params, sub.Params)
	}
	maps.Copy(params, d.Params)
	maps.DeleteFunc(params, func(_, value string) bool { return value == "" })
	sub.Params = params
	return sub
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// ParseSubscriptions reads YAML documents. What is wrong with them is returned beside what could be read, so that the rest can be
// checked as well and a person hears of everything at once.
func ParseSubscriptions(content []byte) ([]Subscription, []error) {
	var all []Subscription
	var problems []error
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	names := map[string]bool{}
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: ")))
			break
		}
		d, wrong := readSubscription(resolve(&document))
		problems = append(problems, wrong...)
		if names[d.Name] && d.Name != "" {
			problems = append(problems, fmt.Errorf("subscription %s comes twice", d.Name))
		}
		names[d.Name] = true
		all = append(all, d)
	}
	if len(all) == 0 && len(problems) == 0 {
		problems = append(problems, errors.New("there is no subscription in it"))
	}
	return all, problems
}

var subscriptionKeys = []string{"name", "source", "params", "from", "lag_days", "refresh_days", "max_window_days", "paused"}

func readSubscription(n *yaml.Node) (Subscription, []error) {
	var d Subscription
	if n.Kind != yaml.MappingNode {
		return d, []error{fmt.Errorf("line %d: a subscription is a mapping with the keys %s", max(1, n.Line), strings.Join(subscriptionKeys, ", "))}
	}
	var problems []error
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		err := d.set(key.Value, value)
		if seen[key.Value] {
			err = errors.New("comes twice")
		}
		seen[key.Value] = true
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %s: %w", key.Line, key.Value, err))
		}
	}
	if d.Name == "" {
		problems = append(problems, fmt.Errorf("line %d: name is missing", max(1, n.Line)))
	}
	return d, problems
}

// set takes over one key of a document.
func (d *Subscription) set(key string, n *yaml.Node) error {
	if !slices.Contains(subscriptionKeys, key) {
		return fmt.Errorf("unknown key: there are %s", strings.Join(subscriptionKeys, ", "))
	}
	if key == "params" {
		d.Replace = true
		params, err := readParams(n)
		d.Params, d.Unreadable = params, err != nil
		return err
	}
	if n.Kind != yaml.ScalarNode {
		return errors.New("must be a single value")
	}
	switch key {
	case "name":
		d.Name = n.Value
	case "source":
		d.Source = &n.Value
	case "from":
		from, err := report.ParseDate(n.Value)
		d.From = &from
		return err
	case "paused":
		if n.Tag != "!!bool" {
			return errors.New("must be true or false")
		}
		paused, err := strconv.ParseBool(strings.ToLower(n.Value))
		d.Paused = &paused
		return err
	default:
		number, err := strconv.Atoi(n.Value)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", n.Value)
		}
		*map[string]**int{"lag_days": &d.Lag, "refresh_days": &d.Refresh, "max_window_days": &d.MaxWindow}[key] = &number
	}
	return nil
}

func readParams(n *yaml.Node) (report.Params, error) {
	if n.Kind != yaml.MappingNode {
		return nil, errors.New("must be a mapping of names to values")
	}
	params := report.Params{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, resolve(n.Content[i+1])
		if _, twice := params[name]; twice {
			return nil, fmt.Errorf("%s comes twice", name)
		}
		items := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			items = value.Content
		}
		var texts []string
		for _, item := range items {
			item = resolve(item)
			if item.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("%s must be a value or a list of values", name)
			}
			switch item.Tag {
			case "!!null":
			case "!!bool":
				texts = append(texts, strings.ToLower(item.Value))
			default:
				texts = append(texts, item.Value)
			}
		}
		params[name] = strings.Join(texts, ",")
	}
	return params, nil
}

// resolve looks through documents and aliases.
func resolve(n *yaml.Node) *yaml.Node {
	for {
		switch {
		case n.Kind == yaml.DocumentNode && len(n.Content) == 1:
			n = n.Content[0]
		case n.Kind == yaml.AliasNode && n.Alias != nil:
			n = n.Alias
		default:
			return n
		}
	}
}
