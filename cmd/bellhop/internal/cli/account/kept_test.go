package account

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Whoever makes the chain anew, and puts its seals over the copies, is found out: the first versions stay.
func TestSealsAreKeptInALockedBucket(t *testing.T) {
	client := objects.NewClient(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(standin.Moto.Start(t)),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	for _, bucket := range []struct {
		name string
		lock *types.DefaultRetention
		days int
	}{
		{"open", nil, 0},
		{"governed", &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(30)}, 0},
		{"locked", &types.DefaultRetention{Mode: types.ObjectLockRetentionModeCompliance, Years: aws.Int32(2)}, 730},
	} {
		t.Run(bucket.name, func(t *testing.T) {
			create := &s3.CreateBucketInput{Bucket: &bucket.name, ObjectLockEnabledForBucket: aws.Bool(bucket.lock != nil)}
			if _, err := client.CreateBucket(t.Context(), create); err != nil {
				t.Fatal(err)
			}
			if bucket.lock != nil {
				rule := &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled, Rule: &types.ObjectLockRule{DefaultRetention: bucket.lock}}
				if _, err := client.PutObjectLockConfiguration(t.Context(), &s3.PutObjectLockConfigurationInput{Bucket: &bucket.name, ObjectLockConfiguration: rule}); err != nil {
					t.Fatal(err)
				}
			}
			place := placeIn(client, bucket.name+"/bellhop")
			at := time.Date(2026, time.November, 20, 7, 40, 0, 0, time.UTC)
			seal := report.Seal{}.After([]report.Sealed{{File: "a.csv", VerifiedAt: at}}, at)
			sum, err := place.Copy(t.Context(), []report.Seal{seal}, false)
			if err != nil || sum.Copied != 1 || *sum.LockedDays != bucket.days {
				t.Fatalf("%+v, %v", sum, err)
			}
			if bucket.lock == nil {
				return // only a bucket that keeps versions keeps the first
			}
			key, forged := "bellhop/seal-000000000001.json", `{"number":1,"certificates":[]}`
			if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket.name, Key: &key, Body: strings.NewReader(forged), ChecksumAlgorithm: types.ChecksumAlgorithmSha256}); err != nil {
				t.Fatal(err)
			}
			if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket.name, Key: &key}); err != nil {
				t.Fatal(err)
			}
			copies, err := place.Seals(t.Context())
			if err != nil || len(copies) != 1 || copies[0].Hash != seal.Hash {
				t.Errorf("%v, %v", copies, err)
			}
		})
	}
}
