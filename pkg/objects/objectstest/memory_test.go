package objectstest_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
)

// What the use-cases are tested on decides as S3 does.
func TestMemory(t *testing.T) {
	objectstest.RunBucket(t, func(*testing.T) objectstest.Bucket { return objectstest.NewMemory(time.Now) })
}
