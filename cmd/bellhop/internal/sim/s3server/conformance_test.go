package s3server_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
)

func TestConformance(t *testing.T) {
	objectstest.Run(t, func(t *testing.T) (*s3.Client, string) { return newBucket(t, nil) }, objectstest.Differs{})
}
