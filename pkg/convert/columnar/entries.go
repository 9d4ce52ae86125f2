package columnar

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// textEntries are text, which rows name by a number of a vocabulary.
type textEntries struct {
	known   []int32  // by number: its index plus 1, or 0
	numbers []uint32 // by index
	text    []byte   // of numbers
	offsets []uint32 // where each begins in text, and where the last one ends
}

// index returns the index of a number, adding it when it is new. words says what numbers stand for.
func (t *textEntries) index(n uint32, words []string) int32 {
	if int(n) < len(t.known) && t.known[n] > 0 {
		return t.known[n] - 1
	}
	return t.insert(n, words)
}

func (t *textEntries) insert(n uint32, words []string) int32 {
	if len(t.known) < len(words) {
		t.known = append(t.known, make([]int32, len(words)-len(t.known))...)
	}
	if len(t.offsets) == 0 {
		t.offsets = append(t.offsets, 0)
	}
	t.numbers = append(t.numbers, n)
	t.text = append(t.text, words[n]...)
	t.offsets = append(t.offsets, uint32(len(t.text)))
	t.known[n] = int32(len(t.numbers))
	return t.known[n] - 1
}

func (t *textEntries) len() int { return len(t.numbers) }

func (t *textEntries) size() int64 { return int64(len(t.text)) }

func (t *textEntries) values() encoding.Values { return encoding.ByteArrayValues(t.text, t.offsets) }

// reset begins a row group. Only the numbers that were used are visited: a partition may use few of a large
// vocabulary.
func (t *textEntries) reset() {
	for _, n := range t.numbers {
		t.known[n] = 0
	}
	t.numbers, t.text, t.offsets = t.numbers[:0], t.text[:0], t.offsets[:min(1, len(t.offsets))]
}

func (t *textEntries) bounds(indexes []int32) (least, most parquet.Value) {
	seen := newBitset(len(t.numbers))
	low := t.entry(indexes[0])
	high := low
	for _, i := range indexes {
		if !seen.add(uint32(i)) {
			continue
		}
		switch e := t.entry(i); {
		case bytes.Compare(e, low) < 0:
			low = e
		case bytes.Compare(e, high) > 0:
			high = e
		}
	}
	return parquet.ByteArrayValue(low), parquet.ByteArrayValue(high)
}

func (t *textEntries) entry(i int32) []byte { return t.text[t.offsets[i]:t.offsets[i+1]] }

// numberEntries are whole numbers of 32 or 64 bits.
type numberEntries struct {
	wide    bool
	numbers []int64 // by index
	indexes map[int64]int32
}

// index returns the index of a number, adding it when it is new.
func (e *numberEntries) index(n int64) int32 {
	at, known := e.indexes[n]
	if !known {
		if e.indexes == nil {
			e.indexes = map[int64]int32{}
		}
		at = int32(len(e.numbers))
		e.indexes[n], e.numbers = at, append(e.numbers, n)
	}
	return at
}

func (e *numberEntries) len() int { return len(e.numbers) }

func (e *numberEntries) size() int64 {
	if e.wide {
		return 8 * int64(len(e.numbers))
	}
	return 4 * int64(len(e.numbers))
}

func (e *numberEntries) values() encoding.Values {
	if e.wide {
		return encoding.Int64Values(e.numbers)
	}
	narrow := make([]int32, len(e.numbers))
	for i, n := range e.numbers {
		narrow[i] = int32(n)
	}
	return encoding.Int32Values(narrow)
}

// reset begins a row group. A map keeps the room that it once needed, so it is made anew.
func (e *numberEntries) reset() { e.indexes, e.numbers = nil, e.numbers[:0] }

func (e *numberEntries) bounds(indexes []int32) (least, most parquet.Value) {
	low := e.numbers[indexes[0]]
	high := low
	for _, i := range indexes {
		low, high = min(low, e.numbers[i]), max(high, e.numbers[i])
	}
	if e.wide {
		return parquet.Int64Value(low), parquet.Int64Value(high)
	}
	return parquet.Int32Value(int32(low)), parquet.Int32Value(int32(high))
}
