package alexa_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

// noon is a Friday. The newest day with data is the 19th, the oldest 2026-08-22: 90 days before, by the calendar.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const (
	bucket     = "arn:aws:s3:::example-delivery"
	tokenURL   = "/auth/o2/token"
	reportsURL = "/v1/enterprise/analytics/reports"
)

var credentials = alexa.Client{ID: "client", Secret: "secret", RefreshToken: "Atzr|first"}

// written is an object as the bucket got it.
type written struct {
	arn, key, body string
}

// vendor is a simulator behind a real server, with a clock that the test moves.
type vendor struct {
	t      *testing.T
	sim    *alexa.Simulator
	server *httptest.Server
	estate alexa.Estate

	mu      sync.Mutex
	clock   time.Time
	objects []written
	refuse  error // what the bucket answers
	token   string
}

func start(t *testing.T, change func(*alexa.Config)) *vendor {
	t.Helper()
	v := &vendor{t: t, clock: noon, estate: alexa.SizedEstate(6)}
	config := alexa.Config{
		Seed: 7, Now: v.now, Estate: v.estate, Deliver: v.put, Clients: []alexa.Client{credentials},
	}
	if change != nil {
		change(&config)
	}
	v.estate = config.Estate
	sim, err := alexa.New(config)
	if err != nil {
		t.Fatal(err)
	}
	v.sim = sim
	v.server = httptest.NewServer(sim.Handler())
	t.Cleanup(v.server.Close)
	return v
}

func (v *vendor) now() time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.clock
}

func (v *vendor) pass(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clock = v.clock.Add(d)
}

func (v *vendor) put(_ context.Context, arn, key string, body []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuse != nil {
		return v.refuse
	}
	v.objects = append(v.objects, written{arn, key, string(body)})
	return nil
}

// org, property and room are the units that tests ask about.
func (v *vendor) org() string           { return v.estate.Organisation.ID }
func (v *vendor) property(i int) string { return v.estate.Organisation.Units[i].ID }
func (v *vendor) room(i, j int) string {
	return v.estate.Organisation.Units[i].Units[0].Units[j].ID
}

// reply is an HTTP answer. A cut connection has status 0.
type reply struct {
	status int
	header http.Header
	body   string
}

func (v *vendor) send(r *http.Request) reply {
	v.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return reply{}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}
	}
	return reply{resp.StatusCode, resp.Header, string(body)}
}

func (v *vendor) request(method, path, contentType, body string) *http.Request {
	v.t.Helper()
	r, err := http.NewRequest(method, v.server.URL+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

func (v *vendor) grant(form url.Values) reply {
	v.t.Helper()
	return v.send(v.request(http.MethodPost, tokenURL, "application/x-www-form-urlencoded", form.Encode()))
}

// refreshForm is the documented refresh grant.
func refreshForm(refreshToken string) url.Values {
	return url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshToken},
		"client_id": {credentials.ID}, "client_secret": {credentials.Secret},
	}
}

// login gets an access token for all further posts.
func (v *vendor) login() *vendor {
	v.t.Helper()
	r := v.grant(refreshForm(credentials.RefreshToken))
	if r.status != http.StatusOK {
		v.t.Fatalf("login: %d %s", r.status, r.body)
	}
	v.token = field(v.t, r.body, "access_token").(string)
	return v
}

// ask is the documented request body, from which tests depart.
func ask(unit, from, to string, subUnits bool, categories ...string) map[string]any {
	return map[string]any{
		"unitId": unit, "categories": categories,
		"dateRange":       map[string]any{"startDate": from, "endDate": to, "granularity": "DAILY"},
		"format":          "CSV",
		"showSubUnits":    subUnits,
		"deliveryChannel": map[string]any{"id": bucket, "type": "S3"},
	}
}

func (v *vendor) post(body map[string]any) reply {
	v.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	r := v.request(http.MethodPost, reportsURL, "application/json", string(text))
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	return v.send(r)
}

// accepted posts, wants 202 and returns the names of the files.
func (v *vendor) accepted(body map[string]any) []string {
	v.t.Helper()
	r := v.post(body)
	if r.status != http.StatusAccepted {
		v.t.Fatalf("status %d, want 202: %s", r.status, r.body)
	}
	var names []string
	for _, report := range field(v.t, r.body, "reports").([]any) {
		names = append(names, report.(map[string]any)["name"].(string))
	}
	return names
}

// delivered lets time pass and returns all that was written so far.
func (v *vendor) delivered(after time.Duration) []written {
	v.t.Helper()
	v.pass(after)
	if _, err := v.sim.DeliverDue(context.Background()); err != nil {
		v.t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]written(nil), v.objects...)
}

// report asks for one category with a fresh token and returns the parsed file, twenty minutes later: the longest delay.
func (v *vendor) report(body map[string]any) [][]string {
	v.t.Helper()
	before := len(v.delivered(0))
	v.login().accepted(body)
	objects := v.delivered(20 * time.Minute)
	if len(objects) != before+1 {
		v.t.Fatalf("%d objects came, want 1", len(objects)-before)
	}
	return parsed(v.t, objects[before].body)
}

func parsed(t *testing.T, body string) [][]string {
	t.Helper()
	records, err := csv.NewReader(bytes.NewBufferString(body)).ReadAll()
	if err != nil {
		t.Fatalf("not a CSV: %v", err)
	}
	return records
}

func field(t *testing.T, body, name string) any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatalf("not a JSON object: %v: %s", err, body)
	}
	return o[name]
}

// column returns the cells of a named column without the header.
func column(t *testing.T, records [][]string, name string) []string {
	t.Helper()
	for i, h := range records[0] {
		if h != name {
			continue
		}
		var cells []string
		for _, r := range records[1:] {
			cells = append(cells, r[i])
		}
		return cells
	}
	t.Fatalf("no column %q in %q", name, records[0])
	return nil
}

// hundredths reads a number with at most two decimals.
func hundredths(t *testing.T, cell string) int64 {
	t.Helper()
	whole, fraction, decimal := strings.Cut(cell, ".")
	if decimal && len(fraction) != 2 {
		t.Fatalf("%q has not two decimals", cell)
	}
	if !decimal {
		fraction = "00"
	}
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		t.Fatalf("%q is not a number", cell)
	}
	return n
}
