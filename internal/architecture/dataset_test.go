package architecture_test

import (
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// The dataset's page is what the table definitions say, to the letter.
func TestTheDatasetPageIsGenerated(t *testing.T) {
	if read(t, "docs/dataset.md") != dataset.Markdown() {
		t.Error("docs/dataset.md is not what the table definitions say: go run ./cmd/bellhop tables --markdown > docs/dataset.md")
	}
}
