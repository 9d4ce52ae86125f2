package sim

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// vendor is the simulated vendor behind a real HTTP server.
type vendor struct {
	*alexa.Simulator
	path   string
	server *http.Server
	url    string
	served chan error
}

// vendorFile is where a folder keeps what the vendor remembers.
const vendorFile = "vendor.json"

// demoSeed decides all that the simulated vendor makes up.
const demoSeed = 20261120

// misfortunes are what goes wrong in the demonstration. Calls are requests for reports, counted from 1.
func misfortunes() []alexa.Fault {
	return []alexa.Fault{
		{Kind: alexa.RateLimited, FirstCall: 2, LastCall: 3, RetryAfterSeconds: 20},
		{Kind: alexa.NotReady, FirstCall: 6, LastCall: 6},
		{Kind: alexa.LostAnswer, FirstCall: 8, LastCall: 8},
		{Kind: alexa.ServerError, FirstCall: 10, LastCall: 10},
		{Kind: alexa.TokenExpired, FirstCall: 12, LastCall: 12},
		{Kind: alexa.Truncated, FirstCall: 4, LastCall: 4, Categories: []string{"PROPERTY_SKILL"}},
		{Kind: alexa.Late, FirstCall: 5, LastCall: 5, Categories: []string{"COMMUNICATION"}, DelayMinutes: 100},
		{Kind: alexa.Duplicated, FirstCall: 5, LastCall: 7, Categories: []string{"DEVICE"}},
		{Kind: alexa.ColumnsReordered, FirstCall: 7, LastCall: 7, Categories: []string{"DOMAIN_ENGAGEMENT"}},
		{Kind: alexa.ColumnAdded, FirstCall: 9, LastCall: 9, Categories: []string{"DEVICE"}},
		{Kind: alexa.Emptied, FirstCall: 9, LastCall: 9, Categories: []string{"PROACTIVE_CAMPAIGN"}},
		{Kind: alexa.Reordered, FirstCall: 11, LastCall: 11},
		{Kind: alexa.Stray, FirstCall: 13, LastCall: 13},
	}
}

// inWords says what a fault of the demonstration looks like from outside.
var inWords = map[alexa.FaultKind]string{
	alexa.RateLimited:      "answered 429 with Retry-After",
	alexa.NotReady:         "answered that data are not yet available",
	alexa.LostAnswer:       "took a request and cut the connection before the answer",
	alexa.ServerError:      "answered 500",
	alexa.TokenExpired:     "refused a fresh token",
	alexa.Truncated:        "delivered a file that ends in the middle of a row",
	alexa.Late:             "delivered a file late",
	alexa.Duplicated:       "delivered a file twice",
	alexa.ColumnsReordered: "delivered the columns in another order",
	alexa.ColumnAdded:      "added a column",
	alexa.Emptied:          "delivered a file with nothing but the header",
	alexa.Reordered:        "delivered the files in another order",
	alexa.Stray:            "delivered a file that nobody asked for",
}

// startVendor completes the simulator's configuration and serves it. The bucket's client is the foreign writer's;
// delivered, if set, is told of what it writes. The bucket's owner pays for what is written, so it is counted.
func startVendor(
	ctx context.Context, dir string, config alexa.Config, bucket *s3.Client, delivered func(string, []byte), paid *cost.Meter,
) (*vendor, error) {
	credentials, err := credentialsIn(dir)
	if err != nil {
		return nil, err
	}
	config.Clients = []alexa.Client{{ID: credentials.ClientID, Secret: credentials.ClientSecret, RefreshToken: credentials.RefreshToken}}
	config.Deliver = func(ctx context.Context, bucketARN, key string, body []byte) error {
		_, name, ok := strings.Cut(bucketARN, ":::")
		if !ok {
			return fmt.Errorf("%q is not the ARN of a bucket", bucketARN)
		}
		if delivered != nil {
			delivered(key, body)
		}
		ctx, _ = cost.Start(ctx, paid)
		_, err := bucket.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(name), Key: aws.String(key), Body: bytes.NewReader(body), ContentType: aws.String("text/csv"),
		})
		return err
	}
	simulator, err := alexa.New(config)
	if err != nil {
		return nil, err
	}
	v := &vendor{Simulator: simulator, path: filepath.Join(dir, vendorFile), served: make(chan error, 1)}
	if err := v.remember(); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the simulated vendor: %w", err)
	}
	v.url = "http://" + listener.Addr().String()
	v.server = &http.Server{Handler: v.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { v.served <- v.server.Serve(listener) }()
	return v, nil
}

// remember restores what an earlier process saved.
func (v *vendor) remember() error {
	snapshot, err := os.ReadFile(v.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := v.Restore(snapshot); err != nil {
		return fmt.Errorf("%s: %w (bellhop local reset starts anew)", v.path, err)
	}
	return nil
}

// Save writes down what the vendor remembers.
func (v *vendor) Save() error {
	snapshot, err := v.Snapshot()
	if err != nil {
		return err
	}
	return writeFile(v.path, snapshot)
}

func (v *vendor) Close() error {
	err := v.server.Close()
	if served := <-v.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, v.Save())
}

// credentials are the document that the requester's secret holds.
type credentials struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token"`
}

// credentialsIn returns the vendor's first credentials in this folder. The secret of a running machine may hold a rotated
// token by now; the vendor knows that by itself.
func credentialsIn(dir string) (credentials, error) {
	path := filepath.Join(dir, "credentials.json")
	content, err := os.ReadFile(path) //nolint:gosec // the folder is the user's choice
	var c credentials
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c = credentials{ClientID: "amzn1.application-oa2-client.local", ClientSecret: rand.Text(), RefreshToken: "Atzr|" + rand.Text()}
		if content, err = json.Marshal(c); err != nil { //nolint:gosec // made up here, for a file that only its owner can read
			return c, err
		}
		return c, errors.Join(writeFile(path, content), writeFile(filepath.Join(dir, "secret.json"), content))
	case err != nil:
		return c, err
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return c, fmt.Errorf("%s is damaged: bellhop local reset starts anew", path)
	}
	return c, nil
}

// fileSecret keeps the requester's secret in a file that only its owner can read.
type fileSecret struct{ path string }

func (s fileSecret) Read(ctx context.Context) ([]byte, error) {
	cost.MeterOf(ctx).Call("Secrets Manager GetSecretValue")
	document, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.As(fault.NotFound, err)
	}
	return document, err
}

func (s fileSecret) Write(ctx context.Context, document []byte) error {
	cost.MeterOf(ctx).Call("Secrets Manager PutSecretValue")
	return writeFile(s.path, document)
}

// Replace compares before it writes. The folder has one machine at a time, and its requester one exchange.
func (s fileSecret) Replace(ctx context.Context, old, document []byte) error {
	now, err := s.Read(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, old) {
		return fault.New(fault.Conflict, "the secret has changed meanwhile")
	}
	return s.Write(ctx, document)
}
