package columnar

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// parquet-go finds the dictionary index of a value by hashing it, for every row anew: with ids of a hundred
// bytes that is most of the time that encoding takes. Here a row's text is a number already, and its index is
// found by looking into an array. The values that parquet-go is given therefore carry levels and nothing else;
// most blocks share the same ones, so that making them costs nothing either.
//
// parquet-go's interfaces of types, dictionaries and column buffers have methods that only it can implement.
// The types below therefore embed what parquet-go makes for the same column and replace the methods that
// writing column by column uses. Everything that ends up in the file (pages, bounds, the dictionary page)
// is still made by parquet-go, from the indexes and the entries.

// column is the dictionary and the open page of one leaf. It outlives the partition, so that its memory is used
// again.
type column struct {
	parquet.Dictionary // of parquet-go, always empty
	entries            entries
	codec              *twoLevels
	plain              parquet.Type
	leaf               int

	pending []int32 // indexes of the values that are being written, NULLs left out
	written int     // how many of them are
	indexes []int32 // of the open page
}

// entries are the different values of one column of a row group, in the order in which they came.
type entries interface {
	len() int
	size() int64
	values() encoding.Values
	// bounds returns the least and the most of the given entries, of which there is at least one.
	bounds(indexes []int32) (least, most parquet.Value)
	reset()
}

// columnNode is the schema's node of a leaf that is written through a column.
type columnNode struct {
	parquet.Node
	column *column
}

func (n columnNode) Type() parquet.Type { return columnType{n.Node.Type(), n.column} }

// columnType makes columns in place of parquet-go's dictionaries and column buffers.
type columnType struct {
	parquet.Type
	column *column
}

// NewDictionary begins a partition.
func (t columnType) NewDictionary(leaf, n int, data encoding.Values) parquet.Dictionary {
	c := t.column
	c.plain, c.leaf = t.Type, leaf
	c.Dictionary = t.Type.NewDictionary(leaf, n, data)
	c.indexes = c.indexes[:0]
	c.Reset()
	return c
}

func (t columnType) NewColumnBuffer(leaf, _ int) parquet.ColumnBuffer {
	return columnBuffer{t.Type.NewColumnBuffer(leaf, 0), t.column}
}

func (c *column) Type() parquet.Type { return columnType{c.Dictionary.Type(), c} }
func (c *column) Len() int           { return c.entries.len() }
func (c *column) Size() int64        { return c.entries.size() }
func (c *column) Reset()             { c.entries.reset() }

// Page returns the dictionary page, which parquet-go asks for only to compress it.
func (c *column) Page() parquet.Page {
	c.codec.expectDictionary()
	return c.filled().Page()
}

// filled returns a dictionary of parquet-go that has the entries of this one.
func (c *column) filled() parquet.Dictionary {
	return c.plain.NewDictionary(c.leaf, c.entries.len(), c.entries.values())
}

// columnBuffer collects the indexes of one page.
type columnBuffer struct {
	parquet.ColumnBuffer // of parquet-go, always empty
	column               *column
}

// WriteValues takes as many pending indexes as there are values.
func (b columnBuffer) WriteValues(values []parquet.Value) (int, error) {
	c := b.column
	c.indexes = append(c.indexes, c.pending[c.written:c.written+len(values)]...)
	c.written += len(values)
	return len(values), nil
}

func (b columnBuffer) Page() parquet.Page {
	c := b.column
	return columnPage{c.filled().Type().NewPage(c.leaf, len(c.indexes), encoding.Int32Values(c.indexes)), c}
}

func (b columnBuffer) Reset()           { b.column.indexes = b.column.indexes[:0] }
func (b columnBuffer) Len() int         { return len(b.column.indexes) }
func (b columnBuffer) Cap() int         { return cap(b.column.indexes) }
func (b columnBuffer) NumValues() int64 { return int64(len(b.column.indexes)) }
func (b columnBuffer) Size() int64      { return 4 * int64(len(b.column.indexes)) }

// columnPage is a page of parquet-go, but for its bounds.
type columnPage struct {
	parquet.Page
	column *column
}

// Bounds looks at each entry once, and not once for each row.
func (p columnPage) Bounds() (least, most parquet.Value, ok bool) {
	c := p.column
	if len(c.indexes) == 0 {
		return least, most, false
	}
	least, most = c.entries.bounds(c.indexes)
	return least, most, true
}
