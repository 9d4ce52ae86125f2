package columnar

import "strings"

// arena keeps copies of short-lived text, many to an allocation.
type arena struct {
	free []byte
	size int64
}

func (a *arena) keep(s string) string {
	if s == "" {
		return ""
	}
	if len(s) > len(a.free) {
		a.free = make([]byte, max(len(s), min(64<<10, 1<<10+int(a.size))))
		a.size += int64(len(a.free))
	}
	n := copy(a.free, s)
	kept := view(a.free[:n:n])
	a.free = a.free[n:]
	return kept
}

// none is the number of an empty cell and of an empty "extra".
const none = 0

// texts numbers the different values of one column, from 1.
type texts struct {
	numbers map[string]uint32
	words   []string
	arena   *arena
}

// textOverhead is roughly what one more entry of texts takes up besides its bytes.
const textOverhead = 100

func newTexts(a *arena) *texts {
	return &texts{numbers: map[string]uint32{}, words: []string{""}, arena: a}
}

// number returns the number of s, which may be short-lived. fresh says that it has not been seen before.
func (t *texts) number(s string) (n uint32, fresh bool) {
	if s == "" {
		return none, false
	}
	if n, known := t.numbers[s]; known {
		return n, false
	}
	s = t.arena.keep(s)
	n = uint32(len(t.words))
	t.numbers[s] = n
	t.words = append(t.words, s)
	t.arena.size += textOverhead
	return n, true
}

// extras numbers the different contents of "extra", from 1.
type extras struct {
	texts        *texts // packed
	keys, values *texts
	lists        []pairs
	packed       []byte
}

// pairs are the numbers of one content of "extra".
type pairs struct {
	keys, values []uint32
	size         int64
}

func newExtras(a *arena) *extras {
	return &extras{
		texts: newTexts(a), keys: newTexts(a), values: newTexts(a),
		lists: []pairs{{}},
	}
}

// number returns the number of the map that has the values under the keys, leaving out empty values. Keys
// are sorted.
func (e *extras) number(keys, values []string) uint32 {
	e.packed = e.packed[:0]
	for i, v := range values {
		if v == "" {
			continue
		}
		e.packed = appendText(appendText(e.packed, keys[i]), v)
	}
	n, fresh := e.texts.number(view(e.packed))
	if !fresh {
		return n
	}
	var p pairs
	for rest := e.texts.words[n]; rest != ""; {
		var k, v string
		k, rest = cutText(rest)
		v, rest = cutText(rest)
		key, _ := e.keys.number(k)
		value, _ := e.values.number(v)
		p.keys = append(p.keys, key)
		p.values = append(p.values, value)
	}
	p.size = int64(len(e.packed))
	e.lists = append(e.lists, p)
	e.texts.arena.size += int64(len(p.keys)) * textOverhead
	return n
}

// appendText appends a text and a NUL, which no text has.
func appendText(b []byte, s string) []byte { return append(append(b, s...), 0) }

func cutText(s string) (first, rest string) {
	first, rest, _ = strings.Cut(s, "\x00")
	return first, rest
}
