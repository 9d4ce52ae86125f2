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
	// Variable names the environment variable with the path of the program, and Installed is where `make` puts it, below the
	// repository's root. Without Installed it runs only where a person sets the variable, REQUIRE_REAL or not.
	Variable, Installed string
	// Command starts it on a port, empty and in memory.
	Command func(ctx context.Context, path string, port int) *exec.Cmd
}

// The programs. The licence of DynamoDB Local is for the holders of an AWS account, so it is for a person to choose.
var (
	Dynoxide = Program{
		Name: "dynoxide", Does: "a DynamoDB server", Variable: "BELLHOP_DYNOXIDE",
		Installed: ".tools/npm/node_modules/@dynoxide/linux-x64/dynoxide",
		Command: func(ctx context.Context, path string, port int) *exec.Cmd {
			return exec.CommandContext(ctx, path, "serve", "--host", "127.0.0.1", "--port", strconv.Itoa(port)) //nolint:gosec // the caller's server
		},
	}
	DynamoDBLocal = Program{
		Name: "DynamoDB Local", Does: "DynamoDB", Variable: "DYNAMODB_LOCAL_JAR",
		Command: func(ctx context.Context, path string, port int) *exec.Cmd {
			return exec.CommandContext(ctx, "java", "-Djava.library.path="+filepath.Join(filepath.Dir(path), "DynamoDBLocal_lib"), //nolint:gosec // the caller's server
				"-jar", path, "-inMemory", "-disableTelemetry", "-port", strconv.Itoa(port))
		},
	}
	Moto = Program{
		Name: "moto", Does: "an AWS account", Variable: "BELLHOP_MOTO", Installed: ".tools/moto/bin/moto_server",
		Command: func(ctx context.Context, path string, port int) *exec.Cmd {
			return exec.CommandContext(ctx, path, "--host", "127.0.0.1", "--port", strconv.Itoa(port)) //nolint:gosec // the caller's server
		},
	}
)

// Start starts the program for a test and returns its endpoint. It stops when the test ends. Where the program is missing
// the test is skipped, and fails with REQUIRE_REAL=1.
func (p Program) Start(tb testing.TB) (endpoint string) {
	tb.Helper()
	path := os.Getenv(p.Variable)
	if path == "" && p.Installed == "" {
		tb.Skipf("opt-in: set %s to run the test against %s", p.Variable, p.Name)
	}
	if path == "" {
		path = filepath.Join(Root(tb), p.Installed)
	}
	if _, err := os.Stat(path); err != nil { //nolint:gosec // a path that the person who runs the test names
		how := fmt.Sprintf("%s is not installed: run `make test`, or set %s to the program", p.Name, p.Variable)
		if os.Getenv("REQUIRE_REAL") == "1" {
			tb.Fatal("REQUIRE_REAL=1, but " + how)
		}
		tb.Skipf("NOT TESTED against %s: %s", p.Does, how)
	}
	// The test's context ends before what is cleaned up after it.
	ctx := context.WithoutCancel(tb.Context())
	endpoint, stop, err := Serve(ctx, func(port int) *exec.Cmd { return p.Command(ctx, path, port) })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(stop)
	return endpoint
}

// Serve starts a server on a free port of this machine. Between finding the port and listening on it another program
// may take it, so there are a few tries.
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

// FreeAddress returns an address of this machine on which no program listens at this moment.
func FreeAddress(t testing.TB) string {
	t.Helper()
	port, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// The ports lie below those that a system hands out on its own, which Linux does from 32768 on and others from 49152. A
// program that takes any port does not take one of these while a server is starting, and is not mistaken for the server.
const (
	firstPort = 20000
	ports     = 12000
)

func freePort(ctx context.Context) (port int, err error) {
	for range 100 {
		port = firstPort + rand.IntN(ports) //nolint:gosec // so that two tests that look at once find two ports
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
