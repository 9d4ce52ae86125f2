// Package fault names the kinds of failure that change what bellhop does next.
//
// A caller never decides by an error's text: it asks [KindOf] and acts.
//
//	Transient  try again later, unchanged
//	Poison     this input will never work: refuse or quarantine it, do not retry
//	Conflict   somebody else owns it, finished it or changed it: look again
//	NotFound   it is not there, and the answer is certain
//	Internal   everything else; the default
//
// The text of an error may reach logs, the ledger and a terminal. It must not hold
// secrets, row values or unit names; the code that makes an error sees to that.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a failure means for the caller.
type Kind int

// The kinds. Internal is the zero value, so an unclassified error is Internal.
const (
	Internal Kind = iota
	Transient
	Poison
	Conflict
	NotFound
)

// String returns the kind in lower case, as it appears in logs.
func (k Kind) String() string {
	switch k {
	case Internal:
		return "internal"
	case Transient:
		return "transient"
	case Poison:
		return "poison"
	case Conflict:
		return "conflict"
	case NotFound:
		return "not found"
	default:
		return fmt.Sprintf("kind %d", int(k))
	}
}

type fault struct {
	kind Kind
	err  error
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// New returns an error of the given kind. Format and args are those of [fmt.Errorf], %w included.
func New(kind Kind, format string, args ...any) error {
	return &fault{kind: kind, err: fmt.Errorf(format, args...)}
}

// As gives err a kind, replacing any kind that it had. As(kind, nil) is nil.
func As(kind Kind, err error) error {
	if err == nil {
		return nil
	}
	return &fault{kind: kind, err: err}
}

// KindOf returns the kind that was given to err last: the outermost one in its chain.
// An error without a kind, and nil, are Internal.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.kind
	}
	return Internal
}

// Is reports whether err is of the given kind. A nil error is of no kind.
func Is(err error, kind Kind) bool {
	return err != nil && KindOf(err) == kind
}

// OneLine returns the text of err, which may join several errors, as one line.
func OneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
