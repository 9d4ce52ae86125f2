package cli_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/internal/standin"
)

var rewrite = flag.Bool("rewrite", false, "write the README's bill anew")

// measuredHome is a folder whose last run loaded 100 reports of 1 MB with 600 PUTs, and nothing else that costs.
func measuredHome(t *testing.T) string {
	t.Helper()
	content, err := json.Marshal(cost.Usage{
		At: now, Reports: 100, Delivered: 120, DeliveredBytes: 120_000_000, Duplicates: 3, Requests: 25,
		Ingester: cost.Work{Invocations: 120, Seconds: 6, Calls: map[string]int64{"S3 PutObject": 600}},
	})
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "usage.json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

func TestCostOfTheLastRun(t *testing.T) {
	home := measuredHome(t)
	// 600 PUTs for 100 reports are 6,000 for 1,000. The ingester takes 2.3 seconds of a GB for each of 1,200 loads, and the
	// requester 1.5 seconds of a quarter of one for each of 250 requests.
	code, out, errs := newBench(t).run(t.Context(), "cost", "--home", home, "--json=false", "--reports-per-day", "2")
	for _, want := range []string{
		"1 000 REPORTS  at list prices in us-east-1\n",
		"\n    0.0300  S3          PUT, COPY, POST, LIST     6 000 ",
		"\n    0.0381  Lambda      compute, arm64            2 854 ",
		"A MONTH of 2 reports a day, at list prices\n",
		"COUNTED in the last run in " + home + ", 2026-11-20 07:40Z\n",
		"100 reports of 1 000 KB loaded, of 120 files that came; 3 duplicates; 25 requests to the vendor.",
		"1.3 for a file, 1 more for a megabyte; 1 000 KB each  0.050 s\n",
		"they say nothing about Lambda",
		"by the hours in which it is sent. With each sweep: 1. With reports: 6",
		"18 metrics that are sent in trouble alone",
		"The stack has alarms on 12 metrics, no dashboard, and its credential in Parameter Store",
		"bellhop cost --prices",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q", want)
		}
	}
	if code != 0 || errs != "" || t.Failed() {
		t.Errorf("exit %d, stderr %q, says\n%s", code, errs, out)
	}
}

func TestCostByWish(t *testing.T) {
	home := measuredHome(t)
	estimate := func(args ...string) cost.Estimate {
		t.Helper()
		code, out, errs := newBench(t).run(t.Context(), append([]string{"cost", "--home", home}, args...)...)
		if code != 0 {
			t.Fatalf("exit %d: %s", code, errs)
		}
		return decode[cost.Estimate](t, out)
	}
	usual := estimate()
	if usual.Region != "us-east-1" || usual.Wish.ReportsPerDay != 5 || usual.Wish.ReportBytes != 1_000_000 || usual.Wish.FreeTier || usual.Wish.Assumed != cost.Usual {
		t.Errorf("by default %+v", usual.Wish)
	}
	// 500 KB less at a second a megabyte, and a GB: half a GB-second for each of 1,200 loads.
	less := usual.PerThousand.Total - 1200*0.5*0.0000133334
	for name, c := range map[string]struct {
		args []string
		want float64
		got  func(cost.Estimate) float64
	}{
		"smaller reports":       {[]string{"--report-size", "500KB"}, less, func(e cost.Estimate) float64 { return e.PerThousand.Total }},
		"the same in megabytes": {[]string{"--report-size", "0.5 mb"}, less, func(e cost.Estimate) float64 { return e.PerThousand.Total }},
		"and in bytes":          {[]string{"--report-size", "500000"}, less, func(e cost.Estimate) float64 { return e.PerThousand.Total }},
		"a faster ingester": {
			[]string{"--ingester-seconds", "0", "--megabyte-seconds", "1.8"}, less, func(e cost.Estimate) float64 { return e.PerThousand.Total }},
		"no report":     {[]string{"--reports-per-day", "0"}, usual.Standing.Total, func(e cost.Estimate) float64 { return e.Month.Total }},
		"the free tier": {[]string{"--free-tier"}, usual.MonthFree, func(e cost.Estimate) float64 { return e.Month.Total }},
		"a metric more of an hour each": {
			// Six metrics for five more hours of a day, and what five more reports cost.
			[]string{"--reports-per-day", "10"}, usual.Standing.Total + 2*(usual.Month.Total-usual.Standing.Total), func(e cost.Estimate) float64 { return e.Month.Total }},
		"everything that can be chosen": {
			// 16 alarms, a dashboard, a secret and its calls: one for each of 97 runs a day.
			[]string{"--alarms", "all", "--dashboard", "--credential-store", "SecretsManager"}, usual.Standing.Total + 1.80 + 3 + 0.40 + 97*30*0.05/10_000,
			func(e cost.Estimate) float64 { return e.Standing.Total }},
		"no alarms":           {[]string{"--alarms", "none"}, usual.Standing.Total - 1.20, func(e cost.Estimate) float64 { return e.Standing.Total }},
		"listed all the same": {[]string{"--free-tier"}, usual.MonthListed, func(e cost.Estimate) float64 { return e.MonthListed }},
		"no free tier of 1,000": {
			[]string{"--free-tier"}, usual.PerThousand.Total, func(e cost.Estimate) float64 { return e.PerThousand.Total }},
	} {
		if got := c.got(estimate(c.args...)); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if usual.MonthFree >= usual.MonthListed || usual.Month.Total != usual.MonthListed {
		t.Errorf("%v, listed %v, after the free tier %v", usual.Month.Total, usual.MonthListed, usual.MonthFree)
	}
	_, out, _ := newBench(t).run(t.Context(), "cost", "--home", home, "--json=false", "--free-tier")
	if !strings.Contains(out, "A MONTH of 5 reports a day, after AWS's free tier") || !strings.Contains(out, "FREE") {
		t.Error(out)
	}
}

func TestCostRefuses(t *testing.T) {
	home, empty := measuredHome(t), t.TempDir()
	damaged := t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "usage.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"another region":      {[]string{"--home", home, "--region", "eu-west-1"}, shell.ExitUsage, []string{"eu-west-1", "--region us-east-1"}},
		"a size that is none": {[]string{"--home", home, "--report-size", "large"}, shell.ExitUsage, []string{`"large" is not a size`, "200KB"}},
		"a size of nothing":   {[]string{"--home", home, "--report-size", "0KB"}, shell.ExitUsage, []string{"200KB"}},
		"no size at all":      {[]string{"--home", home, "--report-size", "NaN"}, shell.ExitUsage, []string{"200KB"}},
		"alarms of no kind":   {[]string{"--home", home, "--alarms", "loud"}, shell.ExitUsage, []string{"essential, all or none", `"loud"`}},
		"no such place":       {[]string{"--home", home, "--credential-store", "vault"}, shell.ExitUsage, []string{"ParameterStore or SecretsManager", `"vault"`}},
		"less than nothing":   {[]string{"--home", home, "--reports-per-day", "-1"}, shell.ExitUsage, []string{"--reports-per-day", "-1"}},
		"endless seconds":     {[]string{"--home", home, "--janitor-seconds", "Inf"}, shell.ExitUsage, []string{"--janitor-seconds"}},
		"an account":          {[]string{"--aws", "--ledger-table", "t"}, shell.ExitUsage, []string{"on this machine", "leave --stack, --aws"}},
		"an argument":         {[]string{"ten"}, shell.ExitUsage, []string{"ten"}},
		"no run":              {[]string{"--home", empty}, shell.ExitError, []string{"no run was measured in " + empty, "bellhop local run --home " + empty, "--reference"}},
		"a damaged run":       {[]string{"--home", damaged}, shell.ExitError, []string{"damaged", "bellhop local reset --home " + damaged}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := newBench(t).run(t.Context(), append([]string{"cost"}, tt.args...)...)
			if code != tt.code || out != "" {
				t.Errorf("exit %d, stdout %q", code, out)
			}
			for _, want := range tt.says {
				if !strings.Contains(errs, want) {
					t.Errorf("%q does not say %q", errs, want)
				}
			}
		})
	}
}

func TestCostPrices(t *testing.T) {
	_, out, _ := newBench(t).run(t.Context(), "cost", "--prices")
	if listed := decode[[]cost.Price](t, out); len(listed) != len(cost.Prices()) {
		t.Errorf("%d of %d prices", len(listed), len(cost.Prices()))
	}
	code, out, _ := newBench(t).run(t.Context(), "cost", "--prices", "--json=false")
	for _, p := range cost.Prices() {
		if !strings.Contains(out, p.Source) || !strings.Contains(out, p.What+": "+p.Date) {
			t.Errorf("does not say where the price of %s is from, and of when", p.Item)
		}
	}
	if code != 0 {
		t.Errorf("exit %d", code)
	}
}

// The bill in docs/cost.md is what the program makes of the run that comes with it.
func TestTheBillInTheDocsIsFresh(t *testing.T) {
	const begin, end = "<!-- cost: begin (from cost/reference.json: make generate) -->\n", "<!-- cost: end -->"
	name := filepath.Join(standin.Root(t), "docs", "cost.md")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, began := strings.Cut(string(content), begin)
	block, after, ended := strings.Cut(rest, end)
	if !began || !ended {
		t.Fatalf("docs/cost.md has no bill between %q and %q", begin, end)
	}
	_, out, errs := newBench(t).run(t.Context(), "cost", "--reference", "--json=false")
	bills, _, found := strings.Cut(out, "\nASSUMED\n")
	if !found {
		t.Fatal(out, errs)
	}
	want := "```text\n" + bills + "```\n"
	if *rewrite {
		if err := os.WriteFile(name, []byte(before+begin+want+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	// The sentence after the block has its figures, rounded.
	u, err := cost.Reference()
	if err != nil {
		t.Fatal(err)
	}
	e := cost.Of(u, cost.Template, cost.Wish{Assumed: cost.Usual})
	said := fmt.Sprintf("about %.2f dollars a month before any report comes, %.2f after the free tier", e.MonthListed, e.MonthFree)
	if cents := fmt.Sprintf("1,000 reports cost %.0f cents", 100*e.PerThousand.Total); !strings.Contains(after, said) || !strings.Contains(after, cents) {
		t.Errorf("docs/cost.md does not say %q and %q", said, cents)
	}
	if block != want {
		t.Error("the bill of docs/cost.md is stale: make generate")
		lines(t, block, want)
	}
}
