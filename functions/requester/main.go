// Command requester is the Lambda function that asks the vendors for reports: by schedule, or ad hoc.
package main

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/queue"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

var version = "dev"

func main() {
	c, err := config.LoadRequester(config.Environ(os.Environ()))
	if err != nil {
		exit(err)
	}
	cloud, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		exit(err)
	}
	handler, err := build(c, cloud)
	if err != nil {
		exit(err)
	}
	lambda.Start(handler.Handle)
}

func build(c config.Requester, cloud aws.Config) (*requester.Handler, error) {
	scrubber := &redact.Scrubber{}
	metrics := &metric.Sink{To: os.Stdout, Service: c.Service, Function: "requester", Now: time.Now}
	secrets, parameters := secretsmanager.NewFromConfig(cloud), ssm.NewFromConfig(cloud)
	kept, err := secret.Open(c.LWASecretID, secrets, parameters)
	if err != nil {
		return nil, err
	}
	user, err := khorosUser(c, secrets, parameters)
	if err != nil {
		return nil, err
	}
	tokens := lwa.New(lwa.Options{
		Endpoint: c.LWAEndpoint.String(), HTTP: httpclient.New(httpclient.Options{Scrubber: scrubber}),
		Secret: secret.NewCached(kept, time.Now), Now: time.Now, Scrubber: scrubber,
		Failed: func(error) { metrics.Emit(metric.TokenRefreshFailures.Int(1)) },
	})
	var first *report.Subscription
	if sub, ok := c.Subscription.First(); ok {
		first = &sub
	}
	records := ledger.New(ledger.Checked(dynamostore.New(dynamodb.NewFromConfig(cloud), c.LedgerTable)))
	records.Retention = c.Retention.Duration()
	log := telemetry.NewLogger(telemetry.Options{Function: "requester", Version: version, Scrubber: scrubber})
	return &requester.Handler{
		Metrics: metrics,
		Log:     log,
		Requester: &requester.Service{
			Ledger: records, Sources: sources(c, cloud, tokens, user, scrubber),
			Queue:          queue.NewIngest(sqs.NewFromConfig(cloud), c.IngestQueueURL),
			Deliverer:      objects.NewBucket(objects.NewClient(cloud), c.DeliveryBucket, objects.ExpectOwner(c.BucketOwner)),
			DeliveryBucket: c.DeliveryBucket, First: first, NewWorkerID: cryptorand.Text,
			Now: time.Now, Sleep: sleep, Chance: rand.Float64, Pace: c.Interval, Patience: c.Patience, Reserve: config.RecordReserve, RequestTime: httpclient.DefaultTimeout,
			OnJobChange: requester.LogJobChange(log),
		},
	}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "requester cannot start:", err)
	os.Exit(1)
}
