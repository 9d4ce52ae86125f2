package cost_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// example is a stack and a thousand reports for which the bill was worked out by hand: one file of 200 KB for each report, 20
// runs of the requester with 50 requests of half a second, 1.5 seconds for each file and 0.3 for each deletion, 4 KiB of log
// for each invocation, four messages, 14 write and 5 read units.
func example() (cost.Usage, cost.Stack, cost.Wish) {
	const n, line = 1000, 4096
	return cost.Usage{
			Reports: n, Delivered: n, DeliveredBytes: n * 200_000, Requests: n,
			Requester: cost.Work{Invocations: 20, LogBytes: 20 * line, WriteUnits: 4 * n, ReadUnits: 2 * n},
			Ingester: cost.Work{
				Invocations: n, LogBytes: n * line, WriteUnits: 6 * n, ReadUnits: 2 * n,
				Calls: map[string]int64{"S3 PutObject": n, "S3 GetObject": n},
			},
			Janitor: cost.Work{
				Invocations: n, LogBytes: n * line, WriteUnits: 4 * n, ReadUnits: n,
				Calls: map[string]int64{"S3 HeadObject": n, "S3 DeleteObject": n, "SQS SendMessage": n},
			},
			Outside: cost.Work{Calls: map[string]int64{
				"S3 PutObject": n, "SQS SendMessage": n, "SQS ReceiveMessage": n, "SQS DeleteMessage": n,
			}},
		}, cost.Stack{RequesterMB: 256, IngesterMB: 512, JanitorMB: 128},
		cost.Wish{Assumed: cost.Assumed{RequestSeconds: 0.5, IngesterSeconds: 1.5, JanitorSeconds: 0.3}}
}

func TestAThousandReportsByHand(t *testing.T) {
	bill := cost.Of(example()).PerThousand
	// 125 + 750 + 37.5 GB-s.
	near(t, "GB-seconds", amounts(bill)[cost.LambdaCompute].Quantity, 912.5)
	for service, want := range map[string]string{
		"Lambda":     "0.0126", // 912.5 × 0.0000133334 + 2,020 × 0.20/M
		"S3":         "0.0108", // 2,000 × 0.005/1,000 + 2,000 × 0.0004/1,000
		"DynamoDB":   "0.0094", // 14,000 × 0.625/M + 5,000 × 0.125/M
		"SQS":        "0.0016", // 4,000 × 0.40/M
		"CloudWatch": "0.0041", // 2,020 × 4,096 bytes × 0.50/GB
	} {
		if got := fmt.Sprintf("%.4f", ofService(bill, service)); got != want {
			t.Errorf("%s: $%s, want $%s", service, got, want)
		}
	}
	// About 0.039, from the lines above.
	if got := fmt.Sprintf("%.4f", bill.Total); got != "0.0385" {
		t.Errorf("in all $%s", got)
	}
}

// ofService is what the lines of one service cost together.
func ofService(b cost.Bill, name string) (sum float64) {
	for _, l := range b.Lines {
		if l.Service == name {
			sum += l.Amount
		}
	}
	return sum
}

func amounts(b cost.Bill) map[cost.Item]cost.Line {
	lines := map[cost.Item]cost.Line{}
	for _, l := range b.Lines {
		lines[l.Item] = l
	}
	return lines
}

// quiet is a month without a report, on the template's stack: 2,910 runs of the requester that read 160 units each, and
// 8,640 sweeps that list twice and read half a unit.
func quiet() cost.Usage {
	u, _, _ := example()
	u.IdleRequester = cost.Work{Invocations: 1, ReadUnits: 160}
	u.IdleSweep = cost.Work{Invocations: 1, ReadUnits: 0.5, Calls: map[string]int64{"S3 ListObjectsV2": 1, "S3 ListMultipartUploads": 1}}
	return u
}

func TestAMonthByHand(t *testing.T) {
	tests := map[cost.Item]struct{ quantity, listed, afterFree float64 }{
		cost.LambdaCompute:  {363.75 + 648, 1011.75 * 0.0000133334, 0}, // 0.25 GB × (0.5 s × 2,910 + 0.3 s × 8,640)
		cost.LambdaRequests: {11_550, 0.00231, 0},
		cost.S3Writes:       {17_280, 0.0864, 0.0864},
		cost.LedgerReads:    {465_600 + 4_320, 0.0582 + 0.00054, 0.05874},
		cost.QueueRequests:  {648_000, 0.2592, 0}, // 5 readers × 3 a minute × 43,200 minutes
		cost.ScheduleRuns:   {11_550, 0.01155, 0},
		cost.LogBytes:       {0.01155, 0.005775, 0}, // 1,000 bytes each
		cost.Metrics:        {1, 0.30, 0},           // the age of the oldest raw file, with each sweep
		cost.Alarms:         {12, 1.20, 0.20},
		cost.ParameterCalls: {2_910, 0, 0},
		cost.Traces:         {11_550, 0.05775, 0},
	}
	for _, free := range []bool{false, true} {
		e := cost.Of(quiet(), cost.Template, cost.Wish{Assumed: cost.Usual, FreeTier: free})
		lines, sum := amounts(e.Standing), 0.0
		for item, tt := range tests {
			want := tt.listed
			if free {
				want = tt.afterFree
			}
			near(t, string(item), lines[item].Quantity, tt.quantity)
			near(t, fmt.Sprintf("%s, free tier %t", item, free), lines[item].Amount, want)
			sum += want
		}
		near(t, fmt.Sprintf("in all, free tier %t", free), e.Standing.Total, sum)
		if len(lines) != len(tests) {
			t.Errorf("%d lines, want %d", len(lines), len(tests))
		}
	}
}

// The parts are in TestAMonthByHand: 0.0135 and 0.0023 for Lambda, 0.0864 for S3, 0.0587 for the ledger, 0.2592 for the queue,
// 0.0116 for the schedules, 0.0058 for logs, 0.30 for a metric, 1.20 for alarms, 0.0578 for traces.
func TestAnIdleStackByChoice(t *testing.T) {
	for name, c := range map[string]struct {
		choice cost.Choice
		want   float64
	}{
		"as it is deployed": {cost.Default, 1.995215},
		"all alarms":        {cost.Choice{Alarms: "all", CredentialStore: "ParameterStore"}, 1.995215 + 18*0.10},
		"no alarms":         {cost.Choice{Alarms: "none", CredentialStore: "ParameterStore"}, 1.995215 - 12*0.10},
		"a dashboard":       {cost.Choice{Alarms: "essential", Dashboard: true, CredentialStore: "ParameterStore"}, 1.995215 + 3},
		"a secret":          {cost.Choice{Alarms: "essential", CredentialStore: "SecretsManager"}, 1.995215 + 0.40 + 2910*0.05/10_000},
	} {
		stack, err := cost.Template.With(c.choice)
		if err != nil {
			t.Fatal(err)
		}
		if got := cost.Of(quiet(), stack, cost.Wish{Assumed: cost.Usual}).Standing.Total; math.Abs(got-c.want) > 0.00001 {
			t.Errorf("%s: $%.6f, want $%.6f", name, got, c.want)
		}
	}
	for _, c := range []cost.Choice{{Alarms: "some", CredentialStore: "ParameterStore"}, {Alarms: "all", CredentialStore: "a drawer"}} {
		if _, err := cost.Template.With(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	u, err := cost.Reference()
	if err != nil {
		t.Fatal(err)
	}
	if got := cost.Of(u, cost.Template, cost.Wish{Assumed: cost.Usual}).Standing.Total; got >= 4 {
		t.Errorf("an idle stack costs $%.2f a month at list prices, want less than 4", got)
	}
}

// A month of reports is the quiet month and its reports, and the storage of a year's.
func TestAMonthOfReports(t *testing.T) {
	u, w := quiet(), cost.Wish{Assumed: cost.Usual, ReportsPerDay: 10}
	u.Ingester.SentBytes = map[string]int64{"S3 PutObject": 50_000_000} // 50 KB of Parquet for each report
	e := cost.Of(u, cost.Template, w)
	storage := amounts(e.Month)[cost.S3Storage]
	near(t, "storage", storage.Quantity, 0.1825) // 3,650 × 50 KB
	// Ten of a day's 24 hours have a report, and with it six metrics at 30 cents a month.
	near(t, "the month", e.Month.Total, e.Standing.Total+300*e.PerThousand.Total/1000+0.1825*0.023+6*10.0/24*0.30)
	near(t, "more reports than hours", amounts(cost.Of(u, cost.Template, cost.Wish{ReportsPerDay: 1000}).Month)[cost.Metrics].Quantity, 1+6)
	near(t, "at list prices", e.MonthListed, e.Month.Total)
	w.ReportBytes = 400_000
	double := cost.Of(u, cost.Template, w)
	near(t, "storage of reports twice as large", amounts(double.Month)[cost.S3Storage].Quantity, 0.365)
	// 0.2 MB more for each of 1,000 loads, at a second and a GB.
	near(t, "compute", amounts(double.PerThousand)[cost.LambdaCompute].Quantity, amounts(e.PerThousand)[cost.LambdaCompute].Quantity+200)
}

// What the schedules do when there is nothing to do is in the month, and not in a report as well.
func TestIdleRunsAreNotChargedTwice(t *testing.T) {
	u := quiet()
	before := cost.Of(u, cost.Template, cost.Wish{Assumed: cost.Usual}).PerThousand.Total
	u.RequesterRuns, u.Sweeps = 7, 30
	u.Requester = u.Requester.Plus(u.IdleRequester, 7)
	u.Janitor = u.Janitor.Plus(u.IdleSweep, 30)
	near(t, "with runs that had nothing to do", cost.Of(u, cost.Template, cost.Wish{Assumed: cost.Usual}).PerThousand.Total, before)
}

// A run that was stopped early may have used less than that many idle ones. Less than nothing is nothing.
func TestFewerThanIdleRunsAreNone(t *testing.T) {
	u := quiet()
	without := u
	without.Requester = cost.Work{}
	u.IdleRequester, u.RequesterRuns = u.Requester.Plus(cost.Work{Calls: map[string]int64{"S3 PutObject": 9}}, 1), 2
	w := cost.Wish{Assumed: cost.Usual}
	near(t, "1,000 reports", cost.Of(u, cost.Template, w).PerThousand.Total, cost.Of(without, cost.Template, w).PerThousand.Total)
}

func TestClassesOfS3(t *testing.T) {
	for operation, want := range map[string]cost.Item{
		"PutObject": cost.S3Writes, "ListObjectsV2": cost.S3Writes, "ListObjectVersions": cost.S3Writes, "ListMultipartUploads": cost.S3Writes,
		"GetObject": cost.S3Reads, "HeadObject": cost.S3Reads, "DeleteObject": cost.S3Deletes, "AbortMultipartUpload": cost.S3Deletes,
		"SomethingNew": cost.S3Writes,
	} {
		u := cost.Usage{Reports: 1, Ingester: cost.Work{Calls: map[string]int64{"S3 " + operation: 1}}}
		lines := cost.Of(u, cost.Stack{}, cost.Wish{}).PerThousand.Lines
		if len(lines) != 1 || lines[0].Item != want || lines[0].Quantity != 1000 {
			t.Errorf("%s: %+v, want %s", operation, lines, want)
		}
	}
}

func TestThePriceTable(t *testing.T) {
	seen := map[cost.Item]bool{}
	for _, p := range cost.Prices() {
		if seen[p.Item] {
			t.Errorf("%s is in it twice", p.Item)
		}
		seen[p.Item] = true
		if p.Service == "" || p.What == "" || p.Unit == "" || p.Per < 1 || p.Amount < 0 || p.Free < 0 {
			t.Errorf("%s is no price: %+v", p.Item, p)
		}
		if !strings.Contains(p.Source, "https://") || p.Date == "" || p.Unchecked != strings.Contains(p.Date, "from memory") {
			t.Errorf("%s is of %q, from %q", p.Item, p.Date, p.Source)
		}
	}
	cost.Prices()[0].Amount = 1000
	if cost.Prices()[0].Amount == 1000 {
		t.Error("a caller can change the prices")
	}
}

// Five dollars for a terabyte, in whole megabytes and ten at least, worked out by hand.
func TestWhatAQueryCosts(t *testing.T) {
	for bytes, want := range map[int64]float64{
		0: 0.00005, 1: 0.00005, 10_000_000: 0.00005, 10_000_001: 0.000055, 25_000_000: 0.000125, 1_000_000_000_000: 5,
	} {
		near(t, fmt.Sprint(bytes, " bytes"), cost.Scan(bytes), want)
	}
}

// The stack is that of the template, with the alarms of the nested stack.
func TestTheStackIsTheTemplates(t *testing.T) {
	type resource struct {
		Type       string    `yaml:"Type"`
		Condition  string    `yaml:"Condition"`
		Properties yaml.Node `yaml:"Properties"`
	}
	content, err := os.ReadFile(filepath.Join(standin.Root(t), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	nested, err := os.ReadFile(filepath.Join(standin.Root(t), "template", "watching.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var watching struct {
		Resources map[string]resource `yaml:"Resources"`
	}
	var template struct {
		Parameters map[string]struct {
			Default string `yaml:"Default"`
		} `yaml:"Parameters"`
		Globals struct {
			Function struct {
				Tracing string `yaml:"Tracing"`
			} `yaml:"Function"`
		} `yaml:"Globals"`
		Resources map[string]resource `yaml:"Resources"`
	}
	if err := errors.Join(yaml.Unmarshal(content, &template), yaml.Unmarshal(nested, &watching)); err != nil {
		t.Fatal(err)
	}
	maps.Copy(template.Resources, watching.Resources)
	types, memory := map[string]int{}, map[string]int{}
	alarms := map[string]int{} // by their condition
	for name, r := range template.Resources {
		types[r.Type]++
		if r.Type == "AWS::CloudWatch::Alarm" {
			alarms[r.Condition] += series(t, r.Properties)
		}
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		var function struct {
			MemorySize int `yaml:"MemorySize"`
		}
		if err := r.Properties.Decode(&function); err != nil {
			t.Fatal(err)
		}
		memory[name] = function.MemorySize
	}
	want := cost.Stack{
		RequesterMB: memory["RequesterFunction"], IngesterMB: memory["IngesterFunction"], JanitorMB: memory["JanitorFunction"],
		Traced:        template.Globals.Function.Tracing == "Active",
		MetricsAlways: len(metric.Always()), MetricsOfReports: len(metric.OfReports()), MetricsOfTrouble: len(metric.All()) - len(metric.Always()) - len(metric.OfReports()),
		Alarms:  alarms["HasAlarms"],
		Pollers: 5,
		RequesterRuns: map[string]int{"rate(15 minutes)": 96}[template.Parameters["WorkOffSchedule"].Default] +
			map[string]int{"cron(0 14 * * ? *)": 1}[template.Parameters["DailySchedule"].Default],
		Sweeps: map[string]int{"rate(5 minutes)": 288}[template.Parameters["SweepSchedule"].Default],
	}
	if cost.Template != want {
		t.Errorf("the stack is %+v, the template says %+v", cost.Template, want)
	}
	if chosen, err := cost.Template.With(cost.Default); chosen != want || err != nil || cost.Default.Alarms != template.Parameters["Alarms"].Default ||
		cost.Default.CredentialStore != template.Parameters["CredentialStore"].Default || template.Parameters["Dashboard"].Default != "false" {
		t.Errorf("by default the template chooses otherwise than %+v (%v)", cost.Default, err)
	}
	want.Alarms += alarms["HasAllAlarms"]
	want.Dashboards, want.Secret = types["AWS::CloudWatch::Dashboard"], types["AWS::SecretsManager::Secret"]
	if all, err := cost.Template.With(cost.Choice{Alarms: "all", Dashboard: true, CredentialStore: "SecretsManager"}); all != want || err != nil {
		t.Errorf("with everything the stack is %+v, the template says %+v (%v)", all, want, err)
	}
	// With a maximum of concurrency Lambda keeps all of its readers.
	if !strings.Contains(string(content), "ScalingConfig: {MaximumConcurrency: 5}") {
		t.Error("the template has no maximum of concurrency any more: see Pollers")
	}
	if len(memory) != 3 || types["AWS::CloudWatch::CompositeAlarm"] > 0 || types["AWS::KMS::Key"] > 0 || types["AWS::Events::Rule"] > 0 {
		t.Error("the template has something that the stack does not charge for")
	}
}

// series is how many series an alarm watches.
func series(t *testing.T, properties yaml.Node) int {
	t.Helper()
	var alarm struct {
		Metrics []struct {
			MetricStat yaml.Node `yaml:"MetricStat"`
		} `yaml:"Metrics"`
	}
	if err := properties.Decode(&alarm); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range alarm.Metrics {
		if !m.MetricStat.IsZero() {
			n++
		}
	}
	return max(1, n)
}

func TestTheReferenceIsARun(t *testing.T) {
	u, err := cost.Reference()
	if err != nil || u.Reports < 50 || u.Delivered < u.Reports || u.Duplicates == 0 || u.At.IsZero() || u.IdleSweep.Invocations != 1 || u.IdleRequester.Invocations != 1 {
		t.Errorf("%+v, %v", u, err)
	}
	for name, w := range map[string]cost.Work{"requester": u.Requester, "ingester": u.Ingester, "janitor": u.Janitor} {
		if w.Invocations == 0 || w.ReadUnits == 0 || w.WriteUnits == 0 || w.LogBytes == 0 {
			t.Errorf("the %s did nothing: %+v", name, w)
		}
	}
}
