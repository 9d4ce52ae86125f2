package table

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// parquet-go finds the dictionary index of a value by hashing its text, for every row anew: with ids of a
// hundred bytes that is most of the time that encoding takes. Here the text of a row is a number already, so
// the leaves write numbers, as 32-bit values, and a textColumn turns them into indexes by looking into an
// array.
//
// parquet-go's interfaces of types, dictionaries and column buffers have methods that only it can implement.
// The types below therefore embed what parquet-go makes for the same column and replace the methods that
// writing column by column uses. Everything that ends up in the file (pages, bounds, the dictionary page)
// is still made by parquet-go, from the indexes and the text.

// textColumn is the dictionary and the open page of one text leaf. It outlives the slice, so that its memory
// is used again.
type textColumn struct {
	parquet.Dictionary // of parquet-go, always empty
	plain              parquet.Type
	words              func() []string // what the numbers stand for now
	leaf               int

	indexes []int32 // of the open page

	known   []int32  // by number: its index in the dictionary plus 1, or 0
	numbers []uint32 // by index
	text    []byte   // of all entries
	offsets []uint32 // where each entry begins in text, and where the last one ends
}

// textNode is the schema's node of a text leaf, whose values are written as numbers.
type textNode struct {
	parquet.Node
	column *textColumn
}

func (n textNode) Type() parquet.Type { return textType{n.Node.Type(), n.column} }

// textType makes textColumns in place of parquet-go's dictionaries and column buffers.
type textType struct {
	parquet.Type
	column *textColumn
}

// NewDictionary begins a slice.
func (t textType) NewDictionary(leaf, n int, data encoding.Values) parquet.Dictionary {
	c := t.column
	c.plain, c.leaf = t.Type, leaf
	c.Dictionary = t.Type.NewDictionary(leaf, n, data)
	c.Reset()
	return c
}

func (t textType) NewColumnBuffer(leaf, _ int) parquet.ColumnBuffer {
	t.column.indexes = t.column.indexes[:0]
	return textBuffer{t.Type.NewColumnBuffer(leaf, 0), t.column}
}

func (c *textColumn) Type() parquet.Type { return textType{c.Dictionary.Type(), c} }

func (c *textColumn) Len() int { return len(c.numbers) }

func (c *textColumn) Size() int64 { return int64(len(c.text)) }

func (c *textColumn) Page() parquet.Page { return c.filled().Page() }

// Reset forgets all entries. Only the numbers that were used are visited: a slice may use few of a large
// vocabulary.
func (c *textColumn) Reset() {
	for _, n := range c.numbers {
		c.known[n] = 0
	}
	c.numbers, c.text, c.offsets = c.numbers[:0], c.text[:0], append(c.offsets[:0], 0)
}

// filled returns a dictionary of parquet-go that has the entries of this one.
func (c *textColumn) filled() parquet.Dictionary {
	return c.plain.NewDictionary(c.leaf, len(c.numbers), encoding.ByteArrayValues(c.text, c.offsets))
}

// insert adds a number that is not known, and returns its index.
func (c *textColumn) insert(n uint32) int32 {
	words := c.words()
	if len(c.known) < len(words) {
		c.known = append(c.known, make([]int32, len(words)-len(c.known))...)
	}
	c.numbers = append(c.numbers, n)
	c.text = append(c.text, words[n]...)
	c.offsets = append(c.offsets, uint32(len(c.text)))
	c.known[n] = int32(len(c.numbers))
	return c.known[n] - 1
}

// textBuffer collects the indexes of one page.
type textBuffer struct {
	parquet.ColumnBuffer // of parquet-go, always empty
	column               *textColumn
}

// WriteValues takes numbers, as 32-bit values.
func (b textBuffer) WriteValues(values []parquet.Value) (int, error) {
	c := b.column
	for i := range values {
		n := uint32(values[i].Int32())
		if int(n) < len(c.known) && c.known[n] > 0 {
			c.indexes = append(c.indexes, c.known[n]-1)
		} else {
			c.indexes = append(c.indexes, c.insert(n))
		}
	}
	return len(values), nil
}

func (b textBuffer) Page() parquet.Page {
	c := b.column
	return textPage{c.filled().Type().NewPage(c.leaf, len(c.indexes), encoding.Int32Values(c.indexes)), c}
}

func (b textBuffer) Reset()           { b.column.indexes = b.column.indexes[:0] }
func (b textBuffer) Len() int         { return len(b.column.indexes) }
func (b textBuffer) Cap() int         { return cap(b.column.indexes) }
func (b textBuffer) NumValues() int64 { return int64(len(b.column.indexes)) }
func (b textBuffer) Size() int64      { return 4 * int64(len(b.column.indexes)) }

// textPage is a page of parquet-go, but for its bounds.
type textPage struct {
	parquet.Page
	column *textColumn
}

// Bounds compares each entry of the dictionary once, and not once for each row.
func (p textPage) Bounds() (least, most parquet.Value, ok bool) {
	c := p.column
	seen := newBitset(len(c.numbers))
	var low, high []byte
	for _, i := range c.indexes {
		if !seen.add(uint32(i)) {
			continue
		}
		entry := c.text[c.offsets[i]:c.offsets[i+1]]
		if !ok || bytes.Compare(entry, low) < 0 {
			low = entry
		}
		if !ok || bytes.Compare(entry, high) > 0 {
			high = entry
		}
		ok = true
	}
	return parquet.ByteArrayValue(low), parquet.ByteArrayValue(high), ok
}
