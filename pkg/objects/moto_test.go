package objects_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
)

// A second S3, by other people and not the one that everything was built on: what both agree about is more likely S3's
// way.
func TestConformanceOfMoto(t *testing.T) {
	objectstest.Run(t, moto(t), objectstest.Differs{NoRequestID: true})
}

// moto starts a server and returns what makes buckets on it.
func moto(t *testing.T) objectstest.Factory {
	t.Helper()
	client := objects.NewClient(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(standin.Moto.Start(t)),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	var buckets atomic.Int64
	return func(t *testing.T) (*s3.Client, string) {
		name := fmt.Sprintf("bucket-%d", buckets.Add(1))
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		return client, name
	}
}
