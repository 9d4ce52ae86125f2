package columnar

import (
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// instantText is the form of an instant among the texts of a dimension. It has one width, so that texts sort as the instants do.
const instantText = "2006-01-02T15:04:05.000000Z"

// Instants outside these years have no text of that width.
var firstInstant, endOfInstants = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

var noInstant = fault.New(fault.Poison, "holds an instant outside the years 1 to 9999")

// appendInstant appends the text of an instant in microseconds since 1970.
func appendInstant(dst []byte, micros int64) ([]byte, error) {
	if micros < firstInstant || micros >= endOfInstants {
		return dst, noInstant
	}
	return time.UnixMicro(micros).UTC().AppendFormat(dst, instantText), nil
}

// microseconds returns what appendInstant made a text of.
func microseconds(text string) int64 {
	t, err := time.Parse(instantText, text)
	if err != nil {
		panic("columnar: no other text is among instants")
	}
	return t.UnixMicro()
}
