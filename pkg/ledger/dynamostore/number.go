package dynamostore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What a DynamoDB number can hold: 38 significant digits, and magnitudes from 1E-130 to 9.99…E+125.
const (
	maxDigits    = 38
	minMagnitude = -130
	maxMagnitude = 125
)

// canonical returns one spelling for each numeric value, given a JSON number, so that equal values are equal strings.
// A number that DynamoDB would refuse is an error that does not quote it.
func canonical(number string) (string, error) {
	digits, negative := strings.CutPrefix(number, "-")
	exponent := 0
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(digits[i+1:], "+"))
		if err != nil {
			return "", errors.New("a number has an exponent that DynamoDB cannot hold")
		}
		digits, exponent = digits[:i], e
	}
	if whole, fraction, ok := strings.Cut(digits, "."); ok {
		digits, exponent = whole+fraction, exponent-len(fraction)
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return "0", nil
	}
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	magnitude := exponent + len(trimmed) - 1
	if len(trimmed) > maxDigits || magnitude < minMagnitude || magnitude > maxMagnitude {
		return "", fmt.Errorf("a number has more than %d digits, or is beyond 1E%d and 1E+%d",
			maxDigits, minMagnitude, maxMagnitude+1)
	}
	sign := ""
	if negative {
		sign = "-"
	}
	return fmt.Sprintf("%s%sE%d", sign, trimmed, exponent), nil
}

func sameNumber(a, b string) bool {
	ca, errA := canonical(a)
	cb, errB := canonical(b)
	return errA == nil && errB == nil && ca == cb
}
