package stack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Planted secrets, which no finding may show.
const (
	plantedSecret  = "planted-client-secret"
	plantedRefresh = "Atzr|planted-refresh-token"
	plantedAccess  = "Atza|planted-access-token"
	plantedRotated = "Atzr|planted-rotated-token"
	plantedRoom    = "Planted Room 12"
	plantedAddress = "planted@example.com"
)

// vendor is Login with Amazon and the Property Hierarchy API.
type vendor struct {
	url    string
	grants atomic.Int64
	// refuse is the error code that the token endpoint answers with, units the status of the units endpoint.
	refuse atomic.Pointer[string]
	units  atomic.Int64
	// campaigns is the status of the list of campaigns; pages counts those that were asked for.
	campaigns, pages atomic.Int64
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{}
	v.units.Store(http.StatusOK)
	v.campaigns.Store(http.StatusOK)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /auth/o2/token", func(w http.ResponseWriter, r *http.Request) {
		v.grants.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if code := v.refuse.Load(); code != nil {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":"about %s"}`, *code, r.FormValue("refresh_token"))
			return
		}
		if r.FormValue("client_secret") != plantedSecret {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"error":"invalid_client"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"token_type":"bearer","expires_in":3600}`, plantedAccess, plantedRotated)
	})
	mux.HandleFunc("GET /v2/units/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+plantedAccess || r.PathValue("id") != "amzn1.alexa.unit.did.EXAMPLE" {
			t.Errorf("the vendor is asked for %s by %q", r.PathValue("id"), r.Header.Get("Authorization"))
		}
		w.WriteHeader(int(v.units.Load()))
		_, _ = fmt.Fprintf(w, `{"id":"amzn1.alexa.unit.did.EXAMPLE","name":{"type":"PLAIN","value":{"text":%q}}}`, plantedRoom)
	})
	mux.HandleFunc("GET /v1/proactive/campaigns", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(int(v.campaigns.Load()))
		_, _ = fmt.Fprintf(w, `{"results":[],"paginationContext":{"nextToken":"%d"}}`, v.pages.Add(1))
	})
	mux.HandleFunc("GET /v1/skills/{id}/metrics", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"metric":%q,"timestamps":[],"values":[]}`, r.FormValue("metric"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

// records is a ledger.
type records struct {
	subs []report.Subscription
	jobs []report.Job
	err  error
	days []report.Partition
	// credentials are what the runs share.
	credentials map[string]report.Credential
	// format is what the dataset says.
	format    int
	formatErr error
}

func (b *records) Subscriptions(context.Context) ([]report.Subscription, error) { return b.subs, b.err }
func (b *records) Jobs(context.Context, string) ([]report.Job, error)           { return b.jobs, b.err }

func (b *records) DaysBetween(_ context.Context, subscription, _, _ string) ([]report.Partition, error) {
	if subscription != "hotel" {
		return nil, b.err
	}
	return b.days, b.err
}
func (b *records) Format(context.Context) (int, error) { return b.format, b.formatErr }

func acceptedAt(at time.Time) []report.Job {
	return []report.Job{{ID: "hotel-000001", Timeline: report.Timeline{History: []report.Event{{At: at, To: string(report.JobAwaitingFiles)}}}}}
}

// fixture is a healthy installation.
type fixture struct {
	*Account
	t       *testing.T
	vendor  *vendor
	records *records
	off     time.Duration // by how much this machine's clock is wrong
}

func newFixture(t *testing.T, more ...map[string]string) *fixture {
	t.Helper()
	v := newVendor(t)
	p := &fixture{t: t, vendor: v, records: &records{
		subs: []report.Subscription{
			{Name: "hotel"}, {Name: "shots", Source: report.SourceCampaigns},
			{Name: "skills", Source: report.SourceSkillMetrics, LagDays: 1, Params: report.Params{"skill_ids": "amzn1.ask.skill.EXAMPLE", "metrics": "totalSessions"}},
		},
		jobs:   acceptedAt(time.Now().Add(-2 * time.Hour)),
		format: 2, days: []report.Partition{{Table: "asp_device", Date: report.NewDate(2026, 11, 1), Key: "k"}},
	}}
	parameters := map[string]string{"AlexaEndpoint": v.url, "LwaEndpoint": v.url + "/auth/o2/token", "AlarmEmail": plantedAddress}
	for _, m := range more {
		maps.Copy(parameters, m)
	}
	p.Account = Deploy(t, parameters)
	p.keep(plantedRefresh)
	return p
}

// keep puts a credential into the secret.
func (p *fixture) keep(refresh string) {
	p.t.Helper()
	document, err := json.Marshal(map[string]string{"client_id": "amzn1.application-oa2-client.example", "client_secret": plantedSecret, "refresh_token": refresh})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.requesters().Write(p.t.Context(), document); err != nil {
		p.t.Fatal(err)
	}
}

// requesters is where the requester looks for its credential, by its environment.
func (p *fixture) requesters() secret.Store {
	p.t.Helper()
	id := p.Template.Environment(string(stack.RequesterFunction))["BELLHOP_LWA_SECRET_ID"]
	store, err := secret.Open(id, secretsmanager.NewFromConfig(p.Config), ssm.NewFromConfig(p.Config))
	if err != nil {
		p.t.Fatal(err)
	}
	return store
}

func (p *fixture) examine() []stack.Finding {
	p.t.Helper()
	s := stack.Subject{Installation: p.Installation(), Ledger: p.records, Dataset: p.records, Scrubber: &redact.Scrubber{}, Now: func() time.Time { return time.Now().Add(p.off) }}
	findings, err := stack.Examine(p.t.Context(), s.Checks())
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := json.Marshal(findings)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, secret := range []string{plantedSecret, "Atzr|", "Atza|", plantedRoom, plantedAddress} {
		if strings.Contains(string(raw), secret) {
			p.t.Errorf("a finding shows %q: %s", secret, raw)
		}
	}
	return findings
}

// failing is one thing that goes wrong: the checks that notice it, and a part of what the first of them says.
type failing struct {
	cause  func(p *fixture) (undo func())
	checks []string
	says   string
}

func TestAHealthyInstallation(t *testing.T) {
	for _, store := range []string{"ParameterStore", "SecretsManager"} {
		t.Run(store, func(t *testing.T) { newFixture(t, map[string]string{"CredentialStore": store}).healthy() })
	}
}

func (p *fixture) healthy() {
	t := p.t
	findings := p.examine()
	for _, f := range findings {
		if f.Status != stack.OK || f.Detail == "" || f.Remedy != "" {
			t.Errorf("%s, %s: %s: %s → %s", f.Area, f.Check, f.Status, f.Detail, f.Remedy)
		}
	}
	if len(findings) < 20 || stack.Worst(findings) != stack.OK {
		t.Errorf("%d findings", len(findings))
	}
	// Both checks of the alarms share one look.
	if n := p.Asked("DescribeAlarms"); n != 1 {
		t.Errorf("CloudWatch is asked %d times for the alarms", n)
	}
	// The list of campaigns has no end, and is asked for no further than the doctor has to.
	if n := p.vendor.pages.Load(); n != 2 {
		t.Errorf("%d pages of campaigns are asked for", n)
	}
	// The rotated refresh token is kept, as after a run, and both checks of the token share one exchange.
	kept, err := p.requesters().Read(t.Context())
	if err != nil || !strings.Contains(string(kept), plantedRotated) || p.vendor.grants.Load() != 1 {
		t.Errorf("after %d exchanges the rotated token is not kept (%v)", p.vendor.grants.Load(), err)
	}
}

// Each thing that can be wrong is found, by the checks that are for it and by no other, and has a remedy.
func TestEachFaultIsFound(t *testing.T) {
	p := newFixture(t)
	for name, a := range allFaults() {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			undo := a.cause(p)
			defer undo()
			var found []stack.Finding
			for _, f := range p.examine() {
				if f.Status != stack.OK {
					found = append(found, f)
				}
			}
			if len(found) != len(a.checks) {
				t.Fatalf("found %+v, want the checks %q", found, a.checks)
			}
			for i, f := range found {
				if f.Check != a.checks[i] || f.Remedy == "" {
					t.Errorf("found %+v, want the check %q and a remedy", f, a.checks[i])
				}
			}
			if !strings.Contains(found[0].Detail, a.says) {
				t.Errorf("it says %q, want %q", found[0].Detail, a.says)
			}
		})
	}
	for _, f := range p.examine() {
		if f.Status != stack.OK {
			t.Errorf("after everything is undone: %+v", f)
		}
	}
}

func (p *fixture) s3() *s3.Client { return objects.NewClient(p.Config) }
func (p *fixture) bucket() *string {
	return aws.String(p.ID(stack.DeliveryBucket))
}

func allFaults() map[string]failing {
	all := map[string]failing{}
	for _, group := range []map[string]failing{bucketFaults(), queueFaults(), functionFaults(), credentialFaults(), alarmFaults(), otherFaults()} {
		maps.Copy(all, group)
	}
	return all
}

// Which alarms there have to be is the stack's own choice: none is missed that was not meant, and none that was is overlooked.
func TestDoctorKnowsWhichAlarmsAreMeant(t *testing.T) {
	for choice, c := range map[string]struct {
		lose   string // an alarm that somebody deletes
		status stack.Status
		detail string
	}{
		"essential": {"", stack.OK, "12 (Alarms=essential), and each tells the topic"},
		"all":       {"IngesterIsSlowAlarm", stack.Wrong, "1 of the stack's 27 alarms are gone"},
		"none":      {"", stack.OK, "the stack is meant to have no alarms (Alarms=none)"},
	} {
		t.Run(choice, func(t *testing.T) {
			p := newFixture(t, map[string]string{"Alarms": choice, "AlarmEmail": map[bool]string{false: plantedAddress}[choice == "none"]})
			if c.lose != "" {
				p.Alarm(c.lose, nil)
			}
			for _, f := range p.examine() {
				first := f.Area == "alarms" && f.Check == "they are there"
				if first && (f.Status != c.status || !strings.HasPrefix(f.Detail, c.detail)) || !first && f.Status != stack.OK {
					t.Errorf("%s: %s, %q", f.Check, f.Status, f.Detail)
				}
			}
		})
	}
}

// An alarm's remedy is its section of the runbook, which its own description names.
func TestARingingAlarmNamesItsSection(t *testing.T) {
	p := newFixture(t, map[string]string{"Alarms": "all"})
	ring := func(a *Alarm) { a.State = "ALARM" }
	p.Alarm("AFileCannotBeLoadedAlarm", ring)
	p.Alarm("IngesterIsSlowAlarm", ring)
	p.Alarm("DeliveriesAreDeadLettersAlarm", func(a *Alarm) { ring(a); a.Description = "Somebody wrote this by hand" })
	var found []stack.Finding
	for _, f := range p.examine() {
		if f.Status != stack.OK {
			found = append(found, f)
		}
	}
	want := []stack.Finding{{
		Area: "alarms", Check: "none is ringing", Status: stack.Wrong,
		Detail: "A file cannot be loaded; bellhop-DeliveriesAreDeadLettersAlarm; Ingester is slow",
		Remedy: "see docs/operations.md#a-file-cannot-be-loaded, the CloudWatch console, docs/operations.md#a-function-is-slow",
	}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// Versions that were on once can be suspended only, so they stay.
func TestVersionsAreFound(t *testing.T) {
	p := newFixture(t)
	for _, status := range []s3types.BucketVersioningStatus{s3types.BucketVersioningStatusEnabled, s3types.BucketVersioningStatusSuspended} {
		if _, err := p.s3().PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: p.bucket(), VersioningConfiguration: &s3types.VersioningConfiguration{Status: status}}); err != nil {
			t.Fatal(err)
		}
		for _, f := range p.examine() {
			if wrong := f.Status == stack.Wrong; wrong != (f.Check == "no versions") || wrong && !strings.Contains(f.Detail, string(status)) {
				t.Errorf("%s: %+v", status, f)
			}
		}
	}
}

// On moto a stream that was taken away cannot be had back.
func TestALedgerWithoutItsStreamIsFound(t *testing.T) {
	p := newFixture(t)
	if _, err := dynamodb.NewFromConfig(p.Config).UpdateTable(t.Context(), &dynamodb.UpdateTableInput{
		TableName: aws.String(p.ID(stack.Ledger)), StreamSpecification: &ddb.StreamSpecification{StreamEnabled: aws.Bool(false)},
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range p.examine() {
		if wrong := f.Status == stack.Wrong; wrong != (f.Check == "table, index and stream") || wrong && !strings.Contains(f.Detail, "no stream") {
			t.Errorf("%+v", f)
		}
	}
}

func TestExamineStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := stack.Examine(ctx, stack.DataChecks(&records{}, nil, time.Now)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
