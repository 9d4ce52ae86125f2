package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// app is one run of the command line.
type app struct {
	Environment
	place   Place
	json    bool
	root    *cobra.Command
	started bool
	// long is a command whose answer may be longer than a screen.
	long bool
	// ahead is by how much the clock of the place is ahead of this machine's.
	ahead   time.Duration
	secrets redact.Scrubber
}

// defaultHome is the local folder when the person names none.
const defaultHome = ".bellhop"

// Run runs the command that args name, and returns the exit code.
func Run(ctx context.Context, args []string, e Environment) int {
	a := &app{Environment: e}
	a.root = a.command() //nolint:contextcheck // each command is handed the context when it runs
	a.root.SetArgs(args)
	a.root.SetIn(e.In)
	a.root.SetOut(e.Out)
	a.root.SetErr(e.Err)
	executed, err := a.root.ExecuteContextC(ctx)
	if err == nil {
		return ExitFine
	}
	p := explain(err)
	if _, stated := errors.AsType[*Problem](err); ctx.Err() != nil && !stated {
		// However the libraries put it.
		p = explain(ctx.Err())
	}
	if !a.started && p.Code == ExitError {
		// Nothing has run yet: cobra did not understand the command line.
		p = &Problem{Code: ExitUsage, Err: err, Remedy: "see: " + executed.CommandPath() + " --help"}
	}
	a.complain(p)
	return p.Code
}

func (a *app) complain(p *Problem) {
	if p.Err == nil {
		return
	}
	var b strings.Builder
	lines := strings.Split(strings.TrimSpace(p.Err.Error()), "\n")
	fmt.Fprintf(&b, "bellhop: %s\n", clean(lines[0]))
	for _, l := range lines[1:] {
		if l = strings.TrimSpace(l); l != "" {
			fmt.Fprintf(&b, "  %s\n", clean(l))
		}
	}
	if p.Remedy != "" {
		fmt.Fprintf(&b, "  → %s\n", clean(p.Remedy))
	}
	// There is no other place left to report to.
	_ = write(a.Err, a.secrets.Scrub(b.String()))
}

const rootHelp = `bellhop collects the reports of Alexa Smart Properties: it asks for them, loads each day of each
report exactly once into a dataset, and deletes every raw file with proof.

Commands work on a folder of this machine (--home), or on a stack on AWS (--stack), with the
credentials and the region that the aws command would use (AWS_PROFILE, AWS_REGION, …). If you may not read
the stack, name its parts: --aws with --ledger-table and the buckets.

Output is a table on a terminal and JSON in a pipe. --json gives JSON on a terminal too, and
--json=false a table in a pipe. Colours go away with NO_COLOR. A list or a calendar that is longer than
the terminal goes through $PAGER (default: less); PAGER=cat shows it at once.

Environment:
` + environmentHelp + `

Exit codes:
` + exitHelp

const environmentHelp = `  BELLHOP_HOME             the local folder, in place of --home
  BELLHOP_STACK            with --aws: the stack, in place of --stack
  BELLHOP_LEDGER_TABLE     with --aws: the parts of a stack that you may not read, in place of --ledger-table,
  BELLHOP_DELIVERY_BUCKET  --delivery-bucket and --dataset-bucket
  BELLHOP_DATASET_BUCKET
  BELLHOP_WORKGROUP        for "query --engine athena": its workgroup and database, in place of --workgroup
  BELLHOP_DATABASE         and --database
  AWS_PROFILE, AWS_REGION  and all else that the aws command reads
  NO_COLOR, PAGER, LESS    colours and the pager`

const exitHelp = `  0  fine
  1  error, or stopped with Ctrl-C (which is the ordinary end of "bellhop local up": 0)
  2  the command line is wrong; nothing was done
  3  something needs attention ("status", "doctor", "auth status", "local run", "certificates verify")
  4  not authenticated with AWS
  5  partly done`

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "bellhop",
		Short: "Reports in, dataset out, nothing left behind",
		Long:  rootHelp,
		Example: `  bellhop local run                  play it all on this machine
  bellhop status                     is anything wrong?
  bellhop coverage                   which days are there, and which are not
  bellhop doctor --stack bellhop     is everything on AWS set up correctly?
  bellhop status --stack bellhop`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       a.Version,
	}
	root.SetVersionTemplate("bellhop {{.Version}}\n")
	a.parent(root)
	root.CompletionOptions.DisableDescriptions = false
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("see: "+cmd.CommandPath()+" --help", "%w", err)
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.place.Home, "home", a.env("BELLHOP_HOME", defaultHome), "local `folder` to work on; its default is $BELLHOP_HOME, else ./.bellhop")
	flags.BoolVar(&a.place.AWS, "aws", false, "work on an AWS account instead of the local folder")
	flags.StringVar(&a.place.Stack, "stack", "", "work on a `stack` on AWS, by its name (with --aws, default $BELLHOP_STACK)")
	flags.StringVar(&a.place.Table, "ledger-table", "", "with --aws: the ledger's DynamoDB `table` (default $BELLHOP_LEDGER_TABLE)")
	flags.StringVar(&a.place.DeliveryBucket, "delivery-bucket", "", "with --aws: the `bucket` where files arrive (default $BELLHOP_DELIVERY_BUCKET)")
	flags.StringVar(&a.place.DatasetBucket, "dataset-bucket", "", "with --aws: the `bucket` of the dataset (default $BELLHOP_DATASET_BUCKET)")
	flags.BoolVar(&a.json, "json", false, "JSON, also on a terminal")
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Get started:"}, &cobra.Group{ID: "look", Title: "Look:"}, &cobra.Group{ID: "act", Title: "Look and act:"},
		&cobra.Group{ID: "data", Title: "Use the data:"}, &cobra.Group{ID: "older", Title: "Older names, for one release:"},
	)
	root.SetCompletionCommandGroupID("start")
	root.SetHelpCommandGroupID("start")
	root.SetHelpCommand(a.helpCommand())
	for group, commands := range map[string][]*cobra.Command{
		"start": {a.localCommand(), a.authCommand(), a.versionCommand(), a.manualCommand()},
		"look":  {a.statusCommand(), a.doctorCommand(), a.logsCommand(), a.coverageCommand(), a.filesCommand(), a.certificatesCommand(), a.verifyCommand(), a.costCommand()},
		"act":   {a.sourcesCommand(), a.subscriptionsCommand(), a.refetchCommand(), a.jobsCommand(), a.reviewCommand(), a.campaignsCommand()},
		"data":  {a.queryCommand(), a.analysesCommand(), a.exportCommand(), a.explainCommand(), a.tablesCommand(), a.importCommand(), a.ingestCommand(), a.migrateCommand()},
		"older": {a.heldCommand(), a.quarantineCommand(), a.deadLettersCommand()},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	a.proposals(root)
	return root
}

func (a *app) env(name, fallback string) string {
	if v := a.Getenv(name); v != "" {
		return v
	}
	return fallback
}

func (a *app) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

func (a *app) asJSON() bool {
	if f := a.root.PersistentFlags().Lookup("json"); f.Changed {
		return a.json
	}
	return !a.OutTerminal
}

// parent makes a command that only has others: alone it shows its help, and a wrong word is an error.
func (a *app) parent(c *cobra.Command) {
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usage(suggestion(cmd, args[0]), "%s has no command %q", cmd.CommandPath(), args[0])
	}
	c.SuggestionsMinimumDistance = 2
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// meant is what people type who know other tools, and what they mean by it here.
var meant = map[string]string{
	"run": "bellhop local run", "up": "bellhop local up", "start": "bellhop local up", "reset": "bellhop local reset",
	"ls": "bellhop jobs list, or bellhop files list", "list": "bellhop jobs list, or bellhop files list",
	"sql": "bellhop query", "select": "bellhop query", "login": "bellhop auth login", "convert": "bellhop ingest",
	"verify": "bellhop certificates verify", "retry": "bellhop jobs retry", "apply": "bellhop subscriptions apply",
}

// suggestion is the remedy for a word that is not a command of cmd. A short word is near to too many.
func suggestion(cmd *cobra.Command, word string) string {
	if there := meant[strings.ToLower(word)]; there != "" && !cmd.HasParent() {
		return "did you mean: " + there
	}
	if near := cmd.SuggestionsFor(word); len(near) > 0 && (len(word) > 3 || cmd.HasParent()) {
		return "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, ", or "+cmd.CommandPath()+" ")
	}
	return "see: " + cmd.CommandPath() + " --help"
}

// helpCommand is cobra's own, with an error for a word that is not a command.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND...]", Short: "Show what a command does, as --help does",
		Example: "  bellhop help jobs retry",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := a.root.Find(args)
			if c == nil {
				c = a.root
			}
			if len(rest) > 0 || err != nil {
				return usage(suggestion(c, args[len(args)-max(len(rest), 1)]), "%s has no command %q", c.CommandPath(), args[len(args)-max(len(rest), 1)])
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// exactly wants one argument.
func exactly(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usage("see: "+cmd.CommandPath()+" --help", "%s needs one %s, and got %d", cmd.CommandPath(), what, len(args))
	}
}

// run marks that the command line was right: an error from here on is not one of usage.
func (a *app) run(do func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.started, a.long = true, cmd.Name() == "list" || cmd.Name() == "coverage"
		return do(cmd, args)
	}
}

// alone is run for a command that needs nothing but its context.
func (a *app) alone(do func(ctx context.Context) error) func(*cobra.Command, []string) error {
	return a.run(func(cmd *cobra.Command, _ []string) error { return do(cmd.Context()) })
}

// on opens the place that the command line names, and closes it afterwards.
func (a *app) on(do func(ctx context.Context, at Account, args []string) error) func(*cobra.Command, []string) error {
	return a.run(func(cmd *cobra.Command, args []string) (err error) {
		p, err := a.where()
		if err != nil {
			return err
		}
		at, err := a.open(cmd.Context(), p)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, at.Close()) }()
		a.ahead = at.Ahead
		return do(cmd.Context(), at, args)
	})
}

// open opens a place, with its read model.
func (a *app) open(ctx context.Context, p Place) (Account, error) {
	at, err := a.Open(ctx, p)
	at.view = &view.View{
		Name: at.Name, Ledger: at.Ledger, Deliveries: at.Deliveries, Bucket: at.Bucket, Dataset: at.Dataset,
		Listed: !p.AWS && p.Stack == "", Sources: a.Sources, Now: at.Now,
	}
	return at, err
}

// where returns the place that flags and environment name.
func (a *app) where() (Place, error) {
	p := a.place
	p.AWS = p.AWS || p.Stack != ""
	if !p.AWS {
		if p.Table != "" || p.DeliveryBucket != "" || p.DatasetBucket != "" {
			return p, usage("add --aws", "--ledger-table, --delivery-bucket and --dataset-bucket are for an AWS account")
		}
		return p, nil
	}
	if a.root.PersistentFlags().Changed("home") {
		return p, usage("leave one of them out", "--home and --aws exclude each other")
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
		return p, usage("name the stack with --stack or BELLHOP_STACK; or its ledger's table with --ledger-table or BELLHOP_LEDGER_TABLE", "--aws needs a stack, or the ledger's table")
	}
	return p, nil
}

// onStack finds the stack that the command line names, for a command that is of use on AWS alone.
func (a *app) onStack(do func(ctx context.Context, in *stack.Installation, args []string) error) func(*cobra.Command, []string) error {
	return a.run(func(cmd *cobra.Command, args []string) error {
		p, err := a.where()
		if err != nil {
			return err
		}
		if p.Stack == "" {
			return usage("name it with --stack, or with BELLHOP_STACK and --aws", "%s needs a stack on AWS", cmd.CommandPath())
		}
		in, err := a.Find(cmd.Context(), p.Stack)
		if err != nil {
			return err
		}
		return do(cmd.Context(), in, args)
	})
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show which bellhop this is", Args: cobra.NoArgs,
		Example: "  bellhop version",
		RunE: a.run(func(*cobra.Command, []string) error {
			return a.show(map[string]string{"version": a.Version}, func(s *screen) { s.line("bellhop %s", a.Version) })
		}),
	}
}
