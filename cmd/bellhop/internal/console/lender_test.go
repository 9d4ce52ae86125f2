package console

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

type engine struct{ closed *int }

func (engine) Run(context.Context, string, query.Result) error { panic("nobody asks it") }

func (e engine) Close() error {
	*e.closed++
	return nil
}

func TestAnEngineServesWhatItCan(t *testing.T) {
	var (
		bad     = errors.New("a file has gone")
		october = report.Window{From: report.NewDate(2026, time.October, 4), To: report.NewDate(2026, time.October, 31)}
		spring  = report.Window{From: report.NewDate(2026, time.March, 1), To: report.NewDate(2026, time.March, 28)}
	)
	tests := map[string]struct {
		days   report.Window
		later  time.Duration
		fail   int // so many of the second request's tries
		opened int
		tries  int
		err    error
	}{
		"the same days again":             {october, time.Second, 0, 1, 1, nil},
		"days beside them":                {report.Window{From: october.From - 7, To: october.To + 7}, time.Second, 0, 1, 1, nil},
		"other days":                      {spring, time.Second, 0, 2, 1, nil},
		"after more than a minute":        {october, 61 * time.Second, 0, 2, 1, nil},
		"when it fails, with a new one":   {october, time.Second, 1, 2, 2, nil},
		"when the new one fails":          {october, time.Second, 2, 2, 2, bad},
		"when a new one fails from begin": {spring, time.Second, 1, 2, 1, bad},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			now, opened, closed, tries := time.Unix(0, 0), 0, 0, 0
			l := lender{
				clock: func() time.Time { return now },
				open: func(context.Context, report.Window) (query.Engine, error) {
					opened++
					return engine{&closed}, nil
				},
			}
			if err := l.use(t.Context(), october, func(query.Engine) error { return nil }); err != nil {
				t.Fatal(err)
			}
			now = now.Add(test.later)
			err := l.use(t.Context(), test.days, func(query.Engine) error {
				if tries++; tries <= test.fail {
					return bad
				}
				return nil
			})
			if !errors.Is(err, test.err) || opened != test.opened || tries != test.tries {
				t.Errorf("%v, %d opened, %d tries", err, opened, tries)
			}
			if err := l.close(); err != nil || closed != opened {
				t.Errorf("%v, %d opened and %d closed", err, opened, closed)
			}
		})
	}
}

// Who has gone needs no answer.
func TestAStoppedRequestIsNotTriedAgain(t *testing.T) {
	closed, tries := 0, 0
	l := lender{clock: time.Now, open: func(context.Context, report.Window) (query.Engine, error) { return engine{&closed}, nil }}
	ctx, stop := context.WithCancel(t.Context())
	days := report.Window{From: 1, To: 2}
	_ = l.use(ctx, days, func(query.Engine) error { return nil })
	err := l.use(ctx, days, func(query.Engine) error {
		stop()
		tries++
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("%v after %d tries", err, tries)
	}
}
