package realbinaries_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// serveTheTest makes this executable a function: started with a Runtime API, it serves it with AWS's own runtime client.
func serveTheTest() {
	switch os.Getenv("START") {
	case "refuse":
		fmt.Fprintln(os.Stderr, "three variables are missing")
		os.Exit(1)
	case "fail":
		// AWS's client for Go does not do this; runtimes of other languages do.
		post("init/error", `{"errorType":"Unconfigured","errorMessage":"nothing is set"}`)
		time.Sleep(time.Minute)
	}
	lambda.Start(obey)
}

// post calls the Runtime API, and returns the status.
func post(path, body string) int {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/" + path
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// order tells the function what to do.
type order struct {
	Do   string
	Echo string
}

type told struct {
	Echo      string
	PID       int
	RequestID string
	ARN       string
	Name      string
	MemoryMB  int
	Left      time.Duration
	Trace     string
	Inherited string
}

type badInput struct{}

func (badInput) Error() string { return "that is no input" }

func obey(ctx context.Context, o order) (told, error) {
	switch o.Do {
	case "fail":
		return told{}, errors.New("it did not work")
	case "fail by type":
		return told{}, badInput{}
	case "panic":
		panic("out of ideas")
	case "exit":
		fmt.Println("good bye")
		os.Exit(3)
	case "answer for another":
		o.Echo = fmt.Sprint(post("invocation/another/response", `{}`), post("invocation/another/error", `{}`))
	case "hang":
		time.Sleep(time.Minute) // deaf to its context, as a stuck process is
	}
	deadline, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	return told{
		Echo: o.Echo, PID: os.Getpid(), RequestID: lc.AwsRequestID, ARN: lc.InvokedFunctionArn,
		Name: lambdacontext.FunctionName, MemoryMB: lambdacontext.MemoryLimitInMB,
		Left: time.Until(deadline), Trace: os.Getenv("_X_AMZN_TRACE_ID"), Inherited: os.Getenv("HOME"),
	}, nil
}

// thisAsFunction returns this executable as a function.
func thisAsFunction(t *testing.T, o functionOptions) *function {
	t.Helper()
	var err error
	if o.Path, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	f := newFunction(t.Context(), o)
	t.Cleanup(f.Close)
	return f
}

// mustInvoke invokes and returns what came back of it.
func mustInvoke(t *testing.T, f *function, event string) told {
	t.Helper()
	raw, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	var a told
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnInvocationCarriesWhatLambdaTells(t *testing.T) {
	t.Setenv("HOME", "/home/of/the/test")
	f := thisAsFunction(t, functionOptions{Name: "ingester", MemoryMB: 1024, Timeout: 20 * time.Second})
	first, second := mustInvoke(t, f, `{"Echo":"a"}`), mustInvoke(t, f, `{"Echo":"b"}`)
	if first.Echo != "a" || second.Echo != "b" {
		t.Errorf("answers %q and %q", first.Echo, second.Echo)
	}
	if first.PID != second.PID || f.Starts() != 1 {
		t.Errorf("processes %d and %d, %d starts: the process should be kept", first.PID, second.PID, f.Starts())
	}
	if id := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`); !id.MatchString(first.RequestID) || first.RequestID == second.RequestID {
		t.Errorf("request ids %q and %q", first.RequestID, second.RequestID)
	}
	if want := "arn:aws:lambda:us-east-1:111122223333:function:ingester"; first.ARN != want {
		t.Errorf("ARN %q, want %q", first.ARN, want)
	}
	if first.Name != "ingester" || first.MemoryMB != 1024 {
		t.Errorf("name %q with %d MB", first.Name, first.MemoryMB)
	}
	if first.Left <= 10*time.Second || first.Left > 20*time.Second {
		t.Errorf("%s are left of 20s", first.Left)
	}
	if trace := regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`); !trace.MatchString(first.Trace) || first.Trace == second.Trace {
		t.Errorf("trace ids %q and %q", first.Trace, second.Trace)
	}
	if first.Inherited != "" {
		t.Errorf("it inherited HOME=%s", first.Inherited)
	}
}

func TestFailures(t *testing.T) {
	const fine = `{"Echo":"after"}`
	tests := map[string]struct {
		do, kind, message string
		stack             bool
		starts            int // processes for the failure and an invocation after it
	}{
		"a returned error": {do: "fail", kind: "errorString", message: "it did not work", starts: 1},
		"a typed error":    {do: "fail by type", kind: "badInput", message: "that is no input", starts: 1},
		"a panic":          {do: "panic", kind: "string", message: "out of ideas", stack: true, starts: 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := thisAsFunction(t, functionOptions{})
			_, err := f.Invoke(t.Context(), []byte(`{"Do":"`+test.do+`"}`))
			failed, ok := errors.AsType[*functionError](err)
			if !ok || failed.Type != test.kind || failed.Message != test.message || (len(failed.Stack) > 0) != test.stack || failed.Init {
				t.Errorf("%#v", err)
			}
			if a := mustInvoke(t, f, fine); a.Echo != "after" || f.Starts() != test.starts {
				t.Errorf("then it answers %q, after %d starts", a.Echo, f.Starts())
			}
		})
	}
}

func TestAnExitIsNoticedAndMendedByTheNextInvocation(t *testing.T) {
	var output bytes.Buffer
	f := thisAsFunction(t, functionOptions{Output: &output})
	_, err := f.Invoke(t.Context(), []byte(`{"Do":"exit"}`))
	gone, ok := errors.AsType[*exitError](err)
	if !ok || gone.Code != 3 || gone.Init || !strings.Contains(gone.Output, "good bye") {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(output.String(), "good bye") {
		t.Errorf("the output is %q", output.String())
	}
	if a := mustInvoke(t, f, `{"Echo":"a"}`); a.Echo != "a" || f.Starts() != 2 {
		t.Errorf("answer %q after %d starts", a.Echo, f.Starts())
	}
}

func TestAtItsDeadlineTheProcessIsKilled(t *testing.T) {
	f := thisAsFunction(t, functionOptions{Timeout: 500 * time.Millisecond})
	before := mustInvoke(t, f, `{}`)
	began := time.Now()
	if _, err := f.Invoke(t.Context(), []byte(`{"Do":"hang"}`)); !errors.Is(err, errTimeout) {
		t.Fatalf("%v", err)
	}
	if took := time.Since(began); took < 500*time.Millisecond || took > 10*time.Second {
		t.Errorf("killed after %s", took)
	}
	if after := mustInvoke(t, f, `{}`); after.PID == before.PID || f.Starts() != 2 {
		t.Errorf("process %d, then %d, %d starts", before.PID, after.PID, f.Starts())
	}
}

func TestWhoGivesUpKillsTheProcess(t *testing.T) {
	f := thisAsFunction(t, functionOptions{Timeout: time.Minute})
	before := mustInvoke(t, f, `{}`)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Invoke(ctx, []byte(`{"Do":"hang"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	if after := mustInvoke(t, f, `{}`); after.PID == before.PID {
		t.Error("the process lives on")
	}
}

func TestAProcessThatCannotStart(t *testing.T) {
	refuses := thisAsFunction(t, functionOptions{Env: []string{"START=refuse"}})
	for n := 1; n <= 2; n++ {
		_, err := refuses.Invoke(t.Context(), []byte(`{}`))
		gone, ok := errors.AsType[*exitError](err)
		if !ok || gone.Code != 1 || !gone.Init || !strings.Contains(gone.Output, "three variables are missing") || refuses.Starts() != n {
			t.Errorf("invocation %d, %d starts: %v", n, refuses.Starts(), err)
		}
	}
	if _, err := newFunction(t.Context(), functionOptions{Path: "/nowhere/bootstrap"}).Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestAFailedInitialization(t *testing.T) {
	f := thisAsFunction(t, functionOptions{Env: []string{"START=fail"}})
	_, err := f.Invoke(t.Context(), []byte(`{}`))
	failed, ok := errors.AsType[*functionError](err)
	if !ok || !failed.Init || failed.Type != "Unconfigured" || failed.Message != "nothing is set" {
		t.Errorf("%v", err)
	}
}

func TestAnAnswerToWhatNobodyAskedIsRefused(t *testing.T) {
	f := thisAsFunction(t, functionOptions{})
	if a := mustInvoke(t, f, `{"Do":"answer for another"}`); a.Echo != "400 400" {
		t.Errorf("statuses %s", a.Echo)
	}
}
