package convert_test

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// endless yields the same bytes for ever, and counts them.
type endless struct {
	chunk string
	read  int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.chunk)
	e.read += int64(n)
	return n, nil
}

// A file that never ends a cell, a record or a header must be refused after little reading, and without keeping it.
func TestAFloodIsRefusedWithinABound(t *testing.T) {
	const bound = 64 << 20
	tests := map[string]struct{ before, flood, says string }{
		"a cell without an end":        {deviceHeader + "11/1/2026,u,", strings.Repeat("x", 4096), "longer than"},
		"a quoted cell without an end": {deviceHeader + "11/1/2026,u,\"", strings.Repeat("x\n", 2048), "longer than"},
		"a row without an end":         {deviceHeader + "11/1/2026", strings.Repeat(",", 4096), ""},
		"a header without an end":      {"dataset_date", strings.Repeat(",x", 2048), ""},
		"a header of one word":         {"", strings.Repeat("x", 4096), "longer than"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := &endless{chunk: test.flood}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := convert.NewConverter().Convert(t.Context(), io.MultiReader(strings.NewReader(test.before), e), contract("asp_device"))
			runtime.ReadMemStats(&after)
			if !fault.Is(err, fault.Poison) || !strings.Contains(err.Error(), test.says) || len(err.Error()) > 500 {
				t.Errorf("got %.600v", err)
			}
			if e.read > bound || after.TotalAlloc-before.TotalAlloc > bound {
				t.Errorf("%d bytes were read and %d allocated, of at most %d", e.read, after.TotalAlloc-before.TotalAlloc, bound)
			}
		})
	}
}
