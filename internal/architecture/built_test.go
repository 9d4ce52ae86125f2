package architecture_test

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestWhatWasBuilt looks at the binaries in the folder that BELLHOP_BUILT names, one folder for each function: they have
// to run on Lambda's arm64 without any library, and say which version they are.
func TestWhatWasBuilt(t *testing.T) {
	folder, version := os.Getenv("BELLHOP_BUILT"), os.Getenv("BELLHOP_VERSION")
	if folder == "" || version == "" {
		t.Skip("BELLHOP_BUILT and BELLHOP_VERSION say nothing; make build and make sam-build set them")
	}
	binaries, err := filepath.Glob(filepath.Join(folder, "*", "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	var built []string
	for _, binary := range binaries {
		function := folderOf(filepath.Base(filepath.Dir(binary)))
		built = append(built, function)
		t.Run(function, func(t *testing.T) {
			content, err := os.ReadFile(binary)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range unfit(content, version) {
				t.Errorf("%s %s", binary, problem)
			}
		})
	}
	if got, want := sorted(built), functionFolders(t); !slices.Equal(got, want) {
		t.Errorf("built %v, want %v", got, want)
	}
}

// unfit says why Lambda could not run a binary, or nobody could say which version it is.
func unfit(content []byte, version string) []string {
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return []string{fmt.Sprintf("is no ELF file: %v", err)}
	}
	var problems []string
	if file.Machine != elf.EM_AARCH64 || file.Class != elf.ELFCLASS64 {
		problems = append(problems, fmt.Sprintf("is for %v, want arm64", file.Machine))
	}
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		problems = append(problems, "needs "+strings.Join(libraries, ", "))
	}
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		problems = append(problems, "is linked dynamically")
	}
	if !bytes.Contains(content, []byte(version)) {
		problems = append(problems, fmt.Sprintf("does not say that it is %q", version))
	}
	return problems
}

// TestUnfitBinariesAreNoticed holds the test above to account: its own binary is for this machine, and this file for none.
func TestUnfitBinariesAreNoticed(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Put together here, so that this test's own binary does not hold it.
	version := strings.Repeat("v", 3) + strings.Repeat("9", 17)
	tests := map[string]struct {
		content []byte
		want    string
	}{
		"no binary":       {[]byte(read(t, "LICENSE")), "no ELF"},
		"another version": {own, "does not say"},
	}
	if runtime.GOARCH != "arm64" {
		tests["another machine"] = struct {
			content []byte
			want    string
		}{own, "want arm64"}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if problems := strings.Join(unfit(test.content, version), "\n"); !strings.Contains(problems, test.want) {
				t.Errorf("problems %q, want one that says %q", problems, test.want)
			}
		})
	}
}
