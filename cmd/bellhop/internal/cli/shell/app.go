// Package shell is what all commands share: how a command opens what it works on, how it shows an answer, and how it ends.
//
// What it shows is a table on a terminal and JSON in a pipe, from the same values. Text that comes from elsewhere, such
// as an object's key, is shown without control characters, and everything without what looks like a credential.
package shell

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Again returns a command line on the same folder, to be typed as it is. A variable may have been set for this one command
// only, so that a folder other than the default one is always named.
func (a *App) Again(command string) string {
	line := cmp.Or(a.Program, "bellhop") + " " + command
	chosen, chosenErr := filepath.Abs(a.Place.Home)
	usual, usualErr := filepath.Abs(DefaultHome)
	if chosenErr != nil || usualErr != nil || chosen != usual {
		line += " --home " + a.Place.Home
	}
	return line
}

// Confirm asks the person for a yes, unless that is not needed, or was said on the command line.
func (a *App) Confirm(said bool, question string) error {
	if said {
		return nil
	}
	return a.Ask(question)
}

// Ask asks the person for a yes. Without a terminal to ask on it is an error of usage.
func (a *App) Ask(question string) error {
	if !a.InTerminal {
		return Usage("add --confirm if you mean it, or see with --dry-run what it would do", "this cannot be undone, and there is no terminal to ask on")
	}
	if err := Write(a.Err, question); err != nil {
		return err
	}
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer == "y" || answer == "yes" {
		return nil
	}
	if err != nil {
		return errors.Join(Write(a.Err, "\n"), &Problem{Code: ExitError, Err: errors.New("nothing was done: there was no answer")})
	}
	return &Problem{Code: ExitError, Err: errors.New("nothing was done")}
}

// App is one run of the command line.
type App struct {
	Environment
	Place   Place
	JSON    bool
	Root    *cobra.Command
	Started bool
	// clear empties the terminal before something is drawn.
	clear bool
	// long is a command whose answer may be longer than a screen.
	long bool
	// ahead is by how much the clock of the place is ahead of this machine's.
	ahead   time.Duration
	Secrets redact.Scrubber
}

// DefaultHome is the local folder when the person names none.
const DefaultHome = ".bellhop"

// Complain shows a problem, with its remedy, on the error output. A problem without an error has been shown already.
func (a *App) Complain(p *Problem) {
	if p.Err == nil {
		return
	}
	var b strings.Builder
	lines := strings.Split(strings.TrimSpace(p.Err.Error()), "\n")
	fmt.Fprintf(&b, "bellhop: %s\n", Clean(lines[0]))
	for _, l := range lines[1:] {
		if l = strings.TrimSpace(l); l != "" {
			fmt.Fprintf(&b, "  %s\n", Clean(l))
		}
	}
	if p.Remedy != "" {
		fmt.Fprintf(&b, "  → %s\n", Clean(p.Remedy))
	}
	// There is no other place left to report to.
	_ = Write(a.Err, a.Secrets.Scrub(b.String()))
}

// Time is this machine's time, for what is about no place.
func (a *App) Time() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// AsJSON reports whether answers are JSON: --json says so, else whether the output is a terminal.
func (a *App) AsJSON() bool {
	if f := a.Root.PersistentFlags().Lookup("json"); f.Changed {
		return a.JSON
	}
	return !a.OutTerminal
}

// Parent makes c a command that only has others: alone it shows its help, and a wrong word is an error.
func (a *App) Parent(c *cobra.Command, others ...*cobra.Command) *cobra.Command {
	c.AddCommand(others...)
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return Usage(Suggestion(cmd, args[0]), "%s has no command %q", cmd.CommandPath(), args[0])
	}
	c.SuggestionsMinimumDistance = 2
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return c
}

// meant is what people type who know other tools, and what they mean by it here.
var meant = map[string]string{
	"run": "bellhop local run", "up": "bellhop local up", "start": "bellhop local up", "reset": "bellhop local reset",
	"ls": "bellhop jobs list, or bellhop files list", "list": "bellhop jobs list, or bellhop files list",
	"sql": "bellhop query", "select": "bellhop query", "login": "bellhop auth login", "convert": "bellhop ingest",
	"verify": "bellhop certificates verify", "retry": "bellhop jobs retry", "apply": "bellhop subscriptions apply",
}

// Suggestion is the remedy for a word that is not a command of cmd. A short word is near to too many.
func Suggestion(cmd *cobra.Command, word string) string {
	if there := meant[strings.ToLower(word)]; there != "" && !cmd.HasParent() {
		return "did you mean: " + there
	}
	if near := cmd.SuggestionsFor(word); len(near) > 0 && (len(word) > 3 || cmd.HasParent()) {
		return "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, ", or "+cmd.CommandPath()+" ")
	}
	return "see: " + cmd.CommandPath() + " --help"
}

// Exactly wants one argument.
func Exactly(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return Usage("see: "+cmd.CommandPath()+" --help", "%s needs one %s, and got %d", cmd.CommandPath(), what, len(args))
	}
}

// Run marks that the command line was right: an error from here on is not one of usage.
func (a *App) Run(do func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.Started, a.long = true, cmd.Name() == "list" || cmd.Name() == "coverage"
		return do(cmd, args)
	}
}

// Alone is run for a command that needs nothing but its context.
func (a *App) Alone(do func(ctx context.Context) error) func(*cobra.Command, []string) error {
	return a.Run(func(cmd *cobra.Command, _ []string) error { return do(cmd.Context()) })
}

// On opens the place that the command line names, and closes it afterwards.
func (a *App) On(do func(ctx context.Context, at Account, args []string) error) func(*cobra.Command, []string) error {
	return a.Run(func(cmd *cobra.Command, args []string) error {
		p, err := a.Where()
		if err != nil {
			return err
		}
		return a.WithAccount(cmd.Context(), p, func(at Account) error {
			a.ahead = at.Ahead
			return do(cmd.Context(), at, args)
		})
	})
}

// WithAccount opens a place, and closes it after do.
func (a *App) WithAccount(ctx context.Context, p Place, do func(Account) error) (err error) {
	at, err := a.OpenAccount(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	return do(at)
}

// OpenAccount opens a place, with its read model.
func (a *App) OpenAccount(ctx context.Context, p Place) (Account, error) {
	at, err := a.Open(ctx, p)
	at.View = &view.View{
		Name: at.Name, Ledger: at.Ledger, Deliveries: at.Deliveries, Bucket: at.Bucket, Dataset: at.Dataset,
		Listed: !p.AWS && p.Stack == "", Sources: a.Sources, Now: at.Now,
	}
	return at, err
}

// Where returns the place that flags and environment name.
func (a *App) Where() (Place, error) {
	p := a.Place
	p.AWS = p.OnAWS()
	if !p.AWS {
		if p.Table != "" || p.DeliveryBucket != "" || p.DatasetBucket != "" {
			return p, Usage("add --aws", "--ledger-table, --delivery-bucket and --dataset-bucket are for an AWS account")
		}
		return p, nil
	}
	if a.Root.PersistentFlags().Changed("home") {
		return p, Usage("leave one of them out", "--home and --aws exclude each other")
	}
	if p.Stack == "" && p.Table == "" {
		p.Stack = a.Getenv("BELLHOP_STACK")
	}
	if p.Stack != "" {
		// What the environment says may be about another stack.
		return p, nil
	}
	p.Table = cmp.Or(p.Table, a.Getenv("BELLHOP_LEDGER_TABLE"))
	p.DeliveryBucket = cmp.Or(p.DeliveryBucket, a.Getenv("BELLHOP_DELIVERY_BUCKET"))
	p.DatasetBucket = cmp.Or(p.DatasetBucket, a.Getenv("BELLHOP_DATASET_BUCKET"))
	if p.Table == "" {
		return p, Usage("name the stack with --stack or BELLHOP_STACK; or its ledger's table with --ledger-table or BELLHOP_LEDGER_TABLE", "--aws needs a stack, or the ledger's table")
	}
	return p, nil
}

// OnStack finds the stack that the command line names, for a command that is of use on AWS alone.
func (a *App) OnStack(do func(ctx context.Context, in *stack.Installation, args []string) error) func(*cobra.Command, []string) error {
	return a.Run(func(cmd *cobra.Command, args []string) error {
		p, err := a.Where()
		if err != nil {
			return err
		}
		if p.Stack == "" {
			return Usage("name it with --stack, or with BELLHOP_STACK and --aws", "%s needs a stack on AWS", cmd.CommandPath())
		}
		in, err := a.Find(cmd.Context(), p.Stack)
		if err != nil {
			return err
		}
		return do(cmd.Context(), in, args)
	})
}
