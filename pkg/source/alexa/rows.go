package alexa

import (
	"bytes"
	"io"
	"slices"
	"time"

	"github.com/gocarina/gocsv"
)

// Instant is a moment as CSV holds it: RFC 3339 in UTC, with a fraction only where it is not zero, to the microsecond.
type Instant struct{ time.Time }

// MarshalText implements [encoding.TextMarshaler].
func (i Instant) MarshalText() ([]byte, error) {
	return []byte(i.UTC().Format("2006-01-02T15:04:05.999999Z")), nil
}

// ParseInstant reads RFC 3339 with a fraction of any length; what is below a microsecond is dropped.
func ParseInstant(text string) (Instant, error) {
	t, err := time.Parse(time.RFC3339, text)
	return Instant{t.UTC().Truncate(time.Microsecond)}, err
}

// Canonical sorts rows and keeps each once. Rows that compare as equal are of one thing; where two of them say different things of it,
// it fails with conflict.
func Canonical[T comparable](rows []T, compare func(a, b T) int, conflict error) ([]T, error) {
	slices.SortFunc(rows, compare)
	once := rows[:0]
	for _, r := range rows {
		switch n := len(once); {
		case n == 0 || compare(once[n-1], r) != 0:
			once = append(once, r)
		case once[n-1] != r:
			return nil, conflict
		}
	}
	return once, nil
}

// Content returns rows as a CSV file with a header. Rows are structs with csv tags. A NUL in a text becomes U+FFFD: the
// conversion would take the file for none of CSV.
func Content[T any](rows []T) (io.ReadCloser, error) {
	var b bytes.Buffer
	if err := gocsv.Marshal(rows, &b); err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(bytes.ReplaceAll(b.Bytes(), []byte{0}, []byte("\uFFFD")))), nil
}
