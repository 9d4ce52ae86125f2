package cost_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// clientsOf returns a configuration whose clients count, of a server that answers each request by its number.
func clientsOf(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) aws.Config {
	t.Helper()
	n, mu := 0, sync.Mutex{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
		n++
		answer(n, w, r)
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		APIOptions: []func(*middleware.Stack) error{cost.CountRequests},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func put(ctx context.Context, client *s3.Client) error {
	_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("seven b")})
	return err
}

// Each request that AWS sees is counted: one that is repeated, and one that is made again.
func TestRetriesAndRepeatsAreCounted(t *testing.T) {
	config := clientsOf(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n <= 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
	}
	client := objects.NewClient(config)
	ctx, made := cost.Start(t.Context())
	for range 2 {
		if err := put(ctx, client); err != nil {
			t.Fatal(err)
		}
	}
	want := cost.Work{Calls: map[string]int64{"S3 PutObject": 4}, SentBytes: map[string]int64{"S3 PutObject": 28}}
	if diff := cmp.Diff(want, made.Work()); diff != "" {
		t.Error(diff)
	}
}

// Any service's client counts by the same middleware, a failure too.
func TestEveryServiceIsCounted(t *testing.T) {
	config := clientsOf(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	ctx, made := cost.Start(t.Context())
	if _, err := dynamodb.NewFromConfig(config).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("t"), Key: nil}); err == nil {
		t.Fatal("an item without a key was got")
	}
	if _, err := dynamodb.NewFromConfig(config).ListTables(ctx, &dynamodb.ListTablesInput{}); err == nil {
		t.Fatal("a refusal is no error")
	}
	// What the SDK refuses before it sends never becomes a request.
	if n := made.Work().Calls; n["DynamoDB GetItem"] != 0 || n["DynamoDB ListTables"] != 1 {
		t.Errorf("counted %v", n)
	}
}

func TestWorkCountsForEachWhole(t *testing.T) {
	config := clientsOf(t, func(int, http.ResponseWriter, *http.Request) {})
	client, function := objects.NewClient(config), &cost.Meter{}
	run, outer := cost.Start(t.Context())
	invocation, whole := cost.Start(run, function)
	file, part := cost.Start(invocation)
	for _, ctx := range []context.Context{file, invocation, run, t.Context()} {
		if err := put(ctx, client); err != nil {
			t.Fatal(err)
		}
	}
	whole.Invocation(1500 * time.Millisecond)
	for name, c := range map[string]struct {
		meter       *cost.Meter
		puts, calls int64
	}{"the file": {part, 1, 0}, "its invocation": {whole, 2, 1}, "the function": {function, 2, 1}, "the run": {outer, 3, 1}} {
		if w := c.meter.Work(); w.Count("S3", "PutObject") != c.puts || w.Invocations != c.calls || w.Seconds != 1.5*float64(c.calls) {
			t.Errorf("%s: %+v", name, w)
		}
	}
	cost.MeterOf(t.Context()).Call("nothing") // no meter, no harm
	// A service whose name begins as another's is another.
	if n := (cost.Work{Calls: map[string]int64{"S3 PutObject": 1, "S3 HeadObject": 2, "S3Tables GetTable": 4}}).Count("S3"); n != 3 {
		t.Errorf("%d calls of S3", n)
	}
}

func TestLogLinesAreCounted(t *testing.T) {
	var out strings.Builder
	ctx, run := cost.Start(t.Context())
	_, made := cost.Start(ctx)
	for _, to := range []io.Writer{&out, nil} {
		if n, err := (cost.LogWriter{Meter: made, To: to}).Write([]byte("metric\n")); n != 7 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	log := slog.New(slog.NewJSONHandler(cost.LogWriter{Meter: made}, nil))
	log.With("key", "value").InfoContext(ctx, "said")
	log.DebugContext(ctx, "not on Lambda")
	// The time has nanoseconds without zeros at the end, and a time zone.
	least := len(`{"time":"2026-11-20T00:00:00Z","level":"INFO","msg":"said","key":"value"}`+"\n") + 14
	if n := int(made.Work().LogBytes); n < least || n > least+len(".123456789+01:00") || out.String() != "metric\n" {
		t.Errorf("%d bytes, want %d and a fraction of a second; written was %q", n, least, out.String())
	}
	if made.Work().LogBytes != run.Work().LogBytes {
		t.Error("the lines do not count for the whole")
	}
}
