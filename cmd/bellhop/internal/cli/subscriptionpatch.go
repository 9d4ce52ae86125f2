package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// subscriptionPatch is what a person wants of a subscription; nil leaves a thing as it is.
type subscriptionPatch struct {
	name                    string
	source                  *string
	from                    *report.Date
	lag, refresh, maxWindow *int
	paused                  *bool
	params                  report.Params
	// replace: params are all there shall be, not only those to change.
	replace bool
	// unreadable: params could not be read, so that nothing can be said of them.
	unreadable bool
}

func (d subscriptionPatch) empty() bool {
	return d.source == nil && d.from == nil && d.lag == nil && d.refresh == nil && d.maxWindow == nil &&
		d.paused == nil && d.params == nil
}

// apply returns sub as the patch wants it. An empty parameter is taken away.
func (d subscriptionPatch) apply(sub report.Subscription) report.Subscription {
	set(&sub.Source, d.source)
	set(&sub.From, d.from)
	set(&sub.LagDays, d.lag)
	set(&sub.RefreshDays, d.refresh)
	set(&sub.MaxWindowDays, d.maxWindow)
	set(&sub.Paused, d.paused)
	params := report.Params{}
	if !d.replace {
		maps.Copy(params, sub.Params)
	}
	maps.Copy(params, d.params)
	maps.DeleteFunc(params, func(_, value string) bool { return value == "" })
	sub.Params = params
	return sub
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// patchFlags are the flags of which a patch is made.
type patchFlags struct {
	source, from            string
	lag, refresh, maxWindow int
	paused                  bool
	params                  []string
}

func (v *patchFlags) define(f *pflag.FlagSet) {
	f.StringVar(&v.source, "source", report.SourceASPAnalytics, "`name` of the vendor's API; cannot change later")
	f.StringArrayVar(&v.params, "param", nil, "one parameter of the source, as `name=value`; repeat it for more; an empty value takes it away")
	f.StringVar(&v.from, "from", "", "first `day` that is wanted, YYYY-MM-DD (new: as far back as the vendor goes)")
	f.IntVar(&v.lag, "lag-days", 3, "`days` that must have passed before a day is asked for")
	f.IntVar(&v.refresh, "refresh-days", 4, "how many of the youngest `days` are asked for again each day")
	f.IntVar(&v.maxWindow, "max-window-days", 30, "most `days` that one request asks for")
	f.BoolVar(&v.paused, "paused", false, "plan nothing new (--paused=false goes on)")
}

// subscriptionPatch returns what the flags that were given say.
func (v *patchFlags) patch(f *pflag.FlagSet) (subscriptionPatch, error) {
	var d subscriptionPatch
	for _, p := range v.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return d, usage("write it as --param name=value", "%q is not a parameter", p)
		}
		if d.params == nil {
			d.params = report.Params{}
		}
		d.params[name] = value
	}
	if f.Changed("from") {
		from, err := report.ParseDate(v.from)
		if err != nil {
			return d, usage("", "--from: %w", err)
		}
		d.from = &from
	}
	given(f, "source", &d.source, v.source)
	given(f, "lag-days", &d.lag, v.lag)
	given(f, "refresh-days", &d.refresh, v.refresh)
	given(f, "max-window-days", &d.maxWindow, v.maxWindow)
	given(f, "paused", &d.paused, v.paused)
	return d, nil
}

func given[T any](f *pflag.FlagSet, name string, to **T, value T) {
	if f.Changed(name) {
		*to = &value
	}
}

// parsePatches reads YAML documents. What is wrong with them is returned beside what could be read, so that the rest can be
// checked as well and a person hears of everything at once.
func parsePatches(content []byte) ([]subscriptionPatch, []error) {
	var all []subscriptionPatch
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
		d, wrong := readPatch(resolve(&document))
		problems = append(problems, wrong...)
		if names[d.name] && d.name != "" {
			problems = append(problems, fmt.Errorf("subscription %s comes twice", d.name))
		}
		names[d.name] = true
		all = append(all, d)
	}
	if len(all) == 0 && len(problems) == 0 {
		problems = append(problems, errors.New("there is no subscription in it"))
	}
	return all, problems
}

var patchKeys = []string{"name", "source", "params", "from", "lag_days", "refresh_days", "max_window_days", "paused"}

func readPatch(n *yaml.Node) (subscriptionPatch, []error) {
	var d subscriptionPatch
	if n.Kind != yaml.MappingNode {
		return d, []error{fmt.Errorf("line %d: a subscription is a mapping with the keys %s", max(1, n.Line), strings.Join(patchKeys, ", "))}
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
	if d.name == "" {
		problems = append(problems, fmt.Errorf("line %d: name is missing", max(1, n.Line)))
	}
	return d, problems
}

// set takes over one key of a document.
func (d *subscriptionPatch) set(key string, n *yaml.Node) error {
	if !slices.Contains(patchKeys, key) {
		return fmt.Errorf("unknown key: there are %s", strings.Join(patchKeys, ", "))
	}
	if key == "params" {
		d.replace = true
		params, err := readParams(n)
		d.params, d.unreadable = params, err != nil
		return err
	}
	if n.Kind != yaml.ScalarNode {
		return errors.New("must be a single value")
	}
	switch key {
	case "name":
		d.name = n.Value
	case "source":
		d.source = &n.Value
	case "from":
		from, err := report.ParseDate(n.Value)
		d.from = &from
		return err
	case "paused":
		if n.Tag != "!!bool" {
			return errors.New("must be true or false")
		}
		paused, err := strconv.ParseBool(strings.ToLower(n.Value))
		d.paused = &paused
		return err
	default:
		number, err := strconv.Atoi(n.Value)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", n.Value)
		}
		*map[string]**int{"lag_days": &d.lag, "refresh_days": &d.refresh, "max_window_days": &d.maxWindow}[key] = &number
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
