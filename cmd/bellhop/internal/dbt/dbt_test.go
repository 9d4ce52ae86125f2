package dbt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/dbt"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

type described struct {
	Name, Description string
	Tests             []any `yaml:"data_tests"`
	Columns           []struct {
		Name, Description string
		Config            struct{ Meta map[string]string }
		Tests             []any `yaml:"data_tests"`
	}
}

// TestEveryTableAndColumnIsASource; that dbt takes the project is for make dbt to show.
func TestEveryTableAndColumnIsASource(t *testing.T) {
	files := project(t, "it's here")
	var sources struct {
		Sources []struct {
			Config struct {
				Meta map[string]string
			}
			Tables []described
		}
	}
	parse(t, files, "models/sources.yml", &sources)
	if got, want := sources.Sources[0].Config.Meta["external_location"], `env_var('BELLHOP_DATASET', "it''s here")`; !strings.Contains(got, want) {
		t.Errorf("the files are in %s, want %s", got, want)
	}
	var models struct{ Models []described }
	parse(t, files, "models/staging/staging.yml", &models)
	definitions := dataset.Definitions()
	if len(sources.Sources[0].Tables) != len(definitions) || len(models.Models) != len(definitions) {
		t.Fatalf("%d sources and %d models of %d tables", len(sources.Sources[0].Tables), len(models.Models), len(definitions))
	}
	for i, d := range definitions {
		if text := fmt.Sprint(models.Models[i].Tests); d.Repeats == strings.Contains(text, "one_row_per") || strings.Contains(text, "subscription") {
			t.Errorf("the model of %s, which has the rows of one subscription, is tested by %s", d.Name, text)
		}
		table := sources.Sources[0].Tables[i]
		if table.Name != d.Name || len(table.Columns) != len(d.Columns) || models.Models[i].Name != "stg_"+d.Name {
			t.Errorf("%s is source %s with %d columns of %d, and model %s", d.Name, table.Name, len(table.Columns), len(d.Columns), models.Models[i].Name)
			continue
		}
		for j, c := range d.Columns {
			got := table.Columns[j]
			if got.Name != c.Name || got.Description != c.Meaning || got.Config.Meta["adds_up"] != string(c.Additivity) || (len(got.Tests) == 0) != c.Nullable {
				t.Errorf("%s.%s is %+v", d.Name, c.Name, got)
			}
		}
		if sql := string(files["models/staging/stg_"+d.Name+".sql"]); !strings.Contains(sql, "{{ source('bellhop', '"+d.Name+"') }}") || strings.Contains(sql, "raw."+d.Name) {
			t.Errorf("the model of %s is %s", d.Name, sql)
		}
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	dir, files := filepath.Join(t.TempDir(), "new"), project(t, "dataset")
	if err := dbt.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	for path := range files {
		if path != "models/sources.yml" {
			if err := os.Remove(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	err := dbt.Write(dir, files)
	if exists, ok := errors.AsType[*dbt.ExistsError](err); !ok || exists.Path != filepath.Join(dir, "models", "sources.yml") {
		t.Errorf("over a file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "dbt_project.yml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it wrote beside it: %v", err)
	}
}

func project(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files, err := dbt.Files(dataset.Definitions(), folder)
	if err != nil {
		t.Fatal(err)
	}
	for path := range files {
		if strings.HasSuffix(path, ".yml") {
			parse(t, files, path, new(any))
		}
	}
	return files
}

func parse(t *testing.T, files map[string][]byte, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal(files[path], into); err != nil {
		t.Fatalf("%s: %v\n%s", path, err, files[path])
	}
}
