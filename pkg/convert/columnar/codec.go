package columnar

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/compress"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
)

// window is how far back zstd looks. Its own default is 8 MiB, for which it takes up 16 MiB; no partition gets smaller by it.
const window = 1 << 20

// twoLevels is zstd that looks less hard at dictionaries than at other pages.
type twoLevels struct {
	compress.Codec // decodes

	dataPages, dictionaries *zstd.Encoder
	dictionary              bool // the next page is one
}

func newTwoLevels() *twoLevels {
	return &twoLevels{
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
func (c *twoLevels) expectDictionary() { c.dictionary = true }

// Encode compresses src into dst, which it may replace. What it returns depends on nothing but src and whether
// it is a dictionary.
func (c *twoLevels) Encode(dst, src []byte) ([]byte, error) {
	e := c.dataPages
	if c.dictionary {
		e, c.dictionary = c.dictionaries, false
	}
	return e.EncodeAll(src, dst[:0]), nil
}
