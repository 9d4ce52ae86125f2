package architecture_test

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestWhatIsReleased looks at the folder that BELLHOP_RELEASED names: what goreleaser made of the version in BELLHOP_VERSION.
func TestWhatIsReleased(t *testing.T) {
	dir, version := os.Getenv("BELLHOP_RELEASED"), os.Getenv("BELLHOP_VERSION")
	if dir == "" || version == "" {
		t.Skip("BELLHOP_RELEASED and BELLHOP_VERSION say nothing; make release-snapshot sets them")
	}
	t.Run("checksums", func(t *testing.T) { sumsHold(t, dir) })
	for _, folder := range functionFolders(t) {
		name := "bellhop-" + filepath.Base(folder) + "_" + version + "_lambda_arm64"
		t.Run(name, func(t *testing.T) {
			lambdaZip(t, filepath.Join(dir, name+".zip"), version)
			lists(t, filepath.Join(dir, name+".cdx.json"), "github.com/aws/aws-lambda-go")
		})
	}
	lists(t, filepath.Join(dir, "bellhop-ingester_"+version+"_lambda_arm64.cdx.json"), "github.com/gocarina/gocsv")
	for _, kind := range []string{"bellhop", "bellhop-full"} {
		name := kind + "_" + version + "_linux_amd64"
		t.Run(name, func(t *testing.T) {
			toolArchive(t, filepath.Join(dir, name+".tar.gz"), version)
			lists(t, filepath.Join(dir, name+".cdx.json"), "github.com/gocarina/gocsv", "github.com/aws/aws-lambda-go")
		})
	}
	if formula, err := os.ReadFile(filepath.Join(dir, "homebrew", "bellhop.rb")); err != nil || !strings.Contains(string(formula), "class Bellhop < Formula") {
		t.Errorf("no formula for Homebrew: %v", err)
	}
}

// sumsHold looks whether each archive and list of modules is what SHA256SUMS says.
func sumsHold(t *testing.T, dir string) {
	said := map[string]string{}
	content, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		said[fields[1]] = fields[0]
	}
	var made []string
	for _, pattern := range []string{"*.zip", "*.tar.gz", "*.cdx.json"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			made = append(made, filepath.Base(path))
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != said[filepath.Base(path)] {
				t.Errorf("the sum of %s is another one", filepath.Base(path))
			}
		}
	}
	if got := slices.Sorted(maps.Keys(said)); !slices.Equal(got, sorted(made)) {
		t.Errorf("there are the sums of %v, want those of %v", got, sorted(made))
	}
}

// lambdaZip looks whether a zip has what Lambda starts, and nothing else.
func lambdaZip(t *testing.T, path, version string) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // only read from
	if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode().Perm() != 0o755 {
		t.Fatalf("it has %d files, the first %s (%v), want one executable bootstrap", len(archive.File), archive.File[0].Name, archive.File[0].Mode())
	}
	content, err := all(archive.Open("bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range unfit(content, version) {
		t.Errorf("bootstrap %s", problem)
	}
}

func all(f io.ReadCloser, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(f)
	return content, errors.Join(err, f.Close())
}

// toolArchive looks whether an archive has the tool with its licence, and starts it where it can.
func toolArchive(t *testing.T, path, version string) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read from
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	tool, archive := filepath.Join(t.TempDir(), "bellhop"), tar.NewReader(packed)
	var names []string
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		if header.Name != "bellhop" {
			continue
		}
		content, err := io.ReadAll(archive)
		if err := errors.Join(err, os.WriteFile(tool, content, header.FileInfo().Mode())); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(sorted(names), " "); got != "CHANGELOG.md LICENSE README.md bellhop" {
		t.Errorf("it has %s", got)
	}
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		return
	}
	if out, err := exec.CommandContext(t.Context(), tool, "version", "--json=false").CombinedOutput(); err != nil || string(out) != "bellhop "+version+"\n" {
		t.Errorf("it says %q: %v", out, err)
	}
	out, err := exec.CommandContext(t.Context(), tool, "query", "--dataset", t.TempDir(), "SELECT 1").CombinedOutput()
	if static := strings.HasPrefix(filepath.Base(path), "bellhop_"); static != (err != nil) || static != strings.Contains(string(out), "--engine athena") {
		t.Errorf("a query says %q: %v", out, err)
	}
}

// lists looks whether a list of modules names those.
func lists(t *testing.T, path string, modules ...string) {
	t.Helper()
	var bom struct {
		BOMFormat  string `json:"bomFormat"`
		Components []struct {
			Name, Version string
		} `json:"components"`
	}
	content, err := os.ReadFile(path)
	if err := errors.Join(err, json.Unmarshal(content, &bom)); err != nil || bom.BOMFormat != "CycloneDX" {
		t.Errorf("%s is no list of modules: %v", path, err)
		return
	}
	for _, module := range modules {
		if !slices.ContainsFunc(bom.Components, func(c struct{ Name, Version string }) bool { return c.Name == module && c.Version != "" }) {
			t.Errorf("%s does not list %s", path, module)
		}
	}
}
