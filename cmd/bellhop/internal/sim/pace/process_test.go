package pace_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/sqlitestore"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
)

// process says what one process works with. It is told in its environment.
type process struct {
	Name, Clock, Vendor string
	Deliveries          string // a folder
	Records             records
}

// told is the variable that makes a process of this test's executable.
const told = "BELLHOP_PACE_PROCESS"

// records name a ledger: a table at an endpoint of DynamoDB, or a file of SQLite.
type records struct{ Endpoint, Table, File string }

func (r records) open(ctx context.Context, now func() time.Time) (*ledger.Ledger, func() error, error) {
	if r.File == "" {
		client := dynamodb.NewFromConfig(ledgertest.Config(r.Endpoint))
		return ledger.New(dynamostore.New(client, r.Table)), func() error { return nil }, nil
	}
	store, err := sqlitestore.Open(ctx, r.File, now)
	if err != nil {
		return nil, nil, err
	}
	return ledger.New(store), store.Close, nil
}

// user is the secret of the simulated company.
type user []byte

func (u user) Read(context.Context) ([]byte, error) { return u, nil }
func (u user) Forget()                              {}

// folder is a delivery bucket.
type folder string

func (f folder) Deliver(_ context.Context, job, key string, content io.Reader) error {
	text, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	if len(text) == 0 {
		return errors.New("nothing is delivered for " + job)
	}
	file, err := os.OpenFile(filepath.Join(string(f), filepath.Base(filepath.Dir(key))+"-"+filepath.Base(key)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// noLoads starts no load: nothing has arrived before it was named.
type noLoads struct{}

func (noLoads) Redeliver(_ context.Context, d report.Delivery) error {
	return fmt.Errorf("%s is to be loaded, and nobody has delivered it", d.Key)
}

// runTime is what a run of the requester has on AWS.
const runTime = 290 * time.Second

// work is the life of a process: runs of the requester, until every job waits for its load.
func work(description string) error {
	var p process
	if err := json.Unmarshal([]byte(description), &p); err != nil {
		return err
	}
	time, err := newWatch(p.Clock, p.Name)
	if err != nil {
		return err
	}
	ctx := context.Background()
	l, end, err := p.Records.open(ctx, time.Now)
	if err != nil {
		return err
	}
	requests := requester.Service{
		Ledger: l, Queue: noLoads{}, Deliverer: folder(p.Deliveries), DeliveryBucket: "delivery",
		Sources: []requester.Source{khoros.New(khoros.Options{
			Endpoint: p.Vendor, HTTP: httpclient.New(httpclient.Options{}), Now: time.Now,
			Secret: user(fmt.Sprintf(`{"username":%q,"password":%q,"company_key":%q}`, company.Username, company.Password, company.Key)),
		})},
		Now: time.Now, Sleep: time.Sleep, Chance: func() float64 { return 0.5 }, NewWorkerID: rand.Text,
		Pace: second, Reserve: 20 * second, RequestTime: 10 * second, Patience: 72 * hour,
	}
	for {
		_, err := requests.Run(until{ctx, time.Now().Add(runTime)}, requester.Trigger{})
		if err != nil {
			return errors.Join(err, end())
		}
		open, err := unfinished(ctx, l)
		if err != nil || open == 0 {
			return errors.Join(err, end())
		}
		if err := time.Sleep(ctx, second); err != nil {
			return errors.Join(err, end())
		}
	}
}

const (
	second = time.Second
	hour   = time.Hour
)

// unfinished counts the jobs whose export is not delivered. Before anything is planned, it is those to come.
func unfinished(ctx context.Context, l *ledger.Ledger) (int, error) {
	jobs, err := l.Jobs(ctx, subscription)
	if err != nil {
		return 0, err
	}
	open := days - len(jobs)
	for _, j := range jobs {
		if j.Status != report.JobAwaitingFiles || len(j.ToFetch()) > 0 {
			open++
		}
	}
	return open, nil
}
