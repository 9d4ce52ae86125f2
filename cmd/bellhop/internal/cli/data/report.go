package data

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/chromium"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/monthly/paper"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const reportHelp = `Write the report of a month, for people who would rather look than read: what was asked, which devices were
used, what was silent, and which days the numbers rest on. The file's extension chooses the format; -o may be given
several times. A page (.html) is one file that needs no network and no other file. A workbook (.xlsx) has a sheet for each block.
A PDF (.pdf) is the page as Chromium or Chrome prints it, where this machine has one.

Each block says until which day there are data, and for how many of the month's days. A missing day is a gap, not
zero. A change from the month before is shown only when all days of both months are loaded. A property's report rests on the
subscriptions that report the property, the report of all properties on all of them.

What an audience sees:
  manager   everything but identifiers: the names of properties and rooms, and the SQL behind each block
  engineer  everything
  owner     for people outside. Units have pseudonyms, except for the property that the report is about. Numbers of
            activities from 1 to --k minus 1 are hidden, with what they could be computed from in the same block. There
are no identifiers, no SQL, no reasons for gaps, no skills and no contact centre, and no restatements. The
            numbers of different blocks and of different reports are not compared with each other.

The pseudonyms are made with a secret key, from the file that --key names or from report.key in the local folder, which
is made once. Keep it: without it the next report has other pseudonyms. Share it with nobody.`

// reportOrder is what a command line wants of a report.
type reportOrder struct {
	engine   shell.EngineChoice
	month    string
	audience string
	earlier  string
	key      string
	outputs  []string
	force    bool

	order monthly.Order
	sight monthly.Sight
}

func (o *reportOrder) define(f *pflag.FlagSet) {
	f.StringVar(&o.month, "month", "", "the `month`, YYYY-MM (default: the last whole one)")
	f.StringVar(&o.order.Property, "property", "", "only one property, by its `name` or id")
	f.StringVar(&o.audience, "audience", string(monthly.Manager), "for whom it is: "+strings.Join(shell.Words(monthly.Audiences()), ", "))
	f.IntVar(&o.sight.Fewest, "k", 5, "for an owner: the smallest number of activities that is shown")
	f.StringVar(&o.key, "key", "", "for an owner: the `file` with the key of the pseudonyms (default: report.key in the local folder)")
	f.StringVar(&o.earlier, "earlier", "", "a frozen report, by its `file`: an appendix says what changed in its days since")
	f.StringSliceVarP(&o.outputs, "output", "o", nil, "the `file` to write: .html, .xlsx or .pdf (default: report-YYYY-MM.html)")
	f.BoolVar(&o.force, "force", false, "replace the files if there are any")
}

// ReportCommand is bellhop report.
func ReportCommand(a *shell.App) *cobra.Command {
	c := writingReport(a, &cobra.Command{
		Use: "report", Short: "Write the report of a month, as a page, a workbook or a PDF", Long: reportHelp,
		Example: `  bellhop report --month 2026-10 -o october.html
  bellhop report --property Sunrise --audience owner -o sunrise.html -o sunrise.xlsx
  bellhop report freeze --month 2026-10 -o october.html
  bellhop report --month 2026-11 --earlier october.frozen.json -o november.html -o november.pdf`,
	}, false)
	c.AddCommand(writingReport(a, &cobra.Command{
		Use: "freeze", Short: "Write a report, and keep its numbers to verify them later",
		Long: `Write a report as bellhop report does, and beside its page a file .frozen.json with all of its numbers, whatever the
audience sees of them, and with the days that they rest on: generation, ETag, SHA-256 and sums. The file is for you, and
not for the report's readers: it has what an owner does not see.`,
		Example: "  bellhop report freeze --month 2026-10 --property Sunrise -o sunrise.html\n  bellhop report verify sunrise.frozen.json",
	}, true), verifyReportCommand(a))
	return c
}

// writingReport makes a command that writes a report, and freezes it if it is to be kept.
func writingReport(a *shell.App, c *cobra.Command, keep bool) *cobra.Command {
	var o reportOrder
	o.define(c.Flags())
	o.engine.DefineEngine(c)
	shell.Complete(c, "audience", shell.Fixed(monthly.Audiences()))
	c.Args = cobra.NoArgs
	c.PreRunE = func(*cobra.Command, []string) error { return checkReport(a, &o, keep) }
	c.RunE = a.On(func(ctx context.Context, at shell.Account, _ []string) error {
		done, err := writeReport(ctx, a, at, o, keep)
		if err != nil {
			return err
		}
		return a.Show(done, func(s *shell.Screen) { drawReport(s, done) })
	})
	return c
}

// The endings of a report's files.
const (
	endPage   = ".html"
	endSheets = ".xlsx"
	endPDF    = ".pdf"
	endFrozen = ".frozen.json"
)

func checkReport(a *shell.App, o *reportOrder, keep bool) (err error) {
	if o.month != "" {
		if o.order.Month, err = monthly.ParseMonth(o.month); err != nil {
			return shell.Usage("write it like 2026-10", "--month: %w", err)
		}
	}
	if o.sight.Audience = monthly.Audience(o.audience); !slices.Contains(monthly.Audiences(), o.sight.Audience) {
		return shell.Usage("use one of "+strings.Join(shell.Words(monthly.Audiences()), ", "), "--audience: unknown audience %q", o.audience)
	}
	if o.sight.Fewest < 1 {
		return shell.Usage("1 hides nothing", "--k must be at least 1")
	}
	for _, name := range o.outputs {
		if !slices.Contains([]string{endPage, endSheets, endPDF}, filepath.Ext(name)) {
			return shell.Usage("end it in .html, .xlsx or .pdf", "%s does not say which form the report is to have", name)
		}
	}
	if keep && len(o.outputs) > 0 && !slices.ContainsFunc(o.outputs, func(name string) bool { return filepath.Ext(name) == endPage }) {
		return shell.Usage("name one with -o FILE.html", "a report is frozen together with its page")
	}
	if o.sight.Audience == monthly.Owner && o.key == "" && a.Place.OnAWS() {
		return shell.Usage("name its file with --key; bellhop makes it", "an owner's report needs the key of its pseudonyms, and there is no local folder to keep it in")
	}
	return a.CheckEngine(&o.engine)
}

// doneReport is what was written.
type doneReport struct {
	Month    monthly.Month    `json:"month"`
	Property string           `json:"property,omitempty"`
	Audience monthly.Audience `json:"audience"`
	Data     monthly.Data     `json:"data"`
	Files    []string         `json:"files"`
}

func drawReport(s *shell.Screen, done doneReport) {
	s.Line("%s for the %s, of %d of %d days:", done.Month.Name(), done.Audience, done.Data.There, done.Data.Of)
	for _, name := range done.Files {
		s.Line("  %s", s.Paint(shell.Strong, name))
	}
}

// reading opens what computes reports, and closes it after do.
func reading(ctx context.Context, a *shell.App, at shell.Account, e shell.EngineChoice, do func(monthly.Reader) error) error {
	return a.WithEngine(ctx, e, func(engine shell.QueryEngine) error {
		return do(monthly.Reader{Days: at.View, Engine: engine, Now: at.Now})
	})
}

func writeReport(ctx context.Context, a *shell.App, at shell.Account, o reportOrder, keep bool) (done doneReport, err error) {
	if o.month == "" {
		o.order.Month = monthly.MonthOf(report.DateOf(at.Now())).Before()
	}
	if len(o.outputs) == 0 {
		o.outputs = []string{"report-" + o.order.Month.String() + endPage}
	}
	files := slices.Clone(o.outputs)
	if keep {
		page := files[slices.IndexFunc(files, func(name string) bool { return filepath.Ext(name) == endPage })]
		files = append(files, strings.TrimSuffix(page, endPage)+endFrozen)
	}
	for _, name := range files {
		if err := (shell.OutFile{Name: name, Force: o.force}).Check(); err != nil {
			return done, err
		}
	}
	if o.earlier != "" {
		if o.order.Earlier, err = thaw(o.earlier); err != nil {
			return done, err
		}
	}
	if o.sight.Audience == monthly.Owner {
		if o.key == "" {
			o.key = filepath.Join(a.Place.Home, "report.key")
		}
		if o.sight.Key, err = monthly.Key(o.key, rand.Reader); err != nil {
			return done, err
		}
	}
	err = reading(ctx, a, at, o.engine, func(r monthly.Reader) error {
		made, err := r.Report(ctx, o.order)
		if err != nil {
			return err
		}
		done = doneReport{Month: made.Month, Audience: o.sight.Audience, Data: made.Data, Files: files}
		if made.Property != nil {
			done.Property = made.Property.Name
		}
		return o.write(ctx, r, made, files)
	})
	return done, err
}

// write writes the files.
func (o reportOrder) write(ctx context.Context, r monthly.Reader, made monthly.Report, files []string) error {
	seen := made.For(o.sight)
	var page bytes.Buffer
	if err := paper.Document(seen, o.sight).Write(&page); err != nil {
		return err
	}
	for _, name := range files {
		out := shell.OutFile{Name: name, Force: o.force}
		var err error
		switch {
		case strings.HasSuffix(name, endFrozen):
			err = freeze(ctx, r, made, page.Bytes(), out)
		case filepath.Ext(name) == endSheets:
			err = out.Write(func(w io.Writer) error { return paper.Workbook(w, seen) })
		case filepath.Ext(name) == endPDF:
			err = printed(ctx, page.Bytes(), out)
		default:
			err = out.Write(func(w io.Writer) error { _, err := w.Write(page.Bytes()); return err })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// freeze writes the numbers of a report, for nobody but their owner.
func freeze(ctx context.Context, r monthly.Reader, made monthly.Report, page []byte, out shell.OutFile) error {
	frozen, err := r.Freeze(ctx, made, page)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(frozen, "", " ")
	if err != nil {
		return fmt.Errorf("write the frozen report as JSON: %w", err)
	}
	return out.Fill(func(unfinished string) error { return os.WriteFile(unfinished, append(content, '\n'), 0o600) })
}

// printed has a browser print the page, which lies beside the PDF as long as that takes.
func printed(ctx context.Context, page []byte, out shell.OutFile) error {
	browser, err := chromium.Find(exec.LookPath)
	if err != nil {
		return err
	}
	return out.Fill(func(unfinished string) error {
		source := unfinished + endPage
		if err := os.WriteFile(source, page, 0o600); err != nil {
			return err
		}
		return chromium.PDF(ctx, browser, source, unfinished)
	})
}

func thaw(name string) (*monthly.Frozen, error) {
	content, err := os.ReadFile(name) //nolint:gosec // G304: the file is the user's to choose
	if err != nil {
		return nil, fmt.Errorf("read the frozen report: %w", err)
	}
	frozen, err := monthly.Thaw(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &frozen, nil
}
