package bench_test

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// functions are those that are deployed.
var functions = []string{"requester", "ingester", "janitor"}

// lambdaFlags are the Makefile's, but for the version that it stamps.
var lambdaFlags = []string{"-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"}

// lambdaEnv builds for a processor as the Makefile does for Lambda's.
func lambdaEnv(arch string) []string {
	return []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + arch, "GOWORK=off"}
}

// bootstraps builds the functions for a processor and returns the folder that they are in.
func bootstraps(tb testing.TB, arch string) string {
	tb.Helper()
	dir := tb.TempDir() + string(filepath.Separator)
	args := append([]string{"-o", dir}, lambdaFlags...)
	for _, name := range functions {
		args = append(args, "./functions/"+name)
	}
	build(tb, ".", lambdaEnv(arch), args...)
	return dir
}

// starters builds the functions for this machine, and one that does nothing, and returns the folder and the names.
func starters(tb testing.TB) (dir string, names []string) {
	tb.Helper()
	need(tb, runtime.GOOS == "linux", "the functions are built for Linux")
	dir = bootstraps(tb, runtime.GOARCH)
	args := append([]string{"-o", dir}, lambdaFlags...)
	build(tb, "cmd/bellhop", lambdaEnv(runtime.GOARCH), append(args, "./internal/bench/testdata/empty")...)
	return dir, append([]string{"empty"}, functions...)
}

// BenchmarkColdStart compares the functions with one that is empty: the time from the start of the process to its first call
// of the Runtime API.
func BenchmarkColdStart(b *testing.B) {
	dir, names := starters(b)
	starts := map[string][]float64{}
	for _, name := range names { // a first round only brings the files into memory
		milliseconds(b, filepath.Join(dir, name))
	}
	for b.Loop() {
		for _, name := range names {
			starts[name] = append(starts[name], milliseconds(b, filepath.Join(dir, name)))
		}
	}
	for _, name := range names {
		line(b, name, figures{"ms-p50": median(starts[name]), "ms-p90": rank(starts[name], 90)}, ratio(starts[name], starts["empty"]))
	}
}

func milliseconds(b *testing.B, path string) float64 {
	b.Helper()
	took, err := firstCall(b.Context(), path)
	if err != nil {
		b.Fatalf("start %s: %v", path, err)
	}
	return float64(took.Microseconds()) / 1000
}

func TestEachFunctionAsksForAnEvent(t *testing.T) {
	dir, names := starters(t)
	for _, name := range names {
		if took, err := firstCall(t.Context(), filepath.Join(dir, name)); err != nil || took <= 0 {
			t.Errorf("%s started in %s (%v)", name, took, err)
		}
	}
	if _, err := firstCall(t.Context(), "/bin/false"); err == nil {
		t.Error("a program that never asks has started in no time")
	}
}

// startEnv is what Lambda and template.yaml set; nothing listens anywhere but at the Runtime API.
func startEnv(runtimeAPI string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI, "AWS_LAMBDA_FUNCTION_NAME=bench", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"_HANDLER=bootstrap", "TZ=:UTC", "LANG=en_US.UTF-8",
		"BELLHOP_LEDGER_TABLE=bellhop-ledger", "BELLHOP_DELIVERY_BUCKET=bellhop-delivery", "BELLHOP_DATASET_BUCKET=bellhop-dataset",
		"BELLHOP_INGEST_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/111122223333/bellhop-ingest", "BELLHOP_LWA_SECRET_ID=bellhop/lwa",
	}
}

// firstCall starts an executable and returns how long it took until it asked for its first event. The listener reads one
// line and no more: a whole HTTP server would be a part of what is measured.
func firstCall(ctx context.Context, path string) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	var output strings.Builder
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = startEnv(listener.Addr().String())
	cmd.Stdout, cmd.Stderr = &output, &output
	ended := make(chan error, 1)
	called := make(chan call, 1)
	go func() { called <- awaitCall(listener) }()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	go func() { ended <- cmd.Wait() }()
	select {
	case c := <-called:
		if killErr := cmd.Process.Kill(); killErr != nil && !errors.Is(killErr, os.ErrProcessDone) {
			return 0, killErr
		}
		if err := <-ended; err == nil {
			return 0, errors.New("it ended although nobody had killed it")
		}
		if c.conn != nil {
			_ = c.conn.Close() // the other end is dead
		}
		if c.err == nil && !strings.HasPrefix(c.line, "GET /2018-06-01/runtime/invocation/next ") {
			c.err = fmt.Errorf("its first call is %q", c.line)
		}
		return c.at.Sub(began), c.err
	case err := <-ended:
		return 0, fmt.Errorf("it ended before it asked for an event: %w: %s", err, output.String())
	}
}

// call is the first request on a connection, which stays open: a process whose call breaks off would end.
type call struct {
	conn net.Conn
	line string
	at   time.Time
	err  error
}

func awaitCall(listener net.Listener) (c call) {
	if c.conn, c.err = listener.Accept(); c.err != nil {
		return c
	}
	c.line, c.err = bufio.NewReader(c.conn).ReadString('\n')
	c.at, c.line = time.Now(), strings.TrimSpace(c.line)
	return c
}

// BenchmarkSize reports how large the functions are as they are deployed. They are built the same on every machine.
func BenchmarkSize(b *testing.B) {
	dir := bootstraps(b, "arm64")
	for _, name := range functions {
		size, zipped := deployed(b, filepath.Join(dir, name))
		line(b, name, figures{"MB": float64(size) / 1e6, "zip-MB": float64(zipped) / 1e6})
	}
}

func TestTheFunctionsAreSmall(t *testing.T) {
	dir := bootstraps(t, "arm64")
	for _, name := range functions {
		size, zipped := deployed(t, filepath.Join(dir, name))
		// Without dead code elimination, the ingester has 25 MB.
		if size > 20e6 || zipped > size/2 || zipped < size/10 {
			t.Errorf("%s has %d bytes, %d in a zip: at most 20 MB are wanted", name, size, zipped)
		}
	}
}

// deployed returns the size of a file, and its size in a zip archive.
func deployed(tb testing.TB, path string) (size, zipped int64) {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var counted counter
	archive := zip.NewWriter(&counted)
	file, err := archive.Create("bootstrap")
	if err == nil {
		_, err = file.Write(content)
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		tb.Fatal(err)
	}
	return int64(len(content)), int64(counted)
}

// counter counts what is written to it.
type counter int64

var _ io.Writer = (*counter)(nil)

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
