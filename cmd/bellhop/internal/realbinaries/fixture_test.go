package realbinaries_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The buckets have the names of those in events/, so that the events there are about them.
const (
	delivery     = "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an"
	dataset      = "bellhop-k7m2q9xw-dataset-111122223333-us-east-1-an"
	secretName   = "bellhop/lwa"
	subscription = "seaside"
)

// vendorSecrets must never be seen in a log.
var vendorSecrets = alexa.Client{ID: "amzn1.application-oa2-client.example", Secret: "planted-client-secret", RefreshToken: "Atzr|planted-refresh-token"}

// fixture is all that the functions meet.
type fixture struct {
	t       *testing.T
	root    string
	s3      *s3server.Server
	ledger  *ledger.Ledger
	stream  *stream
	vendor  *alexa.Simulator
	account *account
	// delivered are the bytes that the vendor wrote, by key.
	delivered map[string][]byte
	stack     cloudformation.Stack
	environ   map[string]string // the account's own part of the functions' environment
	functions map[string]*function
	secret    string // where the credential is
	gate      *gate
	log       *record
}

// fixtureOptions say in what fixtures differ.
type fixtureOptions struct {
	overTLS bool // the functions reach S3 over TLS
	parts   int  // the files into which the vendor splits each category; 0 is one
	values  map[string]string
	breach  func(cloudformation.Template)
}

// newFixture starts everything; one at a time, as this process can have one S3 server only.
func newFixture(t *testing.T, o fixtureOptions) *fixture {
	t.Helper()
	// The S3 server moves the working directory: what looks for the repository comes first.
	w := &fixture{t: t, root: standin.Root(t), account: newAccount(t), delivered: map[string][]byte{}, log: &record{}}
	binary(t, w.root, ingester)
	endpoint := standin.Dynoxide.Start(t)
	client := dynamodb.NewFromConfig(ledgertest.Config(endpoint))
	table := ledgertest.NewTable(t, client)
	w.ledger = ledger.New(dynamostore.New(client, table))
	w.stream = &stream{endpoint: endpoint, table: table, seen: map[string]bool{}}
	w.stack = deployed(t, w.root, nil, o.breach)
	w.account.declare(w.stack, ingestQueue, ingestDead, failedRuns)
	w.startS3()
	vendorURL := w.startVendor(o.parts)
	w.gate = newGate(t, w.s3)
	w.deploy(o, vendorURL, map[string]string{
		"Ledger": table, "LwaSecret": secretName, ingestQueue: w.account.queueURL(ingestQueue),
	})
	credentials, err := w.s3.Config().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.keepTheCredential(); err != nil {
		t.Fatal(err)
	}
	w.environ = map[string]string{
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_ENDPOINT_URL_S3": w.gate.url, "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": w.account.url, "AWS_ENDPOINT_URL_SSM": w.account.url, "AWS_ENDPOINT_URL_SQS": w.account.url,
	}
	if o.overTLS {
		w.environ["AWS_ENDPOINT_URL_S3"], w.environ["AWS_CA_BUNDLE"] = behindTLS(t, w.s3)
	}
	w.functions = map[string]*function{}
	for _, name := range []string{requester, ingester, janitor} {
		p := w.stack.Template.Properties(ids[name])
		memory, _ := p["MemorySize"].(float64)
		w.functions[name] = newFunction(t.Context(), functionOptions{
			Path: binary(t, w.root, name), Name: name, Env: w.environment(name), Output: w.log,
			Timeout: seconds(p["Timeout"]), MemoryMB: int(memory),
		})
		t.Cleanup(w.functions[name].Close)
	}
	return w
}

// deploy gives the stack its parameters, and the names of the parts that only an account knows.
func (w *fixture) deploy(o fixtureOptions, vendorURL string, names map[string]string) {
	w.t.Helper()
	values := map[string]string{
		"BucketPrefix": "bellhop-k7m2q9xw", "AlexaEndpoint": vendorURL, "LwaEndpoint": vendorURL + "/auth/o2/token",
		"Subscription": subscription, "UnitId": alexa.SizedEstate(2).Organisation.ID,
		"From": (report.DateOf(time.Now().UTC()) - 6).String(), "LagDays": "3", // four days
		"RequestInterval": "1ms",
	}
	maps.Copy(values, names)
	maps.Copy(values, o.values)
	w.stack = deployed(w.t, w.root, values, o.breach)
	for id, want := range map[string]string{"DeliveryBucket": delivery, "DatasetBucket": dataset} {
		if got := w.stack.Text(cloudformation.Object{"Ref": id}); got != want {
			w.t.Fatalf("the template calls %s %s, the events %s", id, got, want)
		}
	}
}

func (w *fixture) startS3() {
	w.t.Helper()
	server, err := s3server.Start(context.WithoutCancel(w.t.Context()), s3server.Options{
		Dir: w.t.TempDir(), Account: w.stack.Values["AWS::AccountId"],
		Buckets: map[string]s3server.OnCreated{delivery: func(event []byte) {
			if announces(w.stack, "DeliveryBucket", ingestQueue) {
				w.account.send(ingestQueue, event)
			}
		}, dataset: nil},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.s3 = server
	w.t.Cleanup(func() {
		if err := server.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

// keepTheCredential puts it where the stack's CredentialStore says.
func (w *fixture) keepTheCredential() error {
	document, err := json.Marshal(vendorSecrets)
	w.secret = w.stack.Environment(requesterID)["BELLHOP_LWA_SECRET_ID"]
	w.account.secrets[w.secret] = string(document)
	return err
}

// startVendor serves the simulated vendor, who writes into the delivery bucket and hands out a new refresh token with
// every access token.
func (w *fixture) startVendor(parts int) (url string) {
	w.t.Helper()
	writer := w.s3.Client()
	var err error
	w.vendor, err = alexa.New(alexa.Config{
		Seed: 7, Now: time.Now, Clients: []alexa.Client{vendorSecrets}, Estate: alexa.SizedEstate(2),
		Delay:    alexa.Range{Min: time.Millisecond, Max: time.Millisecond},
		Switches: alexa.Switches{RotateRefreshTokens: true, FilesPerCategory: parts},
		Deliver: func(ctx context.Context, bucketARN, key string, body []byte) error {
			if bucketARN != "arn:aws:s3:::"+delivery {
				return fmt.Errorf("%s is not the delivery bucket", bucketARN)
			}
			w.delivered[key] = body
			_, err := writer.PutObject(ctx, &s3.PutObjectInput{
				Bucket: aws.String(delivery), Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("text/csv"),
			})
			return err
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	server := httptest.NewServer(w.vendor.Handler())
	w.t.Cleanup(server.Close)
	return server.URL
}

// behindTLS puts the embedded S3 behind TLS, and returns its new address and the file with the certificate to trust.
func behindTLS(t *testing.T, s3 *s3server.Server) (address, bundle string) {
	t.Helper()
	server := httptest.NewTLSServer(reaching(s3))
	t.Cleanup(server.Close)
	bundle = filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, bundle
}

// event returns a file of events/.
func (w *fixture) event(name string) []byte {
	w.t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.root, "events", name))
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// answer is what any of the functions answers.
type answer struct {
	BatchItemFailures         []json.RawMessage
	Submitted, Accepted, Left int // the requester's
	Sweep                     *struct{ Listed, Left, Deleted, Redelivered, Lost int }
}

// invoke invokes a function, whose answer must be a success.
func (w *fixture) invoke(function string, event []byte) answer {
	w.t.Helper()
	raw, err := w.functions[function].Invoke(w.t.Context(), event)
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", function, err, w.log.tail())
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		w.t.Fatalf("%s answers %s: %v", function, raw, err)
	}
	if len(a.BatchItemFailures) > 0 {
		w.t.Fatalf("%s answers %s\n%s", function, raw, w.log.tail())
	}
	return a
}

// schedule invokes the requester as the daily schedule does.
func (w *fixture) schedule() answer {
	w.t.Helper()
	return w.invoke(requester, tick(w.t, w.stack, dailySchedule, requesterID))
}

// sweep invokes the janitor as its schedule does.
func (w *fixture) sweep() answer {
	w.t.Helper()
	return w.invoke(janitor, tick(w.t, w.stack, sweepSchedule, janitorID))
}

// deliver lets the vendor deliver all that it has promised.
func (w *fixture) deliver() {
	w.t.Helper()
	w.until("everything is delivered", func() bool {
		if _, err := w.vendor.DeliverDue(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		c := w.vendor.Counters()
		return c.Delivered == c.Named
	})
}

// until repeats what brings something about, or looks for it, until it is so.
func (w *fixture) until(what string, done func() bool) {
	w.t.Helper()
	for range 100 {
		if done() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	w.t.Fatalf("not so after a hundred looks: %s\n%s", what, w.log.tail())
}

// list returns the objects of a bucket, by key.
func (w *fixture) list(bucket string) map[string][]byte {
	w.t.Helper()
	b := objects.NewBucket(w.s3.Client(), bucket)
	found := map[string][]byte{}
	for o, err := range b.List(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		body, _, err := b.Open(w.t.Context(), o.Key, "", "")
		if err != nil {
			w.t.Fatal(err)
		}
		content, err := io.ReadAll(body)
		body.Close()
		if err != nil {
			w.t.Fatal(err)
		}
		found[o.Key] = content
	}
	return found
}

// published returns the dataset's objects, without what is staged.
func (w *fixture) published() map[string][]byte {
	w.t.Helper()
	all := w.list(dataset)
	for key := range all {
		if strings.HasPrefix(key, "_") {
			delete(all, key)
		}
	}
	return all
}

// files returns the ledger's files by key.
func (w *fixture) files() map[string]report.File {
	w.t.Helper()
	found := map[string]report.File{}
	for f, err := range w.ledger.Files(w.t.Context()) {
		if err != nil {
			w.t.Fatal(err)
		}
		found[f.Key] = f
	}
	return found
}

// awayFromMidnight waits until no day ends during the next minute: what is wanted depends on the day, and the functions
// look at the real clock.
func awayFromMidnight() {
	now := time.Now().UTC()
	if left := now.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now); left < time.Minute {
		time.Sleep(left)
	}
}

// record is what the functions wrote.
type record struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.Write(p)
}

func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.String()
}

func (r *record) tail() string {
	lines := strings.Split(r.text(), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
