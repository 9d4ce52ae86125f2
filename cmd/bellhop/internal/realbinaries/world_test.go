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
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/lambdastub"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/s3server"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/vendorsim"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// The buckets have the names of those in events/, so that the events there are about them.
const (
	delivery     = "bellhop-delivery-k7m2q9xw-111122223333-us-east-1-an"
	dataset      = "bellhop-dataset-k7m2q9xw-111122223333-us-east-1-an"
	secretName   = "bellhop/lwa"
	subscription = "seaside"
)

// vendorSecrets must never be seen in a log.
var vendorSecrets = vendorsim.Client{ID: "amzn1.application-oa2-client.example", Secret: "planted-client-secret", RefreshToken: "Atzr|planted-refresh-token"}

// world is all that the functions meet.
type world struct {
	t       *testing.T
	root    string
	s3      *s3server.Server
	ledger  *ledger.Ledger
	stream  *stream
	vendor  *vendorsim.Simulator
	account *account
	// delivered are the bytes that the vendor wrote, by key.
	delivered map[string][]byte
	environ   map[string]string
	functions map[string]*lambdastub.Function
	log       *record
}

// worldOptions are in what worlds differ.
type worldOptions struct {
	overTLS bool // the functions reach S3 over TLS
	parts   int  // the files into which the vendor splits each category; 0 is one
	environ map[string]string
}

// newWorld starts everything; one at a time, as this process can have one S3 server only.
func newWorld(t *testing.T, o worldOptions) *world {
	t.Helper()
	// The S3 server moves the working directory: what looks for the repository comes first.
	w := &world{t: t, root: standin.Root(t), account: newAccount(t), delivered: map[string][]byte{}, log: &record{}}
	binary(t, w.root, ingester)
	endpoint := standin.Dynoxide.Start(t)
	client := dynamodb.NewFromConfig(ledgertest.Config(endpoint))
	table := ledgertest.NewTable(t, client)
	w.ledger = ledger.New(dynamostore.New(client, table))
	w.stream = &stream{endpoint: endpoint, table: table, seen: map[string]bool{}}
	w.startS3()
	vendorURL := w.startVendor(o.parts)

	credentials, err := w.s3.Config().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.environ = map[string]string{
		"AWS_ACCESS_KEY_ID": credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY": credentials.SecretAccessKey,
		"AWS_ENDPOINT_URL_S3": w.s3.Endpoint(), "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": w.account.url, "AWS_ENDPOINT_URL_SQS": w.account.url,
		"BELLHOP_LEDGER_TABLE": table, "BELLHOP_DELIVERY_BUCKET": delivery, "BELLHOP_DATASET_BUCKET": dataset,
		"BELLHOP_INGEST_QUEUE_URL": w.account.queueURL(), "BELLHOP_LWA_SECRET_ID": secretName,
		"BELLHOP_ALEXA_ENDPOINT": vendorURL, "BELLHOP_LWA_ENDPOINT": vendorURL + "/auth/o2/token",
		"BELLHOP_SUBSCRIPTION": subscription, "BELLHOP_UNIT_ID": vendorsim.SizedEstate(2).Organisation.ID,
		"BELLHOP_FROM": (report.DateOf(time.Now().UTC()) - 6).String(), "BELLHOP_LAG_DAYS": "3", // four days
		"BELLHOP_REQUEST_INTERVAL": "1ms",
	}
	if o.overTLS {
		w.environ["AWS_ENDPOINT_URL_S3"], w.environ["AWS_CA_BUNDLE"] = behindTLS(t, w.s3.Endpoint())
	}
	maps.Copy(w.environ, o.environ)
	w.functions = map[string]*lambdastub.Function{}
	for _, name := range []string{requester, ingester, janitor} {
		// As in template.yaml.
		w.functions[name] = lambdastub.New(t.Context(), lambdastub.Options{
			Path: binary(t, w.root, name), Name: name, Env: w.env(name), Output: w.log, Timeout: 300 * time.Second, MemoryMB: 256,
		})
		t.Cleanup(w.functions[name].Close)
	}
	return w
}

func (w *world) startS3() {
	w.t.Helper()
	server, err := s3server.Start(context.WithoutCancel(w.t.Context()), s3server.Options{
		Dir: w.t.TempDir(), Addr: "127.0.0.1:0",
		Buckets: map[string]s3server.OnCreated{delivery: w.account.send, dataset: nil},
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

// startVendor serves the simulated vendor, who writes into the delivery bucket and hands out a new refresh token with
// every access token.
func (w *world) startVendor(parts int) (url string) {
	w.t.Helper()
	secret, err := json.Marshal(vendorSecrets)
	if err != nil {
		w.t.Fatal(err)
	}
	w.account.secrets[secretName] = string(secret)
	writer := w.s3.Client()
	w.vendor, err = vendorsim.New(vendorsim.Config{
		Seed: 7, Now: time.Now, Clients: []vendorsim.Client{vendorSecrets}, Estate: vendorsim.SizedEstate(2),
		Delay:    vendorsim.Range{Min: time.Millisecond, Max: time.Millisecond},
		Switches: vendorsim.Switches{RotateRefreshTokens: true, FilesPerCategory: parts},
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

// behindTLS puts a server behind TLS, and returns its new address and the file with the certificate to trust. The host
// stays what the client signed.
func behindTLS(t *testing.T, endpoint string) (address, bundle string) {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(server.Close)
	bundle = filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, bundle
}

// required are the variables without which a function cannot start.
var required = map[string][]string{
	requester: {"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_INGEST_QUEUE_URL", "BELLHOP_LWA_SECRET_ID"},
	ingester:  {"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_DATASET_BUCKET"},
	janitor:   {"BELLHOP_LEDGER_TABLE", "BELLHOP_DELIVERY_BUCKET", "BELLHOP_DATASET_BUCKET", "BELLHOP_INGEST_QUEUE_URL"},
}

// env is the environment of one function, as template.yaml gives it: the account's, and of bellhop's variables those
// that are required. Only the requester is given others, and it has nothing to do with the dataset.
func (w *world) env(function string) []string {
	var env []string
	for name, value := range w.environ {
		if !strings.HasPrefix(name, "BELLHOP_") || slices.Contains(required[function], name) ||
			function == requester && name != "BELLHOP_DATASET_BUCKET" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// event returns a file of events/.
func (w *world) event(name string) []byte {
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
func (w *world) invoke(function string, event []byte) answer {
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
func (w *world) schedule() answer { return w.invoke(requester, w.event("scheduler-requester.json")) }

// sweep invokes the janitor as its schedule does.
func (w *world) sweep() answer { return w.invoke(janitor, w.event("scheduler-sweep.json")) }

// deliver lets the vendor deliver all that it has promised.
func (w *world) deliver() {
	w.t.Helper()
	w.until("everything is delivered", func() bool {
		if _, err := w.vendor.DeliverDue(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		c := w.vendor.Counters()
		return c.Delivered == c.Named
	})
}

// load lets the ingester have what is in its queue, in batches of ten.
func (w *world) load() {
	w.t.Helper()
	for event := w.account.receive(10); event != nil; event = w.account.receive(10) {
		w.invoke(ingester, event)
	}
}

// release lets the janitor have what is new in the ledger's stream.
func (w *world) release() {
	w.t.Helper()
	for _, event := range w.stream.events(w.t, 10) {
		w.invoke(janitor, event)
	}
}

// until repeats what brings something about, or looks for it, until it is so.
func (w *world) until(what string, done func() bool) {
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
func (w *world) list(bucket string) map[string][]byte {
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
func (w *world) published() map[string][]byte {
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
func (w *world) files() map[string]report.File {
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
