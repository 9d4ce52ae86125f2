package stack_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

// say puts lines into a function's log, as Lambda does.
func say(t *testing.T, a *Account, part stack.Part, at time.Time, lines ...string) {
	t.Helper()
	client := cloudwatchlogs.NewFromConfig(a.Config)
	group := aws.String(a.ID(part))
	stream := aws.String(at.Format("150405.000") + string(part))
	if _, err := client.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}); err != nil {
		t.Fatal(err)
	}
	var events []types.InputLogEvent
	for i, line := range lines {
		events = append(events, types.InputLogEvent{Timestamp: aws.Int64(at.Add(time.Duration(i) * time.Second).UnixMilli()), Message: aws.String(line)})
	}
	if _, err := client.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: events}); err != nil {
		t.Fatal(err)
	}
}

func texts(t *testing.T, lines func(func(stack.LogEntry, error) bool)) []string {
	t.Helper()
	var got []string
	for e, err := range lines {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(e.Function+" "+e.Level+" "+e.Message))
	}
	return got
}

func TestLogs(t *testing.T) {
	a := Deploy(t, nil)
	t.Run("reading", func(t *testing.T) { reading(t, a) })
	t.Run("following", func(t *testing.T) { following(t, a) })
	t.Run("filtering", func(t *testing.T) { filtering(t, a) })
}

// The functions' lines come in the order of their times, without the metrics among them.
func reading(t *testing.T, a *Account) {
	t.Helper()
	at := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	say(t, a, stack.RequesterLogs, at,
		`{"time":"2026-11-20T10:00:00Z","level":"INFO","msg":"run done","function":"requester","accepted":1}`,
		`{"_aws":{"Timestamp":1},"ReportsRequested":1}`)
	say(t, a, stack.IngesterLogs, at.Add(-time.Minute), `{"level":"WARN","msg":"delivery is a stray","key":"a.csv"}`, "a bare line", "")
	say(t, a, stack.JanitorLogs, at.Add(-2*time.Hour), `{"level":"INFO","msg":"sweep done"}`)
	got := texts(t, stack.ReadLogs(t.Context(), a.Installation(), stack.LogQuery{Functions: stack.Functions(), From: at.Add(-5 * time.Minute)}))
	want := []string{"ingester WARN delivery is a stray", "ingester  a bare line", "requester INFO run done"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for e, err := range stack.ReadLogs(t.Context(), a.Installation(), stack.LogQuery{Functions: []string{"requester"}, From: at.Add(-5 * time.Minute)}) {
		if err != nil || !e.At.Equal(at) || len(e.Fields) != 1 || e.Fields["accepted"] != 1.0 {
			t.Errorf("%+v, %v", e, err)
		}
	}
}

// Whoever follows sees each line once, also one that comes late.
func following(t *testing.T, a *Account) {
	t.Helper()
	at := time.Now().Add(-10 * time.Minute).Truncate(time.Second)
	say(t, a, stack.JanitorLogs, at, `{"level":"INFO","msg":"one"}`)
	ctx, cancel := context.WithCancel(t.Context())
	rounds := 0
	wait := func(ctx context.Context, _ time.Duration) error {
		switch rounds++; rounds {
		case 1:
			say(t, a, stack.JanitorLogs, at.Add(20*time.Second), `{"level":"INFO","msg":"three"}`) //nolint:contextcheck // somebody else logs
		case 2:
			say(t, a, stack.JanitorLogs, at.Add(10*time.Second), `{"level":"INFO","msg":"two, late"}`) //nolint:contextcheck // as above
		case 4:
			cancel()
		}
		return ctx.Err()
	}
	got := texts(t, stack.FollowLogs(ctx, a.Installation(), stack.LogQuery{Functions: []string{"janitor"}, From: at.Add(-time.Minute)}, wait))
	if want := []string{"janitor INFO one", "janitor INFO three", "janitor INFO two, late"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What is wanted is for CloudWatch to filter. moto knows no such pattern, so what it is asked is looked at.
func filtering(t *testing.T, a *Account) {
	t.Helper()
	for want, q := range map[string]stack.LogQuery{
		"": {},
		`{ ($.level = "ERROR" || $.level = "WARN") }`:                                        {Errors: true},
		`{ $.job_id = "hotel-000001" }`:                                                      {Job: "hotel-000001"},
		`{ ($.level = "ERROR" || $.level = "WARN") && $.file = "a \"quoted\" \\ name.csv" }`: {Errors: true, File: `a "quoted" \ name.csv`},
	} {
		var asked struct {
			FilterPattern string `json:"filterPattern"`
		}
		a.Answer("FilterLogEvents", func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = json.Unmarshal(body, &asked)
			}
			if err != nil {
				t.Error(err)
			}
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			_, _ = io.WriteString(w, `{"events":[]}`)
		})
		q.Functions, q.From = []string{"ingester"}, time.Now()
		if got := texts(t, stack.ReadLogs(t.Context(), a.Installation(), q)); len(got) != 0 || asked.FilterPattern != want {
			t.Errorf("asked for %q, want %q", asked.FilterPattern, want)
		}
	}
}
