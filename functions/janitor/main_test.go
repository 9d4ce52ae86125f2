package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/config"
)

func environment() map[string]string {
	return map[string]string{
		"BELLHOP_LEDGER_TABLE":     "bellhop-ledger",
		"BELLHOP_DELIVERY_BUCKET":  "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an",
		"BELLHOP_DATASET_BUCKET":   "bellhop-k7m2q9xw-dataset-111122223333-us-east-1-an",
		"BELLHOP_INGEST_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/bellhop-ingest",
	}
}

func TestEverythingThatIsMissingIsNamedAtOnce(t *testing.T) {
	_, err := config.LoadJanitor(nil)
	for name := range environment() {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

// unreachable is a network without anybody in it. It notes where requests would have gone.
type unreachable struct{ hosts []string }

func (u *unreachable) Do(r *http.Request) (*http.Response, error) {
	u.hosts = append(u.hosts, r.URL.Host)
	return nil, errors.New("no network here")
}

// TestTheWiring invokes the handler as Lambda does: building it calls nobody, the change stream asks the ledger, and a sweep
// lists the delivery bucket first and ends with that.
func TestTheWiring(t *testing.T) {
	c, err := config.LoadJanitor(environment())
	if err != nil {
		t.Fatal(err)
	}
	network := &unreachable{}
	h := build(c, aws.Config{
		Region: "us-east-1", HTTPClient: network, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	})
	handler := lambda.NewHandler(h.Handle)
	if len(network.hosts) != 0 {
		t.Errorf("building it called %q", network.hosts)
	}
	read := func(event string) []byte {
		t.Helper()
		raw, err := os.ReadFile("../../events/" + event)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}

	answer, err := handler.Invoke(t.Context(), read("dynamodb-stream.json"))
	if want := `{"batchItemFailures":[{"itemIdentifier":"1405400000000002063282832"}]}`; err != nil || string(answer) != want {
		t.Errorf("answer %s, error %v; want %s", answer, err, want)
	}
	if hosts := slices.Compact(network.hosts); !slices.Equal(hosts, []string{"dynamodb.us-east-1.amazonaws.com"}) {
		t.Errorf("the stream called %q", hosts)
	}

	network.hosts = nil
	if answer, err := handler.Invoke(t.Context(), read("scheduler-sweep.json")); err == nil {
		t.Errorf("a sweep without a network answers %s", answer)
	}
	const delivery = "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an.s3."
	var called []string
	for _, host := range slices.Compact(network.hosts) {
		if strings.HasPrefix(host, delivery) {
			host = "the delivery bucket"
		}
		called = append(called, host)
	}
	// The ledger says where the sweep of the bucket begins, then what is due, and, after a look for unfinished uploads, how far
	// the dataset is verified.
	const ledger, bucket = "dynamodb.us-east-1.amazonaws.com", "the delivery bucket"
	if want := []string{ledger, bucket, ledger, bucket, ledger}; !slices.Equal(slices.Compact(called), want) {
		t.Errorf("the sweep called %q, want %q", called, want)
	}
}

// TestEveryFieldIsSet: the services have no defaults of their own.
func TestEveryFieldIsSet(t *testing.T) {
	c, err := config.LoadJanitor(environment())
	if err != nil {
		t.Fatal(err)
	}
	h := build(c, aws.Config{Region: "us-east-1"})
	for field, value := range reflect.ValueOf(h.Janitor).Elem().Fields() {
		if value.IsZero() {
			t.Errorf("%s is not set", field.Name)
		}
	}
}
