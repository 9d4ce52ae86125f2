package objectstest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// testDeliver delivers nothing, a little, exactly a part, and two parts and more, each again, and for another job.
func testDeliver(t *testing.T, s store) {
	const part = 8 << 20
	for name, content := range map[string]string{
		"none.csv": "", "small.csv": "hello", "part.csv": strings.Repeat("p", part), "parts.csv": strings.Repeat("0123456789abcdef", part/8) + "end",
	} {
		key := "source/hotel-000001/" + name
		for _, again := range []string{"first", "again"} {
			if err := s.Deliver(t.Context(), "hotel-000001", key, strings.NewReader(content)); err != nil {
				t.Fatalf("%s, %s: %v", name, again, err)
			}
		}
		err := s.Deliver(t.Context(), "hotel-000002", key, strings.NewReader(content+"forged"))
		wantKind(t, "another job's", err, fault.Poison)
		if err != nil && !strings.Contains(err.Error(), key) {
			t.Errorf("%v does not name the key", err)
		}
		if got := s.content(t, key); got != content {
			t.Errorf("%s: %d bytes came back of %d, or others", name, len(got), len(content))
		}
		there, err := s.Stat(t.Context(), key)
		if err != nil || there.Metadata["job"] != "hotel-000001" {
			t.Errorf("%s: metadata %v, %v", name, there.Metadata, err)
		}
		sum := sha256.Sum256([]byte(content))
		if want := hex.EncodeToString(sum[:]); len(content) < part && there.Metadata["sha256"] != want {
			t.Errorf("%s: SHA-256 %s, want %s", name, there.Metadata["sha256"], want)
		}
	}
	if left, err := s.Uploads(t.Context(), time.Now().Add(240*time.Hour)); err != nil || len(left) != 0 {
		t.Errorf("unfinished uploads are left: %+v, %v", left, err)
	}
	// An object that names no job is nobody's delivery.
	if _, err := s.Put(t.Context(), report.Write{Key: "squatted.csv", Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "an object without a job", s.Deliver(t.Context(), "hotel-000001", "squatted.csv", strings.NewReader("y")), fault.Poison)
}
