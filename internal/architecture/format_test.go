package architecture_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestEveryProgramLooksAtTheLedgersFormat: an older program over a newer ledger stops only where it looks.
func TestEveryProgramLooksAtTheLedgersFormat(t *testing.T) {
	opens, programs := regexp.MustCompile(`(\S*)dynamostore\.New\(`), 0
	for _, file := range goFiles(t, false, "functions", "cmd") {
		for _, call := range opens.FindAllStringSubmatch(read(t, file.path), -1) {
			programs++
			if !strings.HasSuffix(call[1], "ledger.Checked(") {
				t.Errorf("%s opens the ledger and does not look at its format", file.path)
			}
		}
	}
	if programs != 4 {
		t.Errorf("%d programs open the ledger on AWS, want the three functions and the tool", programs)
	}
}
