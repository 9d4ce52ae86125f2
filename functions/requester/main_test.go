package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// required is what must be set; first is what asks for the first subscription.
var (
	required = map[string]string{
		"BELLHOP_LEDGER_TABLE":     "bellhop-ledger",
		"BELLHOP_DELIVERY_BUCKET":  "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an",
		"BELLHOP_INGEST_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/bellhop-ingest",
		"BELLHOP_LWA_SECRET_ID":    "arn:aws:secretsmanager:us-east-1:111122223333:secret:bellhop/lwa-AbCdEf",
	}
	first = map[string]string{"BELLHOP_SUBSCRIPTION": "harbour-hotels", "BELLHOP_UNIT_ID": "amzn1.alexa.unit.did.AE123"}
)

func TestEverythingThatIsMissingIsNamedAtOnce(t *testing.T) {
	_, err := config.LoadRequester(nil)
	for name := range required {
		if err == nil || !strings.Contains(err.Error(), name+" is not set") {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

// unreachable is a network without anybody in it. It notes where requests would have gone.
type unreachable struct {
	hosts []string
	owner string // of the bucket that the last request expected
}

func (u *unreachable) Do(r *http.Request) (*http.Response, error) {
	u.hosts = append(u.hosts, r.URL.Host)
	u.owner = r.Header.Get("X-Amz-Expected-Bucket-Owner")
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

// TestTheWiring invokes the handler as Lambda does: building it calls nobody, not even for the secret, and a run asks the
// ledger first. Without a ledger no vendor is called.
func TestTheWiring(t *testing.T) {
	for name, environ := range map[string]map[string]string{"without a subscription": nil, "with one": first} {
		t.Run(name, func(t *testing.T) {
			full := maps.Clone(required)
			maps.Copy(full, environ)
			c, err := config.LoadRequester(full)
			if err != nil {
				t.Fatal(err)
			}
			cloud, network := offline()
			h, err := build(c, cloud)
			if err != nil {
				t.Fatal(err)
			}
			if len(network.hosts) != 0 {
				t.Errorf("building it called %q", network.hosts)
			}
			event, err := os.ReadFile("../../events/scheduler-requester.json")
			if err != nil {
				t.Fatal(err)
			}
			answer, err := lambda.NewHandler(h.Handle).Invoke(t.Context(), event)
			if err == nil {
				t.Errorf("a run without a ledger answers %s", answer)
			} else if asked := strings.Contains(err.Error(), "harbour-hotels"); asked != (environ != nil) {
				t.Errorf("error %v: speaks of the configured subscription: %t", err, asked)
			}
			if hosts := slices.Compact(network.hosts); !slices.Equal(hosts, []string{"dynamodb.us-east-1.amazonaws.com"}) {
				t.Errorf("called %q, want the ledger alone", hosts)
			}
		})
	}
}

// What a source of fetched reports delivers is meant for the account's own bucket.
func TestADeliveryIsForTheAccountsOwnBucket(t *testing.T) {
	environ := maps.Clone(required)
	environ["BELLHOP_BUCKET_OWNER"] = "111122223333"
	c, err := config.LoadRequester(environ)
	if err != nil {
		t.Fatal(err)
	}
	cloud, network := offline()
	h, err := build(c, cloud)
	if err != nil {
		t.Fatal(err)
	}
	service, ok := h.Requester.(*requester.Service)
	if !ok {
		t.Fatalf("the requester is a %T", h.Requester)
	}
	if err := service.Deliverer.Deliver(t.Context(), "hotel-000001", "a.csv", strings.NewReader("a\n")); err == nil || network.owner != "111122223333" {
		t.Errorf("%v; the bucket is expected to be of %q", err, network.owner)
	}
}

// TestASecretThatNobodyKeeps is found at the start, and its name is not repeated.
func TestASecretThatNobodyKeeps(t *testing.T) {
	c, err := config.LoadRequester(required)
	if err != nil {
		t.Fatal(err)
	}
	c.LWASecretID = "arn:aws:s3:::a-bucket"
	cloud, _ := offline()
	if _, err := build(c, cloud); err == nil || strings.Contains(err.Error(), "a-bucket") {
		t.Errorf("error %v", err)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	if err := sleep(t.Context(), time.Millisecond); err != nil {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestEveryFieldIsSet: the services have no defaults of their own.
func TestEveryFieldIsSet(t *testing.T) {
	environ := maps.Clone(required)
	maps.Copy(environ, first)
	c, err := config.LoadRequester(environ)
	if err != nil {
		t.Fatal(err)
	}
	cloud, _ := offline()
	h, err := build(c, cloud)
	if err != nil {
		t.Fatal(err)
	}
	for field, value := range reflect.ValueOf(h.Requester).Elem().Fields() {
		if value.IsZero() {
			t.Errorf("%s is not set", field.Name)
		}
	}
}
