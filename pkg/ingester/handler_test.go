package ingester_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
)

const (
	eventsDir = "../../events"
	delivery  = "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an"
	device    = "DeviceMetrics_2026-11-01_2026-11-04.csv"
	skill     = "PropertySkill report_2026-11-01_2026-11-04.csv"
	suite     = "reports/Suite 12+14/Übersicht 100% = day:1.csv"

	firstMessage  = "059f36b4-87a3-44ab-83d2-661975830a7d"
	secondMessage = "2e1424d4-f796-459a-8184-9c92662be6da"
)

var at = time.Date(2026, 11, 5, 4, 10, 27, 412e6, time.UTC)

// loader is an ingester that does what the test says.
type loader struct {
	t      *testing.T
	ingest func(report.Delivery) (ingester.Outcome, error)
}

func (l *loader) Ingest(_ context.Context, d report.Delivery) (ingester.Outcome, error) {
	l.t.Helper()
	if l.ingest == nil {
		l.t.Fatalf("unexpected call of Ingest for %s", d.Key)
	}
	return l.ingest(d)
}

func newHandler(t *testing.T, load func(report.Delivery) (ingester.Outcome, error)) (*ingester.Handler, *bytes.Buffer) {
	t.Helper()
	var lines bytes.Buffer
	log := telemetry.NewLogger(telemetry.Options{Function: "ingester", Handler: slog.NewJSONHandler(&lines, nil)})
	return &ingester.Handler{Ingester: &loader{t, load}, Bucket: delivery, Log: log}, &lines
}

// handle returns the answer as Lambda would see it.
func handle(t *testing.T, h *ingester.Handler, event []byte) (string, error) {
	t.Helper()
	response, err := h.Handle(t.Context(), event)
	raw, encodeErr := json.Marshal(response)
	if encodeErr != nil {
		t.Fatal(encodeErr)
	}
	return string(raw), err
}

func event(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(eventsDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestTheExampleEvents: every event of events/ that is the ingester's, and the deliveries that it is about. The others are
// refused.
func TestTheExampleEvents(t *testing.T) {
	one := report.Delivery{Bucket: delivery, Key: device, ETag: "9b2cf535f27731c974343645a3985328", Size: 48213, At: at}
	two := report.Delivery{Bucket: delivery, Key: skill, ETag: "e1671797c52e15f763380b45e841ec32", Size: 2048, At: at}
	odd := report.Delivery{
		Bucket: delivery, Key: suite, ETag: "0cc175b9c0f1b6a831c399e269772661", VersionID: "096fKKXTRTtl3on89fVO.nfljtsv6qko", Size: 512, At: at,
	}
	plain := odd
	plain.At = at.Truncate(time.Second)
	parts := report.Delivery{Bucket: delivery, Key: "exports/khoros-export.csv", ETag: "d41d8cd98f00b204e9800998ecf8427e-3", Size: 17825792, At: at}
	ours := map[string][]report.Delivery{
		"s3-put.json":                     {one},
		"s3-put-unknown-fields.json":      {one},
		"s3-multipart.json":               {parts},
		"s3-key-space-plus-unicode.json":  {odd},
		"eventbridge-object-created.json": {plain},
		"sqs-batch.json":                  {one, one, two},
		"s3-test-event.json":              {},
		"sqs-test-event.json":             {},
		"s3-delete.json":                  {},
	}
	refused := []string{"scheduler-requester.json", "scheduler-adhoc.json", "scheduler-sweep.json", "dynamodb-stream.json"}

	all, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(all) != len(ours)+len(refused) {
		t.Fatalf("%d events (%v), and this test knows %d: add the new one", len(all), err, len(ours)+len(refused))
	}
	for name, want := range ours {
		t.Run(name, func(t *testing.T) {
			got := []report.Delivery{}
			h, _ := newHandler(t, func(d report.Delivery) (ingester.Outcome, error) {
				got = append(got, d)
				return ingester.Outcome{Decision: report.DecideDuplicate}, nil
			})
			answer, err := handle(t, h, event(t, name))
			if err != nil || answer != `{"batchItemFailures":[]}` {
				t.Errorf("answer %s, error %v", answer, err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("ingested\n%+v, want\n%+v", got, want)
			}
		})
	}
	for _, name := range refused {
		t.Run(name, func(t *testing.T) {
			h, lines := newHandler(t, nil)
			if _, err := handle(t, h, event(t, name)); !fault.Is(err, fault.Poison) || !strings.Contains(lines.String(), `"outcome":"refused"`) {
				t.Errorf("error %v, log %s", err, lines)
			}
		})
	}
}

// TestABatchNamesWhatFailed: the messages that must come again, by id, and no error: that would bring back all of them.
func TestABatchNamesWhatFailed(t *testing.T) {
	failing := func(keys ...string) func(report.Delivery) (ingester.Outcome, error) {
		return func(d report.Delivery) (ingester.Outcome, error) {
			if slices.Contains(keys, d.Key) {
				return ingester.Outcome{}, fault.New(fault.Transient, "down")
			}
			return ingester.Outcome{Decision: report.DecideDuplicate}, nil
		}
	}
	item := func(ids ...string) string {
		var items []string
		for _, id := range ids {
			items = append(items, `{"itemIdentifier":"`+id+`"}`)
		}
		return `{"batchItemFailures":[` + strings.Join(items, ",") + `]}`
	}
	cases := map[string]struct {
		fail []string
		want string
	}{
		"nothing":                         {nil, `{"batchItemFailures":[]}`},
		"the second object of the second": {[]string{skill}, item(secondMessage)},
		"an object that is in both":       {[]string{device}, item(firstMessage, secondMessage)},
		"both objects of the second":      {[]string{device, skill}, item(firstMessage, secondMessage)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h, _ := newHandler(t, failing(c.fail...))
			if got, err := handle(t, h, event(t, "sqs-batch.json")); err != nil || got != c.want {
				t.Errorf("answer %s, error %v; want %s", got, err, c.want)
			}
		})
	}
}

// message makes an SQS message of a body.
func message(id, body string) string {
	quoted, _ := json.Marshal(body)
	return fmt.Sprintf(`{"messageId":%q,"eventSource":"aws:sqs","body":%s}`, id, quoted)
}

// TestAMessageThatCannotBeRead does not hold up the others, and its content is in no log.
func TestAMessageThatCannotBeRead(t *testing.T) {
	const planted = "Frau Meier, Room 101"
	good := string(event(t, "s3-put.json"))
	half := strings.Replace(good, `"Records": [`, `"Records": [{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":"`+planted+`"},`, 1)
	batch := fmt.Sprintf(`{"Records":[%s,%s,%s,%s]}`,
		message("broken", planted), message("foreign", `{"guest":"`+planted+`"}`), message("half", half), message("good", good))
	calls := 0
	h, lines := newHandler(t, func(d report.Delivery) (ingester.Outcome, error) {
		calls++
		return ingester.Outcome{Decision: report.DecideDuplicate}, nil
	})
	got, err := handle(t, h, []byte(batch))
	want := `{"batchItemFailures":[{"itemIdentifier":"broken"},{"itemIdentifier":"foreign"},{"itemIdentifier":"half"}]}`
	if err != nil || got != want {
		t.Errorf("answer %s, error %v; want %s", got, err, want)
	}
	if calls != 2 {
		t.Errorf("%d objects ingested, want the readable ones of two messages", calls)
	}
	if log := lines.String(); strings.Contains(log, "Meier") || !strings.Contains(log, `"message_id":"broken"`) {
		t.Errorf("log %s", log)
	}
}

// TestADirectEventThatFailed is an error: nobody reads a list of failures there.
func TestADirectEventThatFailed(t *testing.T) {
	down := fault.New(fault.Transient, "down")
	for _, name := range []string{"s3-put.json", "eventbridge-object-created.json"} {
		h, _ := newHandler(t, func(report.Delivery) (ingester.Outcome, error) { return ingester.Outcome{}, down })
		if got, err := handle(t, h, event(t, name)); !errors.Is(err, down) || got != `{"batchItemFailures":[]}` {
			t.Errorf("%s: answer %s, error %v", name, got, err)
		}
	}
}

// TestAnotherBucketIsRefused: this function has no business there.
func TestAnotherBucketIsRefused(t *testing.T) {
	h, lines := newHandler(t, nil)
	h.Bucket = "another-bucket"
	if _, err := handle(t, h, event(t, "s3-put.json")); !fault.Is(err, fault.Poison) {
		t.Errorf("direct: error %v", err)
	}
	got, err := handle(t, h, event(t, "sqs-batch.json"))
	if err != nil || !strings.Contains(got, firstMessage) || !strings.Contains(got, secondMessage) {
		t.Errorf("batch: answer %s, error %v", got, err)
	}
	if !strings.Contains(lines.String(), `"outcome":"refused"`) {
		t.Errorf("log %s", lines)
	}
}

// TestEveryOutcomeHasItsLine, at its level, with what finds the delivery again; and none has a row or a secret in it.
func TestEveryOutcomeHasItsLine(t *testing.T) {
	file := report.File{Key: device, Job: "seaside-1", Table: "asp_device", Loads: 2}
	with := func(change func(*report.File)) report.File {
		f := file
		change(&f)
		return f
	}
	cases := map[string]struct {
		outcome ingester.Outcome
		err     error
		want    []string
	}{
		"loaded": {
			outcome: ingester.Outcome{Decision: report.DecideLoad, File: with(func(f *report.File) {
				f.Status, f.Receipt = report.FileLoaded, &report.Receipt{Rows: 7, Bytes: 48213, Sums: map[string]string{"Room 101": "1"}}
			})},
			want: []string{`"level":"INFO"`, `"outcome":"loaded"`, `"rows":7`, `"bytes":48213`},
		},
		"duplicate": {outcome: ingester.Outcome{Decision: report.DecideDuplicate, File: file}, want: []string{`"level":"INFO"`, `"outcome":"duplicate"`}},
		"busy":      {outcome: ingester.Outcome{Decision: report.DecideBusy, File: file}, want: []string{`"level":"INFO"`, `"outcome":"busy"`}},
		"returned":  {outcome: ingester.Outcome{Decision: report.DecideReturned, File: file}, want: []string{`"level":"INFO"`, `"outcome":"returned"`}},
		"stray":     {outcome: ingester.Outcome{Decision: report.DecideStray, File: file}, want: []string{`"level":"WARN"`, `"outcome":"stray"`}},
		"quarantined": {
			outcome: ingester.Outcome{Quarantined: true, File: with(func(f *report.File) { f.Reason = "line 7: no date" })},
			want:    []string{`"level":"WARN"`, `"outcome":"quarantined"`, `"reason":"line 7: no date"`},
		},
		"lost while it was claimed": {
			outcome: ingester.Outcome{Decision: report.DecideLoad, File: with(func(f *report.File) { f.Status = report.FileClaimed })},
			want:    []string{`"level":"INFO"`, `"outcome":"load"`},
		},
		"failed": {
			outcome: ingester.Outcome{File: file}, err: fault.New(fault.Transient, "cannot read with Atza|IwEBIA-secret"),
			want: []string{`"level":"ERROR"`, `"outcome":"transient"`, `"error":"cannot read with `},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h, lines := newHandler(t, func(report.Delivery) (ingester.Outcome, error) { return c.outcome, c.err })
			if _, err := handle(t, h, event(t, "s3-put.json")); !errors.Is(err, c.err) {
				t.Errorf("error %v", err)
			}
			log := lines.String()
			want := slices.Concat(c.want, []string{`"key":"` + device, `"etag":"9b2cf535f27731c974343645a3985328"`, `"job_id":"seaside-1"`, `"table":"asp_device"`, `"attempt":2`})
			for _, attribute := range want {
				if !strings.Contains(log, attribute) {
					t.Errorf("log %s does not say %s", log, attribute)
				}
			}
			if strings.Count(log, "\n") != 1 || strings.Contains(log, "IwEBIA") || strings.Contains(log, "Room 101") {
				t.Errorf("log %s", log)
			}
		})
	}
}
