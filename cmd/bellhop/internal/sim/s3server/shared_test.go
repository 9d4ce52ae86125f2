package s3server_test

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

// shared is the server of all tests that want one at the same time, because a process can run one only. Each test has buckets of
// its own; the first test starts the server and the last one stops it. While it runs, the working directory is not the
// package's.
var shared struct {
	sync.Mutex
	server  *s3server.Server
	dir     string
	users   int
	buckets int
}

// sharedServer returns the shared server, which lives at least as long as the test. It allows versioning, and its clock
// is the machine's.
func sharedServer(t testing.TB) *s3server.Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.users == 0 {
		if err := startShared(); err != nil {
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

func startShared() error {
	dir, err := os.MkdirTemp("", "s3server-test-")
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

// newBucket creates an empty bucket of the test's own on the shared server. onCreated may be nil.
func newBucket(t testing.TB, onCreated s3server.OnCreated) (client *s3.Client, name string) {
	t.Helper()
	server := sharedServer(t)
	shared.Lock()
	shared.buckets++
	name = fmt.Sprintf("test-%d", shared.buckets)
	shared.Unlock()
	if err := server.CreateBucket(t.Context(), name, onCreated); err != nil {
		t.Fatal(err)
	}
	return server.Client(), name
}
