package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// dynoxidePath is where `make` installs dynoxide, below the repository's root.
const dynoxidePath = ".tools/npm/node_modules/@dynoxide/linux-x64/dynoxide"

// Server is a program that speaks DynamoDB's protocol.
type Server struct {
	Name string
	// Start starts it on a free port of this machine, empty and in memory, and stops it when the test ends. Where the
	// program is missing it skips the test and says why, or fails it when REQUIRE_REAL=1.
	Start func(t *testing.T) (endpoint string)
}

// Servers are the servers on which the suites run.
func Servers() []Server {
	return []Server{{"dynoxide", StartDynoxide}, {"DynamoDB Local", startDynamoDBLocal}}
}

// StartDynoxide starts dynoxide and returns its endpoint; see [Server]. The binary is $BELLHOP_DYNOXIDE, else what
// make has installed.
func StartDynoxide(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("BELLHOP_DYNOXIDE")
	if binary == "" {
		binary = filepath.Join(Root(t), dynoxidePath)
	}
	if _, err := os.Stat(binary); err != nil { //nolint:gosec // a path that the person who runs the test names
		const how = "dynoxide is not installed: run `make test`, or set BELLHOP_DYNOXIDE to the binary"
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatal("REQUIRE_REAL=1, but " + how)
		}
		t.Skip("NOT TESTED against a real DynamoDB server: " + how)
	}
	return start(t, func(port int) *exec.Cmd {
		return exec.Command(binary, "serve", "--host", "127.0.0.1", "--port", strconv.Itoa(port)) //nolint:gosec,noctx // lives as long as the test
	})
}

// startDynamoDBLocal starts DynamoDB Local from $DYNAMODB_LOCAL_JAR. Its licence is for the holders of an AWS account,
// so it runs only where somebody asks for it, REQUIRE_REAL or not.
func startDynamoDBLocal(t *testing.T) string {
	t.Helper()
	jar := os.Getenv("DYNAMODB_LOCAL_JAR")
	if jar == "" {
		t.Skip("opt-in: set DYNAMODB_LOCAL_JAR if its licence is for you")
	}
	return start(t, func(port int) *exec.Cmd {
		return exec.Command("java", "-Djava.library.path="+filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib"), //nolint:gosec,noctx // lives as long as the test
			"-jar", jar, "-inMemory", "-disableTelemetry", "-port", strconv.Itoa(port))
	})
}

// start starts a server on a free port. Between finding the port and listening on it somebody else may take it, so
// there are a few tries.
func start(t *testing.T, command func(port int) *exec.Cmd) string {
	t.Helper()
	var err error
	for range 3 {
		var endpoint string
		if endpoint, err = tryStart(t, command); err == nil {
			return endpoint
		}
	}
	t.Fatalf("start the server: %v", err)
	return ""
}

func tryStart(t *testing.T, command func(port int) *exec.Cmd) (string, error) {
	t.Helper()
	port, err := freePort(t.Context())
	if err != nil {
		return "", err
	}
	var output bytes.Buffer
	cmd := command(port)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return "", err
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
	if !listening(t.Context(), address, ended) {
		stop()
		return "", fmt.Errorf("it does not listen; it says: %s", output.Bytes())
	}
	t.Cleanup(stop)
	return "http://" + address, nil
}

func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	address, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(errors.New("not a TCP address"), l.Close())
	}
	return address.Port, l.Close()
}

// listening waits until something accepts connections at address; false when the server ended, or within 30 seconds.
func listening(ctx context.Context, address string, ended <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
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
func Root(t *testing.T) string {
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
