package data

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/inputs"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// maxIngest is the largest file that the ingester takes.
const maxIngest = 5 << 30

const ingestHelp = `Convert delivered CSV files on this machine, without ledger, bucket or account: the same rules, the same
Parquet and the same reasons for refusing a file as when they are loaded. The files stay where they are.

The dataset goes into the folder of --output: one object for each day of each table and subscription, and
for each file a receipt with its rows, sums and SHA-256. A day is written whole or not at all.

  --table         is told from the header when it is left out
  --subscription  is a column of the dataset and names its objects
  --window        is which days the report was asked for: a row of another day refuses the file, and a day
                  without rows is zero. When it is left out every date is taken, and no day is zero
  --unit          is which unit it was asked for: a row that is neither of it nor of one below refuses the
                  file. When it is left out every unit is taken. Tables without units have no such rows
  --unit-ids      is what the ids of units begin with; other text in their place refuses the file, or it would
                  count as a unit. Spellings of nothing, such as N/A, null and -, are empty cells

A row that comes twice counts once, and the receipt says how many did. Two rows of one key (bellhop tables
says what a table's key is: day, unit and dimensions) with different numbers refuse the file.

A FILE may also be

  FILE.csv.gz         packed with gzip
  FILE.zip            an archive: its .csv and .csv.gz files, in whatever folder they are
  FOLDER              its .csv and .csv.gz files; folders below it are not looked into
  s3://BUCKET/KEY     an object, with your AWS credentials; s3://BUCKET/FOLDER/ is all .csv and .csv.gz objects in it
  -                   the standard input

Content is unpacked as it is read and never stored, except for an archive from S3 or the standard input.
The ingester's limits hold: 5 GiB of CSV, here for all files of an archive together.

A file is a whole report. A day that already has the same content stays as it is; a day with other content
refuses the file, unless --replace is given. Two files of one run never replace each other's days: a report
that came in several files cannot be put together here.

Exit code 5 when some files were refused, each with its reason, and 1 when all were.`

// IngestCommand is bellhop ingest.
func IngestCommand(a *shell.App) *cobra.Command {
	var o conversionOrder
	c := &cobra.Command{
		Use: "ingest FILE... -o DIR", Short: "Convert delivered CSV files to Parquet, on this machine",
		Long: ingestHelp,
		Example: `  bellhop ingest DEVICE.csv -o dataset --dry-run
  bellhop ingest archive/*.csv -o dataset --subscription hotel
  bellhop ingest reports.zip s3://my-archive/2026/11/ -o dataset
  bellhop ingest DEVICE.csv COMMUNICATION.csv -o dataset --window 2026-11-01..2026-11-07 --replace`,
	}
	o.define(c.Flags())
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return shell.Usage("see: "+cmd.CommandPath()+" --help", "%s needs a FILE", cmd.CommandPath())
		}
		return nil
	}
	c.PreRunE = func(*cobra.Command, []string) error { return o.check(a.Place) }
	c.RunE = a.Run(func(cmd *cobra.Command, files []string) error { return ingest(cmd.Context(), a, o, files) })
	return c
}

// conversionOrder is what is wanted of the files of one command line.
type conversionOrder struct {
	output, table, subscription, days, unit string
	unitIDs                                 []string
	window                                  report.Window // of Len 0 when every date is taken
	dryRun, replace                         bool
}

func (o *conversionOrder) define(f *pflag.FlagSet) {
	f.StringVarP(&o.output, "output", "o", "", "the `folder` of the dataset; it is created when it is missing")
	f.StringVar(&o.table, "table", "", "the dataset's `table`, such as asp_device (default: told from the header)")
	f.StringVar(&o.subscription, "subscription", "local", "the `name` of the subscription")
	f.StringVar(&o.days, "window", "", "the days that the report was asked for, as `FROM..TO`")
	f.StringVar(&o.unit, "unit", "", "the `id` of the unit that the report was asked for")
	f.StringSliceVar(&o.unitIDs, "unit-ids", []string{convert.AlexaUnitID}, "what the ids of units begin with, as a `list`; * takes any text")
	f.BoolVar(&o.dryRun, "dry-run", false, "read and convert everything, and write nothing")
	f.BoolVar(&o.replace, "replace", false, "replace days that are there with other content")
}

func (o *conversionOrder) check(place shell.Place) error {
	if place.AWS || place.DeliveryBucket != "" {
		return shell.Usage("leave --aws and --delivery-bucket out; on AWS the ingester loads what arrives", "bellhop ingest works on this machine only")
	}
	if o.output == "" {
		return shell.Usage("give it with -o DIR", "bellhop ingest needs a folder for the dataset")
	}
	if err := shell.KnownTables(o.table); err != nil {
		return err
	}
	if !report.ValidSlug(o.subscription) {
		return shell.Usage("use lower-case letters, digits and single hyphens, at most 40", "--subscription: %q is not a slug", o.subscription)
	}
	if o.days == "" {
		return nil
	}
	w, err := report.ParseWindow(o.days)
	if err != nil {
		return shell.Usage("write it like 2026-11-01..2026-11-07", "--window: %w", err)
	}
	if w.Len() > report.MaxWindowDays {
		return shell.Usage("leave --window out to take every date", "--window has %d days, and no report has more than %d", w.Len(), report.MaxWindowDays)
	}
	o.window = w
	return nil
}

// readOnce demands that the standard input is named once at most.
func readOnce(names []string) error {
	if n := slices.Index(names, inputs.Standard); n >= 0 && slices.Contains(names[n+1:], inputs.Standard) {
		return shell.Usage("name it once", "the standard input can be read once")
	}
	return nil
}

// contract bounds the dates of a file to those that were asked for, if that is known.
func (o *conversionOrder) contract(table string, today report.Date) report.Contract {
	w := o.window
	if o.days == "" {
		w = report.Window{From: report.NewDate(1, time.January, 1), To: report.NewDate(9999, time.December, 31)}
	}
	return report.Contract{Subscription: o.subscription, Table: table, Window: w, Root: o.unit, Today: today}
}

// convertedFile is what became of one file.
type convertedFile struct {
	File         string          `json:"file"`
	Subscription string          `json:"subscription"`
	Table        string          `json:"table,omitempty"`
	Window       *report.Window  `json:"window,omitempty"`
	DryRun       bool            `json:"dry_run"`
	Receipt      *report.Receipt `json:"receipt,omitempty"`
	// ReceiptFile is where the receipt was put.
	ReceiptFile string `json:"receipt_file,omitempty"`
	Error       string `json:"error,omitempty"`
}

func ingest(ctx context.Context, a *shell.App, o conversionOrder, files []string) error {
	limit := cmp.Or(a.InputLimit, maxIngest)
	converter := convert.NewConverter(convert.MaxBytes(limit), convert.UnitIDs(o.unitIDs...))
	to := &datasetFolder{dir: o.output, replace: o.replace, taken: map[string]takenDay{}}
	if err := errors.Join(readOnce(files), to.begin()); err != nil {
		return err
	}
	var results []convertedFile
	var failures []error
	good := 0
	from := &inputs.Reader{In: a.In, Bucket: a.Bucket, Limit: limit}
	for in := range from.Files(ctx, files) {
		if ctx.Err() != nil {
			failures = append(failures, shell.Explain(ctx.Err()))
			break
		}
		r, err := convertFile(ctx, a, converter, o, to, in)
		if err != nil {
			p := shell.Explain(err)
			// The receipt of a file that was refused would speak of days that are not there.
			r.Receipt, r.ReceiptFile, r.Error = nil, "", p.Error()
			failures = append(failures, p.Of(in.Name))
		} else {
			good++
		}
		results = append(results, r)
	}
	err := a.Show(shell.Some(results), func(s *shell.Screen) { drawConverted(s, o, results) })
	if err != nil {
		return err
	}
	return shell.Failed(failures, good > 0)
}

func convertFile(ctx context.Context, a *shell.App, c *convert.Converter, o conversionOrder, to *datasetFolder, in inputs.File) (r convertedFile, err error) {
	r = convertedFile{File: in.Name, Subscription: o.subscription, Table: o.table, DryRun: o.dryRun}
	if o.days != "" {
		r.Window = &o.window
	}
	if in.Err != nil {
		return r, in.Err
	}
	content := in.Content
	if r.Table == "" {
		// What is read of the file to recognise its table is read again, from memory.
		var start bytes.Buffer
		d, err := c.Recognise(ctx, io.TeeReader(content, &start))
		if err != nil {
			return r, unrecognised(err)
		}
		r.Table, content = d.Name, io.MultiReader(&start, content)
	}
	read := report.NewTally(content)
	converted, err := c.Convert(ctx, read, o.contract(r.Table, report.DateOf(a.Time())))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, converted.Close()) }()
	receipt, err := read.Receipt(converted)
	if err != nil {
		return r, err
	}
	receipt.LoadedAt, receipt.Partitions = a.Time(), []report.PartitionProof{}
	r.Receipt = &receipt
	err = to.store(ctx, &r, o.window, converted.Days)
	return r, err
}

// unrecognised says what to do about a header that tells no table; it does not help with a file that is not CSV.
func unrecognised(err error) error {
	if !fault.Is(err, fault.Poison) {
		return err
	}
	return &shell.Problem{Code: shell.ExitError, Err: err, Remedy: "compare it with: bellhop tables; or name the table with --table to hear what it lacks"}
}

func drawConverted(s *shell.Screen, o conversionOrder, results []convertedFile) {
	var rows [][]shell.Cell
	for _, r := range results {
		if r.Error != "" {
			rows = append(rows, shell.Row(r.File, r.Table, "", shell.Toned("refused", shell.Bad), ""))
			continue
		}
		rows = append(rows, shell.Row(r.File, r.Table, phrase.Number(r.Receipt.Rows), shell.Toned(outcomes(r.Receipt.Partitions), shell.Good), shell.Toned(r.ReceiptFile, shell.Quiet)))
		if n := r.Receipt.Duplicates; n > 0 {
			rows = append(rows, shell.Row("", "", phrase.Number(n), shell.Toned("came again, and counted once", shell.Waiting), ""))
		}
		for _, name := range r.Receipt.Unknown {
			rows = append(rows, shell.Row("", "", "", shell.Toned("unknown column kept in extra: "+name, shell.Waiting), ""))
		}
	}
	s.Table("", []string{"file", "table", "rows", "days", "receipt"}, []string{"rows"}, rows)
	if o.dryRun {
		s.Line("Nothing was written: this was a dry run.")
	}
}

// outcomes counts days by what became of them.
func outcomes(days []report.PartitionProof) string {
	counts := map[report.PartitionOutcome]int{}
	for _, d := range days {
		counts[d.Outcome]++
	}
	if len(days) == 0 {
		return "no rows"
	}
	var texts []string
	for _, o := range slices.Sorted(maps.Keys(counts)) {
		texts = append(texts, fmt.Sprintf("%d %s", counts[o], o))
	}
	return strings.Join(texts, " · ")
}
