// Command janitor is the Lambda function that deletes loaded files, on proof, and sweeps up what no event told of.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/queue"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

var version = "dev"

func main() {
	c, err := config.LoadJanitor(config.Environ(os.Environ()))
	if err != nil {
		exit(err)
	}
	cloud, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		exit(err)
	}
	lambda.Start(build(c, cloud).Handle)
}

func build(c config.Janitor, cloud aws.Config) *janitor.Handler {
	metrics := &metric.Sink{To: os.Stdout, Service: c.Service, Function: "janitor", Now: time.Now}
	records := ledger.New(ledger.Checked(dynamostore.New(dynamodb.NewFromConfig(cloud), c.LedgerTable)))
	records.Retention = c.Retention.Duration()
	buckets := objects.NewClient(cloud)
	ours := objects.ExpectOwner(c.BucketOwner)
	delivery := objects.NewBucket(buckets, c.DeliveryBucket, ours)
	dataset := objects.NewDataset(objects.NewBucket(buckets, c.DatasetBucket, ours))
	return &janitor.Handler{
		Metrics: metrics, Decode: dynamostore.DecodeFileChanges,
		Log: telemetry.NewLogger(telemetry.Options{Function: "janitor", Version: version}),
		Janitor: &janitor.Service{
			Ledger: records, Deliveries: delivery, Dataset: dataset,
			Verifier: janitor.Verifier{Days: records, Dataset: dataset, Now: time.Now, Lists: config.ListsPerRun},
			Queue:    queue.NewIngest(sqs.NewFromConfig(cloud), c.IngestQueueURL),
			Now:      time.Now, Bucket: c.DeliveryBucket, MaxDeletions: c.MaxDeletions, UploadAge: config.UploadAge,
			OnCertificate: janitor.EmitRetention(metrics),
		},
	}
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "janitor cannot start:", err)
	os.Exit(1)
}
