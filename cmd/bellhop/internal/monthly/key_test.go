package monthly_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
)

func TestAKeyIsMadeOnceForItsOwnerAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	first, err := monthly.Key(file, bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil || len(first) != 32 || first[31] != 7 {
		t.Fatalf("%x, %v", first, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	again, err := monthly.Key(file, strings.NewReader("")) // no chance is left
	if err != nil || !bytes.Equal(again, first) {
		t.Errorf("%x, %v", again, err)
	}
}

func TestAKeyThatIsNoneIsRefused(t *testing.T) {
	tests := map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"others can read it": {strings.Repeat("07", 32), 0o644, "others can read"},
		"too short":          {"0707", 0o600, "is not a pseudonym key"},
		"text":               {strings.Repeat("x", 64), 0o600, "is not a pseudonym key"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(file, []byte(test.content), test.mode); err != nil {
				t.Fatal(err)
			}
			key, err := monthly.Key(file, strings.NewReader(""))
			if key != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), test.content) {
				t.Errorf("%x, %v", key, err)
			}
		})
	}
}

func TestWithoutChanceThereIsNoKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if _, err := monthly.Key(file, strings.NewReader("short")); err == nil {
		t.Error("a key was made of too little chance")
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("its file is there")
	}
}
