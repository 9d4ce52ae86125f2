package act

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/console"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/quality"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const consoleHelp = `Serve pages about everything that bellhop knows, for the browser of this machine: what needs a person, the coverage
of each day, jobs, files and their certificates, what waits for a decision, rooms, engagement, campaigns, calls,
skills, the contact centre, privacy and cost. Each tile names the command that gives the same answer, and its SQL.

It listens on this machine only. The address that it prints contains a token, and without the token it shows no page.
It changes nothing before you confirm it. Ctrl-C stops it.

On a stack the pages of numbers need --engine athena: each visit to such a page runs a few queries, and Athena bills what
they scan. "bellhop local up --console" serves the console beside the machine that it runs.`

// consoleChoice is what the command line wants of a console.
type consoleChoice struct {
	engine shell.EngineChoice
	port   int
	browse bool
}

// ConsoleCommand is bellhop console.
func ConsoleCommand(a *shell.App) *cobra.Command {
	var o consoleChoice
	c := &cobra.Command{
		Use: "console", Short: "Serve pages about everything, for the browser of this machine", Long: consoleHelp, Args: cobra.NoArgs,
		Example: "  bellhop console\n  bellhop console --open --port 8080\n  bellhop console --stack bellhop --engine athena",
	}
	c.Flags().IntVar(&o.port, "port", 0, "the `port` to listen on (default: any that is free)")
	c.Flags().BoolVar(&o.browse, "open", false, "open it in the browser")
	o.engine.DefineEngine(c)
	c.PreRunE = func(*cobra.Command, []string) error { return o.check(a) }
	c.RunE = a.On(func(ctx context.Context, at shell.Account, _ []string) error {
		return serveConsole(ctx, a, at, o, func(text string) error { return shell.Write(a.Err, text+"Ctrl-C stops it.\n") })
	})
	return c
}

// check leaves a stack without an engine: most pages need none.
func (o *consoleChoice) check(a *shell.App) error {
	if o.port < 0 || o.port > 65535 {
		return shell.Usage("use 0 to 65535; 0 is any that is free", "--port: there is no port %d", o.port)
	}
	if a.Place.OnAWS() && o.engine.Name == shell.EngineDuckDB {
		o.engine.Name = ""
		return nil
	}
	return a.CheckEngine(&o.engine)
}

// ConsoleBeside serves the console of the local folder until ctx ends: for a machine that runs there. It says where.
func ConsoleBeside(ctx context.Context, a *shell.App, port int, say func(text string) error) error {
	o := consoleChoice{engine: shell.EngineChoice{Name: shell.EngineDuckDB, Memory: shell.UsualMemory}, port: port}
	if err := o.check(a); err != nil {
		return err
	}
	return a.WithAccount(ctx, shell.Place{Home: a.Place.Home}, func(at shell.Account) error { return serveConsole(ctx, a, at, o, say) })
}

func serveConsole(ctx context.Context, a *shell.App, at shell.Account, o consoleChoice, say func(text string) error) (err error) {
	served := console.New(placeOf(a, at, o.engine), a.Time)
	defer func() { err = errors.Join(err, served.Close()) }()
	return console.Serve(ctx, o.port, rand.Text(), served, func(address string) error {
		if o.browse {
			_ = a.Browse(address) // the address is shown as well
		}
		return say("The console of " + at.Name + " is at " + address + "\n")
	})
}

// placeOf gives the console what it shows.
func placeOf(a *shell.App, at shell.Account, e shell.EngineChoice) console.Place {
	return console.Place{
		View: func() *view.View {
			fresh := *at.View
			return &fresh
		},
		Waiting: func(ctx context.Context) ([]review.Entry, error) {
			return review.List(ctx, at.Ledger, at.Installation, review.Kinds()...)
		},
		Decide: func(ctx context.Context, verb review.Verb, key string, dryRun bool) (string, error) {
			return decideFor(ctx, itemOf(a, at, key, 0), decision{verb: verb, dryRun: dryRun, confirmed: true})
		},
		Engine: func(ctx context.Context, days report.Window) (query.Engine, error) {
			if e.Name == "" {
				return nil, shell.Usage("start it again: bellhop console"+flagsOf(a)+" --engine athena", "no engine was chosen that can read the dataset of a stack")
			}
			e := e
			e.Days, e.Hold = days, true
			return a.OpenEngine(ctx, e)
		},
		Checks: func() (found quality.Result, ok bool, err error) {
			if !at.View.Listed {
				return found, false, nil
			}
			return quality.Last(a.LocalFolder())
		},
		Bill: func() (cost.Estimate, error) { return estimate(a, at) },
		Explain: func(err error) (why, remedy string) {
			p := shell.Explain(err)
			return a.Secrets.Scrub(shell.Clean(p.Error())), a.Secrets.Scrub(shell.Clean(p.Remedy))
		},
		Flags: flagsOf(a),
	}
}

// decideFor carries out a decision and returns the line that says what became of it.
func decideFor(ctx context.Context, item reviewItem, d decision) (string, error) {
	_ = item.prepare(ctx, d) // the page asks its own question
	done, err := item.carryOut(ctx, d)
	if err != nil {
		return "", err
	}
	var s shell.Screen
	done.Said(&s)
	return strings.TrimSpace(s.String()), nil
}

// flagsOf names the place as the command line did.
func flagsOf(a *shell.App) string {
	switch {
	case a.Place.Stack != "":
		return " --stack " + a.Place.Stack
	case a.Place.AWS:
		flags := []string{" --aws"}
		for _, f := range [][2]string{{"ledger-table", a.Place.Table}, {"delivery-bucket", a.Place.DeliveryBucket}, {"dataset-bucket", a.Place.DatasetBucket}} {
			if f[1] != "" {
				flags = append(flags, "--"+f[0], f[1])
			}
		}
		return strings.Join(flags, " ")
	case a.Place.Home != shell.DefaultHome:
		return " --home " + a.Place.Home
	default:
		return ""
	}
}

// estimate takes the last run of the folder; where none was measured, and for a stack, a recorded one.
func estimate(a *shell.App, at shell.Account) (e cost.Estimate, err error) {
	u, err := cost.Reference()
	if at.View.Listed {
		if measured, measuredErr := sim.LastUsage(a.Place.Home); !errors.Is(measuredErr, sim.ErrNotMeasured) {
			u, err = measured, measuredErr
		}
	}
	if err != nil {
		return e, fmt.Errorf("read what was counted: %w", err)
	}
	stack, err := cost.Template.With(cost.Default)
	return cost.Of(u, stack, cost.UsualWish), err
}
