// Package start has the commands to get started: the machine in a folder, the login, and the check of the setup.
package start

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
)

// Console serves the console of the local folder on a port until ctx ends, and says where; 0 is any that is free.
type Console func(ctx context.Context, a *shell.App, port int, say func(text string) error) error

// LocalCommand is bellhop local.
func LocalCommand(a *shell.App, beside Console) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "local", Short: "bellhop on this machine: run, up, reset",
		Long: `Everything on this machine, in one folder (--home): the functions' own code, an embedded S3, a ledger in
SQLite, and a simulated vendor that also does what vendors do wrong.`,
	}, runCommand(a), upCommand(a, beside), resetCommand(a))
}

func runCommand(a *shell.App) *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use: "run", Short: "Play the whole life of the reports to its end, and say what happened", Args: cobra.NoArgs,
		Long: `Ask the simulated vendor for 90 days of reports in five categories, load them, delete the raw files with
proof, and recover from the faults that the simulated vendor causes on purpose. Waits are skipped. At the end it says
what happened. Running it again continues where it stopped, and asks for nothing that is already loaded. Events get
lost and duplicated on their way, as AWS may lose and duplicate them; --lose-every, --duplicate-every and --newest-first say how.

The summary is text in a pipe, too, unless --json is given: the one exception to the rule.

In a new folder it leaves something to try the commands on: a quarantined file, a held report, a day that the
vendor does not deliver, and two rooms in which nobody speaks. At the end it names a command for each.

Exit code 3 when a wanted day is neither complete nor zero, a raw object is left, or a deletion has no
certificate. What is left to try does not count here; "bellhop status" does count it. Ctrl-C stops cleanly, with exit code 1; the next run continues.`,
		Example: "  bellhop local run\n  bellhop local run --home /tmp/try --json | jq .coverage",
	}
	c.Flags().BoolVar(&verbose, "verbose", false, "log what the functions do, to the standard error")
	chaos := chaosFlags(c, sim.Chaos{LoseEvery: 11, DuplicateEvery: 7})
	c.RunE = a.Alone(func(ctx context.Context) error {
		return demonstrate(ctx, a, sim.Options{Log: logTo(a, a.Err, verbose, quietly), Chaos: chaos, Leftovers: true}, verbose)
	})
	return c
}

// chaosFlags lets the caller choose what becomes of events on their way to the ingester.
func chaosFlags(c *cobra.Command, usual sim.Chaos) *sim.Chaos {
	chaos := usual
	c.Flags().IntVar(&chaos.LoseEvery, "lose-every", usual.LoseEvery, "lose every `n`th event; 0 loses none")
	c.Flags().IntVar(&chaos.DuplicateEvery, "duplicate-every", usual.DuplicateEvery, "deliver every `n`th event twice; 0 doubles none")
	c.Flags().BoolVar(&chaos.Reverse, "newest-first", usual.Reverse, "deliver the newest waiting event first")
	check := c.PreRunE
	c.PreRunE = func(cmd *cobra.Command, args []string) error {
		if chaos.LoseEvery < 0 || chaos.DuplicateEvery < 0 {
			return shell.Usage("use 0 or more; 0 is never", "--lose-every and --duplicate-every cannot be negative")
		}
		if check != nil {
			return check(cmd, args)
		}
		return nil
	}
	return &chaos
}

func upCommand(a *shell.App, beside Console) *cobra.Command {
	var verbose, withConsole bool
	var port int
	c := &cobra.Command{
		Use: "up", Short: "Keep bellhop running on this machine until Ctrl-C", Args: cobra.NoArgs,
		Long: `Start everything and keep it running, with its schedules on the real clock, until Ctrl-C. The other
commands work meanwhile, from another terminal. It says which files arrive, and what happens next: on a
terminal in a line that changes, elsewhere in a line for each change. --console serves "bellhop console" beside it.`,
		Example: "  bellhop local up --console\n  bellhop status          # in another terminal",
	}
	c.Flags().BoolVar(&verbose, "verbose", false, "log all that the functions do, not only what is wrong")
	c.Flags().BoolVar(&withConsole, "console", false, "serve the console too, for the browser of this machine")
	c.Flags().IntVar(&port, "port", 0, "with --console: the `port` to listen on (default: any that is free)")
	chaos := chaosFlags(c, sim.Chaos{})
	c.RunE = a.Alone(func(ctx context.Context) error {
		if !withConsole {
			return up(ctx, a, sim.Options{Chaos: chaos}, verbose, nil)
		}
		return up(ctx, a, sim.Options{Chaos: chaos}, verbose, func(ctx context.Context, say func(string) error) error { return beside(ctx, a, port, say) })
	})
	return c
}

func resetCommand(a *shell.App) *cobra.Command {
	var confirm, dryRun bool
	c := &cobra.Command{
		Use: "reset", Short: "Delete everything that bellhop keeps on this machine", Args: cobra.NoArgs,
		Long: `Delete the ledger, the dataset, the buckets and the simulated vendor of the local folder. This cannot
be undone. It is refused while a bellhop runs there.`,
		Example: "  bellhop local reset --dry-run\n  bellhop local reset --confirm",
	}
	c.Flags().BoolVar(&confirm, "confirm", false, "do not ask")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be deleted, without deleting it")
	c.RunE = a.Run(func(*cobra.Command, []string) error { return reset(a, confirm, dryRun) })
	return c
}

// home returns the local folder for a command that is about nothing else.
func home(a *shell.App) (string, error) {
	if a.Place.AWS || a.Place.Table != "" || a.Place.DeliveryBucket != "" {
		return "", shell.Usage("leave --aws, --ledger-table and --delivery-bucket out", "bellhop local works on this machine only")
	}
	return a.Place.Home, nil
}

// logTo returns a logger for the functions.
func logTo(a *shell.App, w io.Writer, verbose bool, otherwise slog.Level) *slog.Logger {
	level := otherwise
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(telemetry.Scrub(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}), &a.Secrets))
}

// quietly is above every level that is used.
const quietly = slog.LevelError + 100

func demonstrate(ctx context.Context, a *shell.App, o sim.Options, verbose bool) (err error) {
	if o.Dir, err = home(a); err != nil {
		return err
	}
	stop := func() {}
	if a.ErrTerminal && !verbose && a.Getenv("TERM") != "dumb" {
		o.Progress, stop = bar(a.Err)
	}
	sum, err := demonstration(ctx, a, o)
	stop()
	if err != nil && ctx.Err() != nil {
		return shell.Refuse("go on with: "+a.Again("local run"), "stopped before the end; nothing is lost")
	}
	if err != nil {
		return err
	}
	if f := a.Root.PersistentFlags().Lookup("json"); f.Changed && a.JSON {
		err = a.Encode(sum)
	} else {
		answers := answers(ctx, a, sum.DatasetDir)
		err = a.Draw(func(s *shell.Screen) { drawSummary(s, sum, answers, a.Again) })
	}
	if err == nil && len(shortcomings(sum)) > 0 {
		return shell.Exit(shell.ExitAttention)
	}
	return err
}

// shownQuestions are those that a demonstration answers at its end: the first joins two sources, the others are of one each.
var shownQuestions = []string{"campaign-click-through", "skill-failure-rate", "care-responses"}

// shown returns those, for a dataset in a folder: where the properties are mapped, the last is about them.
func shown(dir string) []string {
	if mapped, err := os.ReadDir(filepath.Join(dir, "own", "properties")); err != nil || len(mapped) == 0 {
		return shownQuestions
	}
	return append(slices.Clone(shownQuestions[:2]), "care-conversations-by-property")
}

// answered is a question with what the dataset says to it.
type answered struct {
	question catalog.Question
	result   *shell.ResultTable
	err      error
}

// answers asks the dataset. A bellhop without an engine says so in place of the answers.
func answers(ctx context.Context, a *shell.App, dir string) []answered {
	const fewRows = 5
	engine, err := a.OpenEngine(ctx, shell.EngineChoice{Name: shell.EngineDuckDB, Dataset: dir, Memory: shell.UsualMemory})
	if err != nil {
		return []answered{{err: err}}
	}
	defer func() { _ = engine.Close() }() // only read from
	names := shown(dir)
	all := make([]answered, len(names))
	for i, name := range names {
		q, err := shell.Question(name)
		all[i] = answered{q, &shell.ResultTable{Most: fewRows}, err}
		if err == nil {
			all[i].err = engine.Run(ctx, q.SQL, all[i].result)
		}
	}
	return all
}

func demonstration(ctx context.Context, a *shell.App, o sim.Options) (sum sim.Summary, err error) {
	m, err := a.Start(ctx, o)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return m.Demonstrate(ctx)
}

func up(ctx context.Context, a *shell.App, o sim.Options, verbose bool, beside func(ctx context.Context, say func(string) error) error) (err error) {
	if o.Dir, err = home(a); err != nil {
		return err
	}
	above, stop := a.Err, func() {}
	if o.Progress = plainly(a.Err); a.ErrTerminal && !verbose && a.Getenv("TERM") != "dumb" {
		o.Progress, above, stop = runningBar(a.Err)
	}
	stop = sync.OnceFunc(stop)
	defer stop()
	o.Log = logTo(a, above, verbose, slog.LevelWarn)
	m, err := a.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	clock := ""
	if ahead, err := sim.Ahead(o.Dir); err == nil && ahead >= time.Minute {
		clock = "Its clock is simulated, and " + phrase.Span(ahead) + " ahead. "
	}
	if err := shell.Write(above, fmt.Sprintf("bellhop runs in %s. %sThe simulated vendor takes minutes for a first file, as the real one does. See how it goes with: %s. Ctrl-C stops it.\n", o.Dir, clock, a.Again("status"))); err != nil {
		return err
	}
	err = together(ctx, m.Up, beside, func(text string) error { return shell.Write(above, text) })
	stop()
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return shell.Write(a.Err, "bellhop has stopped; nothing is lost.\n")
	}
	return err
}

// together runs both until ctx ends, or one of them fails.
func together(ctx context.Context, machine func(context.Context) error, beside func(context.Context, func(string) error) error, say func(string) error) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return machine(ctx) })
	if beside != nil {
		both.Go(func() error { return beside(ctx, say) })
	}
	return both.Wait()
}

func reset(a *shell.App, confirm, dryRun bool) error {
	dir, err := home(a)
	if err != nil {
		return err
	}
	outcome := struct {
		Folder string `json:"folder"`
		Reset  bool   `json:"reset"`
		DryRun bool   `json:"dry_run"`
	}{dir, !dryRun, dryRun}
	if !sim.Has(dir) {
		outcome.Reset = false
		return a.Show(outcome, func(s *shell.Screen) { s.Line("bellhop keeps nothing in %s.", dir) })
	}
	if dryRun {
		return a.Show(outcome, func(s *shell.Screen) {
			s.Line("This would delete what bellhop keeps in %s: ledger, dataset, buckets, simulated vendor.", dir)
		})
	}
	if err := a.Confirm(confirm, fmt.Sprintf("Delete the ledger, the dataset and all else that bellhop keeps in %s? [y/N] ", shell.Clean(dir))); err != nil {
		return err
	}
	if err := a.Reset(dir); err != nil {
		return err
	}
	return a.Show(outcome, func(s *shell.Screen) { s.Line("%s is empty.", dir) })
}
