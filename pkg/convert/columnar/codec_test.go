package columnar

import (
	"bytes"
	"fmt"
	"testing"
)

func TestRepeatCodec(t *testing.T) {
	t.Parallel()
	c := newRepeatCodec()
	page := func(n, size int) []byte { return bytes.Repeat(fmt.Appendf(nil, "room %d,", n), size/8) }
	encode := func(src []byte) {
		t.Helper()
		got, err := c.Encode(nil, src)
		if err != nil {
			t.Fatal(err)
		}
		back, err := c.Decode(nil, got)
		if err != nil || !bytes.Equal(back, src) {
			t.Fatalf("does not decode to what was encoded: %v", err)
		}
		clear(got)
	}
	// A caller may overwrite what it got, and what it gave.
	a, b := page(1, 4096), page(2, 4096)
	for range 3 {
		c.next()
		encode(a)
		encode(b)
		encode(bytes.Clone(a))
	}
	if len(c.pages) != 2 {
		t.Errorf("%d pages remembered of 2 that repeat", len(c.pages))
	}
	c.next()
	encode(b)
	c.next()
	if len(c.pages) != 1 || !bytes.Equal(c.pages[0].plain, b) {
		t.Errorf("%d pages remembered of the one that the last partition used", len(c.pages))
	}
	for n := range 20 {
		encode(page(n, 1<<20))
	}
	var held int64
	for _, p := range c.pages {
		held += int64(len(p.plain) + len(p.encoded))
	}
	if held > rememberedBytes || held != c.size {
		t.Errorf("%d bytes are held and %d counted; at most %d", held, c.size, rememberedBytes)
	}
}

// The same partition must have the same bytes, whatever the codec was given before.
func TestRepeatCodecDependsOnNothingBefore(t *testing.T) {
	t.Parallel()
	// Repeats at a distance that the fastest level does not see, so that the levels give different bytes.
	var page []byte
	for n := range 4000 {
		page = fmt.Appendf(page, "%d,%d;", n*7919%1000, n%13)
	}
	encode := func(c *repeatCodec, dictionary bool) []byte {
		t.Helper()
		if dictionary {
			c.expectDictionary()
		}
		got, err := c.Encode(nil, page)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := map[bool][]byte{false: encode(newRepeatCodec(), false), true: encode(newRepeatCodec(), true)}
	if bytes.Equal(want[false], want[true]) {
		t.Fatal("the page is compressed alike as a dictionary, so that it shows nothing")
	}
	c := newRepeatCodec()
	for i, dictionary := range []bool{true, false, true, true, false, false} {
		if !bytes.Equal(encode(c, dictionary), want[dictionary]) {
			t.Errorf("page %d differs from the same one alone", i)
		}
	}
}
