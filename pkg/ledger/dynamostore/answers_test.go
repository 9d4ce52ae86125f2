package dynamostore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/ledger/ledgertest"
)

// answers is an HTTP transport that gives the scripted answers of DynamoDB, the last one again and again.
type answers struct {
	t      *testing.T
	script []string // "status code body"
	calls  atomic.Int64
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(a.calls.Add(1))
	if len(a.script) == 0 {
		a.t.Errorf("a call that nobody expected: %s", r.Header.Get("X-Amz-Target"))
		return nil, errors.New("unexpected")
	}
	status, body, _ := strings.Cut(a.script[min(n, len(a.script))-1], " ")
	code := map[string]int{"200": 200, "400": 400, "500": 500, "503": 503}[status]
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

func scripted(t *testing.T, script ...string) (*dynamostore.Store, *answers) {
	a := &answers{t: t, script: script}
	config := ledgertest.Config("http://dynamodb.invalid")
	config.HTTPClient = &http.Client{Transport: a}
	return dynamostore.New(dynamodb.NewFromConfig(config, func(o *dynamodb.Options) { o.RetryMaxAttempts = 2 }), "ledger"), a
}

func canceled(reasons string) string {
	return `400 {"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled","CancellationReasons":[` + reasons + `]}`
}

var (
	jobKey  = ledger.Key{PK: "JOB#1", SK: "META"}
	fileKey = ledger.Key{PK: "FILE#1", SK: "META"}
	job     = ledger.Mutation{Record: ledger.Record{Key: jobKey, Doc: []byte(`{"n":100}`), ForgetAt: time.Unix(1829736000, 0)}, Expect: 1}
	file    = ledger.Mutation{Record: ledger.Record{Key: fileKey, Doc: []byte(`{"n":1}`)}, Expect: 1}
)

const (
	jobItem  = `{"pk":{"S":"JOB#1"},"sk":{"S":"META"},"version":{"N":"2"},"n":{"N":"1E+2"}}`
	fileItem = `{"pk":{"S":"FILE#1"},"sk":{"S":"META"},"version":{"N":"2"},"n":{"N":"1"}}`
	failed   = `{"Code":"ConditionalCheckFailed","Item":`
	none     = `{"Code":"None"}`
	contest  = `{"Code":"TransactionConflict"}`
)

// What real tables do and no local server shows.
func TestWriteAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		mutations []ledger.Mutation
		script    []string
		calls     int64
		kind      fault.Kind
		current   []ledger.Key // of the conflict; nil for another outcome
		done      bool
	}{
		"done":                {[]ledger.Mutation{job}, []string{"200 {}"}, 1, 0, nil, true},
		"throttled, then not": {[]ledger.Mutation{job}, []string{`400 {"__type":"ProvisionedThroughputExceededException"}`, "200 {}"}, 2, 0, nil, true},
		"throttled":           {[]ledger.Mutation{job}, []string{`400 {"__type":"ProvisionedThroughputExceededException"}`}, 2, fault.Transient, nil, false},
		"a server's error":    {[]ledger.Mutation{job}, []string{`500 {"__type":"InternalServerError"}`}, 2, fault.Transient, nil, false},
		"no such table":       {[]ledger.Mutation{job}, []string{`400 {"__type":"ResourceNotFoundException"}`}, 1, fault.Internal, nil, false},
		"a put meets a transaction, then not": {
			[]ledger.Mutation{job}, []string{`400 {"__type":"TransactionConflictException"}`, "200 {}"}, 2, 0, nil, true},
		"a put meets transactions": {
			[]ledger.Mutation{job}, []string{`400 {"__type":"TransactionConflictException"}`}, 2, fault.Conflict, []ledger.Key{}, false},
		"a transaction meets another, then not": {
			[]ledger.Mutation{job, file}, []string{canceled(none + "," + contest), "200 {}"}, 2, 0, nil, true},
		"a transaction meets others": {
			[]ledger.Mutation{job, file}, []string{canceled(none + "," + contest)}, 2, fault.Conflict, []ledger.Key{}, false},
		"a transaction is throttled": {
			[]ledger.Mutation{job, file}, []string{canceled(none + `,{"Code":"ThrottlingError"}`)}, 2, fault.Transient, nil, false},
		"a transaction is not valid": {
			[]ledger.Mutation{job, file}, []string{canceled(none + `,{"Code":"ValidationError"}`)}, 1, fault.Internal, nil, false},
		"only what failed is in the conflict": {
			[]ledger.Mutation{job, file}, []string{canceled(contest + `,` + failed + `{"pk":{"S":"FILE#1"},"sk":{"S":"META"},"version":{"N":"5"}}}`)},
			1, fault.Conflict, []ledger.Key{fileKey}, false},
		"an answer that was lost: the put is there, its number spelled otherwise": {
			[]ledger.Mutation{job}, []string{`400 {"__type":"ConditionalCheckFailedException","Item":` + jobItem + `}`}, 1, 0, nil, true},
		"all of a transaction is there": {
			[]ledger.Mutation{job, file}, []string{canceled(failed + jobItem + `},` + failed + fileItem + `}`)}, 1, 0, nil, true},
		"half is there, and a look finds the other half": {
			[]ledger.Mutation{job, file}, []string{canceled(failed + jobItem + `},` + contest), `200 {"Item":` + fileItem + `}`}, 2, 0, nil, true},
		"half is there, and a look does not find the other half": {
			[]ledger.Mutation{job, file}, []string{canceled(failed + jobItem + `},` + none), `200 {}`}, 2, fault.Conflict, []ledger.Key{jobKey}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, calls := scripted(t, c.script...)
			err := store.Write(t.Context(), c.mutations...)
			if n := calls.calls.Load(); n != c.calls {
				t.Errorf("%d calls, want %d", n, c.calls)
			}
			if c.done {
				if err != nil {
					t.Errorf("%v, want success", err)
				}
				return
			}
			if !fault.Is(err, c.kind) {
				t.Errorf("%v (%v), want %v", err, fault.KindOf(err), c.kind)
			}
			var conflict *ledger.ConflictError
			if errors.As(err, &conflict) != (c.current != nil) {
				t.Fatalf("%v, want a conflict: %v", err, c.current != nil)
			}
			if c.current != nil && len(conflict.Current) != len(c.current) {
				t.Errorf("the conflict has %v, want %v", conflict.Current, c.current)
			}
			for _, k := range c.current {
				if _, ok := conflict.Current[k]; !ok {
					t.Errorf("the conflict lacks %s", k)
				}
			}
		})
	}
}

func TestGetUnprocessedKeys(t *testing.T) {
	left := `"UnprocessedKeys":{"ledger":{"ConsistentRead":true,"Keys":[{"pk":{"S":"FILE#1"},"sk":{"S":"META"}}]}}`
	store, calls := scripted(t, `200 {"Responses":{"ledger":[`+jobItem+`]},`+left+`}`, `200 {"Responses":{"ledger":[`+fileItem+`]}}`)
	got, err := store.Get(t.Context(), jobKey, fileKey)
	if err != nil || len(got) != 2 || calls.calls.Load() != 2 {
		t.Errorf("%v after %d calls: %v", got, calls.calls.Load(), err)
	}
	store, _ = scripted(t, `200 {"Responses":{"ledger":[`+jobItem+`]},`+left+`}`, `200 {"Responses":{},`+left+`}`)
	if _, err := store.Get(t.Context(), jobKey, fileKey); !fault.Is(err, fault.Transient) {
		t.Errorf("no progress: %v, want a transient error", err)
	}
}

func TestReadsAreConsistent(t *testing.T) {
	reads := &recorder{}
	store := dynamostore.New(reads, "ledger")
	_, _ = store.Get(t.Context(), jobKey)
	_, _ = store.Get(t.Context(), jobKey, fileKey)
	_, _ = store.Query(t.Context(), "JOB#1", "")
	for _, err := range store.Scan(t.Context(), "JOB#") {
		t.Errorf("an empty table has a record, or %v", err)
	}
	if reads.consistent != 4 {
		t.Errorf("%d of 4 reads were consistent", reads.consistent)
	}
}

// recorder counts consistent reads; it has no answers to writes.
type recorder struct {
	dynamostore.Client
	consistent int
}

func (r *recorder) count(flag *bool) {
	if aws.ToBool(flag) {
		r.consistent++
	}
}

func (r *recorder) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	r.count(in.ConsistentRead)
	return &dynamodb.GetItemOutput{}, nil
}

func (r *recorder) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	r.count(in.RequestItems["ledger"].ConsistentRead)
	return &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}}, nil
}

func (r *recorder) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	r.count(in.ConsistentRead)
	return &dynamodb.QueryOutput{}, nil
}

func (r *recorder) Scan(_ context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	r.count(in.ConsistentRead)
	return &dynamodb.ScanOutput{}, nil
}

// A page may end before the limit, and even be empty.
func TestDueTakesEveryPage(t *testing.T) {
	next := `"LastEvaluatedKey":{"pk":{"S":"x"},"sk":{"S":"x"},"due_pk":{"S":"x"},"due_at":{"S":"x"}}`
	store, calls := scripted(t, `200 {"Items":[{"pk":{"S":"JOB#1"},"sk":{"S":"META"}}],`+next+`}`, `200 {"Items":[],`+next+`}`,
		`200 {"Items":[{"pk":{"S":"FILE#1"},"sk":{"S":"META"}}]}`)
	got, err := store.Due(t.Context(), ledger.JobQueue, time.Time{}, 5)
	if err != nil || !slices.Equal(got, []ledger.Key{jobKey, fileKey}) || calls.calls.Load() != 3 {
		t.Errorf("%v after %d calls: %v", got, calls.calls.Load(), err)
	}
}
