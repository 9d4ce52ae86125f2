package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/act"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/data"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/look"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/start"
)

const rootHelp = `bellhop collects the reports of Alexa Smart Properties: it asks for them, loads each day of each
report exactly once into a dataset, and deletes every raw file with proof.

Commands work on a folder of this machine (--home), or on a stack on AWS (--stack), with the
credentials and the region that the aws command would use (AWS_PROFILE, AWS_REGION, …). If you may not read
the stack, name its parts: --aws with --ledger-table and the buckets.

Output is a table on a terminal and JSON in a pipe. --json gives JSON on a terminal too, and
--json=false a table in a pipe. NO_COLOR turns colours off. A list or a calendar that is longer than
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
  3  something needs attention ("status", "freshness", "check run", "doctor", "auth status", "local run", "certificates verify", "privacy verify")
  4  not authenticated with AWS
  5  partly done`

func command(a *shell.App) *cobra.Command {
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
	a.Parent(root)
	root.CompletionOptions.DisableDescriptions = false
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return shell.Usage("see: "+cmd.CommandPath()+" --help", "%w", err)
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.Place.Home, "home", cmp.Or(a.Getenv("BELLHOP_HOME"), shell.DefaultHome), "local `folder` to work on; its default is $BELLHOP_HOME, else ./.bellhop")
	flags.BoolVar(&a.Place.AWS, "aws", false, "work on an AWS account instead of the local folder")
	flags.StringVar(&a.Place.Stack, "stack", "", "work on a `stack` on AWS, by its name (with --aws, default $BELLHOP_STACK)")
	flags.StringVar(&a.Place.Table, "ledger-table", "", "with --aws: the ledger's DynamoDB `table` (default $BELLHOP_LEDGER_TABLE)")
	flags.StringVar(&a.Place.DeliveryBucket, "delivery-bucket", "", "with --aws: the `bucket` where files arrive (default $BELLHOP_DELIVERY_BUCKET)")
	flags.StringVar(&a.Place.DatasetBucket, "dataset-bucket", "", "with --aws: the `bucket` of the dataset (default $BELLHOP_DATASET_BUCKET)")
	flags.BoolVar(&a.JSON, "json", false, "JSON, also on a terminal")
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Get started:"}, &cobra.Group{ID: "look", Title: "Look:"}, &cobra.Group{ID: "act", Title: "Look and act:"},
		&cobra.Group{ID: "data", Title: "Use the data:"}, &cobra.Group{ID: "older", Title: "Older names, for one release:"},
	)
	root.SetCompletionCommandGroupID("start")
	root.SetHelpCommandGroupID("start")
	root.SetHelpCommand(helpCommand(a))
	privacy := look.PrivacyCommand(a)
	privacy.AddCommand(act.KeepCommand(a), act.EraseCommand(a))
	for group, commands := range map[string][]*cobra.Command{
		"start": {start.LocalCommand(a, act.ConsoleBeside), start.AuthCommand(a), start.VersionCommand(a), manualCommand(a)},
		"look":  {look.StatusCommand(a), start.DoctorCommand(a), look.LogsCommand(a), look.CoverageCommand(a), look.FreshnessCommand(a), look.ChangesCommand(a), look.FilesCommand(a), look.CertificatesCommand(a), privacy, look.VerifyCommand(a), look.CostCommand(a)},
		"act":   {act.SourcesCommand(a), act.SubscriptionsCommand(a), act.RefetchCommand(a), act.JobsCommand(a), act.ReviewCommand(a), act.ConsoleCommand(a), act.CampaignsCommand(a)},
		"data":  {data.QueryCommand(a), data.AnalysesCommand(a), data.CheckCommand(a), data.ReportCommand(a), data.ExportCommand(a), data.ExplainCommand(a), data.TablesCommand(a), data.MapCommand(a), data.OperationsCommand(a), data.DbtCommand(a), data.ImportCommand(a), data.IngestCommand(a), data.MigrateCommand(a)},
		"older": {act.HeldCommand(a), act.QuarantineCommand(a), act.DeadLettersCommand(a)},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	proposals(a, root)
	return root
}

// helpCommand is cobra's own, with an error for a word that is not a command.
func helpCommand(a *shell.App) *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND...]", Short: "Show what a command does, as --help does",
		Example: "  bellhop help jobs retry",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := a.Root.Find(args)
			if c == nil {
				c = a.Root
			}
			if len(rest) > 0 || err != nil {
				return shell.Usage(shell.Suggestion(c, args[len(args)-max(len(rest), 1)]), "%s has no command %q", c.CommandPath(), args[len(args)-max(len(rest), 1)])
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}
