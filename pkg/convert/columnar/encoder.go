package columnar

import (
	"fmt"
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	pageBytes = 1 << 20
	rowBytes  = 128

	// A row group ends after a block when it has this many rows, or when its distinct text and the paths that it
	// makes up pass this many bytes. Both follow from the rows alone, so that equal rows give equal bytes.
	groupRows = 1 << 20
	groupText = 8 << 20
	groupPath = 200 // bytes that a path counts for, besides its text

	scopeLeaf   = "LEAF"
	scopeRollup = "ROLLUP"
)

// encoder writes partitions of one table and subscription, one after the other.
type encoder struct {
	definition   dataset.Definition
	subscription string
	schema       *parquet.Schema
	leaves       []leaf
	mixed        []parquet.Value
	codec        *twoLevels
	isRollup     []bool // by row of the current block

	// Of the current partition.
	writer *parquet.Writer //nolint:staticcheck // deprecated for rows of structs; columns are written by nothing else
	words  *vocabulary
	rows   int64
	totals []total // by measure

	// Of the open row group.
	groupRows, groupText int64
	seenPaths            bitset
	seenIDs, seenNames   bitset
	seenDims             []bitset
	seenExtras           bitset
}

func newEncoder(d dataset.Definition, subscription string) *encoder {
	e := &encoder{definition: d, subscription: subscription, codec: newTwoLevels()}
	e.leaves = e.leavesOf(d)
	next := 0
	e.schema = schemaWith(d.Name, d.FileColumns(), func(n parquet.Node) parquet.Node {
		c := e.leaves[next].column
		c.codec = e.codec
		next++
		return columnNode{n, c}
	})
	return e
}

// begin starts a partition of the given number of rows, or [manyRows] for any number beyond.
//
// Each has a writer of its own: the second file of a writer that is reset has empty column paths in its
// footer (parquet-go v0.32), since resetting the row groups of the first clears slices that both share.
func (e *encoder) begin(date report.Date, rows int64, to io.Writer) {
	e.writer = parquet.NewWriter(to,
		e.schema,
		parquet.Compression(e.codec),
		// parquet-go allocates the whole buffer for each required column, even for a partition of one row. No
		// column buffers more than that a row, at 16 levels of units, so this moves no page's end.
		parquet.PageBufferSize(int(min(pageBytes, max(1, rows)*rowBytes))),
		// The second version of pages keeps lists from fastparquet, and gives the others nothing.
		parquet.DataPageVersion(1),
		parquet.KeyValueMetadata(report.ParquetFormat, strconv.Itoa(report.DatasetFormat)),
		parquet.KeyValueMetadata(report.ParquetDate, date.String()),
		// The page index has the bounds already; computing them for the page headers too is wasted.
		parquet.DataPageStatistics(false),
		// The default names parquet-go's build, which differs between a test and a release.
		parquet.CreatedBy("bellhop", "1", "table"),
	)
	e.rows, e.totals = 0, make([]total, len(e.definition.Measures()))
	e.newGroup()
}

func (e *encoder) newGroup() {
	e.groupRows, e.groupText = 0, 0
	e.seenPaths, e.seenIDs, e.seenNames, e.seenExtras = nil, nil, nil, nil
	e.seenDims = make([]bitset, len(e.definition.Dimensions()))
}

// write adds a block, which must be full unless it is the partition's last. It reports whether it ended a row
// group: then none of the vocabulary before is needed any more.
func (e *encoder) write(b *block, words *vocabulary) (ended bool, err error) {
	e.words = words // a row group has one vocabulary
	for i, w := range e.writer.ColumnWriters() {
		l := &e.leaves[i]
		l.column.pending, l.column.written = l.column.pending[:0], 0
		if _, err := w.WriteRowValues(l.take(b)); err != nil {
			return false, fmt.Errorf("encode column %d of %s: %w", i, e.definition.Name, err)
		}
	}
	e.count(b)
	e.rows += int64(b.n)
	e.groupRows += int64(b.n)
	e.groupText += e.newText(b)
	if e.groupRows < groupRows && e.groupText <= groupText {
		return false, nil
	}
	e.newGroup()
	if err := e.writer.Flush(); err != nil {
		return false, fmt.Errorf("end a row group of %s: %w", e.definition.Name, err)
	}
	return true, nil
}

// newText returns the bytes of text in b that the row group did not have before.
func (e *encoder) newText(b *block) (n int64) {
	paths := e.words.paths
	e.seenPaths = grow(e.seenPaths, len(paths.list))
	e.seenIDs = grow(e.seenIDs, len(paths.ids.words))
	e.seenNames = grow(e.seenNames, len(paths.names.words))
	for _, number := range b.paths[:b.n] {
		if !e.seenPaths.add(number) {
			continue
		}
		n += groupPath
		p := &paths.list[number]
		for i, id := range p.ids {
			if e.seenIDs.add(id) {
				n += int64(len(paths.ids.words[id]))
			}
			if name := p.names[i]; e.seenNames.add(name) {
				n += int64(len(paths.names.words[name]))
			}
		}
	}
	for c, column := range b.dims {
		e.seenDims[c] = grow(e.seenDims[c], len(e.words.dims[c].words))
		for _, v := range column[:b.n] {
			if e.seenDims[c].add(v) {
				n += int64(len(e.words.dims[c].words[v]))
			}
		}
	}
	e.seenExtras = grow(e.seenExtras, len(e.words.extras.lists))
	for _, v := range b.extras[:b.n] {
		if e.seenExtras.add(v) {
			n += e.words.extras.lists[v].size
		}
	}
	return n
}

func grow(s bitset, n int) bitset {
	if need := (n + 63) / 64; need > len(s) {
		return append(s, make(bitset, need-len(s))...)
	}
	return s
}

// end completes the partition.
func (e *encoder) end() error {
	if err := e.writer.Close(); err != nil {
		return fmt.Errorf("encode %s: %w", e.definition.Name, err)
	}
	return nil
}

// total is what a measure comes to in a partition.
type total struct {
	all, leaf sum
	values    int64 // numbers in LEAF rows
}

// count adds a block to the totals.
func (e *encoder) count(b *block) {
	e.isRollup = e.isRollup[:0]
	for _, p := range b.paths[:b.n] {
		e.isRollup = append(e.isRollup, e.words.paths.list[p].rollup)
	}
	for c, column := range b.measures {
		t := &e.totals[c]
		for i, v := range column[:b.n] {
			if v == Null {
				continue
			}
			t.all.add(v)
			if !e.isRollup[i] {
				t.leaf.add(v)
				t.values++
			}
		}
	}
}

// sums returns those of the partition by measure, over all rows.
func (e *encoder) sums() map[string]string {
	out := map[string]string{}
	for i, c := range e.definition.Measures() {
		out[c.Name] = e.totals[i].all.text(c.Type)
	}
	return out
}

// figures returns those of the partition by measure.
func (e *encoder) figures() map[string]report.Figures {
	out := map[string]report.Figures{}
	for i, c := range e.definition.Measures() {
		out[c.Name] = report.Figures{Values: e.totals[i].values, Sum: e.totals[i].leaf.text(c.Type)}
	}
	return out
}
