package columnar

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// Null stands for an empty measure. No count or duration is negative, so no value is lost to it.
const Null = math.MinInt64

// sum adds up non-negative 64-bit numbers without overflow: 2^64 rows of the largest count fit.
type sum struct{ hi, lo uint64 }

func (s *sum) add(n int64) {
	if n == Null {
		return
	}
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(n), 0)
	s.hi += carry
}

// text returns the exact decimal form of the sum, without trailing zeros after the point.
func (s sum) text(t dataset.Type) string {
	n := new(big.Int).SetUint64(s.hi)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(s.lo))
	return t.Text(n)
}
