package cli

import (
	"context"
	"errors"
)

// changed is what became of one of several things that a command was to change.
type changed interface {
	// failed returns the same with the reason why it was not changed.
	failed(why string) changed
	// said writes the line that says what was done; none for what failed, which the error tells.
	said(s *screen)
}

// changeEach changes one thing after the other, goes on after a failure, and shows what became of each. When only some
// failed the exit code is that of work partly done.
func (a *app) changeEach(ctx context.Context, names []string, one func(name string) (changed, error)) error {
	var results []changed
	var failures []error
	for _, name := range names {
		if ctx.Err() != nil {
			failures = append(failures, ctx.Err())
			break
		}
		r, err := one(name)
		if err != nil {
			r = r.failed(explain(err).Error())
			failures = append(failures, err)
		}
		results = append(results, r)
	}
	err := a.show(some(results), func(s *screen) {
		for _, r := range results {
			r.said(s)
		}
	})
	if err != nil || len(failures) == 0 {
		return err
	}
	p := explain(failures[0])
	if len(failures) < len(names) {
		p.Code = ExitPartly
	}
	return &Problem{Code: p.Code, Err: errors.Join(failures...), Remedy: p.Remedy}
}
