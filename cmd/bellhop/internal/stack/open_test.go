package stack_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Of a stack the parts need not be named, and those that are named win.
func TestAStackNamesItsParts(t *testing.T) {
	a := Deploy(t, nil)
	a.environment(t)
	at, err := account.Open(t.Context(), shell.Place{AWS: true, Stack: stackName})
	if err != nil || at.Name != "stack bellhop in us-east-1" || at.Bucket != a.ID(stack.DeliveryBucket) || at.Dataset == nil {
		t.Fatalf("%+v, %v", at, err)
	}
	if subs, err := at.Ledger.Subscriptions(t.Context()); err != nil || len(subs) != 0 {
		t.Errorf("the ledger of the stack: %v, %v", subs, err)
	}
	holds, closing, err := at.Holds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holds.Accept(t.Context(), "hotel", "asp_device", report.NewDate(2026, 11, 1), time.Now()); !fault.Is(err, fault.NotFound) {
		t.Errorf("a day of which nothing is held: %v", err)
	}
	if err := closing(); err != nil {
		t.Error(err)
	}
	if at, err := account.Open(t.Context(), shell.Place{AWS: true, Stack: stackName, DeliveryBucket: "another"}); err != nil || at.Bucket != "another" {
		t.Errorf("%+v, %v", at, err)
	}
	for name, open := range map[string]func() error{
		"to work on it": func() error {
			_, err := account.Open(t.Context(), shell.Place{AWS: true, Stack: "another"})
			return err
		},
		"to look at it": func() error { _, err := account.Find(t.Context(), "another"); return err },
		"to query it": func() error {
			_, err := account.OpenEngine(t.Context(), shell.EngineChoice{Name: shell.EngineAthena, Stack: "another"})
			return err
		},
	} {
		err := open()
		if p, ok := errors.AsType[*shell.Problem](err); !ok || !strings.Contains(p.Error(), "there is no stack another") || p.Remedy == "" {
			t.Errorf("another stack, %s: %v", name, err)
		}
	}
	if in, err := account.Find(t.Context(), stackName); err != nil || in.Stack != stackName {
		t.Errorf("%v", err)
	}
	askAthena(t, a)
	anyBucket(t, a)
	ownBuckets(t, a)
}

// anyBucket demands that a bucket that is no part of the stack can be read, and that a missing one is said to be.
func anyBucket(t *testing.T, a *Account) {
	t.Helper()
	name := aws.String("somebodys-archive")
	client := objects.NewClient(a.Config)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: name, Key: aws.String("2026/a.csv"), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	bucket, err := account.Bucket(t.Context(), *name)
	if err != nil {
		t.Fatal(err)
	}
	for o, err := range bucket.List(t.Context(), "2026/") {
		if err != nil || o.Key != "2026/a.csv" {
			t.Errorf("listed %+v, %v", o, err)
		}
	}
	content, _, err := bucket.Open(t.Context(), "2026/a.csv", "", "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(content); string(got) != "x" || err != nil || content.Close() != nil {
		t.Errorf("read %q, %v", got, err)
	}
	other, err := account.Bucket(t.Context(), "there-is-none")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = other.Open(t.Context(), "a.csv", "", "")
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "NoSuchBucket" {
		t.Errorf("of a bucket that is not there: %v", err)
	}
}

// ownBuckets demands that the buckets of a stack have to be of its account, and that one which somebody names may be another's.
func ownBuckets(t *testing.T, a *Account) {
	t.Helper()
	target, err := url.Parse(aws.ToString(a.Config.BaseEndpoint))
	if err != nil {
		t.Fatal(err)
	}
	var expected string
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		expected = r.In.Header.Get("X-Amz-Expected-Bucket-Owner")
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	defer front.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", front.URL)
	for named, want := range map[string]string{"": "123456789012", "another": ""} {
		at, err := account.Open(t.Context(), shell.Place{AWS: true, Stack: stackName, DeliveryBucket: named})
		if err != nil {
			t.Fatal(err)
		}
		for what, look := range map[string]func() error{
			"the delivery bucket": func() error { _, err := at.Deliveries.Versions(t.Context(), "a.csv"); return err },
			"the dataset bucket":  func() error { _, err := at.Dataset.Read(t.Context(), "a.parquet"); return err },
		} {
			expected = "not asked"
			if err := look(); expected != want {
				t.Errorf("%s, with %q named: expected to be of %q, want %q (%v)", what, named, expected, want, err)
			}
		}
	}
}

// askAthena demands that the stack's workgroup and database are asked, and that what Athena does and read is told on.
func askAthena(t *testing.T, a *Account) {
	t.Helper()
	var asked string
	answers := map[string]string{
		"StartQueryExecution": `{"QueryExecutionId":"q-1"}`,
		"GetQueryExecution":   `{"QueryExecution":{"QueryExecutionId":"q-1","StatementType":"DML","Status":{"State":"SUCCEEDED"},"Statistics":{"DataScannedInBytes":4096}}}`,
		"GetQueryResults":     `{"ResultSet":{"ResultSetMetadata":{"ColumnInfo":[{"Name":"n","Type":"integer"}]},"Rows":[{"Data":[{"VarCharValue":"n"}]},{"Data":[{"VarCharValue":"1"}]}]}}`,
	}
	for action, answer := range answers {
		a.Answer(action, func(w http.ResponseWriter, r *http.Request) {
			if body, err := io.ReadAll(r.Body); err == nil && action == "StartQueryExecution" {
				asked = string(body)
			}
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			_, _ = io.WriteString(w, answer)
		})
	}
	var told []string
	scanned := int64(0)
	engine, err := account.OpenEngine(t.Context(), shell.EngineChoice{
		Name: shell.EngineAthena, Stack: stackName,
		Tell: func(state string) { told = append(told, state) }, Scanned: func(bytes int64) { scanned = bytes },
	})
	if err != nil {
		t.Fatalf("Athena of the stack: %v", err)
	}
	var out strings.Builder
	if err := errors.Join(engine.Run(t.Context(), "SELECT 1 AS n", query.NewCSV(&out, false)), engine.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(asked, `"WorkGroup":"`+a.ID(stack.WorkGroup)+`"`) || !strings.Contains(asked, `"Database":"`+a.ID(stack.Catalog)+`"`) {
		t.Errorf("Athena is asked %s", asked)
	}
	if strings.Join(told, " ") != "SUCCEEDED" || scanned != 4096 {
		t.Errorf("told are %q and %d bytes", told, scanned)
	}
}
