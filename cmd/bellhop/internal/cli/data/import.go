package data

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/inputs"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const importHelp = `Bring files that people have kept into the dataset of a subscription: on a stack, or in a local folder. A file
goes the way of every delivery: the ledger records a job for it, bellhop puts it into the delivery bucket, the
ingester loads it, and the janitor deletes the delivery with a certificate. The file itself stays where it is.

Every protection applies. A file counts as made at --as-of, or else at the end of its days: it never replaces
what the vendor made later. What would erase or shrink a published day is held for a person (bellhop review list).
Days before the subscription's first day, and days that the vendor no longer has, become COMPLETE; the planner
asks for no other days because of them. No vendor is asked for an import, even for one that is lost.

  --subscription   must exist: bellhop subscriptions apply. A paused one imports too
  --window         is which days the report was asked for: a row of another day refuses the file, and a day
                   without rows is zero. When it is left out, the days that have rows are imported, and no other
  --as-of          is when the vendor made the files: a DATE, which means its first moment in UTC, or an instant
                   such as 2026-11-05T06:30:00Z. Left out, it is the end of the days of each job
  --dry-run        says what would happen to which days: new, replaced, unchanged, zero, superseded (a newer
                   report is there) or held
  --wait           is how long to wait until the deliveries are loaded and deleted
  --delete-source  asks, and deletes those files of this machine whose deliveries are certified

More than 90 days become several jobs. Importing the same file again changes nothing; after Ctrl-C it goes on
where it stopped. Two files of one run with different content for the same day and the same time exclude each other.

In a local folder the next bellhop local run loads what was imported, or the next sweep of a machine that runs there.

Exit code 5 when some files were refused, each with its reason, and 1 when all were.`

// importKind is one kind of files that people bring.
type importKind struct{ use, source, short, long, example string }

// ImportCommand is bellhop import.
func ImportCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{Use: "import", Short: "Bring files that you have kept into the dataset: asp, pinpoint", Long: importHelp}, importFiles(a, importKind{
		use: "asp FILE...", source: report.SourceASPAnalytics, short: "Import delivered reports of Alexa Smart Properties",
		long: "Import reports that Alexa Smart Properties delivered, as CSV. The help of bellhop ingest says what a FILE may be.\nThe table is told from the header, unless --table names it.",
		example: `  bellhop import asp archive/ --subscription hotel --dry-run
  bellhop import asp DEVICE.csv.gz --subscription hotel --as-of 2026-03-05
  bellhop import asp reports.zip s3://my-archive/2025/ --subscription hotel --stack bellhop`,
	}), importFiles(a, importKind{
		use: "pinpoint FILE...", source: report.SourcePinpointKPI, short: "Import KPI responses of Amazon Pinpoint that you saved",
		long: `Import responses of GetApplicationDateRangeKpi, GetCampaignDateRangeKpi and GetJourneyDateRangeKpi that you saved as
JSON: as the AWS CLI writes them, as the service answers, or several in one file. All files of one command
line are one report, so that the KPIs of a day come together: a day is replaced as a whole. What a FILE may
be is as for bellhop ingest, with .json in the place of .csv.

A response of more than one day is taken only when its KPI is grouped by date. One without rows says
nothing, and makes no day zero, unless --window says which days you asked for.`,
		example: `  bellhop import pinpoint kpis/ --subscription mail --dry-run
  aws pinpoint get-application-date-range-kpi ... > kpi.json && bellhop import pinpoint kpi.json --subscription mail`,
	}))
}

// importOrder is what is wanted of the files of one command line.
type importOrder struct {
	imports.Order
	kind                          importKind
	subscription, days, asOf      string
	wait                          time.Duration
	dryRun, deleteSource, certain bool
}

func importFiles(a *shell.App, kind importKind) *cobra.Command {
	o := importOrder{kind: kind}
	c := &cobra.Command{Use: kind.use, Short: kind.short, Long: kind.long + "\n\n" + importHelp, Example: kind.example}
	f := c.Flags()
	f.StringVar(&o.subscription, "subscription", "", "the `name` of the subscription")
	f.StringVar(&o.Table, "table", "", "the dataset's `table` (default: told from the header)")
	f.StringVar(&o.days, "window", "", "the days that the report was asked for, as `FROM..TO`")
	f.StringVar(&o.asOf, "as-of", "", "when the vendor made the files, as a `DATE` or an instant (default: the end of their days)")
	f.DurationVar(&o.wait, "wait", 0, "how long to wait until all is loaded; on a stack the default is 10m")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would happen to which days, without doing it")
	f.BoolVar(&o.deleteSource, "delete-source", false, "delete the files, once their deliveries are certified")
	f.BoolVar(&o.certain, "confirm", false, "with --delete-source: do not ask")
	c.PreRunE = o.check
	c.RunE = a.On(func(ctx context.Context, at shell.Account, files []string) error {
		if at.Installation != nil && !c.Flags().Changed("wait") {
			o.wait = 10 * time.Minute
		}
		return importAll(ctx, a, at, o, files)
	})
	return c
}

func (o *importOrder) check(cmd *cobra.Command, files []string) (err error) {
	switch {
	case len(files) == 0:
		return shell.Usage("see: "+cmd.CommandPath()+" --help", "%s needs a FILE", cmd.CommandPath())
	case o.subscription == "":
		return shell.Usage("name it with --subscription; bellhop subscriptions list shows them", "%s needs a subscription", cmd.CommandPath())
	case o.deleteSource && slices.ContainsFunc(files, func(f string) bool { return f == inputs.Standard || strings.HasPrefix(f, "s3://") }):
		return shell.Usage("leave it out, and delete the others yourself", "--delete-source deletes files of this machine only")
	}
	if err := shell.KnownTables(o.Table); err != nil {
		return err
	}
	if o.days != "" {
		if o.Window, err = report.ParseWindow(o.days); err != nil {
			return shell.Usage("write it like 2026-11-01..2026-11-07", "--window: %w", err)
		}
	}
	if o.asOf != "" {
		if day, err := report.ParseDate(o.asOf); err == nil {
			o.AsOf = day.Time()
		} else if o.AsOf, err = time.Parse(time.RFC3339, o.asOf); err != nil {
			return shell.Usage("write it like 2026-11-05 or 2026-11-05T06:30:00Z", "--as-of: %q is neither a date nor an instant", o.asOf)
		}
	}
	return readOnce(files)
}

// complete takes the rest of the order from the subscription.
func (o *importOrder) complete(ctx context.Context, at shell.Account) error {
	sub, err := at.Ledger.Subscription(ctx, o.subscription)
	if err != nil {
		return shell.Missing(err, "see which there are: bellhop subscriptions list")
	}
	if sub.Source != o.kind.source {
		return shell.Usage("name one of "+o.kind.source, "subscription %s is one of %s", sub.Name, sub.Source)
	}
	source, err := at.View.Source(sub)
	if err != nil {
		return err
	}
	o.Subscription, o.Tables, o.Root, o.DryRun = sub, source.Limits(sub.Params).Tables, imports.Root(sub), o.dryRun
	return nil
}

// importedFile is what became of one file.
type importedFile struct {
	File         string `json:"file"`
	Subscription string `json:"subscription"`
	DryRun       bool   `json:"dry_run"`
	imports.Result
	Deleted bool   `json:"deleted"`
	Error   string `json:"error,omitempty"`

	from []sourceFile
	err  error
}

// sourceFile is a file that was read, as it was then.
type sourceFile struct {
	name string
	was  os.FileInfo
}

func readFrom(in inputs.File) []sourceFile {
	was, _ := os.Stat(in.From) // what is no file of this machine is never deleted
	return []sourceFile{{in.From, was}}
}

func importAll(ctx context.Context, a *shell.App, at shell.Account, o importOrder, files []string) (err error) {
	if at.Imports == nil {
		return shell.Usage("name it with --stack, --delivery-bucket or BELLHOP_DELIVERY_BUCKET", "the delivery bucket is not known")
	}
	if err := o.complete(ctx, at); err != nil {
		return err
	}
	// The embedded S3 of a local folder changes the working directory.
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	service, closing, err := at.Imports(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	tell, done := a.Passing()
	defer done()
	service.Tell = tell
	results := importEach(ctx, a, service, o, here, files)
	if !o.dryRun {
		err = settle(ctx, a, service, o, results)
	}
	done()
	return errors.Join(a.Show(shell.Some(results), func(s *shell.Screen) { drawImported(s, o, at, results) }), err, failedImports(results))
}

// importEach imports the files, whose names are seen from the folder here.
func importEach(ctx context.Context, a *shell.App, service *imports.Service, o importOrder, here string, files []string) (results []importedFile) {
	from := &inputs.Reader{In: a.In, Bucket: a.Bucket, Limit: cmp.Or(a.InputLimit, service.Limit)}
	one := func(in inputs.File, r *importedFile) error {
		var err error
		r.Result, err = service.File(ctx, o.Order, in.Name, in.Content)
		return err
	}
	responses := imports.Responses(o.Subscription)
	together := importedFile{Subscription: o.subscription, DryRun: o.dryRun}
	if o.kind.source == report.SourcePinpointKPI {
		from.Extension = ".json"
		one = func(in inputs.File, _ *importedFile) error { return responses.Add(in.Content) }
	}
	names := slices.Clone(files)
	for i, name := range names {
		if name != inputs.Standard && !strings.HasPrefix(name, "s3://") && !filepath.IsAbs(name) {
			names[i] = filepath.Join(here, name)
		}
	}
	for in := range from.Files(ctx, names) {
		in.Name = strings.TrimPrefix(in.Name, here+string(filepath.Separator))
		r := importedFile{File: in.Name, Subscription: o.subscription, DryRun: o.dryRun, from: readFrom(in), err: in.Err}
		if r.err == nil {
			r.err = one(in, &r)
		}
		if r.err == nil && from.Extension != "" {
			together.from = append(together.from, r.from...)
		} else {
			results = append(results, r)
		}
		if ctx.Err() != nil {
			break
		}
	}
	if len(together.from) > 0 && ctx.Err() == nil {
		together.File = phrase.Count(len(together.from), "file")
		var content io.ReadCloser
		if content, together.err = responses.Content(); together.err == nil {
			together.Result, together.err = service.File(ctx, o.Order, together.File, content)
		}
		results = append(results, together)
	}
	for i := range results {
		if results[i].Parts = shell.Some(results[i].Parts); results[i].err != nil {
			results[i].Error = shell.Explain(results[i].err).Error()
		}
	}
	return results
}
