package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Example writes a first subscription to a source, which [ParseSubscriptions] reads. Parameters that may be left out are
// comments.
func Example(d report.SourceDescription) ([]byte, error) {
	params := &yaml.Node{Kind: yaml.MappingNode}
	var optional []string
	for _, p := range d.Params {
		if !p.Required {
			optional = append(optional, fmt.Sprintf("%s: %s  # %s (default: %s)", p.Name, flow(p.Example), p.Meaning, p.Default))
			continue
		}
		value := text(p.Example)
		value.LineComment = p.Meaning
		params.Content = append(params.Content, text(p.Name), value)
	}
	sub := d.Defaults
	document := &yaml.Node{Kind: yaml.MappingNode, HeadComment: d.Title + ". bellhop sources show " + d.Name + " tells more."}
	add := func(key string, value *yaml.Node, comment string) {
		if value.Kind == yaml.ScalarNode {
			value.LineComment = comment
		}
		document.Content = append(document.Content, text(key), value)
	}
	add("name", text(d.Name), "a slug, for ever: it names files in the dataset")
	add("source", text(d.Name), "")
	add("params", params, "")
	add("lag_days", number(sub.LagDays), "the youngest day that is asked for is that old")
	add("refresh_days", number(sub.RefreshDays), "so many of the youngest days are asked for again each day")
	add("max_window_days", number(sub.MaxWindowDays), "the most days that one request asks for")
	var b strings.Builder
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("write an example of a subscription to %s: %w", d.Name, err)
	}
	if len(optional) > 0 {
		b.WriteString("\n# Under params may stand, too:\n#   " + strings.Join(optional, "\n#   ") + "\n")
	}
	return []byte(b.String()), nil
}

func text(value string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(value)
	return n
}

func number(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

// flow shows a list as YAML writes it on one line.
func flow(value string) string {
	if !strings.Contains(value, ",") {
		return value
	}
	return "[" + strings.ReplaceAll(value, ",", ", ") + "]"
}
