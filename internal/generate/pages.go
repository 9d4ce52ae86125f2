package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/config"
)

//go:embed pages.md
var text string

// stack is what the pages say of template.yaml.
type stack struct {
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
	Name          string   `yaml:"-"`
	Description   string   `yaml:"Description"`
	Default       *string  `yaml:"Default"`
	AllowedValues []string `yaml:"AllowedValues"`
	Constraint    string   `yaml:"ConstraintDescription"`
	MinValue      string   `yaml:"MinValue"`
	MaxValue      string   `yaml:"MaxValue"`
}

// Standard is the parameter's default as the page shows it.
func (p parameter) Standard() string {
	switch {
	case p.Default == nil:
		return "**asked for**"
	case *p.Default == "":
		return "none"
	default:
		return "`" + cell(*p.Default) + "`"
	}
}

// Form says which values the parameter takes.
func (p parameter) Form() string {
	switch {
	case len(p.AllowedValues) > 0:
		return strings.Join(p.AllowedValues, ", ")
	case p.MaxValue != "":
		return "a number, " + p.MinValue + " to " + p.MaxValue
	default:
		return p.Constraint
	}
}

// output is one output of the stack.
type output struct {
	Name        string `yaml:"-"`
	Description string `yaml:"Description"`
}

// part makes one of the parts that pages.md defines.
func part(name string) func(root string) (string, error) {
	return func(root string) (string, error) {
		content, err := os.ReadFile(filepath.Join(root, "template.yaml")) //nolint:gosec // root is the repository
		if err != nil {
			return "", err
		}
		var s stack
		if err := yaml.Unmarshal(content, &s); err != nil {
			return "", err
		}
		outputs := make([]output, len(s.Outputs.Content)/2)
		for i := range outputs {
			if err := s.Outputs.Content[2*i+1].Decode(&outputs[i]); err != nil {
				return "", err
			}
			outputs[i].Name = s.Outputs.Content[2*i].Value
		}
		questions, err := catalog.Questions()
		if err != nil {
			return "", err
		}
		page, err := template.New("").Funcs(template.FuncMap{"cell": cell, "readers": readers, "parameter": func(name string) (parameter, error) {
			p, known := s.Parameters[name]
			if p.Name = name; !known {
				return p, fmt.Errorf("a group lists %s, which is no parameter", name)
			}
			return p, nil
		}}).Parse(text)
		if err != nil {
			return "", err
		}
		var b strings.Builder
		err = page.ExecuteTemplate(&b, name, map[string]any{
			"Groups": s.Metadata.Interface.ParameterGroups, "Outputs": outputs, "Questions": questions, "Variables": config.Variables(),
		})
		return b.String(), err
	}
}

// readers are the initials of the functions that read a variable.
func readers(v config.Variable) string {
	var initials []string
	for _, f := range v.Functions {
		initials = append(initials, strings.ToUpper(f[:1]))
	}
	return strings.Join(initials, " ")
}

// cell is text as a cell of a Markdown table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
