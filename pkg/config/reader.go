package config

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"

	"github.com/caarlos0/env/v11"
)

// reader collects the problems of one environment: at most one for each variable, in the order of the fields.
type reader struct {
	fields  []field
	environ map[string]string
	found   map[string]error
	broken  error
}

// Environ turns the process's environment, as [os.Environ] lists it, into what the Load functions take.
func Environ(list []string) map[string]string { return env.ToMap(list) }

// decode fills a configuration from the environment as far as that can be read.
func decode[T any](environ map[string]string) (T, *reader) {
	r := &reader{fields: fields(reflect.TypeFor[T]()), environ: map[string]string{}, found: map[string]error{}}
	for name, value := range environ {
		if value != "" {
			r.environ[name] = value
		}
	}
	c, err := env.ParseAsWithOptions[T](env.Options{Environment: r.environ})
	if err == nil {
		return c, r
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		r.broken = err
		return c, r
	}
	for _, err := range all.Errors {
		r.translate(err)
	}
	return c, r
}

// translate names the variable where the decoder names a field, and leaves out its view of Go types.
func (r *reader) translate(err error) {
	if missing, ok := errors.AsType[env.VarIsNotSetError](err); ok {
		r.require(missing.Key)
		return
	}
	if unreadable, ok := errors.AsType[env.ParseError](err); ok {
		for _, f := range r.fields {
			if f.name == unreadable.Name {
				r.check(f.variable.Name, false)
				return
			}
		}
	}
	r.broken = errors.Join(r.broken, err)
}

// require finds a problem with a variable that is not set.
func (r *reader) require(name string) {
	if _, set := r.environ[name]; !set {
		r.find(name, func(v Variable) error {
			return fmt.Errorf("%s is not set: it must be %s (%s)", name, v.Form, v.Meaning)
		})
	}
}

// check finds a problem with the variable when its value is not valid. It may be called again for the same one.
func (r *reader) check(name string, valid bool) {
	if valid {
		return
	}
	r.find(name, func(v Variable) error {
		if v.Sensitive {
			return fmt.Errorf("%s is not %s (its value is not shown)", name, v.Form)
		}
		return fmt.Errorf("%s is %q: it must be %s", name, shown(r.environ[name]), v.Form)
	})
}

// checkSpan finds a problem with a duration that is set and not within its bounds.
func (r *reader) checkSpan(name string) {
	text, set := r.environ[name]
	r.check(name, !set || spans[name].Accepts(text))
}

// shown returns a value as it may be repeated: a URL without its password.
func shown(value string) string {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}

// find keeps the first problem of a variable: those after it follow from it.
func (r *reader) find(name string, problem func(Variable) error) {
	for _, f := range r.fields {
		if f.variable.Name == name && r.found[name] == nil {
			r.found[name] = problem(f.variable)
		}
	}
}

// differs reports whether any variable of the given struct is set to something else than its default.
func (r *reader) differs(of any) bool {
	for _, f := range fields(reflect.TypeOf(of)) {
		if value, set := r.environ[f.variable.Name]; set && value != f.variable.Default {
			return true
		}
	}
	return false
}

func (r *reader) problems() error {
	var all []error
	for _, f := range r.fields {
		if problem := r.found[f.variable.Name]; problem != nil {
			all = append(all, problem)
		}
	}
	return errors.Join(append(all, r.broken)...)
}
