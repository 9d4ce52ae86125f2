package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Fields are those of a JSON object. Each is taken once; [Fields.Close] names what nobody took. Names are matched exactly:
// encoding/json's structs would let "unitID" pass for "unitId".
type Fields struct {
	path     string
	values   map[string]any
	problems *[]string
}

// ReadFields reads a body that has to be one JSON object. The problems of its fields are gathered in *problems.
func ReadFields(body []byte, problems *[]string) (f *Fields, ok bool) {
	f = &Fields{problems: problems}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&f.values); err != nil || f.values == nil {
		f.Bad("The request body is not a JSON object")
		return f, false
	}
	if _, err := decoder.Token(); err != io.EOF {
		f.Bad("The request body has data after the JSON object")
		return f, false
	}
	return f, true
}

// Bad notes a problem of a field, whose name the words begin with.
func (f *Fields) Bad(format string, args ...any) {
	*f.problems = append(*f.problems, f.path+fmt.Sprintf(format, args...))
}

// Has reports whether an optional field is there. One that is null is not.
func (f *Fields) Has(name string) bool {
	if f.values[name] == nil {
		delete(f.values, name)
		return false
	}
	return true
}

// Take reads a required field of type T.
func Take[T any](f *Fields, name, what string) (T, bool) {
	value, there := f.values[name]
	delete(f.values, name)
	typed, ok := value.(T)
	switch {
	case !there:
		f.Bad("%s is required", name)
	case !ok:
		f.Bad("%s must be %s", name, what)
	}
	return typed, ok
}

// Text reads a required string that has to be valid.
func (f *Fields) Text(name, what string, valid func(string) bool) string {
	s, ok := Take[string](f, name, what)
	if ok && !valid(s) {
		f.Bad("%s must be %s", name, what)
	}
	return s
}

// OneOf reads a required string out of a few.
func (f *Fields) OneOf(name string, allowed ...string) string {
	return f.Text(name, "one of "+strings.Join(allowed, ", "), func(s string) bool { return slices.Contains(allowed, s) })
}

// Integer reads a required whole number within bounds.
func (f *Fields) Integer(name string, least, most int64) int64 {
	what := fmt.Sprintf("a whole number between %d and %d", least, most)
	n, ok := Take[json.Number](f, name, what)
	if !ok {
		return 0
	}
	i, err := n.Int64()
	if err != nil || i < least || i > most {
		f.Bad("%s must be %s", name, what)
	}
	return i
}

// Object reads a required object. One that is missing has no fields, and its own are not asked for.
func (f *Fields) Object(name string) (*Fields, bool) {
	values, ok := Take[map[string]any](f, name, "an object")
	return &Fields{path: f.path + name + ".", values: values, problems: f.problems}, ok
}

// Objects reads a required list of objects of some length.
func (f *Fields) Objects(name string, least, most int) []*Fields {
	list, ok := Take[[]any](f, name, "an array")
	if ok && (len(list) < least || len(list) > most) {
		f.Bad("%s must have %d to %d elements, not %d", name, least, most, len(list))
	}
	var all []*Fields
	for i, item := range list {
		values, ok := item.(map[string]any)
		if !ok {
			f.Bad("%s[%d] must be an object", name, i)
			continue
		}
		all = append(all, &Fields{path: fmt.Sprintf("%s%s[%d].", f.path, name, i), values: values, problems: f.problems})
	}
	return all
}

// Close names the fields that nobody took.
func (f *Fields) Close() {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		f.Bad("%s is not a known property", name)
	}
}
