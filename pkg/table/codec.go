package table

import (
	"bytes"

	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	// Below, compressing is cheaper than comparing with all that is remembered.
	rememberedPage = 1 << 10
	// What a codec holds at most, compressed and not.
	rememberedBytes = 8 << 20
)

// repeatCodec is zstd that remembers the larger pages of the slice before. The units of a report are mostly
// the same each day, in the same order: then the pages with their ids, which hardly compress and take most
// of the time that compressing takes, are equal byte for byte.
type repeatCodec struct {
	compress.Codec
	pages []remembered
	size  int64
}

// remembered is a page and its compressed form.
type remembered struct {
	plain, encoded []byte
	used           bool // by the current slice
}

func newRepeatCodec() *repeatCodec { return &repeatCodec{Codec: &zstd.Codec{Level: zstd.SpeedDefault}} }

// next begins a slice: what the one before did not use is forgotten.
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

// Encode compresses src into dst, which it may replace.
func (c *repeatCodec) Encode(dst, src []byte) ([]byte, error) {
	if len(src) < rememberedPage {
		return c.Codec.Encode(dst, src)
	}
	for i := range c.pages {
		if p := &c.pages[i]; bytes.Equal(p.plain, src) {
			p.used = true
			return append(dst[:0], p.encoded...), nil
		}
	}
	dst, err := c.Codec.Encode(dst, src)
	if err != nil {
		return dst, err
	}
	p := remembered{used: true}
	if c.size+int64(len(src)+len(dst)) <= rememberedBytes {
		p.plain, p.encoded = bytes.Clone(src), bytes.Clone(dst)
		c.pages = append(c.pages, p)
		c.size += p.bytes()
	}
	return dst, nil
}
