// Package chance draws the simulator's numbers.
package chance

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Stream is a small stream of numbers that is a pure function of what it was drawn from.
//
// It is our own splitmix64, because the simulator's promise is the same bytes for the same seed
// under every version of Go, and the standard library promises no such thing for derived values.
type Stream struct{ state uint64 }

// Draw opens the stream that belongs to a label, a subject and a number under a seed.
func Draw(seed uint64, label, subject string, n int64) *Stream {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	mix := func(s string) {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
		h *= prime // a separator, so that ("ab","c") and ("a","bc") differ
	}
	mix(label)
	mix(subject)
	c := &Stream{state: seed ^ h}
	c.state = c.Next() ^ uint64(n)*0x9E3779B97F4A7C15
	return c
}

// Next returns a number of 64 bits.
func (c *Stream) Next() uint64 {
	c.state += 0x9E3779B97F4A7C15
	z := c.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Below returns a number in [0, n), and 0 when n is not positive.
func (c *Stream) Below(n int64) int64 {
	if n <= 0 {
		return 0
	}
	return int64(c.Next() % uint64(n))
}

// Between returns a number in [lo, hi].
func (c *Stream) Between(lo, hi int64) int64 { return lo + c.Below(hi-lo+1) }

// Hits is true in perMille of 1000 cases.
func (c *Stream) Hits(perMille int) bool { return c.Below(1000) < int64(perMille) }

// Hex returns so many hexadecimal digits.
func (c *Stream) Hex(digits int) string {
	var b strings.Builder
	for b.Len() < digits {
		fmt.Fprintf(&b, "%016x", c.Next())
	}
	return b.String()[:digits]
}

// UUID returns a version 4 UUID.
func (c *Stream) UUID() string {
	var b [16]byte
	for i := range b {
		b[i] = byte(c.Next())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
