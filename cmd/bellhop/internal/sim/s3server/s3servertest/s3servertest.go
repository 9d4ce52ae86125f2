// Package s3servertest gives tests an S3. A process can run one server only, so all tests that want one at the
// same time share it, each with buckets of its own; the first starts it and the last stops it.
//
// While it runs, the working directory is not the package's: a test that reads testdata makes the path absolute
// first, in TestMain or in a package variable.
package s3servertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
)

var shared struct {
	sync.Mutex
	server  *s3server.Server
	dir     string
	users   int
	buckets int
}

// New returns the shared server, which lives at least as long as the test. It allows versioning, and its clock
// is the machine's.
func New(t testing.TB) *s3server.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.users == 0 {
		if err := start(); err != nil {
			t.Fatal(err)
		}
	}
	shared.users++
	t.Cleanup(func() {
		shared.Lock()
		defer shared.Unlock()
		shared.users--
		if shared.users > 0 {
			return
		}
		if err := errors.Join(shared.server.Close(), os.RemoveAll(shared.dir)); err != nil {
			t.Error(err)
		}
	})
	return shared.server
}

func start() error {
	dir, err := os.MkdirTemp("", "s3servertest-")
	if err != nil {
		return err
	}
	// Not the test's context: the test that starts the server need not be the last to use it.
	server, err := s3server.Start(context.Background(), s3server.Options{Dir: dir, Versioning: true})
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	shared.server, shared.dir = server, dir
	return nil
}

// NewBucket creates an empty bucket of the test's own on the shared server. onCreated may be nil.
func NewBucket(t testing.TB, onCreated s3server.OnCreated) (client *s3.Client, name string) {
	t.Helper()
	server := New(t)
	shared.Lock()
	shared.buckets++
	name = fmt.Sprintf("test-%d", shared.buckets)
	shared.Unlock()
	if err := server.CreateBucket(t.Context(), name, onCreated); err != nil {
		t.Fatal(err)
	}
	return server.Client(), name
}
