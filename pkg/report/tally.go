package report

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// Tally hashes and counts what is read through it, so that a receipt speaks of the very bytes that were converted.
type Tally struct {
	from  io.Reader
	hash  hash.Hash
	bytes int64
}

// NewTally returns a Tally that reads from a content's beginning.
func NewTally(from io.Reader) *Tally { return &Tally{from: from, hash: sha256.New()} }

// Read is [io.Reader.Read].
func (t *Tally) Read(p []byte) (int, error) {
	n, err := t.from.Read(p)
	t.hash.Write(p[:n])
	t.bytes += int64(n)
	return n, err
}

// Bytes is how much was read so far.
func (t *Tally) Bytes() int64 { return t.bytes }

// Receipt says what was read, and what came of it. It names no partition, and no time.
func (t *Tally) Receipt(c Conversion) (Receipt, error) {
	sums, err := c.Sums()
	return Receipt{SHA256: hex.EncodeToString(t.hash.Sum(nil)), Bytes: t.bytes, Rows: c.Rows, Duplicates: c.Duplicates, Erased: c.Erased, Sums: sums, Unknown: c.Unknown}, err
}
