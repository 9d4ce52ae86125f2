package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math/big"
	"strings"
)

// Contract is what one delivered file must fulfil to be loaded.
type Contract struct {
	Subscription string
	Table        string
	// Window bounds the dates that rows may bear; a row outside is a broken contract.
	Window Window
	// Today is the day on which the file is read; no row may bear a later date than the day after. 0: not checked.
	Today Date
	// Root is the unit that every row must be of, or below: anybody may have files put into the delivery bucket, and a file
	// under an expected name may hold another organisation's rows. Empty: not checked.
	Root string
	// Erased are the units that no row may be of, below or name in a list: rows of them are left out and counted.
	Erased ErasedUnits
}

// Conversion is what reading one delivered file to its end produced. Nothing in it has been published.
type Conversion struct {
	// Rows counts the data rows of the file, those that come again left out. The rows of Days add up to it.
	Rows int64
	// Duplicates counts the rows that come again, equal in everything.
	Duplicates int64
	// Erased counts the rows that were left out because their unit, or one above it, is erased.
	Erased int64
	// Days holds one encoded partition per date that has rows, in order of date.
	Days []EncodedDay
	// Unknown names the columns that the table does not define, in file order. Their cells are kept in "extra".
	Unknown []string
	// Close releases spilled temporary files; the bodies in Days are unreadable afterwards. Never nil.
	Close func() error
}

// Sums returns the exact decimal sum of each measure column over all days, nil when there is none.
func (c Conversion) Sums() (map[string]string, error) {
	var total map[string]string
	for _, day := range c.Days {
		if total == nil {
			total = make(map[string]string, len(day.Sums))
		}
		for measure, sum := range day.Sums {
			added, err := AddDecimals(total[measure], sum)
			if err != nil {
				return nil, fmt.Errorf("add up %s: %w", measure, err)
			}
			total[measure] = added
		}
	}
	return total, nil
}

// EncodedDay is one partition as Parquet, ready to be written in one PUT.
// The same rows, in any order, always encode to the same bytes.
type EncodedDay struct {
	Date Date
	Rows int64
	// Duplicates counts the rows that were left out, as the day has them already.
	Duplicates int64
	// Erased counts the rows of the parts that were left out because their unit, or one above it, is erased; Stripped those that
	// were kept without an erased unit in a list of units.
	Erased, Stripped int64
	// Sums holds the exact decimal sum of each measure column over the rows of the day, as it would be
	// read back from Body; empty cells count as nothing.
	Sums map[string]string
	// Figures are by measure, over the LEAF rows.
	Figures map[string]Figures
	// SHA256 is the lower-case hex digest of Body.
	SHA256 string
	Body   *io.SectionReader
}

// AddDecimals returns the exact sum of two decimal numbers in plain notation, of at most six places, without
// trailing zeros. The empty string counts as 0.
func AddDecimals(a, b string) (string, error) {
	sum := new(big.Rat)
	for _, s := range []string{a, b} {
		if s == "" {
			continue
		}
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			return "", fmt.Errorf("a sum is not a decimal number")
		}
		sum.Add(sum, r)
	}
	text := sum.FloatString(6)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), "."), nil
}

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
