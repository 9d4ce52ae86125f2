package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// template is what the tables in docs/deployment.md are made of.
type template struct {
	Metadata struct {
		Interface struct {
			ParameterGroups []struct {
				Label      struct{ Default string } `yaml:"Label"`
				Parameters []string                 `yaml:"Parameters"`
			} `yaml:"ParameterGroups"`
		} `yaml:"AWS::CloudFormation::Interface"`
	} `yaml:"Metadata"`
	Parameters map[string]parameter `yaml:"Parameters"`
	Outputs    yaml.Node            `yaml:"Outputs"` // a node, because their order counts
}

type parameter struct {
	Description   string   `yaml:"Description"`
	Default       *string  `yaml:"Default"`
	AllowedValues []string `yaml:"AllowedValues"`
	Form          string   `yaml:"ConstraintDescription"`
	MinValue      string   `yaml:"MinValue"`
	MaxValue      string   `yaml:"MaxValue"`
}

func readTemplate(root string) (template, error) {
	var t template
	content, err := os.ReadFile(filepath.Join(root, "template.yaml")) //nolint:gosec // root is the repository
	if err != nil {
		return t, err
	}
	err = yaml.Unmarshal(content, &t)
	return t, err
}

// parameters is the table of the template's parameters, in the order and under the labels of its groups.
func parameters(root string) (string, error) {
	t, err := readTemplate(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, group := range t.Metadata.Interface.ParameterGroups {
		fmt.Fprintf(&b, "\n**%s**\n\n| parameter | default | what it says | form |\n|---|---|---|---|\n", group.Label.Default)
		for _, name := range group.Parameters {
			p, known := t.Parameters[name]
			if !known {
				return "", fmt.Errorf("the group %q lists %s, which is no parameter", group.Label.Default, name)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, p.standard(), cell(p.Description), cell(p.form()))
		}
	}
	return b.String() + "\n", nil
}

func (p parameter) standard() string {
	switch {
	case p.Default == nil:
		return "**asked for**"
	case *p.Default == "":
		return "none"
	default:
		return "`" + cell(*p.Default) + "`"
	}
}

func (p parameter) form() string {
	switch {
	case len(p.AllowedValues) > 0:
		return strings.Join(p.AllowedValues, ", ")
	case p.MaxValue != "":
		return "a number, " + p.MinValue + " to " + p.MaxValue
	default:
		return p.Form
	}
}

// outputs is the table of the stack's outputs, in the template's order.
func outputs(root string) (string, error) {
	t, err := readTemplate(root)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("\n| output | what it is for |\n|---|---|\n")
	for i := 0; i+1 < len(t.Outputs.Content); i += 2 {
		var output struct {
			Description string `yaml:"Description"`
		}
		if err := t.Outputs.Content[i+1].Decode(&output); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", t.Outputs.Content[i].Value, cell(output.Description))
	}
	return b.String() + "\n", nil
}

// cell is text as a cell of a Markdown table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
