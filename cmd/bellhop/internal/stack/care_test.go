package stack_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	simulated "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

func (b *records) UpdateCredential(_ context.Context, id string, change func(*report.Credential) bool) (report.Credential, error) {
	c := b.credentials[id]
	if c.ID = id; change(&c) {
		if b.credentials == nil {
			b.credentials = map[string]report.Credential{}
		}
		b.credentials[id] = c
	}
	return c, nil
}

// care is an installation whose subscriptions are to the simulated Khoros Care, at a clock that stands still but for pauses.
type care struct {
	*fixture
	api    *rest.Service
	url    string
	now    time.Time
	paused time.Duration
}

const (
	careUser = "KhorosUserArn"
	// The company's key as the vendor knows it, and what else must never be seen.
	plantedKey, plantedPassword = "planted-company-key", "planted-khoros-password"
)

func newCare(t *testing.T, parameters map[string]string) *care {
	t.Helper()
	c := &care{now: time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)}
	var err error
	c.api, err = simulated.New(simulated.Config{Seed: 1, Now: func() time.Time { return c.now }, Companies: []simulated.Company{{
		Key: plantedKey, Username: "planted-analyst", Password: plantedPassword, Daily: 1, Properties: []string{"seaview"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.api)
	t.Cleanup(server.Close)
	c.url = server.URL
	c.fixture = newFixture(t, parameters)
	c.subscribe("care", "Harbour Hotels")
	return c
}

func (c *care) subscribe(name, company string) {
	c.records.subs = append(c.records.subs, report.Subscription{Name: name, Source: report.SourceKhorosCare, Params: report.Params{
		"report": "response", "company": company, "zone": "UTC", "host": c.url,
	}})
}

// keepUser puts a user into the secret that the stack names.
func (c *care) keepUser(document map[string]string) {
	c.t.Helper()
	text, err := json.Marshal(document)
	if err != nil {
		c.t.Fatal(err)
	}
	client := secretsmanager.NewFromConfig(c.Config)
	name := aws.String("bellhop-khoros")
	if _, err = client.CreateSecret(c.t.Context(), &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String(string(text))}); err != nil {
		_, err = client.PutSecretValue(c.t.Context(), &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String(string(text))})
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// look returns what the check of Khoros Care finds.
func (c *care) look() stack.Finding {
	c.t.Helper()
	s := stack.Subject{
		Installation: c.Installation(), Ledger: c.records, Scrubber: &redact.Scrubber{}, Now: func() time.Time { return c.now },
		Pause: func(_ context.Context, d time.Duration) error {
			c.now, c.paused = c.now.Add(d), c.paused+d
			return nil
		},
	}
	for _, check := range s.Checks() {
		if check.Name != "Khoros Care" {
			continue
		}
		found, err := stack.Examine(c.t.Context(), []stack.Check{check})
		if err != nil {
			c.t.Fatal(err)
		}
		for _, planted := range []string{plantedKey, plantedPassword, "planted-analyst"} {
			if strings.Contains(found[0].Detail+found[0].Remedy, planted) {
				c.t.Errorf("it shows %q: %+v", planted, found[0])
			}
		}
		return found[0]
	}
	c.t.Fatal("there is no such check")
	return stack.Finding{}
}

// The doctor asks with the requester's own user, in turn with the runs, and for each company once.
func TestDoctorAsksKhorosCare(t *testing.T) {
	c := newCare(t, map[string]string{careUser: "bellhop-khoros"})
	right := map[string]string{"username": "planted-analyst", "password": plantedPassword, "company_key": plantedKey}
	with := func(name, value string) map[string]string {
		changed := maps.Clone(right)
		changed[name] = value
		return changed
	}
	const pace = 3200 * time.Millisecond // of 20 requests a minute, and a fifteenth more
	tests := map[string]struct {
		user       map[string]string
		credential report.Credential
		more       string // a second company
		status     stack.Status
		says       string
		calls      int
		paused     time.Duration
	}{
		"all is well":          {user: right, status: stack.OK, says: "companies: 1", calls: 1},
		"two companies":        {user: right, more: "Bay Inns", status: stack.OK, says: "companies: 2", calls: 2, paused: pace},
		"a run has just asked": {user: right, credential: report.Credential{NotBefore: c.now.Add(time.Second)}, status: stack.OK, says: "companies: 1", calls: 1, paused: time.Second},
		"the vendor is left alone": {
			user: right, credential: report.Credential{QuietUntil: c.now.Add(time.Hour)}, status: stack.Unknown, says: "left alone until 2026-11-20T07:00:00Z",
		},
		"refused already": {
			user: right, credential: report.Credential{ShutSince: c.now.Add(-time.Hour), ProbeAt: c.now.Add(time.Minute), Reason: "401"},
			status: stack.Wrong, says: "refused since 2026-11-20T05:00:00Z: 401",
		},
		"another password": {user: with("password", "other"), status: stack.Wrong, says: "the vendor answered 401", calls: 1},
		"another key":      {user: with("company_key", "other"), status: stack.Unknown, says: "the vendor answered 403", calls: 1},
		"no password":      {user: with("password", ""), status: stack.Wrong, says: "has no password"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			began, subs := c.now, c.records.subs
			defer func() { c.records.subs = subs }()
			if tt.more != "" {
				c.subscribe("care-2", tt.more)
			}
			c.keepUser(tt.user)
			c.records.credentials, c.paused = map[string]report.Credential{report.CredentialKhoros: tt.credential}, 0
			before := c.api.Counters().Calls
			f := c.look()
			if f.Status != tt.status || !strings.Contains(f.Detail, tt.says) || (f.Remedy == "") != (tt.status == stack.OK) {
				t.Errorf("found %+v", f)
			}
			if calls := c.api.Counters().Calls - before; calls != tt.calls || c.paused != tt.paused {
				t.Errorf("%d calls after %s", calls, c.paused)
			}
			if next := c.records.credentials[report.CredentialKhoros].NotBefore; tt.calls > 0 && !next.Equal(c.now.Add(pace)) {
				t.Errorf("the next run may ask at %s, after %s", next, c.now)
			}
			c.now = began
		})
	}
}

func TestDoctorWithoutAUserOfKhorosCare(t *testing.T) {
	c := newCare(t, nil)
	if f := c.look(); f.Status != stack.Wrong || !strings.Contains(f.Remedy, careUser) {
		t.Errorf("found %+v", f)
	}
	c.records.subs = c.records.subs[:len(c.records.subs)-1]
	if f := c.look(); f.Status != stack.OK || f.Detail != "no subscription is to it" {
		t.Errorf("found %+v", f)
	}
	if calls := c.api.Counters().Calls; calls > 0 {
		t.Errorf("%d calls", calls)
	}
}
