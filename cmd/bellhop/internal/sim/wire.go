package sim

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// wire builds the three functions as their main packages do, over this machine's adapters.
func (m *Machine) wire() {
	between := m.outside
	client := objects.NewClient(m.s3.Config(), counting, between.s3)
	delivery, bucket := objects.NewBucket(client, m.outside.delivery), objects.NewBucket(client, m.outside.dataset)
	swept := objects.NewDataset(bucket) // of the janitor: each function looks at the format itself
	records, queue, now := ledger.New(between.store(cost.Ledger{Store: m.records})), between.queue(m.queue), m.clock.Now
	records.Retention = retention

	scrubber, requests, deletions := &redact.Scrubber{}, m.sink("requester", m.parts.requester), m.sink("janitor", m.parts.janitor)
	tokens := lwa.New(lwa.Options{
		Endpoint: m.vendor.url + "/auth/o2/token", HTTP: httpclient.New(httpclient.Options{Scrubber: scrubber}),
		Secret: secret.NewCached(SecretFile(filepath.Join(m.Dir, secretFile)), now), Now: now, Scrubber: scrubber,
		Failed: func(error) { requests.Emit(metric.TokenRefreshFailures.Int(1)) },
	})
	first := m.subscription()
	m.requests = &requester.Service{
		Ledger: records, Queue: queue, Deliverer: delivery,
		Sources:        m.sources(tokens, scrubber),
		DeliveryBucket: m.outside.delivery, First: &first,
		Now: now, Sleep: m.clock.Sleep, Chance: chance(), RequestTime: httpclient.DefaultTimeout, NewWorkerID: rand.Text, OnJobChange: requester.LogJobChange(m.logger("requester")),
		Pace: config.Defaults[config.Requester]().Interval, Patience: config.Defaults[config.Requester]().Patience, Reserve: config.RecordReserve,
	}
	ingests := &ingester.Service{
		Ledger:     records,
		Deliveries: delivery, Dataset: objects.NewDataset(bucket), Converter: convert.NewConverter(convert.UnitIDs(m.outside.unitIDs...)), Now: now, NewWorkerID: rand.Text,
		ShrinkBelow: dataset.ShrinkBelow, MaxBytes: cmp.Or(m.outside.maxBytes, config.LargestFile), Lease: config.ClaimMargin,
		StrayGrace: config.Defaults[config.Ingester]().StrayGrace, QuarantineHold: config.Defaults[config.Ingester]().QuarantineHold,
	}
	sweeps := &janitor.Service{
		Ledger: records, Deliveries: delivery, Dataset: swept,
		Verifier: janitor.Verifier{Days: records, Dataset: swept, Now: now, Lists: config.ListsPerRun},
		Queue:    queue, Now: now, Bucket: m.outside.delivery, OnCertificate: janitor.EmitRetention(deletions),
		MaxDeletions: config.Defaults[config.Janitor]().MaxDeletions, UploadAge: config.UploadAge,
	}
	m.verifier = janitor.Verifier{Days: m.ledger, Dataset: objects.NewDataset(objects.NewBucket(m.s3.Client(), m.outside.dataset)), Now: now}
	m.handle = handlers{
		requester: m.entry(m.parts.requester, requesterTimeout, (&requester.Handler{
			Requester: m.requests, Log: m.logger("requester"), Metrics: requests,
		}).Handle),
		ingester: m.entry(m.parts.ingester, ingesterTimeout, (&ingester.Handler{
			Ingester: meteredIngester{ingests, &m.tally}, Bucket: m.outside.delivery, Log: m.logger("ingester"), Metrics: m.sink("ingester", m.parts.ingester),
		}).Handle),
		janitor: m.entry(m.parts.janitor, janitorTimeout, (&janitor.Handler{
			Janitor: meteredJanitor{sweeps, &m.tally}, Decode: dynamostore.DecodeFileChanges, Log: m.logger("janitor"), Metrics: deletions,
		}).Handle),
	}
	m.queue.handle = failures(m.handle.ingester)
	m.feed = &feed{store: m.store, handle: failures(m.handle.janitor), log: m.Log, off: m.outside.noFeed}
}

// sources are the vendors' APIs, all of which the simulated vendor plays.
func (m *Machine) sources(tokens alexa.Tokens, scrubber *redact.Scrubber) []requester.Source {
	client := func() *httpclient.Client { return httpclient.New(httpclient.Options{Scrubber: scrubber}) }
	shared := func() alexa.Options {
		return alexa.Options{Endpoint: m.vendor.url, HTTP: client(), Tokens: tokens, Now: m.clock.Now, Scrubber: scrubber}
	}
	all := []requester.Source{
		asp.New(asp.Options{Options: shared()}), skillmetrics.New(shared()), campaigns.New(shared()),
		pinpoint.New(pinpoint.Options{HTTP: client(), Now: m.clock.Now, Scrubber: scrubber, AWS: aws.Config{
			Region: s3server.Region, BaseEndpoint: &m.vendor.url, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		}}),
		khoros.New(khoros.Options{
			Endpoint: m.vendor.url, HTTP: client(), Secret: careUser(m.properties()), Now: m.clock.Now, Scrubber: scrubber,
			Hosts: []string{strings.TrimPrefix(m.vendor.files, "http://")},
		}),
	}
	for i, source := range all {
		all[i] = m.outside.source(source)
	}
	return all
}

// sink returns where a function's metrics go. They are lines of its log.
func (m *Machine) sink(function string, of *cost.Meter) *metric.Sink {
	return &metric.Sink{To: cost.LogWriter{Meter: of, To: m.Metrics}, Service: "bellhop", Function: function, Now: m.clock.Now}
}

// entry makes of a handler what the Lambda runtime makes of it: JSON in, JSON out, under a deadline.
func (m *Machine) entry(of *cost.Meter, timeout time.Duration, handle any) func(ctx context.Context, event json.RawMessage) (json.RawMessage, error) {
	runtime := lambda.NewHandler(handle)
	return func(ctx context.Context, event json.RawMessage) (response json.RawMessage, err error) {
		ctx, made := cost.Start(ctx, of)
		began := m.Now()
		defer func() { made.Invocation(m.Now().Sub(began)) }()
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		ctx = onClock{ctx, m.clock.Now().Add(timeout)}
		defer func() {
			// The runtime posts a panic as an error and starts anew.
			if p := recover(); p != nil {
				err = fmt.Errorf("the handler panicked: %v", p)
			}
		}()
		return runtime.Invoke(ctx, event) //nolint:contextcheck // onClock is the context, with another deadline
	}
}

// onClock tells the deadline on the machine's clock, which may be far ahead of the one on which the context ends.
type onClock struct {
	context.Context
	deadline time.Time
}

func (c onClock) Deadline() (time.Time, bool) { return c.deadline, true }

// failures reads the items that have to come again from a handler's response, as an event source mapping does.
func failures(handle func(context.Context, json.RawMessage) (json.RawMessage, error)) func(context.Context, json.RawMessage) ([]string, error) {
	return func(ctx context.Context, event json.RawMessage) ([]string, error) {
		response, err := handle(ctx, event)
		if err != nil {
			return nil, err
		}
		var batch struct {
			Failures []struct {
				Item string `json:"itemIdentifier"`
			} `json:"batchItemFailures"`
		}
		if err := json.Unmarshal(response, &batch); err != nil {
			return nil, fmt.Errorf("the function did not answer with a batch response: %w", err)
		}
		var failed []string
		for _, f := range batch.Failures {
			failed = append(failed, f.Item)
		}
		return failed, nil
	}
}
