// Command ingester is the Lambda function that loads delivered files into the dataset, as S3 tells of them.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

var version = "dev"

func main() {
	c, err := config.LoadIngester(config.Environ(os.Environ()))
	if err != nil {
		exit(err)
	}
	cloud, err := awsconfig.LoadDefaultConfig(context.Background())
	if err != nil {
		exit(err)
	}
	limitMemory()
	lambda.Start(build(c, cloud).Handle)
}

func build(c config.Ingester, cloud aws.Config) *ingester.Handler {
	metrics := &metric.Sink{To: os.Stdout, Service: c.Service, Function: "ingester", Now: time.Now}
	records := ledger.New(ledger.Checked(dynamostore.New(dynamodb.NewFromConfig(cloud), c.LedgerTable)))
	records.Retention = c.Retention.Duration()
	buckets, ours := objects.NewClient(cloud), objects.ExpectOwner(c.BucketOwner)
	return &ingester.Handler{
		Metrics: metrics,
		Bucket:  c.DeliveryBucket,
		Log:     telemetry.NewLogger(telemetry.Options{Function: "ingester", Version: version}),
		Ingester: &ingester.Service{
			Ledger:     records,
			Deliveries: objects.NewBucket(buckets, c.DeliveryBucket, ours), Dataset: objects.NewDataset(objects.NewBucket(buckets, c.DatasetBucket, ours)),
			Converter: convert.NewConverter(convert.UnitIDs(c.UnitIDForms...)), Now: time.Now, NewWorkerID: rand.Text, ShrinkBelow: dataset.ShrinkBelow,
			Lease: config.ClaimMargin, StrayGrace: c.StrayGrace, QuarantineHold: c.QuarantineHold, MaxBytes: config.LargestFile,
		},
	}
}

// limitMemory makes Go's collector run more often near the function's memory limit, so that Lambda does not kill it for garbage.
func limitMemory() {
	if mib := lambdacontext.MemoryLimitInMB; mib > 0 {
		debug.SetMemoryLimit(int64(mib) << 20 / 100 * 85)
	}
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, "ingester cannot start:", err)
	os.Exit(1)
}
