package columnar

import (
	"bytes"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/compress"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	// Below, compressing is cheaper than comparing with all that is remembered.
	rememberedPage = 1 << 10
	// What a codec holds at most, compressed and not.
	rememberedBytes = 8 << 20
	// How far back zstd looks. Its own default is 8 MiB, for which it takes up 16 MiB; no partition gets smaller by it.
	window = 1 << 20
)

// repeatCodec is zstd that remembers the larger pages of the partition before. The units of a report are mostly
// the same each day, in the same order: then the pages with their ids, which hardly compress and take most
// of the time that compressing takes, are equal byte for byte.
type repeatCodec struct {
	compress.Codec // decodes
	pages          []remembered
	size           int64

	dataPages, dictionaries *zstd.Encoder
	dictionary              bool // the next page is one
}

// remembered is a page and its compressed form.
type remembered struct {
	plain, encoded []byte
	dictionary     bool
	used           bool // by the current partition
}

func newRepeatCodec() *repeatCodec {
	return &repeatCodec{
		Codec:        &parquetzstd.Codec{},
		dataPages:    newZstd(zstd.SpeedDefault),
		dictionaries: newZstd(zstd.SpeedFastest),
	}
}

// newZstd returns an encoder like those of parquet-go, but for the memory that it takes up.
func newZstd(level zstd.EncoderLevel) *zstd.Encoder {
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(level), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window),
		zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // an option is out of its range
	}
	return e
}

// expectDictionary says that the next page is a dictionary. These hold each text once, mostly random ids:
// looking harder for repetitions takes longer and finds three in a thousand. Data pages, full of repeating
// indexes, would grow by two thirds.
func (c *repeatCodec) expectDictionary() { c.dictionary = true }

func (c *repeatCodec) compress(dst, src []byte, dictionary bool) []byte {
	e := c.dataPages
	if dictionary {
		e = c.dictionaries
	}
	return e.EncodeAll(src, dst[:0])
}

// next begins a partition: what the one before did not use is forgotten.
func (c *repeatCodec) next() {
	kept := c.pages[:0]
	c.size = 0
	for _, p := range c.pages {
		if p.used {
			p.used = false
			kept = append(kept, p)
			c.size += p.bytes()
		}
	}
	clear(c.pages[len(kept):])
	c.pages = kept
}

func (p remembered) bytes() int64 { return int64(len(p.plain) + len(p.encoded)) }

// Encode compresses src into dst, which it may replace. What it returns depends on nothing but src and whether
// it is a dictionary: a partition has the same bytes whatever partitions came before.
func (c *repeatCodec) Encode(dst, src []byte) ([]byte, error) {
	dictionary := c.dictionary
	c.dictionary = false
	if len(src) < rememberedPage {
		return c.compress(dst, src, dictionary), nil
	}
	for i := range c.pages {
		if p := &c.pages[i]; p.dictionary == dictionary && bytes.Equal(p.plain, src) {
			p.used = true
			return append(dst[:0], p.encoded...), nil
		}
	}
	dst = c.compress(dst, src, dictionary)
	if c.size+int64(len(src)+len(dst)) <= rememberedBytes {
		p := remembered{bytes.Clone(src), bytes.Clone(dst), dictionary, true}
		c.pages = append(c.pages, p)
		c.size += p.bytes()
	}
	return dst, nil
}
