package alexa

import "testing"

// The first outputs of splitmix64 for the state 0, as its authors publish them.
func TestChanceIsSplitmix64(t *testing.T) {
	c := &chance{}
	for i, want := range []uint64{0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F} {
		if got := c.next(); got != want {
			t.Errorf("output %d: %#x, want %#x", i, got, want)
		}
	}
}

func TestDrawsOfDifferentOriginDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for name, c := range map[string]*chance{
		"base":           draw(1, "ab", "c", 0),
		"shifted border": draw(1, "a", "bc", 0),
		"other number":   draw(1, "ab", "c", 1),
		"other seed":     draw(2, "ab", "c", 0),
	} {
		n := c.next()
		if other, there := seen[n]; there {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[n] = name
	}
}

func TestBounds(t *testing.T) {
	c := draw(1, "", "", 0)
	for range 1000 {
		if n := c.between(3, 5); n < 3 || n > 5 {
			t.Fatalf("between 3 and 5: %d", n)
		}
	}
	if c.below(0) != 0 || c.below(-4) != 0 {
		t.Error("below nothing is not 0")
	}
	if c.hits(0) || !c.hits(1000) {
		t.Error("0 of 1000 hit or 1000 of 1000 missed")
	}
}
