// Package cost counts what the functions ask of AWS, or of what stands in for it, and computes what that costs: of the counted
// work, a table of prices and the stack's own numbers. Amounts are US dollars before tax, at list prices; a month has 30 days,
// a GB 10^9 bytes but for memory, where Lambda takes 1,024 MB.
package cost

import (
	"math"
	"slices"
)

// Region is the one region that the prices are of.
const Region = "us-east-1"

// Item names one thing that AWS charges for.
type Item string

// The items.
const (
	LambdaCompute  Item = "lambda-compute"
	LambdaRequests Item = "lambda-requests"
	S3Writes       Item = "s3-writes"
	S3Reads        Item = "s3-reads"
	S3Deletes      Item = "s3-deletes"
	S3Storage      Item = "s3-storage"
	LedgerWrites   Item = "dynamodb-writes"
	LedgerReads    Item = "dynamodb-reads"
	StreamReads    Item = "dynamodb-streams"
	QueueRequests  Item = "sqs-requests"
	ScheduleRuns   Item = "scheduler-invocations"
	LogBytes       Item = "logs-ingested"
	Metrics        Item = "metrics"
	Alarms         Item = "alarms"
	Dashboards     Item = "dashboards"
	Secrets        Item = "secrets"
	SecretCalls    Item = "secret-calls"
	ParameterCalls Item = "parameter-calls"
	Traces         Item = "traces"
	QueryScans     Item = "athena-scans"
)

// Price is what one item costs. Amount is for Per units; Free units a month cost nothing, for as long as an account lives.
type Price struct {
	Item    Item    `json:"item"`
	Service string  `json:"service"`
	What    string  `json:"what"`
	Unit    string  `json:"unit"`
	Amount  float64 `json:"amount"`
	Per     float64 `json:"per"`
	Free    float64 `json:"free_each_month"`
	// Source is where the price was read, or is to be checked, and Date when: a day, a month, or that it was not read.
	Source string `json:"source"`
	Date   string `json:"date"`
	// Unchecked tells that the price is a list price of many years' standing that was not looked up for this table.
	Unchecked bool `json:"unchecked"`
}

const (
	million      = 1_000_000
	longStanding = "long-standing list price, from memory"

	lambdaSource = "https://app.unpkg.com/artillery@2.0.28/files/lib/platform/aws-lambda/prices.js; free tier https://aws.amazon.com/lambda/pricing/"
	lambdaDate   = "artillery 2.0.28; free tier 2026-09-20"

	watch   = "https://aws.amazon.com/cloudwatch/pricing/ by https://cloudburn.io/blog/amazon-cloudwatch-pricing"
	keeping = "https://www.webuildup.live/2026/05/aws-parameter-store-vs-secrets-manager.html"
	toolkit = "calculate_costs.py in https://github.com/aws/agent-toolkit-for-aws"
	s3      = "https://aws.amazon.com/s3/pricing/"
)

// prices are in the order in which a bill lists them.
var prices = []Price{
	{Item: LambdaCompute, Service: "Lambda", What: "compute, arm64", Unit: "GB-s", Amount: 0.0000133334, Per: 1, Free: 400_000, Source: lambdaSource, Date: lambdaDate},
	{Item: LambdaRequests, Service: "Lambda", What: "requests", Unit: "request", Amount: 0.20, Per: million, Free: million, Source: lambdaSource, Date: lambdaDate},
	{Item: S3Writes, Service: "S3", What: "PUT, COPY, POST, LIST", Unit: "request", Amount: 0.005, Per: 1000, Source: s3, Date: longStanding, Unchecked: true},
	{Item: S3Reads, Service: "S3", What: "GET, HEAD and others", Unit: "request", Amount: 0.0004, Per: 1000, Source: s3, Date: longStanding, Unchecked: true},
	{Item: S3Deletes, Service: "S3", What: "DELETE, abort", Unit: "request", Amount: 0, Per: 1000, Source: s3, Date: longStanding, Unchecked: true},
	{Item: S3Storage, Service: "S3", What: "storage, Standard", Unit: "GB-month", Amount: 0.023, Per: 1, Source: s3, Date: longStanding, Unchecked: true},
	{Item: LedgerWrites, Service: "DynamoDB", What: "write request units", Unit: "unit", Amount: 0.625, Per: million, Source: toolkit, Date: "2026-08-20"},
	{Item: LedgerReads, Service: "DynamoDB", What: "read request units", Unit: "unit", Amount: 0.125, Per: million, Source: toolkit, Date: "2026-08-20"},
	{Item: StreamReads, Service: "DynamoDB", What: "stream reads by Lambda", Unit: "request", Amount: 0, Per: million, Source: "https://aws.amazon.com/dynamodb/pricing/on-demand/", Date: longStanding, Unchecked: true},
	{Item: QueueRequests, Service: "SQS", What: "requests, standard queue", Unit: "request", Amount: 0.40, Per: million, Free: million, Source: "https://aws.amazon.com/sqs/pricing/", Date: longStanding, Unchecked: true},
	{Item: ScheduleRuns, Service: "EventBridge", What: "Scheduler invocations", Unit: "invocation", Amount: 1, Per: million, Free: 14 * million, Source: "https://aws.amazon.com/eventbridge/pricing/ by https://cloudburn.io/blog/amazon-eventbridge-pricing", Date: "2026-03"},
	{Item: LogBytes, Service: "CloudWatch", What: "logs ingested", Unit: "GB", Amount: 0.50, Per: 1, Free: 5, Source: watch, Date: "2026-02"},
	{Item: Metrics, Service: "CloudWatch", What: "metrics, by the hour", Unit: "metric", Amount: 0.30, Per: 1, Free: 10, Source: watch, Date: "2026-02"},
	{Item: Alarms, Service: "CloudWatch", What: "alarms, by metric", Unit: "metric", Amount: 0.10, Per: 1, Free: 10, Source: watch, Date: "2026-02"},
	{Item: Dashboards, Service: "CloudWatch", What: "dashboards", Unit: "dashboard", Amount: 3, Per: 1, Free: 3, Source: watch, Date: "2026-02"},
	{Item: Secrets, Service: "Secrets Manager", What: "secrets", Unit: "secret", Amount: 0.40, Per: 1, Source: keeping, Date: "2026-05"},
	{Item: SecretCalls, Service: "Secrets Manager", What: "calls", Unit: "call", Amount: 0.05, Per: 10_000, Source: keeping, Date: "2026-05"},
	{Item: ParameterCalls, Service: "Parameter Store", What: "calls, standard parameter", Unit: "call", Amount: 0, Per: 10_000, Source: "https://aws.amazon.com/systems-manager/pricing/", Date: longStanding, Unchecked: true},
	{Item: Traces, Service: "X-Ray", What: "traces recorded", Unit: "trace", Amount: 5, Per: million, Free: 100_000, Source: "https://aws.amazon.com/xray/pricing/", Date: "2026-11-25, a stored copy of the page"},
	{Item: QueryScans, Service: "Athena", What: "read by queries", Unit: "TB", Amount: 5, Per: 1, Source: "https://aws.amazon.com/athena/pricing/ by https://rcpedia.stanford.edu/services/athena.html", Date: "2026-11-26, a stored copy of the page"},
}

// Prices returns the whole table.
func Prices() []Price { return slices.Clone(prices) }

// Quantities is how much of each item was used, in the units of the price table.
type Quantities map[Item]float64

// Add adds each quantity of more, multiplied by times, and returns q.
func (q Quantities) Add(more Quantities, times float64) Quantities {
	for item, n := range more {
		q[item] += n * times
	}
	return q
}

// Line is one item of a bill: Amount = (Quantity − Free) × Price ÷ Per, and no less than 0.
type Line struct {
	Item     Item    `json:"item"`
	Service  string  `json:"service"`
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	Free     float64 `json:"free"`
	Price    float64 `json:"price"`
	Per      float64 `json:"per"`
	Amount   float64 `json:"amount"`
}

// Bill is what quantities cost, in US dollars.
type Bill struct {
	Lines []Line  `json:"lines"`
	Total float64 `json:"total"`
}

// Charge computes a bill. With freeTier the quantities have to be a month's, all that the account uses: a free tier belongs
// to an account and a month.
func Charge(q Quantities, freeTier bool) (b Bill) {
	for _, p := range prices {
		n, free := q[p.Item], 0.0
		if n <= 0 {
			continue
		}
		if freeTier {
			free = min(n, p.Free)
		}
		amount := (n - free) * p.Amount / p.Per
		b.Lines = append(b.Lines, Line{p.Item, p.Service, p.What, n, p.Unit, free, p.Amount, p.Per, amount})
		b.Total += amount
	}
	return b
}

// Scan is what Athena charges for a query that read so many bytes: it rounds up to a megabyte, and takes ten at least.
func Scan(bytes int64) float64 {
	const megabytesInTerabyte = million
	megabytes := max(10, math.Ceil(float64(bytes)/million))
	return Charge(Quantities{QueryScans: megabytes / megabytesInTerabyte}, false).Total
}
