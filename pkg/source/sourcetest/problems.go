package sourcetest

import (
	"strings"
	"testing"
)

// Complains wants err to say these problems and no other, one a line. Each is given by how it begins.
func Complains(t *testing.T, err error, problems []string) {
	t.Helper()
	var got []string
	if err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if len(got) != len(problems) {
		t.Fatalf("got %q, want %q", got, problems)
	}
	for i := range got {
		if !strings.HasPrefix(got[i], problems[i]) {
			t.Errorf("problem %d is %q, want %q", i, got[i], problems[i])
		}
	}
}
