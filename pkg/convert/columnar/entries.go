package columnar

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// textEntries are text, which rows name by a number of a vocabulary.
type textEntries struct {
	known   []int32  // by number: its index plus 1, or 0
	numbers []uint32 // by index; those from count on are of the partition before
	count   int
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
	// Mostly, a date begins with the units of the date before, in the same order: then they are in text already.
	if t.count == len(t.numbers) || t.numbers[t.count] != n {
		t.cut()
		t.numbers = append(t.numbers, n)
		t.text = append(t.text, words[n]...)
		t.offsets = append(t.offsets, uint32(len(t.text)))
	}
	t.count++
	t.known[n] = int32(t.count)
	return t.known[n] - 1
}

// cut forgets the partition before.
func (t *textEntries) cut() {
	if len(t.offsets) == 0 {
		t.offsets = append(t.offsets, 0)
	}
	t.numbers, t.offsets = t.numbers[:t.count], t.offsets[:t.count+1]
	t.text = t.text[:t.offsets[t.count]]
}

func (t *textEntries) len() int { return t.count }

func (t *textEntries) size() int64 {
	t.cut()
	return int64(len(t.text))
}

func (t *textEntries) values() encoding.Values {
	t.cut()
	return encoding.ByteArrayValues(t.text, t.offsets)
}

// reset begins a row group. Only the numbers that were used are visited: a partition may use few of a large
// vocabulary.
func (t *textEntries) reset() {
	for _, n := range t.numbers[:t.count] {
		t.known[n] = 0
	}
	t.count = 0
}

// forget begins another vocabulary. It must follow a reset.
func (t *textEntries) forget() { t.cut() }

func (t *textEntries) bounds(indexes []int32) (least, most parquet.Value) {
	seen := newBitset(t.count)
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
	table   []int32 // a hash table with open addressing: the index of a number plus 1, or 0
}

// index returns the index of a number, adding it when it is new.
func (e *numberEntries) index(n int64) int32 {
	if 2*len(e.numbers) >= len(e.table) {
		e.grow()
	}
	at := e.slot(n)
	if e.table[at] == 0 {
		e.numbers = append(e.numbers, n)
		e.table[at] = int32(len(e.numbers))
	}
	return e.table[at] - 1
}

// slot returns where n is in the table, or where it is to be put.
func (e *numberEntries) slot(n int64) uint64 {
	const golden = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio: spreads what differs in few bits
	mask := uint64(len(e.table) - 1)
	at := uint64(n) * golden >> 32 & mask
	for e.table[at] > 0 && e.numbers[e.table[at]-1] != n {
		at = (at + 1) & mask
	}
	return at
}

func (e *numberEntries) grow() {
	e.table = make([]int32, max(256, 2*len(e.table)))
	for i, n := range e.numbers {
		e.table[e.slot(n)] = int32(i + 1)
	}
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

// reset begins a row group. A table that was large for once is not cleared for ever.
func (e *numberEntries) reset() {
	if len(e.table) > 1<<16 {
		e.table = nil
	}
	clear(e.table)
	e.numbers = e.numbers[:0]
}

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
