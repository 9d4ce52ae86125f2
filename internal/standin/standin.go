// Package standin starts programs that stand in for AWS on one machine. They are installed by `make`, at pinned versions; a
// test goes without where one is missing, and says so.
package standin

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Program is a server that listens on a port of this machine.
type Program struct {
	// Name is what people call it, and Does what it stands in for.
	Name, Does string
	// Variable names the environment variable with the path of the binary, and Installed is where `make` puts it, below the
	// repository's root.
	Variable, Installed string
	// Arguments make it listen on a port, empty and in memory.
	Arguments func(port int) []string
}

// The programs.
var (
	Dynoxide = Program{
		Name: "dynoxide", Does: "a DynamoDB server", Variable: "BELLHOP_DYNOXIDE",
		Installed: ".tools/npm/node_modules/@dynoxide/linux-x64/dynoxide",
		Arguments: func(port int) []string { return []string{"serve", "--host", "127.0.0.1", "--port", strconv.Itoa(port)} },
	}
	Moto = Program{
		Name: "moto", Does: "an AWS account", Variable: "BELLHOP_MOTO", Installed: ".tools/moto/bin/moto_server",
		Arguments: func(port int) []string { return []string{"--host", "127.0.0.1", "--port", strconv.Itoa(port)} },
	}
)

// Start starts the program for a test and returns its endpoint. It stops when the test ends. Where the program is missing
// the test is skipped, and fails with REQUIRE_REAL=1.
func (p Program) Start(t *testing.T) (endpoint string) {
	t.Helper()
	binary := os.Getenv(p.Variable)
	if binary == "" {
		binary = filepath.Join(Root(t), p.Installed)
	}
	if _, err := os.Stat(binary); err != nil { //nolint:gosec // a path that the person who runs the test names
		how := fmt.Sprintf("%s is not installed: run `make test`, or set %s to the binary", p.Name, p.Variable)
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatal("REQUIRE_REAL=1, but " + how)
		}
		t.Skipf("NOT TESTED against %s: %s", p.Does, how)
	}
	// The test's context ends before what is cleaned up after it.
	endpoint, stop, err := p.Serve(context.WithoutCancel(t.Context()), binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return endpoint
}

// Serve starts the program from its binary and returns its endpoint once it listens. Stop it.
func (p Program) Serve(ctx context.Context, binary string) (endpoint string, stop func(), err error) {
	return Serve(ctx, func(port int) *exec.Cmd {
		return exec.CommandContext(ctx, binary, p.Arguments(port)...) //nolint:gosec // the caller's server
	})
}

// Serve starts a server on a free port of this machine. Between finding the port and listening on it somebody else may take
// it, so there are a few tries.
func Serve(ctx context.Context, command func(port int) *exec.Cmd) (endpoint string, stop func(), err error) {
	for range 3 {
		if endpoint, stop, err = serve(ctx, command); err == nil {
			return endpoint, stop, nil
		}
	}
	return "", nil, fmt.Errorf("start the server: %w", err)
}

func serve(ctx context.Context, command func(port int) *exec.Cmd) (string, func(), error) {
	port, err := freePort(ctx)
	if err != nil {
		return "", nil, err
	}
	var output bytes.Buffer
	cmd := command(port)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed, so it always has an error
		close(ended)
	}()
	stop := func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	if !listening(ctx, address, ended) {
		stop()
		return "", nil, fmt.Errorf("%s does not listen; it says: %s", cmd.Path, output.Bytes())
	}
	return "http://" + address, stop, nil
}

// FreeAddress returns an address of this machine on which nobody listens, at this moment.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// The ports below those that a system hands out by itself, which Linux does from 32768 on and others from 49152: whoever takes
// any port does not take one of these while a server is starting, and is not mistaken for it.
const (
	firstPort = 20000
	ports     = 12000
)

func freePort(ctx context.Context) (port int, err error) {
	for range 100 {
		port = firstPort + rand.IntN(ports) //nolint:gosec // so that two who look at once find two
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// listening waits until something accepts connections at address; false when the server ended, or within a minute.
func listening(ctx context.Context, address string, ended <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			return c.Close() == nil
		}
		select {
		case <-ended:
			return false
		case <-ctx.Done():
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Root returns the root folder of the repository: the one with template.yaml, above the test's folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "template.yaml")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no template.yaml in any folder above the test's")
		}
		dir = parent
	}
}
