package config

import (
	"reflect"
	"slices"
	"strings"
)

// Variable describes one variable of the environment, for the documentation and for the test that compares it with the
// template.
type Variable struct {
	Name    string
	Default string
	// Required variables have no default and must be set, each for all of its functions.
	Required bool
	// Functions that read it: requester, ingester, janitor.
	Functions []string
	// Meaning is what it says, Form what is accepted.
	Meaning, Form string
	// Span are the bounds of a duration.
	Span Span
	// Sensitive values are not repeated in a problem.
	Sensitive bool
}

// Names of the functions.
const (
	FunctionRequester = "requester"
	FunctionIngester  = "ingester"
	FunctionJanitor   = "janitor"
)

// Variables returns every variable that any function reads, in the order of the functions and their fields.
func Variables() []Variable {
	var all []Variable
	for _, f := range []struct {
		name   string
		config any
	}{
		{FunctionRequester, Requester{}},
		{FunctionIngester, Ingester{}},
		{FunctionJanitor, Janitor{}},
	} {
		for _, field := range fields(reflect.TypeOf(f.config)) {
			i := slices.IndexFunc(all, func(v Variable) bool { return v.Name == field.variable.Name })
			if i < 0 {
				all = append(all, field.variable)
				i = len(all) - 1
			}
			all[i].Functions = append(all[i].Functions, f.name)
		}
	}
	return all
}

// field is a struct's field that a variable fills.
type field struct {
	name     string
	variable Variable
}

// fields returns the fields of a configuration with their tags, those of structs in it included.
func fields(t reflect.Type) []field {
	var all []field
	for f := range t.Fields() {
		tag, isVariable := f.Tag.Lookup("env")
		if !isVariable {
			if f.Type.Kind() == reflect.Struct {
				all = append(all, fields(f.Type)...)
			}
			continue
		}
		name, required, _ := strings.Cut(tag, ",")
		all = append(all, field{f.Name, Variable{
			Span:      spans[name],
			Name:      name,
			Default:   f.Tag.Get("envDefault"),
			Required:  required == "required",
			Meaning:   f.Tag.Get("meaning"),
			Form:      f.Tag.Get("form"),
			Sensitive: f.Tag.Get("sensitive") == "true",
		}})
	}
	return all
}
