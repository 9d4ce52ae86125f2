package athena_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/athena"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// service plays Athena's JSON protocol by script: each operation answers what is queued for it, in order. The last answer
// stays. A call of an operation without a script fails the test.
type service struct {
	t       *testing.T
	answers map[string][]string // an answer that begins with "!" is an error of that type, with its message after a space
	calls   []string
	bodies  []string
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var body json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		s.t.Errorf("%s: %v", operation, err)
	}
	s.calls, s.bodies = append(s.calls, operation), append(s.bodies, string(body))
	script := s.answers[operation]
	if len(script) == 0 {
		s.t.Errorf("nobody expected a call of %s", operation)
		w.WriteHeader(http.StatusNotImplemented)
		return
	}
	if len(script) > 1 {
		s.answers[operation] = script[1:]
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if refusal, ok := strings.CutPrefix(script[0], "!"); ok {
		name, message, _ := strings.Cut(refusal, " ")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": name, "Message": message})
		return
	}
	_, _ = w.Write([]byte(script[0]))
}

func engine(t *testing.T, answers map[string][]string) (*athena.Engine, *service) {
	t.Helper()
	s := &service{t: t, answers: answers}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		RetryMaxAttempts: 1,
	})
	return &athena.Engine{Client: client, Workgroup: "bellhop", Database: "reports", Wait: func(context.Context, time.Duration) error { return nil }}, s
}

const (
	started = `{"QueryExecutionId": "q-1"}`
	queued  = `{"QueryExecution": {"QueryExecutionId": "q-1", "Status": {"State": "QUEUED"}}}`
	running = `{"QueryExecution": {"QueryExecutionId": "q-1", "Status": {"State": "RUNNING"}}}`
	done    = `{"QueryExecution": {"QueryExecutionId": "q-1", "StatementType": "DML", "Status": {"State": "SUCCEEDED"},
	            "Statistics": {"DataScannedInBytes": 4096}}}`
	shown = `{"QueryExecution": {"QueryExecutionId": "q-1", "StatementType": "UTILITY", "Status": {"State": "SUCCEEDED"}}}`
	// Two pages, as Athena's reference has them: the header is the first row of the first page only, and NULL is a cell
	// without a value.
	firstPage = `{"NextToken": "2", "ResultSet": {
	  "ResultSetMetadata": {"ColumnInfo": [
	    {"Name": "unit_id", "Type": "varchar"}, {"Name": "minutes", "Type": "decimal", "Precision": 18, "Scale": 6}]},
	  "Rows": [
	    {"Data": [{"VarCharValue": "unit_id"}, {"VarCharValue": "minutes"}]},
	    {"Data": [{"VarCharValue": "a"}, {"VarCharValue": "1.500000"}]}]}}`
	lastPage = `{"ResultSet": {
	  "ResultSetMetadata": {"ColumnInfo": [
	    {"Name": "unit_id", "Type": "varchar"}, {"Name": "minutes", "Type": "decimal", "Precision": 18, "Scale": 6}]},
	  "Rows": [{"Data": [{"VarCharValue": "b"}, {}]}]}}`
	tables = `{"ResultSet": {"ResultSetMetadata": {"ColumnInfo": [{"Name": "tab_name", "Type": "string"}]},
	  "Rows": [{"Data": [{"VarCharValue": "asp_device"}]}]}}`
)

// rows collects a result as text.
type rows struct {
	columns   []query.Column
	texts     [][]string
	atColumns error
	atRow     error
}

func (r *rows) Columns(c []query.Column) error {
	r.columns = c
	return r.atColumns
}

func (r *rows) Row(values []any) error {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = fmt.Sprintf("%T %v", v, v)
	}
	r.texts = append(r.texts, row)
	return r.atRow
}

func TestAQueryIsAwaitedAndItsPagesAreRead(t *testing.T) {
	e, s := engine(t, map[string][]string{
		"StartQueryExecution": {started}, "GetQueryExecution": {queued, running, running, done},
		"GetQueryResults": {firstPage, lastPage},
	})
	var told []string
	e.Tell = func(state string) { told = append(told, state) }
	var scanned int64
	e.Scanned = func(bytes int64) { scanned = bytes }
	r := &rows{}
	if err := e.Run(t.Context(), "SELECT unit_id, minutes FROM asp_communication", r); err != nil {
		t.Fatal(err)
	}
	wantColumns := []query.Column{{Name: "unit_id", Type: "varchar"}, {Name: "minutes", Type: "decimal"}}
	if diff := cmp.Diff(wantColumns, r.columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{{"string a", "query.Number 1.500000"}, {"string b", "<nil> <nil>"}}, r.texts); diff != "" {
		t.Error(diff)
	}
	if scanned != 4096 {
		t.Errorf("scanned %d bytes, want 4096", scanned)
	}
	if want := []string{"QUEUED", "RUNNING", "SUCCEEDED"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v: each state once", told, want)
	}
	for _, want := range []string{`"WorkGroup":"bellhop"`, `"Database":"reports"`} {
		if !strings.Contains(s.bodies[0], want) {
			t.Errorf("the query was started with %s, without %s", s.bodies[0], want)
		}
	}
	if strings.Contains(s.bodies[0], "OutputLocation") {
		t.Error("the query overrides the workgroup's place of results")
	}
}

func TestAnAnswerOfShowHasNoHeader(t *testing.T) {
	e, _ := engine(t, map[string][]string{
		"StartQueryExecution": {started}, "GetQueryExecution": {shown}, "GetQueryResults": {tables},
	})
	r := &rows{}
	if err := e.Run(t.Context(), "SHOW TABLES", r); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(r.texts, [][]string{{"string asp_device"}}, slices.Equal) {
		t.Errorf("got %v, want the one table", r.texts)
	}
}

func TestAFailureSaysWhoCanMendIt(t *testing.T) {
	failure := func(more string) string {
		return `{"QueryExecution": {"QueryExecutionId": "q-1", "Status": {"State": "FAILED", "StateChangeReason": "the long story"` + more + `}}}`
	}
	tests := map[string]struct {
		start, status string
		kind          fault.Kind
		says          string
	}{
		"refused at once":         {start: "!InvalidRequestException line 1:8: mismatched input", kind: fault.Poison, says: "mismatched input"},
		"no such column":          {status: failure(`, "AthenaError": {"ErrorMessage": "COLUMN_NOT_FOUND", "Retryable": false}`), kind: fault.Poison, says: "COLUMN_NOT_FOUND"},
		"Athena has no resources": {status: failure(`, "AthenaError": {"ErrorMessage": "no capacity", "Retryable": true}`), kind: fault.Transient, says: "no capacity"},
		"without a class":         {status: failure(""), kind: fault.Poison, says: "the long story"},
		"stopped by somebody": {
			status: `{"QueryExecution": {"QueryExecutionId": "q-1", "Status": {"State": "CANCELLED"}}}`, kind: fault.Conflict, says: "somebody else stopped",
		},
		"a state of the future": {
			status: `{"QueryExecution": {"QueryExecutionId": "q-1", "Status": {"State": "DREAMING"}}}`, kind: fault.Internal, says: "DREAMING",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answers := map[string][]string{"StartQueryExecution": {started}}
			if test.start != "" {
				answers["StartQueryExecution"] = []string{test.start}
			} else {
				answers["GetQueryExecution"] = []string{test.status}
			}
			e, _ := engine(t, answers)
			err := e.Run(t.Context(), "SELECT 'hush'", &rows{})
			if got := fault.KindOf(err); got != test.kind || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v: %v, want %v that says %q", got, err, test.kind, test.says)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the error repeats the statement: %v", err)
			}
		})
	}
}

func TestWhoeverGoesStopsTheQuery(t *testing.T) {
	e, s := engine(t, map[string][]string{
		"StartQueryExecution": {started}, "GetQueryExecution": {running}, "StopQueryExecution": {"{}"},
	})
	ctx, cancel := context.WithCancel(t.Context())
	e.Wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	if err := e.Run(ctx, "SELECT 1", &rows{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if last := s.calls[len(s.calls)-1]; last != "StopQueryExecution" {
		t.Errorf("the last call was %s: the query goes on and costs money", last)
	}
}

func TestAQueryThatCannotBeStoppedIsSaid(t *testing.T) {
	e, _ := engine(t, map[string][]string{
		"StartQueryExecution": {started}, "GetQueryExecution": {running}, "StopQueryExecution": {"!InternalServerException no"},
	})
	ctx, cancel := context.WithCancel(t.Context())
	e.Wait = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	err := e.Run(ctx, "SELECT 1", &rows{})
	if err == nil || !strings.Contains(err.Error(), "q-1 goes on in Athena") {
		t.Errorf("got %v, want that the query goes on", err)
	}
}

func TestWaitsGrowAndStayBounded(t *testing.T) {
	states := slices.Repeat([]string{running}, 40)
	e, _ := engine(t, map[string][]string{"StartQueryExecution": {started}, "GetQueryExecution": append(states, done), "GetQueryResults": {lastPage}})
	var waits []time.Duration
	e.Wait = func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}
	if err := e.Run(t.Context(), "SELECT 1", &rows{}); err != nil {
		t.Fatal(err)
	}
	if len(waits) != 40 {
		t.Fatalf("waited %d times, want 40: once after each look that found it running", len(waits))
	}
	for _, d := range waits {
		if d < 200*time.Millisecond || d > 4*time.Second {
			t.Errorf("waited %v, want 200ms to 4s", d)
		}
	}
}

func TestACallbackEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	tests := map[string]rows{
		"at the columns": {atColumns: enough},
		"at a row":       {atRow: enough},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e, s := engine(t, map[string][]string{
				"StartQueryExecution": {started}, "GetQueryExecution": {done}, "GetQueryResults": {firstPage, lastPage},
			})
			if err := e.Run(t.Context(), "SELECT 1", &test); !errors.Is(err, enough) {
				t.Errorf("got %v, want the callback's error", err)
			}
			if s.calls[len(s.calls)-1] != "GetQueryResults" || slices.Index(s.calls, "GetQueryResults") != len(s.calls)-1 {
				t.Errorf("calls %v: a page was fetched that nobody wanted", s.calls)
			}
		})
	}
}
