package columnar

import (
	"bytes"
	"fmt"
	"testing"
)

// The same partition must have the same bytes, whatever the codec was given before.
func TestTheCodecDependsOnNothingBefore(t *testing.T) {
	t.Parallel()
	// Repeats at a distance that the fastest level does not see, so that the levels give different bytes.
	var page []byte
	for n := range 4000 {
		page = fmt.Appendf(page, "%d,%d;", n*7919%1000, n%13)
	}
	encode := func(c *twoLevels, dictionary bool) []byte {
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
	want := map[bool][]byte{false: encode(newTwoLevels(), false), true: encode(newTwoLevels(), true)}
	if bytes.Equal(want[false], want[true]) {
		t.Fatal("the page is compressed alike as a dictionary, so that it shows nothing")
	}
	c := newTwoLevels()
	for i, dictionary := range []bool{true, false, true, true, false, false} {
		if !bytes.Equal(encode(c, dictionary), want[dictionary]) {
			t.Errorf("page %d differs from the same one alone", i)
		}
	}
}
