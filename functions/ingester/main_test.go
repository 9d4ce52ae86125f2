package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/config"
)

func environment() map[string]string {
	return map[string]string{
		"BELLHOP_LEDGER_TABLE":    "bellhop-ledger",
		"BELLHOP_DELIVERY_BUCKET": "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an",
		"BELLHOP_DATASET_BUCKET":  "bellhop-k7m2q9xw-dataset-111122223333-us-east-1-an",
	}
}

func TestEverythingThatIsMissingIsNamedAtOnce(t *testing.T) {
	_, err := config.LoadIngester(nil)
	for name := range environment() {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

// unreachable is a network without anybody in it. It notes where requests would have gone, and what they would have been.
type unreachable struct{ requests []string }

func (u *unreachable) Do(r *http.Request) (*http.Response, error) {
	u.requests = append(u.requests, r.URL.Host+" "+r.Header.Get("X-Amz-Target"))
	return nil, errors.New("no network here")
}

func offline() (aws.Config, *unreachable) {
	network := &unreachable{}
	return aws.Config{
		Region: "us-east-1", HTTPClient: network, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	}, network
}

// TestTheWiring invokes the handler as Lambda does: building it calls nobody, a test event needs nobody, and a delivery asks
// the ledger first.
func TestTheWiring(t *testing.T) {
	c, err := config.LoadIngester(environment())
	if err != nil {
		t.Fatal(err)
	}
	cloud, network := offline()
	handler := lambda.NewHandler(build(c, cloud).Handle)
	if len(network.requests) != 0 {
		t.Errorf("building it called %q", network.requests)
	}
	invoke := func(event string) string {
		t.Helper()
		raw, err := os.ReadFile("../../events/" + event)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := handler.Invoke(t.Context(), raw)
		if err != nil || !json.Valid(answer) {
			t.Fatalf("%s: answer %s, error %v", event, answer, err)
		}
		return string(answer)
	}
	if got := invoke("sqs-test-event.json"); got != `{"batchItemFailures":[]}` || len(network.requests) != 0 {
		t.Errorf("answer %s after %q", got, network.requests)
	}
	got := invoke("sqs-batch.json")
	if !strings.Contains(got, "059f36b4-87a3-44ab-83d2-661975830a7d") || !strings.Contains(got, "2e1424d4-f796-459a-8184-9c92662be6da") {
		t.Errorf("answer %s, want both messages again", got)
	}
	for _, request := range network.requests {
		if !strings.HasPrefix(request, "dynamodb.us-east-1.amazonaws.com DynamoDB_20120810.") {
			t.Errorf("called %q, want the ledger alone", request)
		}
	}
}

// TestEveryFieldIsSet: the services have no defaults of their own.
func TestEveryFieldIsSet(t *testing.T) {
	c, err := config.LoadIngester(environment())
	if err != nil {
		t.Fatal(err)
	}
	cloud, _ := offline()
	h := build(c, cloud)
	for field, value := range reflect.ValueOf(h.Ingester).Elem().Fields() {
		if value.IsZero() {
			t.Errorf("%s is not set", field.Name)
		}
	}
}
