// Package cli is the command line of bellhop: what a person types, sees and gets as an exit code. It decides nothing
// about reports. Its commands are in packages by what they are for, as the help lists them: start, look, act and data. They ask the
// ledger, the read model, the use-cases and the machine that [shell.Environment] gives them, and show what those say.
package cli

import (
	"context"
	"errors"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

// Run runs the command that args name, and returns the exit code.
func Run(ctx context.Context, args []string, e shell.Environment) int {
	a := &shell.App{Environment: e}
	a.Root = command(a) //nolint:contextcheck // each command is handed the context when it runs
	a.Root.SetArgs(args)
	a.Root.SetIn(e.In)
	a.Root.SetOut(e.Out)
	a.Root.SetErr(e.Err)
	executed, err := a.Root.ExecuteContextC(ctx)
	if err == nil {
		return shell.ExitFine
	}
	p := shell.Explain(err)
	if _, stated := errors.AsType[*shell.Problem](err); ctx.Err() != nil && !stated {
		// However the libraries put it.
		p = shell.Explain(ctx.Err())
	}
	if !a.Started && p.Code == shell.ExitError {
		// Nothing has run yet: cobra did not understand the command line.
		p = &shell.Problem{Code: shell.ExitUsage, Err: err, Remedy: "see: " + executed.CommandPath() + " --help"}
	}
	a.Complain(p)
	return p.Code
}
