package look

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
)

const costHelp = `Compute what bellhop costs on AWS, per 1,000 reports and per month, in US dollars.

What is counted: in the last "bellhop local run" of the folder that loaded something, every S3 request (repeats of the SDK
and the vendor's own PUTs included), every message of the queue, every invocation, every byte of the functions' logs, and
every call of the ledger, from which DynamoDB's request units are derived by the sizes of the items. The bill includes
the faults that the run caused on purpose. --reference takes a recorded run of the demonstration instead, and needs no folder.

What is assumed: how long the functions run on Lambda, which no run on one machine can tell. The assumed seconds are shown
beside those that the handlers took here, and can be changed. A schedule that finds nothing to do costs money, too: one such
run was counted, and the month includes all of them.

A free tier belongs to an account and a month. --free-tier takes it off the month, as if nothing else used the account;
1,000 reports are always at list prices. A metric is charged for the hours in which it is sent; each report counts as sent in an hour of
its own. Metrics that are sent only in trouble are not in the bill. --alarms, --dashboard and --credential-store say what is chosen
of the stack's parameters. The prices are a table in the program: --prices shows it, with sources and dates.

Exit code 2 for a wrong flag, 1 when no run of the folder was measured.`

// costFlags are what the command line says of a wish.
type costFlags struct {
	cost.Wish
	cost.Choice
	size, region      string
	prices, reference bool
}

// amount is a flag that takes a number.
type amount struct {
	flag  string
	value *float64
	help  string
}

func (f *costFlags) amounts() []amount {
	a := &f.Assumed
	return []amount{
		{"reports-per-day", &f.ReportsPerDay, "how many reports are loaded in a day; 5 is one for each category"},
		{"ingester-seconds", &a.IngesterSeconds, "assumed `seconds` of the ingester for a file, to which its megabytes are added"},
		{"megabyte-seconds", &a.MegabyteSeconds, "assumed `seconds` of the ingester for each megabyte"},
		{"janitor-seconds", &a.JanitorSeconds, "assumed `seconds` of the janitor for each invocation"},
		{"requester-seconds", &a.RequesterSeconds, "assumed `seconds` of the requester for a run without a request"},
		{"request-seconds", &a.RequestSeconds, "assumed `seconds` of the requester for each request, the pause after it included"},
	}
}

// CostCommand is bellhop cost.
func CostCommand(a *shell.App) *cobra.Command {
	f := costFlags{Wish: cost.UsualWish, Choice: cost.Default}
	c := &cobra.Command{
		Use: "cost", Short: "What bellhop costs on AWS, per 1,000 reports and per month", Args: cobra.NoArgs,
		Long: costHelp,
		Example: `  bellhop local run && bellhop cost
  bellhop cost --reference --reports-per-day 50 --report-size 2MB --free-tier
  bellhop cost --json | jq .per_1000_reports.total
  bellhop cost --prices`,
	}
	flags := c.Flags()
	for _, a := range f.amounts() {
		flags.Float64Var(a.value, a.flag, *a.value, a.help)
	}
	flags.StringVar(&f.size, "report-size", "", "mean `size` of a report, such as 200KB or 5MB; default as in the run")
	flags.BoolVar(&f.FreeTier, "free-tier", false, "take AWS's monthly free tier off the month")
	flags.StringVar(&f.Alarms, "alarms", f.Alarms, "the stack's `choice` of Alarms: essential, all or none")
	flags.BoolVar(&f.Dashboard, "dashboard", false, "the stack has a dashboard (Dashboard=true)")
	flags.StringVar(&f.CredentialStore, "credential-store", f.CredentialStore, "the stack's `choice` of CredentialStore: ParameterStore or SecretsManager")
	flags.StringVar(&f.region, "region", cost.Region, "the `region` whose prices are meant")
	flags.BoolVar(&f.prices, "prices", false, "show the price table, with sources and dates")
	flags.BoolVar(&f.reference, "reference", false, "take a recorded run of the demonstration instead of the folder's")
	c.RunE = a.Run(func(*cobra.Command, []string) error { return printBill(a, &f) })
	return c
}

func printBill(a *shell.App, f *costFlags) error {
	if a.Place.OnAWS() || a.Place.Table != "" || a.Place.DeliveryBucket != "" || a.Place.DatasetBucket != "" {
		return shell.Usage("leave --stack, --aws, --ledger-table and the buckets out", "bellhop cost computes from a run on this machine")
	}
	if f.region != cost.Region {
		return shell.Usage("take --region "+cost.Region+" for an estimate: prices elsewhere differ by some per cent, and AWS's pricing pages list them", "bellhop knows the prices of %s only, not of %s", cost.Region, f.region)
	}
	if f.prices {
		return a.Show(cost.Prices(), func(s *shell.Screen) { drawPrices(s, cost.Prices()) })
	}
	if err := f.check(); err != nil {
		return err
	}
	stack, err := cost.Template.With(f.Choice)
	if err != nil {
		return shell.Usage("take a value that the template has", "%w", err)
	}
	where, measured, err := measured(a, f.reference)
	if err != nil {
		return err
	}
	e := cost.Of(measured, stack, f.Wish)
	return a.Show(e, func(s *shell.Screen) { drawEstimate(s, e, where) })
}

// check reads the size, and refuses numbers that are no amounts.
func (f *costFlags) check() error {
	for _, a := range f.amounts() {
		if n := *a.value; n < 0 || math.IsNaN(n) || math.IsInf(n, 0) {
			return shell.Usage("use 0 or more", "--%s cannot be %v", a.flag, n)
		}
	}
	if f.size == "" {
		return nil
	}
	bytes, ok := byteSize(f.size)
	if !ok {
		return shell.Usage("write it as 200KB or 5MB", "--report-size %q is not a size", f.size)
	}
	f.ReportBytes = bytes
	return nil
}

// byteSize reads a number of bytes with an optional unit, in powers of a thousand.
func byteSize(text string) (int64, bool) {
	number, factor := strings.ToUpper(text), 1.0
	for i, unit := range []string{"GB", "MB", "KB", "B"} {
		if rest, found := strings.CutSuffix(number, unit); found {
			number, factor = strings.TrimSpace(rest), math.Pow(1000, float64(3-i))
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	bytes := n * factor
	// A report of a terabyte is a slip, and so is one of nothing.
	return int64(bytes), err == nil && bytes >= 1 && bytes < 1e12
}

// measured returns what was counted, and in few words where.
func measured(a *shell.App, reference bool) (where string, u cost.Usage, err error) {
	if reference {
		u, err = cost.Reference()
		return "a recorded run of the demonstration", u, err
	}
	u, err = sim.LastUsage(a.Place.Home)
	if errors.Is(err, sim.ErrNotMeasured) {
		return "", u, &shell.Problem{Code: shell.ExitError, Err: err, Remedy: "measure one: " + a.Again("local run") + "; where all is loaded already, reset the folder before; or take --reference"}
	}
	if err != nil {
		return "", u, &shell.Problem{Code: shell.ExitError, Err: err, Remedy: "measure anew: " + a.Again("local reset") + ", then " + a.Again("local run")}
	}
	return fmt.Sprintf("the last run in %s", a.Place.Home), u, nil
}

func dollars(amount float64) string { return fmt.Sprintf("%.4f", amount) }

// quantity shows four digits of a small number, and a large one without a fraction.
func quantity(n float64) string {
	if n >= 1000 {
		return phrase.Number(int64(math.Round(n)))
	}
	return strconv.FormatFloat(n, 'g', 4, 64)
}

// per says for how much a price is.
func per(n float64, unit string) string {
	if n == 1 {
		return unit
	}
	return phrase.Number(int64(n)) + " " + unit + "s"
}

// free shows how much is free, and nothing where nothing is.
func free(n float64) string {
	if n == 0 {
		return ""
	}
	return quantity(n)
}

// price shows a price without zeros at its end.
func price(amount float64) string { return strconv.FormatFloat(amount, 'f', -1, 64) }

// drawBill writes a bill with its total; the free column is there when something is free. The amounts come first, because a
// narrow terminal cuts a row at its end.
func drawBill(s *shell.Screen, b cost.Bill) {
	var rows [][]shell.Cell
	for _, l := range b.Lines {
		rows = append(rows, shell.Row(dollars(l.Amount), l.Service, l.What, quantity(l.Quantity), free(l.Free), price(l.Price), per(l.Per, l.Unit)))
	}
	rows = append(rows, shell.Row(shell.Toned(dollars(b.Total), shell.Strong), shell.Toned("total", shell.Strong), "", "", "", "", ""))
	s.Table("  ", []string{"amount $", "service", "what", "quantity", "free", "price $", "per"}, []string{"amount $", "quantity", "free", "price $"}, rows)
}

func drawEstimate(s *shell.Screen, e cost.Estimate, where string) {
	s.Line("%s  %s", s.Paint(shell.Strong, "1 000 REPORTS"), "at list prices in "+e.Region)
	drawBill(s, e.PerThousand)
	s.Heading(fmt.Sprintf("A MONTH of %s a day, %s", amountOf(e.Wish.ReportsPerDay, "report"), tier(e.Wish.FreeTier)))
	drawBill(s, e.Month)
	s.Line("  of this, without any report: %s. At list prices %s in all, after the free tier %s.",
		dollars(e.Standing.Total), dollars(e.MonthListed), dollars(e.MonthFree))
	s.Heading("COUNTED in " + where + ", " + phrase.Minute(e.Usage.At))
	s.Wrapped("  ", fmt.Sprintf("%s of %s loaded, of %s that came; %s; %s to the vendor. What went wrong on purpose is in it, and each try.",
		phrase.Count(int(e.Usage.Reports), "report"), kilobytes(e.Usage.ReportBytes()), phrase.Count(int(e.Usage.Delivered), "file"),
		phrase.Count(int(e.Usage.Duplicates), "duplicate"), phrase.Count(int(e.Usage.Requests), "request")))
	s.Wrapped("  ", "Requests, messages, invocations and log lines are counted as they are made. DynamoDB's units are derived from the ledger's calls and the sizes of its items.")
	drawAssumed(s, e)
	s.Heading("NOT IN IT")
	s.Wrapped("  ", fmt.Sprintf("%s that are sent in trouble alone, for the hours of it.", phrase.Count(e.Stack.MetricsOfTrouble, "metric")))
	s.Wrapped("  ", "Queries of Athena (by what they scan), storage of the ledger (some megabytes a year), mail of alarms, traffic out of AWS, tax.")
	s.Heading("PRICES")
	all, unchecked := cost.Prices(), 0
	for _, p := range all {
		if p.Unchecked {
			unchecked++
		}
	}
	s.Wrapped("  ", fmt.Sprintf("%d list prices of %s, each with source and date: bellhop cost --prices. %d of them have stood for years and were not looked up again.", len(all), e.Region, unchecked))
}

func tier(free bool) string {
	if free {
		return "after AWS's free tier"
	}
	return "at list prices"
}

func amountOf(n float64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return quantity(n) + " " + thing + "s"
}

func kilobytes(n int64) string { return phrase.Number((n+500)/1000) + " KB" }

// drawAssumed shows what was not counted, beside what the handlers took here.
func drawAssumed(s *shell.Screen, e cost.Estimate) {
	a, u := e.Wish.Assumed, e.Usage
	s.Heading("ASSUMED")
	here := func(w cost.Work) string {
		if w.Invocations == 0 {
			return ""
		}
		return fmt.Sprintf("%.3f s", w.Seconds/float64(w.Invocations))
	}
	s.Table("  ", []string{"function", "memory", "seconds on lambda", "mean here"}, []string{"memory"}, [][]shell.Cell{
		shell.Row("requester", fmt.Sprintf("%d MB", e.Stack.RequesterMB), fmt.Sprintf("%g for a run, %g more for a request", a.RequesterSeconds, a.RequestSeconds), here(u.Requester)),
		shell.Row("ingester", fmt.Sprintf("%d MB", e.Stack.IngesterMB), fmt.Sprintf("%g for a file, %g more for a megabyte; %s each", a.IngesterSeconds, a.MegabyteSeconds, kilobytes(e.Wish.ReportBytes)), here(u.Ingester)),
		shell.Row("janitor", fmt.Sprintf("%d MB", e.Stack.JanitorMB), fmt.Sprintf("%g for an invocation", a.JanitorSeconds), here(u.Janitor)),
	})
	s.Wrapped("  ", "The seconds here are those of another processor, without a network and with all pauses skipped: they say nothing about Lambda.")
	s.Wrapped("  ", fmt.Sprintf("Lambda itself logs %s bytes for each invocation, and each is a trace. %d reads of the queue wait for 20 seconds each, all month. Each of the %d requester runs a day reads the secret. A month has 30 days.",
		quantity(a.PlatformLogBytes), e.Stack.Pollers, e.Stack.RequesterRuns))
	s.Wrapped("  ", fmt.Sprintf("CloudWatch charges a metric by the hours in which it is sent. With each sweep: %d. With reports: %d, as if each report came in an hour of its own.",
		e.Stack.MetricsAlways, e.Stack.MetricsOfReports))
	s.Wrapped("  ", chosen(e.Stack))
}

// drawChosen says what of the stack costs something by choice.
func chosen(of cost.Stack) string {
	place, dashboard := "Parameter Store", "no dashboard"
	if of.Secret > 0 {
		place = "Secrets Manager"
	}
	if of.Dashboards > 0 {
		dashboard = "a dashboard"
	}
	return fmt.Sprintf("The stack has alarms on %s, %s, and its credential in %s: see --alarms, --dashboard and --credential-store.",
		phrase.Count(of.Alarms, "metric"), dashboard, place)
}

func drawPrices(s *shell.Screen, all []cost.Price) {
	s.Line("%s", s.Paint(shell.Strong, "PRICES in "+cost.Region+", US dollars before tax"))
	var rows [][]shell.Cell
	for _, p := range all {
		rows = append(rows, shell.Row(p.Service, p.What, price(p.Amount), per(p.Per, p.Unit), free(p.Free)))
	}
	s.Table("  ", []string{"service", "what", "price $", "per", "free in a month"}, []string{"price $", "free in a month"}, rows)
	s.Heading("SOURCES")
	for _, p := range all {
		s.Line("  %s, %s: %s", s.Paint(shell.Strong, p.Service), p.What, p.Date)
		s.Line("      %s", p.Source)
	}
	s.Line("")
	s.Wrapped("", "A price without a date has been listed by AWS for years; check it on the page. Free tiers are those that last; what an account gets in its first year is not in the table.")
}
