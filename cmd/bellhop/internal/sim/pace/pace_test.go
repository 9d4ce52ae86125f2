// Package pace_test lets processes of their own work with one ledger and one user of a vendor, and counts at the vendor what comes.
package pace_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	simulated "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const (
	subscription = "care"
	days         = 12
)

var (
	start   = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	company = simulated.Company{Key: "key", Username: "analyst", Password: "password", Properties: []string{"seaview"}, Daily: 2}
)

func TestMain(m *testing.M) {
	if description := os.Getenv(told); description != "" {
		if err := work(description); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// call is a request as the vendor sees it.
type call struct {
	process, what string
	at            time.Time
}

// vendor is the simulated one, which also notes who calls when.
type vendor struct {
	http.Handler
	clock *clock

	mu    sync.Mutex
	calls []call
}

// to is the vendor under an address of its own, by which the caller is known.
func (v *vendor) to(process string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		what := r.Method + " " + r.FormValue("startTime")
		v.mu.Lock()
		v.calls = append(v.calls, call{process, what, v.clock.Now()})
		v.mu.Unlock()
		v.ServeHTTP(w, r)
	}
}

// busiest returns the most calls that came within a minute.
func busiest(calls []call) (most int) {
	for i := range calls {
		n := 0
		for _, c := range calls[i:] {
			if c.at.Sub(calls[i].at) < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// The pace is in the ledger, and no process knows of another: 20 requests a minute are for all of them together.
func TestProcessesKeepOnePaceTogether(t *testing.T) {
	ledgers := map[string]func(t *testing.T) records{
		"DynamoDB": func(t *testing.T) records {
			endpoint := standin.Dynoxide.Start(t)
			return records{Endpoint: endpoint, Table: ledgertest.NewTable(t, dynamodb.NewFromConfig(ledgertest.Config(endpoint)))}
		},
		"SQLite": func(t *testing.T) records { return records{File: filepath.Join(t.TempDir(), "ledger.db")} },
	}
	for name, made := range ledgers {
		t.Run(name, func(t *testing.T) {
			names := []string{"one", "two"}
			time, of, deliveries := newClock(start, names...), made(t), t.TempDir()
			l, end, err := of.open(t.Context(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			_, err = l.Apply(t.Context(), report.Subscription{
				Name: subscription, Source: report.SourceKhorosCare, From: report.DateOf(start) - days, LagDays: 1, MaxWindowDays: 1,
				Params: report.Params{"report": "response", "company": "Seaview", "zone": "UTC"},
			}, start)
			if err != nil {
				t.Fatal(err)
			}
			api, err := simulated.New(simulated.Config{Seed: 1, Now: time.Now, Companies: []simulated.Company{company}})
			if err != nil {
				t.Fatal(err)
			}
			v := &vendor{Handler: api, clock: time}
			var running sync.WaitGroup
			for _, name := range names {
				running.Go(func() { begin(t, time, v, process{Name: name, Deliveries: deliveries, Records: of}) })
			}
			running.Wait()
			paced(t, v.calls, names)
			if refused := api.Counters().Refused; len(refused) > 0 {
				t.Errorf("the vendor refused %v", refused)
			}
			ordered(t, v.calls)
			open, err := unfinished(t.Context(), l)
			if files, _ := os.ReadDir(deliveries); err != nil || open > 0 || len(files) != days {
				t.Errorf("%d exports are delivered, and %d are not, %v", len(files), open, err)
			}
			if err := end(); err != nil {
				t.Error(err)
			}
		})
	}
}

// begin runs a process to its end.
func begin(t *testing.T, c *clock, v *vendor, p process) {
	defer c.end(p.Name)
	times, door := httptest.NewServer(c), httptest.NewServer(v.to(p.Name))
	defer times.Close()
	defer door.Close()
	p.Clock, p.Vendor = times.URL, door.URL
	description, err := json.Marshal(p)
	if err != nil {
		t.Error(err)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), told+"="+string(description))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("process %s: %v\n%s", p.Name, err, out)
	}
}

// paced looks that no minute had more than 20 calls, and that there was something to keep back: both sent many, and some minute had
// nearly as many as may be.
func paced(t *testing.T, calls []call, processes []string) {
	if most := busiest(calls); most > 20 || most < 15 {
		t.Errorf("%d of %d calls came within a minute, want 15 to 20", most, len(calls))
	}
	for _, name := range processes {
		by := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.process != name })
		if len(by) < len(calls)/10 {
			t.Errorf("process %s sent %d of %d calls: the test tests too little", name, len(by), len(calls))
		}
	}
	t.Logf("%d calls in %s", len(calls), calls[len(calls)-1].at.Sub(calls[0].at))
}

// ordered looks that each day's export was ordered, and once only.
func ordered(t *testing.T, calls []call) {
	orders := map[string]int{}
	for _, c := range calls {
		if strings.HasPrefix(c.what, http.MethodPost) {
			orders[c.what]++
		}
	}
	for what, n := range orders {
		if n != 1 {
			t.Errorf("%s: ordered %d times", what, n)
		}
	}
	if len(orders) != days {
		t.Errorf("%d days are ordered, want %d", len(orders), days)
	}
}
