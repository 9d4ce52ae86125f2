package chance

import "testing"

// The first outputs of splitmix64 for the state 0, as its authors publish them.
func TestChanceIsSplitmix64(t *testing.T) {
	c := &Stream{}
	for i, want := range []uint64{0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F} {
		if got := c.Next(); got != want {
			t.Errorf("output %d: %#x, want %#x", i, got, want)
		}
	}
}

func TestDrawsOfDifferentOriginDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for name, c := range map[string]*Stream{
		"base":           Draw(1, "ab", "c", 0),
		"shifted border": Draw(1, "a", "bc", 0),
		"other number":   Draw(1, "ab", "c", 1),
		"other seed":     Draw(2, "ab", "c", 0),
	} {
		n := c.Next()
		if other, there := seen[n]; there {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[n] = name
	}
}

func TestBounds(t *testing.T) {
	c := Draw(1, "", "", 0)
	for range 1000 {
		if n := c.Between(3, 5); n < 3 || n > 5 {
			t.Fatalf("between 3 and 5: %d", n)
		}
	}
	if c.Below(0) != 0 || c.Below(-4) != 0 {
		t.Error("below nothing is not 0")
	}
	if c.Hits(0) || !c.Hits(1000) {
		t.Error("0 of 1000 hit or 1000 of 1000 missed")
	}
}
