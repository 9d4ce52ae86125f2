package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
)

func (a *app) localCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "local", Short: "bellhop on this machine: run, up, reset",
		Long: `Everything on this machine, in one folder (--home): the functions' own code, an embedded S3, a ledger in
SQLite, and a simulated vendor that also does what vendors do wrong.`,
	}
	a.parent(c)
	c.AddCommand(a.runCommand(), a.upCommand(), a.resetCommand())
	return c
}

func (a *app) runCommand() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use: "run", Short: "Play the whole life of the reports to its end, and say what happened", Args: cobra.NoArgs,
		Long: `Ask the simulated vendor for 90 days of reports in five categories, load them, delete the raw files with
proof, and heal what goes wrong on purpose on the way. Waits are skipped. When it is over, it says what
happened. Running it again goes on where it was, and asks for nothing that is there already. Events get lost and
doubled on their way, as AWS may lose and double them; --lose-every, --duplicate-every and --newest-first say how.

The summary is text in a pipe, too, unless --json is given: the one exception from the rule.

In a new folder it leaves something to try the commands on: a quarantined file, a held report, a day that the
vendor does not deliver, and two rooms in which nobody speaks. At the end it names a command for each.

Exit code 3 when a wanted day is neither complete nor zero, a raw object is left, or a deletion has no
certificate. What is left to try does not count here; "bellhop status" does count it. Ctrl-C stops cleanly, with exit code 1; the next run continues.`,
		Example: "  bellhop local run\n  bellhop local run --home /tmp/try --json | jq .coverage",
	}
	c.Flags().BoolVar(&verbose, "verbose", false, "log what the functions do, to the standard error")
	chaos := chaosFlags(c, sim.Chaos{LoseEvery: 11, DuplicateEvery: 7})
	c.RunE = a.alone(func(ctx context.Context) error {
		return a.demonstrate(ctx, sim.Options{Log: a.logTo(a.Err, verbose, quietly), Chaos: chaos, Leftovers: true}, verbose)
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
			return usage("use 0 or more; 0 is never", "--lose-every and --duplicate-every cannot be negative")
		}
		if check != nil {
			return check(cmd, args)
		}
		return nil
	}
	return &chaos
}

func (a *app) upCommand() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use: "up", Short: "Keep bellhop running on this machine until Ctrl-C", Args: cobra.NoArgs,
		Long: `Start everything and keep it running, with its schedules on the real clock, until Ctrl-C. The other
commands work meanwhile, from another terminal. It says which files arrive, and what happens next: on a
terminal in a line that changes, elsewhere in a line for each change.`,
		Example: "  bellhop local up --verbose\n  bellhop status          # in another terminal",
	}
	c.Flags().BoolVar(&verbose, "verbose", false, "log all that the functions do, not only what is wrong")
	chaos := chaosFlags(c, sim.Chaos{})
	c.RunE = a.alone(func(ctx context.Context) error {
		return a.up(ctx, sim.Options{Chaos: chaos}, verbose)
	})
	return c
}

func (a *app) resetCommand() *cobra.Command {
	var confirm, dryRun bool
	c := &cobra.Command{
		Use: "reset", Short: "Delete everything that bellhop keeps on this machine", Args: cobra.NoArgs,
		Long: `Delete the ledger, the dataset, the buckets and the simulated vendor of the local folder. There is no way
back. A bellhop that runs there keeps it from being deleted.`,
		Example: "  bellhop local reset --dry-run\n  bellhop local reset --confirm",
	}
	c.Flags().BoolVar(&confirm, "confirm", false, "do not ask")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be deleted, without deleting it")
	c.RunE = a.run(func(*cobra.Command, []string) error { return a.reset(confirm, dryRun) })
	return c
}

// home returns the local folder for a command that is about nothing else.
func (a *app) home() (string, error) {
	if a.place.AWS || a.place.Table != "" || a.place.DeliveryBucket != "" {
		return "", usage("leave --aws, --ledger-table and --delivery-bucket out", "bellhop local works on this machine only")
	}
	return a.place.Home, nil
}

// logTo returns a logger for the functions.
func (a *app) logTo(w io.Writer, verbose bool, otherwise slog.Level) *slog.Logger {
	level := otherwise
	if verbose {
		level = slog.LevelInfo
	}
	return slog.New(telemetry.Scrub(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}), &a.secrets))
}

// quietly is above every level that is used.
const quietly = slog.LevelError + 100

func (a *app) demonstrate(ctx context.Context, o sim.Options, verbose bool) (err error) {
	if o.Dir, err = a.home(); err != nil {
		return err
	}
	stop := func() {}
	if a.ErrTerminal && !verbose && a.Getenv("TERM") != "dumb" {
		o.Progress, stop = bar(a.Err)
	}
	sum, err := a.demonstration(ctx, o)
	stop()
	if err != nil && ctx.Err() != nil {
		return &Problem{Code: ExitError, Err: errors.New("stopped before the end; nothing is lost"), Remedy: "go on with: " + a.again("local run")}
	}
	if err != nil {
		return err
	}
	if f := a.root.PersistentFlags().Lookup("json"); f.Changed && a.json {
		err = a.encode(sum)
	} else {
		answers := a.answers(ctx, sum.DatasetDir)
		err = a.draw(func(s *screen) { s.summary(sum, answers, a.again) })
	}
	if err == nil && len(shortcomings(sum)) > 0 {
		return exit(ExitAttention)
	}
	return err
}

// shownQuestions are those that a demonstration answers at its end: the first joins two sources, the others are of one each.
var shownQuestions = []string{"campaign-click-through", "skill-failure-rate", "care-responses"}

// answered is a question with what the dataset says to it.
type answered struct {
	question catalog.Question
	result   *resultTable
	err      error
}

// answers asks the dataset. A bellhop without an engine says so in place of the answers.
func (a *app) answers(ctx context.Context, dir string) []answered {
	const fewRows = 5
	engine, err := a.OpenEngine(ctx, EngineChoice{Name: EngineDuckDB, Dataset: dir, Memory: usualMemory})
	if err != nil {
		return []answered{{err: err}}
	}
	defer func() { _ = engine.Close() }() // only read from
	all := make([]answered, len(shownQuestions))
	for i, name := range shownQuestions {
		q, err := question(name)
		all[i] = answered{q, &resultTable{most: fewRows}, err}
		if err == nil {
			all[i].err = engine.Run(ctx, q.SQL, all[i].result)
		}
	}
	return all
}

func (a *app) demonstration(ctx context.Context, o sim.Options) (sum sim.Summary, err error) {
	m, err := a.Start(ctx, o)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return m.Demonstrate(ctx)
}

// again returns a command line on the same folder, to be typed as it is. A variable may have been set for this one command
// only, so that a folder other than the default one is always named.
func (a *app) again(command string) string {
	line := cmp.Or(a.Program, "bellhop") + " " + command
	chosen, chosenErr := filepath.Abs(a.place.Home)
	usual, usualErr := filepath.Abs(defaultHome)
	if chosenErr != nil || usualErr != nil || chosen != usual {
		line += " --home " + a.place.Home
	}
	return line
}

func (a *app) up(ctx context.Context, o sim.Options, verbose bool) (err error) {
	if o.Dir, err = a.home(); err != nil {
		return err
	}
	above, stop := a.Err, func() {}
	if o.Progress = plainly(a.Err); a.ErrTerminal && !verbose && a.Getenv("TERM") != "dumb" {
		o.Progress, above, stop = runningBar(a.Err)
	}
	stop = sync.OnceFunc(stop)
	defer stop()
	o.Log = a.logTo(above, verbose, slog.LevelWarn)
	m, err := a.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	clock := ""
	if ahead, err := sim.Ahead(o.Dir); err == nil && ahead >= time.Minute {
		clock = "Its clock is simulated, and " + span(ahead) + " ahead. "
	}
	if err := write(above, fmt.Sprintf("bellhop runs in %s. %sThe simulated vendor takes minutes for a first file, as the real one does. See how it goes with: %s. Ctrl-C stops it.\n", o.Dir, clock, a.again("status"))); err != nil {
		return err
	}
	err = m.Up(ctx)
	stop()
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return write(a.Err, "bellhop has stopped; nothing is lost.\n")
	}
	return err
}

func (a *app) reset(confirm, dryRun bool) error {
	dir, err := a.home()
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
		return a.show(outcome, func(s *screen) { s.line("bellhop keeps nothing in %s.", dir) })
	}
	if dryRun {
		return a.show(outcome, func(s *screen) {
			s.line("This would delete what bellhop keeps in %s: ledger, dataset, buckets, simulated vendor.", dir)
		})
	}
	if !confirm {
		if err := a.ask(fmt.Sprintf("Delete the ledger, the dataset and all else that bellhop keeps in %s? [y/N] ", clean(dir))); err != nil {
			return err
		}
	}
	if err := a.Reset(dir); err != nil {
		return err
	}
	return a.show(outcome, func(s *screen) { s.line("%s is empty.", dir) })
}

// ask asks the person for a yes. Without a terminal to ask on it is an error of usage.
func (a *app) ask(question string) error {
	if !a.InTerminal {
		return usage("add --confirm if you mean it, or see with --dry-run what it would do", "this cannot be undone, and there is no terminal to ask on")
	}
	if err := write(a.Err, question); err != nil {
		return err
	}
	line, err := bufio.NewReader(a.In).ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer == "y" || answer == "yes" {
		return nil
	}
	if err != nil {
		return errors.Join(write(a.Err, "\n"), &Problem{Code: ExitError, Err: errors.New("nothing was done: there was no answer")})
	}
	return &Problem{Code: ExitError, Err: errors.New("nothing was done")}
}
