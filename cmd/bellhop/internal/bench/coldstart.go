package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
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
func (b *bench) bootstraps(ctx context.Context, arch string) (string, error) {
	dir := filepath.Join(b.dir, arch) + string(filepath.Separator)
	args := append([]string{"-o", dir}, lambdaFlags...)
	for _, name := range functions {
		args = append(args, "./functions/"+name)
	}
	return dir, b.build(ctx, ".", lambdaEnv(arch), args...)
}

// coldStart compares the functions with one that is empty.
func coldStart(ctx context.Context, b *bench) error {
	if runtime.GOOS != "linux" {
		return b.leaveOut("the start of functions", "they are built for Linux")
	}
	dir, err := b.bootstraps(ctx, runtime.GOARCH)
	if err != nil {
		return err
	}
	args := append([]string{"-o", dir}, lambdaFlags...)
	if err := b.build(ctx, "cmd/bellhop", lambdaEnv(runtime.GOARCH), append(args, "./internal/bench/empty")...); err != nil {
		return err
	}
	starts, err := startAll(ctx, dir, append([]string{"empty"}, functions...), b.roundsOr(45))
	if err != nil {
		return err
	}
	g := newGrid("to the first GET …/invocation/next", "ms, p50", "ms, p90", "ratio to empty", "target")
	for _, name := range append([]string{"empty"}, functions...) {
		target := "2.5"
		if name == "empty" {
			target = ""
		}
		g.add(name, decimal(median(starts[name]), 1), decimal(rank(starts[name], 90), 1), ratio(ratios(starts[name], starts["empty"])), target)
	}
	b.printf("%d starts of each, in turn, files in the page cache\n\n", len(starts["empty"]))
	return b.show(g)
}

// startAll starts the executables in turn, round after round, and returns the milliseconds of each start. A first round
// only brings the files into memory.
func startAll(ctx context.Context, dir string, names []string, rounds int) (map[string][]float64, error) {
	starts := map[string][]float64{}
	for round := range rounds + 1 {
		for _, name := range names {
			took, err := firstCall(ctx, filepath.Join(dir, name))
			if err != nil {
				return nil, fmt.Errorf("start %s: %w", name, err)
			}
			if round > 0 {
				starts[name] = append(starts[name], float64(took.Microseconds())/1000)
			}
		}
	}
	return starts, nil
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
			return 0, errors.New("it ended by itself, although it was killed")
		}
		c.close()
		if c.err == nil && !strings.HasPrefix(c.line, "GET /2018-06-01/runtime/invocation/next ") {
			c.err = fmt.Errorf("its first call is %q", c.line)
		}
		return c.at.Sub(began), c.err
	case err := <-ended:
		return 0, fmt.Errorf("it ended before it asked for an event: %w: %s", err, output.String())
	}
}

// call is the first request on a connection, which stays open: a process whose call breaks off ends by itself.
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

func (c call) close() {
	if c.conn != nil {
		_ = c.conn.Close() // the other end is dead
	}
}
