package columnar

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// Texts of instants sort as the instants do, and say all of them.
func TestTextsOfInstants(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Unix(0, 0),
		time.Date(2026, 11, 1, 10, 45, 0, 0, time.UTC), time.Date(2026, 11, 1, 10, 45, 0, 1_000, time.UTC),
		time.Date(2026, 11, 1, 10, 45, 1, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		text, err := appendInstant(nil, at.UnixMicro())
		if err != nil {
			t.Fatal(err)
		}
		if got := microseconds(string(text)); got != at.UnixMicro() {
			t.Errorf("%s became %s", at, time.UnixMicro(got).UTC())
		}
		texts = append(texts, string(text))
	}
	if !slices.IsSorted(texts) {
		t.Errorf("not sorted: %s", strings.Join(texts, ", "))
	}
	for _, micros := range []int64{math.MinInt64, firstInstant - 1, endOfInstants, math.MaxInt64} {
		if _, err := appendInstant(nil, micros); !fault.Is(err, fault.Poison) {
			t.Errorf("%d: %v", micros, err)
		}
	}
}
