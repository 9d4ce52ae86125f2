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

// stack is what the pages say of template.yaml. Outputs are a node, because their order counts.
type stack struct {
	Metadata struct {
		Interface struct {
			ParameterGroups []struct {
				Label      map[string]string `yaml:"Label"`
				Parameters []string          `yaml:"Parameters"`
			} `yaml:"ParameterGroups"`
		} `yaml:"AWS::CloudFormation::Interface"`
	} `yaml:"Metadata"`
	Parameters map[string]map[string]any `yaml:"Parameters"`
	Outputs    yaml.Node                 `yaml:"Outputs"`
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
		outputs := make([]map[string]any, len(s.Outputs.Content)/2)
		for i := range outputs {
			if err := s.Outputs.Content[2*i+1].Decode(&outputs[i]); err != nil {
				return "", err
			}
			outputs[i]["Name"] = s.Outputs.Content[2*i].Value
		}
		questions, err := catalog.Questions()
		if err != nil {
			return "", err
		}
		page, err := template.New("").Funcs(template.FuncMap{"cell": cell, "readers": readers, "join": join}).Parse(text)
		if err != nil {
			return "", err
		}
		for _, group := range s.Metadata.Interface.ParameterGroups {
			for _, name := range group.Parameters {
				if s.Parameters[name] == nil {
					return "", fmt.Errorf("a group lists %s, which is no parameter", name)
				}
			}
		}
		var b strings.Builder
		err = page.ExecuteTemplate(&b, name, map[string]any{
			"Groups": s.Metadata.Interface.ParameterGroups, "Parameters": s.Parameters, "Outputs": outputs,
			"Questions": questions, "Variables": config.Variables(),
		})
		return b.String(), err
	}
}

// join lists values with commas between them.
func join(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
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
func cell(text any) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(fmt.Sprint(text)), " "), "|", `\|`)
}
