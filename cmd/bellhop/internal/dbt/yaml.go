package dbt

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// The parts of dbt's YAML that a project of bellhop has, by dbt's reference of source and model properties.
type (
	sourcesFile struct {
		Version int      `yaml:"version"`
		Sources []source `yaml:"sources"`
	}
	source struct {
		Name        string        `yaml:"name"`
		Description string        `yaml:"description"`
		Schema      string        `yaml:"schema"`
		Config      sourceConfig  `yaml:"config"`
		Tables      []sourceTable `yaml:"tables"`
	}
	sourceConfig struct {
		Meta          map[string]string `yaml:"meta"`
		LoadedAtField string            `yaml:"loaded_at_field"`
		Freshness     map[string]period `yaml:"freshness"`
	}
	period struct {
		Count  int    `yaml:"count"`
		Period string `yaml:"period"`
	}
	sourceTable struct {
		Name        string   `yaml:"name"`
		Description string   `yaml:"description"`
		Columns     []column `yaml:"columns"`
	}
	column struct {
		Name        string        `yaml:"name"`
		Description string        `yaml:"description"`
		DataType    string        `yaml:"data_type"`
		Config      *columnConfig `yaml:"config,omitempty"`
		DataTests   []any         `yaml:"data_tests,omitempty"`
	}
	columnConfig struct {
		Meta map[string]string `yaml:"meta"`
	}
	modelsFile struct {
		Version int     `yaml:"version"`
		Models  []model `yaml:"models"`
	}
	model struct {
		Name        string           `yaml:"name"`
		Description string           `yaml:"description"`
		DataTests   []map[string]any `yaml:"data_tests,omitempty"`
	}
)

// sources describes all rows: in the files by DuckDB, in Athena in the database that ends in _raw.
func sources(tables []dataset.Definition, folder string) sourcesFile {
	s := source{
		Name: sourceName, Schema: "{{ env_var('BELLHOP_DATABASE', 'bellhop') }}_raw",
		Description: "Every row as it was reported. The staging models have those that may be added up.",
		Config: sourceConfig{
			Meta: map[string]string{"external_location": fmt.Sprintf(
				"read_parquet('{{ env_var('BELLHOP_DATASET', %s) }}/{name}/**/*.parquet', hive_partitioning = true)",
				strconv.Quote(strings.ReplaceAll(folder, "'", "''")))},
			LoadedAtField: "cast(dataset_date AS timestamp)",
			// By its defaults a stack asks for a day three days later.
			Freshness: map[string]period{"warn_after": {6, "day"}, "error_after": {30, "day"}},
		},
	}
	for _, d := range tables {
		t := sourceTable{Name: d.Name, Description: d.Meaning + " " + d.Grain}
		for _, c := range d.Columns {
			t.Columns = append(t.Columns, described(c))
		}
		s.Tables = append(s.Tables, t)
	}
	return sourcesFile{2, []source{s}}
}

func described(c dataset.Column) column {
	out := column{Name: c.Name, Description: c.Meaning, DataType: c.Type.SQL()}
	if c.Additivity != dataset.NotMeasured {
		out.Config = &columnConfig{map[string]string{"adds_up": string(c.Additivity)}}
	}
	if !c.Nullable {
		out.DataTests = append(out.DataTests, "not_null")
	}
	if c.Name == "row_scope" {
		out.DataTests = append(out.DataTests, map[string]any{"accepted_values": map[string]any{"arguments": map[string]any{"values": []string{"LEAF", "ROLLUP"}}}})
	}
	return out
}

// models says which rows the staging models have, and that none comes twice.
func models(tables []dataset.Definition) modelsFile {
	file := modelsFile{Version: 2}
	for _, d := range tables {
		m := model{Name: "stg_" + d.Name, Description: d.Meaning + " " + d.DefaultView()}
		if !d.Repeats {
			var key []string
			for _, c := range d.Key() {
				if c.Role != dataset.RoleSubscription { // the model has chosen one
					key = append(key, c.Name)
				}
			}
			m.DataTests = []map[string]any{{"one_row_per": map[string]any{"arguments": map[string]any{"columns": key}}}}
		}
		file.Models = append(file.Models, m)
	}
	return file
}
