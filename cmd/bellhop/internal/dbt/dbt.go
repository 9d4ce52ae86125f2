// Package dbt writes a dbt project over the dataset: its tables as sources, with what the dictionary says of each column, and a
// staging model for each, which has the rows that may be added up.
package dbt

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// What the project has whatever the tables are.
//
//go:embed skeleton
var skeleton embed.FS

// sourceName is what the models call the dataset.
const sourceName = "bellhop"

// Files returns the project's files by their paths: for these tables, in a dataset that is in folder if BELLHOP_DATASET names no other.
func Files(tables []dataset.Definition, folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(skeleton, "skeleton", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[strings.TrimPrefix(path, "skeleton/")], err = skeleton.ReadFile(path)
		return err
	})
	if err != nil {
		return nil, err
	}
	for path, document := range map[string]any{
		"models/sources.yml": sources(tables, folder), "models/staging/staging.yml": models(tables),
	} {
		if files[path], err = encoded(document); err != nil {
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
	}
	for _, v := range dataset.Views() {
		if slices.ContainsFunc(tables, func(d dataset.Definition) bool { return d.Name == v.Name }) {
			files["models/staging/stg_"+v.Name+".sql"] = staging(v)
		}
	}
	return files, nil
}

// staging is a table's default view, over the source's rows.
func staging(v dataset.View) []byte {
	const raw = "raw."
	source := fmt.Sprintf("{{ source('%s', '%s') }}", sourceName, v.Name)
	return []byte(strings.ReplaceAll(v.SQL(raw), raw+v.Name, source) + "\n")
}

func encoded(document any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Written by bellhop dbt init, from the dictionary that the loading itself goes by.\n")
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err := encoder.Encode(document)
	return b.Bytes(), errors.Join(err, encoder.Close())
}

// Write writes the files below dir. Where one of them is there already, nothing is written.
func Write(dir string, files map[string][]byte) error {
	paths := slices.Sorted(maps.Keys(files))
	for _, path := range paths {
		switch _, err := os.Lstat(filepath.Join(dir, path)); {
		case err == nil:
			return &ExistsError{filepath.Join(dir, path)}
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	for _, path := range paths {
		to := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // G301: a project is for everybody
			return err
		}
		if err := os.WriteFile(to, files[path], 0o644); err != nil { //nolint:gosec // G306: so are its files
			return err
		}
	}
	return nil
}

// ExistsError says which file would have been overwritten.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return e.Path + " is there already" }
