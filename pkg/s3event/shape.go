package s3event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// object is a JSON object of which only the top level has been looked at.
type object map[string]json.RawMessage

func openObject(raw []byte) (object, error) {
	raw = bytes.TrimSpace(raw)
	// The decoder would put U+FFFD in place of broken UTF-8, and a key would silently name another object.
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil, fault.New(fault.Poison, "not valid JSON (%d bytes)", len(raw))
	}
	var o object
	if json.Unmarshal(raw, &o) != nil || o == nil {
		return nil, fault.New(fault.Poison, "not a JSON object (%d bytes)", len(raw))
	}
	return o, nil
}

// records returns the elements of "Records", and whether there is such a list.
func (o object) records() (records []object, listed bool, err error) {
	raw, ok := o["Records"]
	if !ok {
		return nil, false, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return nil, false, fault.New(fault.Poison, "unknown shape: %s; Records is not a list", o.keys())
	}
	records = make([]object, len(list))
	for i, element := range list {
		records[i], err = openObject(element)
		if err != nil {
			return nil, false, fmt.Errorf("unknown shape: %s; record %d: %w", o.keys(), i, err)
		}
	}
	return records, true, nil
}

// text returns the string under name, or "" when there is none.
func (o object) text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// Bounds on what an error repeats of an event that somebody else wrote.
const (
	maxKeysNamed = 20
	maxKeyLength = 40
)

// keys names the object's keys in order, for an error. It never shows a value.
func (o object) keys() string {
	if len(o) == 0 {
		return "no keys"
	}
	names := slices.Sorted(maps.Keys(o))
	more := ""
	if len(names) > maxKeysNamed {
		more = fmt.Sprintf(" and %d more", len(names)-maxKeysNamed)
		names = names[:maxKeysNamed]
	}
	for i, name := range names {
		if len(name) > maxKeyLength {
			name = name[:maxKeyLength] + "…"
		}
		names[i] = fmt.Sprintf("%q", name)
	}
	return "keys " + strings.Join(names, ", ") + more
}
