package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"
)

// Status is how a check ended.
type Status string

// The statuses. Unknown means that the doctor could not look.
const (
	OK      Status = "ok"
	Wrong   Status = "wrong"
	Unknown Status = "unknown"
)

// Finding is what one check found.
type Finding struct {
	Area   string `json:"area"`
	Check  string `json:"check"`
	Status Status `json:"status"`
	// Detail says what is there, or what is wrong; Remedy what helps.
	Detail string `json:"detail,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// Trouble is the error of a check that found something wrong.
type Trouble struct{ What, Remedy string }

func (t *Trouble) Error() string { return t.What }

func trouble(remedy, format string, args ...any) error {
	return &Trouble{fmt.Sprintf(format, args...), remedy}
}

// Check is one thing to look at. Look returns what is there; its error is a [*Trouble] when that is wrong, and another one
// when it could not be looked at.
type Check struct {
	Area, Name string
	Look       func(ctx context.Context) (detail string, err error)
}

// sideBySide is how many checks run at once: they wait for answers, mostly.
const sideBySide = 6

// Examine runs the checks, several at once, and returns what they found in their order. It ends early with ctx, and then with
// its error.
func Examine(ctx context.Context, checks []Check) ([]Finding, error) {
	findings := make([]Finding, len(checks))
	var group errgroup.Group
	group.SetLimit(sideBySide)
	for i, c := range checks {
		group.Go(func() error {
			detail, err := c.Look(ctx)
			findings[i] = finding(c, detail, err)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return findings, ctx.Err()
}

func finding(c Check, detail string, err error) Finding {
	f := Finding{Area: c.Area, Check: c.Name, Status: OK, Detail: detail}
	if err == nil {
		return f
	}
	if t, ok := errors.AsType[*Trouble](err); ok {
		f.Status, f.Detail, f.Remedy = Wrong, t.What, t.Remedy
		return f
	}
	f.Status, f.Detail, f.Remedy = Unknown, err.Error(), "try again; if it stays, see docs/troubleshooting.md"
	if api, ok := errors.AsType[smithy.APIError](err); ok && slices.Contains([]string{"AccessDenied", "AccessDeniedException", "403", "Forbidden"}, api.ErrorCode()) {
		f.Remedy = "your AWS credentials may not look at it: use ones that may read the stack's parts"
	}
	return f
}

// once shares one look between several checks: the first that asks looks, and the others get the same answer.
func once[T any](look func(ctx context.Context) (T, error)) func(ctx context.Context) (T, error) {
	var looked sync.Once
	var seen T
	var err error
	return func(ctx context.Context) (T, error) {
		looked.Do(func() { seen, err = look(ctx) })
		return seen, err
	}
}

// Worst returns the status that matters most: wrong, else unknown, else ok.
func Worst(findings []Finding) Status {
	worst := OK
	for _, f := range findings {
		if f.Status == Wrong || f.Status == Unknown && worst == OK {
			worst = f.Status
		}
	}
	return worst
}

// code returns the code of an error of AWS, "" for others.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
