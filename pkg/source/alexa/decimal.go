package alexa

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Digits of the dataset's measures, decimal(18,6).
const (
	scale       = 1_000_000
	mostUnits   = 1_000_000_000_000_000_000 // the first number of millionths that does not fit
	maxLiteral  = 200
	maxExponent = 400
)

var errNumber = errors.New("one of its values is not a number")

// Decimal returns a JSON number as a decimal(18,6) without trailing zeros, rounded half to even, and whether that is the
// number itself. A number that is too large for the type has no text, nor has one below zero: no measure of the dataset is.
func Decimal(literal string) (text string, exact bool, err error) {
	if _, exponent, ok := strings.Cut(strings.ToLower(literal), "e"); ok {
		if n, err := strconv.Atoi(exponent); err != nil || n > maxExponent || n < -maxExponent {
			return "", false, errNumber
		}
	}
	number, ok := new(big.Rat).SetString(literal)
	if !ok || len(literal) > maxLiteral {
		return "", false, errNumber
	}
	number.Mul(number, big.NewRat(scale, 1))
	units, rest := new(big.Int).QuoRem(number.Num(), number.Denom(), new(big.Int))
	exact = rest.Sign() == 0
	if half := new(big.Int).Abs(rest); !exact {
		switch half.Lsh(half, 1).Cmp(number.Denom()) {
		case 1:
			units.Add(units, big.NewInt(int64(number.Sign())))
		case 0:
			if units.Bit(0) == 1 {
				units.Add(units, big.NewInt(int64(number.Sign())))
			}
		}
	}
	if units.Sign() < 0 || units.Cmp(big.NewInt(mostUnits)) >= 0 {
		return "", false, nil
	}
	text = new(big.Rat).SetFrac(units, big.NewInt(scale)).FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), exact, nil
}
