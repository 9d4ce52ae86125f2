package objects_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// bucketOn returns a bucket whose S3 is the handler. It attempts each request twice, without a pause.
func bucketOn(t *testing.T, handler http.HandlerFunc) *objects.Bucket {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return bucketWith(server.URL, server.Client())
}

func bucketWith(endpoint string, client aws.HTTPClient) *objects.Bucket {
	cfg := aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		BaseEndpoint: aws.String(endpoint), HTTPClient: client,
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 2
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
	return objects.NewBucket(objects.NewClient(cfg), "delivery", objects.ExpectOwner("111122223333"))
}

// roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) Do(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// calls are all operations, each reduced to its error.
func calls(b *objects.Bucket) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"open":     func(ctx context.Context) error { _, _, err := b.Open(ctx, "k", "", ""); return err },
		"stat":     func(ctx context.Context) error { _, err := b.Stat(ctx, "k"); return err },
		"delete":   func(ctx context.Context) error { _, err := b.Delete(ctx, "k", "e", ""); return err },
		"versions": func(ctx context.Context) error { _, err := b.Versions(ctx, "k"); return err },
		"uploads":  func(ctx context.Context) error { _, err := b.Uploads(ctx, time.Unix(0, 0)); return err },
		"abort":    func(ctx context.Context) error { return b.Abort(ctx, objects.Upload{Key: "k", ID: "u"}) },
		"put": func(ctx context.Context) error {
			_, err := b.Put(ctx, report.Write{Key: "k", Body: strings.NewReader("x")})
			return err
		},
		"list": func(ctx context.Context) error {
			for _, err := range b.List(ctx, "") {
				return err
			}
			return nil
		},
	}
}

// TestAnswersBecomeFaults covers the error codes of
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html that decide what happens next.
func TestAnswersBecomeFaults(t *testing.T) {
	tests := map[string]struct {
		status int
		code   string
		want   fault.Kind
	}{
		"throttled":              {503, "SlowDown", fault.Transient},
		"throttled by status":    {429, "", fault.Transient},
		"broken":                 {500, "InternalError", fault.Transient},
		"broken before S3":       {502, "", fault.Transient},
		"too slow a body":        {400, "RequestTimeout", fault.Transient},
		"a damaged body":         {400, "BadDigest", fault.Transient},
		"half a body":            {400, "IncompleteBody", fault.Transient},
		"a condition failed":     {412, "PreconditionFailed", fault.Conflict},
		"a concurrent write":     {409, "ConditionalRequestConflict", fault.Conflict},
		"no such object":         {404, "NoSuchKey", fault.NotFound},
		"no such version":        {404, "NoSuchVersion", fault.NotFound},
		"no such upload":         {404, "NoSuchUpload", fault.NotFound},
		"no such bucket":         {404, "NoSuchBucket", fault.Internal},
		"not S3 at all":          {404, "", fault.Internal},
		"forbidden":              {403, "AccessDenied", fault.Internal},
		"a delete marker":        {405, "MethodNotAllowed", fault.Internal},
		"an invalid argument":    {400, "InvalidArgument", fault.Internal},
		"a key that is too long": {400, "KeyTooLongError", fault.Poison},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bucket := bucketOn(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(test.status)
				if test.code != "" {
					if _, err := fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>secret</Message></Error>`, test.code); err != nil {
						t.Error(err)
					}
				}
			})
			for operation, call := range calls(bucket) {
				if operation == "stat" {
					continue // HEAD has no body: see TestStat.
				}
				if err := call(t.Context()); err == nil || fault.KindOf(err) != test.want {
					t.Errorf("%s: got %v (%v), want %v", operation, err, fault.KindOf(err), test.want)
				}
			}
		})
	}
}

func TestStatKnowsOnlyTheStatus(t *testing.T) {
	tests := map[int]fault.Kind{
		404: fault.NotFound, 403: fault.Internal, 412: fault.Conflict, 503: fault.Transient, 500: fault.Transient, 400: fault.Internal,
	}
	for status, want := range tests {
		bucket := bucketOn(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, err := bucket.Stat(t.Context(), "k")
		if err == nil || fault.KindOf(err) != want {
			t.Errorf("%d: got %v (%v), want %v", status, err, fault.KindOf(err), want)
		}
		if hint := strings.Contains(fmt.Sprint(err), "s3:ListBucket"); hint != (status == 403) {
			t.Errorf("%d: hint in %v", status, err)
		}
	}
}

func TestNetworkTroubleIsTransient(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tests := map[string]*objects.Bucket{
		"nobody listens": bucketWith(closed.URL, http.DefaultClient),
		"hung up":        bucketOn(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
	}
	for name, bucket := range tests {
		for operation, call := range calls(bucket) {
			if err := call(t.Context()); !fault.Is(err, fault.Transient) {
				t.Errorf("%s: %s: got %v (%v)", name, operation, err, fault.KindOf(err))
			}
		}
	}
}

func TestAnEndedContextPassesThrough(t *testing.T) {
	contexts := map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		"cancelled meanwhile": {context.WithCancel, context.Canceled},
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Unix(0, 0))
		}, context.DeadlineExceeded},
	}
	for name, test := range contexts {
		var cancel context.CancelFunc
		bucket := bucketWith("http://s3.invalid", roundTripper(func(*http.Request) (*http.Response, error) {
			cancel()
			return nil, errors.New("the transport has words of its own")
		}))
		for operation, call := range calls(bucket) {
			var ctx context.Context
			ctx, cancel = test.end(t.Context())
			err := call(ctx)
			cancel()
			if !errors.Is(err, test.want) || fault.KindOf(err) != fault.Internal {
				t.Errorf("%s: %s: got %v (%v)", name, operation, err, fault.KindOf(err))
			}
		}
	}
}

func TestABodyThatEndsEarlyIsTransient(t *testing.T) {
	const whole = "0123456789"
	tests := map[string]struct {
		body   io.Reader
		header http.Header
	}{
		"a clean end too early": {strings.NewReader(whole[:4]), nil},
		"nothing":               {strings.NewReader(""), nil},
		"too much":              {strings.NewReader(whole + "!"), nil},
		"a broken connection":   {io.MultiReader(strings.NewReader(whole[:4]), failing{}), nil},
		"another content": {strings.NewReader(whole), http.Header{
			"X-Amz-Checksum-Crc32": {"AAAAAA=="}, // The CRC-32 of no bytes.
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			bucket := bucketWith("http://s3.invalid", roundTripper(func(*http.Request) (*http.Response, error) {
				response := answer(200, "")
				response.Body, response.ContentLength = io.NopCloser(test.body), 10
				response.Header.Set("Content-Length", "10")
				maps.Copy(response.Header, test.header)
				return response, nil
			}))
			body, info, err := bucket.Open(t.Context(), "k", "", "")
			if err != nil || info.Size != 10 {
				t.Fatalf("open: %+v, %v", info, err)
			}
			defer body.Close()
			if got, err := io.ReadAll(body); !fault.Is(err, fault.Transient) {
				t.Errorf("read %q, %v (%v); want a transient error", got, err, fault.KindOf(err))
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset by peer") }

func TestAnAnswerCutByTheServerIsTransient(t *testing.T) {
	bucket := bucketOn(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "0123")
	})
	body, _, err := bucket.Open(t.Context(), "k", "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := io.ReadAll(body); !fault.Is(err, fault.Transient) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v (%v)", err, fault.KindOf(err))
	}
}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	bucket := bucketWith("http://s3.invalid", roundTripper(func(r *http.Request) (*http.Response, error) {
		got = r
		response := answer(200, "")
		response.Header.Set("Content-Length", "0")
		response.Header.Set("X-Amz-Request-Id", "R1")
		return response, nil
	}))
	hello := func(cond report.Condition) error {
		_, err := bucket.Put(t.Context(), report.Write{Key: "a b/c+d%20e.csv", Body: strings.NewReader("hello"), Condition: cond, Metadata: map[string]string{"rows": "1"}, ContentType: "text/csv"})
		return err
	}
	tests := map[string]struct {
		call func() error
		want map[string]string
	}{
		"create": {func() error { return hello(report.Condition{Absent: true}) }, map[string]string{
			"If-None-Match": "*", "If-Match": "", "Content-Type": "text/csv", "X-Amz-Meta-Rows": "1",
			// printf hello | openssl dgst -sha256 -binary | base64
			"X-Amz-Checksum-Sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
		}},
		"replace":           {func() error { return hello(report.Condition{ETag: "e1"}) }, map[string]string{"If-Match": `"e1"`, "If-None-Match": ""}},
		"delete by etag":    {func() error { return remove(t, bucket, "e1", "") }, map[string]string{"If-Match": `"e1"`}},
		"delete by version": {func() error { return remove(t, bucket, "e1", "v1") }, map[string]string{"If-Match": ""}},
		"open": {func() error {
			body, _, err := bucket.Open(t.Context(), "a b/c+d%20e.csv", "e1", "v1")
			if err == nil {
				err = body.Close()
			}
			return err
		}, map[string]string{"If-Match": `"e1"`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := test.call(); err != nil {
				t.Fatal(err)
			}
			test.want["X-Amz-Expected-Bucket-Owner"] = "111122223333"
			for header, want := range test.want {
				if value := got.Header.Get(header); value != want {
					t.Errorf("%s: got %q, want %q", header, value, want)
				}
			}
			if want := "/delivery/a%20b/c%2Bd%2520e.csv"; got.URL.EscapedPath() != want {
				t.Errorf("path %s, want %s", got.URL.EscapedPath(), want)
			}
			if version := got.URL.Query().Get("versionId"); (version == "v1") != (name == "delete by version" || name == "open") {
				t.Errorf("version %q", version)
			}
		})
	}
}

func remove(t *testing.T, bucket *objects.Bucket, etag, version string) error {
	t.Helper()
	id, err := bucket.Delete(t.Context(), "a b/c+d%20e.csv", etag, version)
	if id != "R1" {
		t.Errorf("request id %q, want R1", id)
	}
	return err
}

func TestPutRefusesBeforeItSends(t *testing.T) {
	bucket := bucketWith("http://s3.invalid", roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s %s", r.Method, r.URL)
		return answer(500, ""), nil
	}))
	none := report.Condition{}
	tests := map[string]struct {
		key      string
		cond     report.Condition
		metadata map[string]string
		want     fault.Kind
	}{
		"a key with a parent":      {"a/../b", none, nil, fault.Poison},
		"an upper-case name":       {"k", none, map[string]string{"Rows": "1"}, fault.Poison},
		"a value beyond ASCII":     {"k", none, map[string]string{"unit": "Übersicht"}, fault.Poison},
		"a value with a newline":   {"k", none, map[string]string{"unit": "a\r\nx-evil: 1"}, fault.Poison},
		"a value with a margin":    {"k", none, map[string]string{"unit": " a"}, fault.Poison},
		"contradicting conditions": {"k", report.Condition{Absent: true, ETag: "e"}, nil, fault.Internal},
	}
	// No store is asked what it makes of keys that name another object to some of them.
	for _, key := range []string{"", "a/../z.csv", "../z.csv", "./z.csv", "/z.csv", "a//z.csv", "z.csv/", "a\nb", "\xff", strings.Repeat("k", 1025)} {
		refused := tests["a key with a parent"]
		refused.key = key
		tests[fmt.Sprintf("the key %.20q", key)] = refused
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := bucket.Put(t.Context(), report.Write{Key: test.key, Body: strings.NewReader("hello"), Condition: test.cond, Metadata: test.metadata})
			if err == nil || fault.KindOf(err) != test.want {
				t.Errorf("got %v (%v), want %v", err, fault.KindOf(err), test.want)
			}
			if err != nil && strings.Contains(err.Error(), "Übersicht") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

func TestAddressesArePathStyleOnlyOnAnotherEndpoint(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"} {
		t.Setenv(name, "")
	}
	tests := map[string]struct {
		env, value string
		base       *string
		want       string
	}{
		"AWS":                       {"", "", nil, "https://delivery.s3.us-east-1.amazonaws.com/k"},
		"an endpoint in the config": {"", "", aws.String("http://emulator:9000"), "http://emulator:9000/delivery/k"},
		"AWS_ENDPOINT_URL":          {"AWS_ENDPOINT_URL", "http://emulator:9000", nil, "http://emulator:9000/delivery/k"},
		"AWS_ENDPOINT_URL_S3":       {"AWS_ENDPOINT_URL_S3", "http://emulator:9000", nil, "http://emulator:9000/delivery/k"},
		"another service's":         {"AWS_ENDPOINT_URL_DYNAMODB", "http://emulator:9000", nil, "https://delivery.s3.us-east-1.amazonaws.com/k"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.env != "" {
				t.Setenv(test.env, test.value)
			}
			cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"),
				config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("id", "secret", "")))
			if err != nil {
				t.Fatal(err)
			}
			if test.base != nil {
				cfg.BaseEndpoint = test.base
			}
			var got string
			client := objects.NewClient(cfg, func(o *s3.Options) {
				o.HTTPClient = roundTripper(func(r *http.Request) (*http.Response, error) {
					got = r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
					return answer(404, ""), nil
				})
			})
			if _, err := objects.NewBucket(client, "delivery").Stat(t.Context(), "k"); !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
