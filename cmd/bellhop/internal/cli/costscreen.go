package cli

import (
	"fmt"
	"math"
	"strconv"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
)

func dollars(amount float64) string { return fmt.Sprintf("%.4f", amount) }

// quantity shows four digits of a small number, and a large one without a fraction.
func quantity(n float64) string {
	if n >= 1000 {
		return number(int64(math.Round(n)))
	}
	return strconv.FormatFloat(n, 'g', 4, 64)
}

// per says for how much a price is.
func per(n float64, unit string) string {
	if n == 1 {
		return unit
	}
	return number(int64(n)) + " " + unit + "s"
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

// bill writes a bill with its total; the free column is there when something is free. The amounts come first, because a
// narrow terminal cuts a row at its end.
func (s *screen) bill(b cost.Bill) {
	var rows [][]cell
	for _, l := range b.Lines {
		rows = append(rows, cells(dollars(l.Amount), l.Service, l.What, quantity(l.Quantity), free(l.Free), price(l.Price), per(l.Per, l.Unit)))
	}
	rows = append(rows, []cell{{dollars(b.Total), strong}, {"total", strong}, {}, {}, {}, {}, {}})
	s.table("  ", []string{"amount $", "service", "what", "quantity", "free", "price $", "per"}, []string{"amount $", "quantity", "free", "price $"}, rows)
}

func (s *screen) estimate(e cost.Estimate, where string) {
	s.line("%s  %s", s.paint(strong, "1 000 REPORTS"), "at list prices in "+e.Region)
	s.bill(e.PerThousand)
	s.heading(fmt.Sprintf("A MONTH of %s a day, %s", amountOf(e.Wish.ReportsPerDay, "report"), tier(e.Wish.FreeTier)))
	s.bill(e.Month)
	s.line("  of this, without any report: %s. At list prices %s in all, after the free tier %s.",
		dollars(e.Standing.Total), dollars(e.MonthListed), dollars(e.MonthFree))
	s.heading("COUNTED in " + where + ", " + minute(e.Usage.At))
	s.wrapped("  ", fmt.Sprintf("%s of %s loaded, of %s that came; %s; %s to the vendor. What went wrong on purpose is in it, and each try.",
		count(int(e.Usage.Reports), "report"), kilobytes(e.Usage.ReportBytes()), count(int(e.Usage.Delivered), "file"),
		count(int(e.Usage.Duplicates), "duplicate"), count(int(e.Usage.Requests), "request")))
	s.wrapped("  ", "Requests, messages, invocations and log lines are counted as they are made. DynamoDB's units are derived from the ledger's calls and the sizes of its items.")
	s.assumed(e)
	s.heading("NOT IN IT")
	s.wrapped("  ", fmt.Sprintf("%s that are sent in trouble alone, for the hours of it.", count(e.Stack.MetricsOfTrouble, "metric")))
	s.wrapped("  ", "Queries of Athena (by what they scan), storage of the ledger (some megabytes a year), mail of alarms, traffic out of AWS, tax.")
	s.heading("PRICES")
	all, unchecked := cost.Prices(), 0
	for _, p := range all {
		if p.Unchecked {
			unchecked++
		}
	}
	s.wrapped("  ", fmt.Sprintf("%d list prices of %s, each with source and date: bellhop cost --prices. %d of them have stood for years and were not looked up again.", len(all), e.Region, unchecked))
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

func kilobytes(n int64) string { return number((n+500)/1000) + " KB" }

// assumed shows what was not counted, beside what the handlers took here.
func (s *screen) assumed(e cost.Estimate) {
	a, u := e.Wish.Assumed, e.Usage
	s.heading("ASSUMED")
	here := func(w cost.Work) string {
		if w.Invocations == 0 {
			return ""
		}
		return fmt.Sprintf("%.3f s", w.Seconds/float64(w.Invocations))
	}
	s.table("  ", []string{"function", "memory", "seconds on lambda", "mean here"}, []string{"memory"}, [][]cell{
		cells("requester", fmt.Sprintf("%d MB", e.Stack.RequesterMB), fmt.Sprintf("%g for a run, %g more for a request", a.RequesterSeconds, a.RequestSeconds), here(u.Requester)),
		cells("ingester", fmt.Sprintf("%d MB", e.Stack.IngesterMB), fmt.Sprintf("%g for a file, %g more for a megabyte; %s each", a.IngesterSeconds, a.MegabyteSeconds, kilobytes(e.Wish.ReportBytes)), here(u.Ingester)),
		cells("janitor", fmt.Sprintf("%d MB", e.Stack.JanitorMB), fmt.Sprintf("%g for an invocation", a.JanitorSeconds), here(u.Janitor)),
	})
	s.wrapped("  ", "The seconds here are those of another processor, without a network and with all pauses skipped: they say nothing about Lambda.")
	s.wrapped("  ", fmt.Sprintf("Lambda itself logs %s bytes for each invocation, and each is a trace. %d reads of the queue wait for 20 seconds each, all month. Each of the %d requester runs a day reads the secret. A month has 30 days.",
		quantity(a.PlatformLogBytes), e.Stack.Pollers, e.Stack.RequesterRuns))
	s.wrapped("  ", fmt.Sprintf("CloudWatch charges a metric by the hours in which it is sent. With each sweep: %d. With reports: %d, as if each report came in an hour of its own.",
		e.Stack.MetricsAlways, e.Stack.MetricsOfReports))
	s.wrapped("  ", s.chosen(e.Stack))
}

// chosen says what of the stack costs something by choice.
func (s *screen) chosen(of cost.Stack) string {
	place, dashboard := "Parameter Store", "no dashboard"
	if of.Secret > 0 {
		place = "Secrets Manager"
	}
	if of.Dashboards > 0 {
		dashboard = "a dashboard"
	}
	return fmt.Sprintf("The stack has alarms on %s, %s, and its credential in %s: see --alarms, --dashboard and --credential-store.",
		count(of.Alarms, "metric"), dashboard, place)
}

func (s *screen) prices(all []cost.Price) {
	s.line("%s", s.paint(strong, "PRICES in "+cost.Region+", US dollars before tax"))
	var rows [][]cell
	for _, p := range all {
		rows = append(rows, cells(p.Service, p.What, price(p.Amount), per(p.Per, p.Unit), free(p.Free)))
	}
	s.table("  ", []string{"service", "what", "price $", "per", "free in a month"}, []string{"price $", "free in a month"}, rows)
	s.heading("SOURCES")
	for _, p := range all {
		s.line("  %s, %s: %s", s.paint(strong, p.Service), p.What, p.Date)
		s.line("      %s", p.Source)
	}
	s.line("")
	s.wrapped("", "A price without a date has been listed by AWS for years; check it on the page. Free tiers are those that last; what an account gets in its first year is not in the table.")
}
