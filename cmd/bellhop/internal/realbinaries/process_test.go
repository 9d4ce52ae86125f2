package realbinaries_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"time"
)

// process is one start of the executable, with a Runtime API of its own, so that nothing that a dead process asked for
// is answered in the name of its successor.
type process struct {
	cmd    *exec.Cmd
	api    *runtimeAPI
	server *http.Server
	output tail
	ended  chan struct{}
}

func startProcess(ctx context.Context, o functionOptions) (*process, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the Runtime API: %w", err)
	}
	p := &process{api: newRuntimeAPI(), ended: make(chan struct{})}
	p.server = &http.Server{Handler: p.api.handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		_ = p.server.Serve(listener) // It ends by being closed, with the process.
		close(served)
	}()
	p.cmd = exec.CommandContext(ctx, o.Path)
	p.cmd.Env = append(lambdaEnvironment(o, listener.Addr().String()), o.Env...)
	p.cmd.WaitDelay = time.Second
	var output io.Writer = &p.output
	if o.Output != nil {
		output = io.MultiWriter(&p.output, o.Output)
	}
	p.cmd.Stdout, p.cmd.Stderr = output, output
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", o.Name, err), p.server.Close())
	}
	go func() {
		_ = p.cmd.Wait() // How it ended is in its state.
		_ = p.server.Close()
		<-served
		close(p.ended)
	}()
	return p, nil
}

// lambdaEnvironment is what Lambda sets for a custom runtime; see
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
func lambdaEnvironment(o functionOptions, runtimeAPI string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME=" + o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(o.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + o.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=2026/01/01/[$LATEST]0",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_REGION=us-east-1",
		"AWS_DEFAULT_REGION=us-east-1",
		"_HANDLER=bootstrap",
		"TZ=:UTC",
		"LANG=en_US.UTF-8",
	}
}

func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the process as Lambda does, without warning, and waits for it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // It may have ended before.
	<-p.ended
}

// exit is how an ended process came to its end.
func (p *process) exit(init bool) *exitError {
	state := p.cmd.ProcessState
	return &exitError{Code: state.ExitCode(), State: state.String(), Output: string(p.output.kept), Init: init}
}

// handOver waits until the process asks for an event, and gives it this one. Its time begins then.
func (p *process) handOver(ctx context.Context, event []byte, o functionOptions) (*invocation, error) {
	timer := time.NewTimer(initTime)
	defer timer.Stop()
	select {
	case reply := <-p.api.asking:
		in := newInvocation(event, o)
		p.api.begin(in)
		reply <- in
		return in, nil
	case failed := <-p.api.failedInit:
		// It is about to exit; Lambda would not wait for it either.
		p.kill()
		return nil, failed
	case <-p.ended:
		return nil, p.exit(true)
	case <-timer.C:
		p.kill()
		return nil, errTimeout
	case <-ctx.Done():
		p.kill()
		return nil, ctx.Err()
	}
}

// await waits for the answer.
func (p *process) await(ctx context.Context, in *invocation) ([]byte, error) {
	timer := time.NewTimer(time.Until(in.deadline))
	defer timer.Stop()
	select {
	case a := <-in.answered:
		return a.result()
	case <-p.ended:
	case <-timer.C:
		p.kill()
		return nil, errTimeout
	case <-ctx.Done():
		p.kill()
		return nil, ctx.Err()
	}
	select {
	case a := <-in.answered:
		return a.result()
	default:
		return nil, p.exit(false)
	}
}
