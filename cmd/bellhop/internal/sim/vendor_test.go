package sim

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// careAPI sends a call to the simulated contact centre as its user.
func (m *Machine) careAPI(t *testing.T, method, address string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	of := khoros.DemoCompanies(nil)[0]
	r.SetBasicAuth(of.Username, of.Password)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// An export that was created before the machine stopped is there when it runs again, at another address, and its download leads
// to the machine's other name without the password.
func TestExportsOutliveTheMachine(t *testing.T) {
	now := time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	o := Options{
		Dir: t.TempDir(), Now: func() time.Time { return now }, outside: outside{stepwise: true},
		Faults: []script.Fault{{Kind: khoros.IDsOnly, Endpoint: khoros.Endpoint, FirstCall: 1, LastCall: 1}, {Kind: script.ServerError, FirstCall: 9}},
	}
	first, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	key := khoros.DemoCompanies(nil)[0].Key
	status, created := first.careAPI(t, http.MethodPost, first.vendor.url+"/api/public/reports/report/conversation?companyKey="+key+
		"&startTime=1795046400000&endTime=1795132799999&conversationReportType=CREATED")
	if err := first.Close(); err != nil || status != 200 || strings.Contains(created, "statusUrl") {
		t.Fatalf("%d %s %v", status, created, err)
	}
	now = now.Add(5 * time.Minute)
	m, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	text := func(body, after string) string {
		_, rest, _ := strings.Cut(body, after+`":"`)
		value, _, _ := strings.Cut(rest, `"`)
		return value
	}
	run := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(text(created, "runId"))
	address := m.vendor.url + "/api/public/reports/report/" + text(created, "workflowId") + "/" + run
	if status, body := m.careAPI(t, http.MethodGet, address+"/status?companyKey="+key); status != 200 || !strings.Contains(body, `"COMPLETED"`) {
		t.Fatalf("%d %s", status, body)
	}
	status, body := m.careAPI(t, http.MethodGet, address+"/download?companyKey="+key)
	if status != 200 || !strings.Contains(body, `"MANUAL_TAG":"maple-court"`) {
		t.Errorf("%d %.200s", status, body)
	}
	if status, body := m.careAPI(t, http.MethodGet, m.vendor.url+"/v1/apps/"+pinpoint.DemoApplicationID+"/kpis/daterange/txn-sms-sent"); status != 403 ||
		!strings.Contains(body, "no longer available") {
		t.Errorf("a service that ended three weeks before: %d %s", status, body)
	}
	if struck := m.vendor.faults(); struck[khoros.IDsOnly] != 1 || m.vendor.words(khoros.IDsOnly) == "" {
		t.Errorf("faults %v", struck)
	}
}
