package report

import (
	"fmt"
	"math/big"
	"strings"
)

// AddDecimals returns the exact sum of two decimal numbers in plain notation, of at most six places, without
// trailing zeros. The empty string counts as 0.
func AddDecimals(a, b string) (string, error) {
	sum := new(big.Rat)
	for _, s := range []string{a, b} {
		if s == "" {
			continue
		}
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			return "", fmt.Errorf("a sum is not a decimal number")
		}
		sum.Add(sum, r)
	}
	text := sum.FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), nil
}
