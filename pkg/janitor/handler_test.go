package janitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric/metrictest"
)

// sweeper is a janitor that does what the test says.
type sweeper struct {
	t       *testing.T
	release func(key string) (janitor.Outcome, error)
	sweep   func() (janitor.Summary, error)
	// verify, when it is not set, finds that no round is due.
	verify func() (janitor.Verified, error)
}

func (s *sweeper) Verify(context.Context) (janitor.Verified, error) {
	if s.verify == nil {
		return janitor.Verified{}, nil
	}
	return s.verify()
}

func (s *sweeper) Release(_ context.Context, key string) (janitor.Outcome, error) {
	s.t.Helper()
	if s.release == nil {
		s.t.Fatalf("unexpected call of Release for %s", key)
	}
	return s.release(key)
}

func (s *sweeper) Sweep(context.Context) (janitor.Summary, error) {
	s.t.Helper()
	if s.sweep == nil {
		s.t.Fatal("unexpected call of Sweep")
	}
	return s.sweep()
}

func newHandler(t *testing.T, s *sweeper) (*janitor.Handler, *bytes.Buffer) {
	t.Helper()
	s.t = t
	var lines bytes.Buffer
	log := telemetry.NewLogger(telemetry.Options{Function: "janitor", Handler: slog.NewJSONHandler(&lines, nil)})
	return &janitor.Handler{Janitor: s, Decode: dynamostore.DecodeFileChanges, Log: log}, &lines
}

// handle returns the answer as Lambda would see it.
func handle(t *testing.T, h *janitor.Handler, event []byte) (string, error) {
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
	raw, err := os.ReadFile("../../events/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// released collects the keys that are released.
func released(keys *[]string) *sweeper {
	return &sweeper{release: func(key string) (janitor.Outcome, error) {
		*keys = append(*keys, key)
		return janitor.OutcomeDeleted, nil
	}}
}

// TestTheExampleStream: a file and its job have become LOADED. The file is released, and the job is nobody's here.
func TestTheExampleStream(t *testing.T) {
	var keys []string
	h, lines := newHandler(t, released(&keys))
	got, err := handle(t, h, event(t, "dynamodb-stream.json"))
	if err != nil || got != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s, error %v", got, err)
	}
	if want := []string{"DeviceMetrics_2026-11-01_2026-11-04.csv"}; !slices.Equal(keys, want) {
		t.Errorf("released %q, want %q; log %s", keys, want, lines)
	}
}

// TestEverythingElseMeansThatItIsTime to sweep.
func TestEverythingElseMeansThatItIsTime(t *testing.T) {
	for name, raw := range map[string][]byte{
		"the sweep's tick": event(t, "scheduler-sweep.json"),
		"another tick":     event(t, "scheduler-requester.json"),
		"an empty object":  []byte(`{}`),
	} {
		t.Run(name, func(t *testing.T) {
			h, lines := newHandler(t, &sweeper{sweep: func() (janitor.Summary, error) {
				return janitor.Summary{Listed: 3, Deleted: 2, Left: 1, Oldest: 90 * time.Second}, nil
			}})
			got, err := handle(t, h, raw)
			if err != nil || !strings.Contains(got, `"batchItemFailures":[]`) || !strings.Contains(got, `"deleted":2`) {
				t.Errorf("answer %s, error %v", got, err)
			}
			for _, attribute := range []string{`"level":"INFO"`, `"listed":3`, `"deleted":2`, `"left":1`, `"oldest_seconds":90`} {
				if !strings.Contains(lines.String(), attribute) {
					t.Errorf("log %s does not say %s", lines, attribute)
				}
			}
		})
	}
}

// TestASweepThatFailedInPart is an error, and says what it did.
func TestASweepThatFailedInPart(t *testing.T) {
	failed := fault.New(fault.Transient, "object a.csv: S3 said Atza|IwEBIA-secret")
	h, lines := newHandler(t, &sweeper{sweep: func() (janitor.Summary, error) { return janitor.Summary{Deleted: 2}, failed }})
	got, err := handle(t, h, event(t, "scheduler-sweep.json"))
	if !errors.Is(err, failed) || !strings.Contains(got, `"deleted":2`) {
		t.Errorf("answer %s, error %v", got, err)
	}
	if log := lines.String(); !strings.Contains(log, `"level":"ERROR"`) || !strings.Contains(log, `"deleted":2`) || strings.Contains(log, "IwEBIA") {
		t.Errorf("log %s", log)
	}
}

func TestAnEventThatIsNone(t *testing.T) {
	const planted = "Room 101"
	for name, raw := range map[string]string{
		"no JSON":              planted,
		"a list":               `["` + planted + `"]`,
		"records that are not": `{"Records":{"guest":"` + planted + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			h, lines := newHandler(t, &sweeper{})
			_, err := handle(t, h, []byte(raw))
			if !fault.Is(err, fault.Poison) || strings.Contains(err.Error()+lines.String(), planted) {
				t.Errorf("error %v, log %s", err, lines)
			}
		})
	}
}

// change is one record of a stream, in the form in which AWS delivers it: the documents are of before and after, "" for none.
func change(t *testing.T, sequence, pk, sk string, documents ...string) string {
	t.Helper()
	change := map[string]any{"SequenceNumber": sequence, "Keys": image(t, ledger.Record{Key: ledger.Key{PK: pk, SK: sk}, Doc: json.RawMessage("{}")})}
	event := "REMOVE"
	for i, doc := range documents {
		if doc == "" {
			continue
		}
		r := ledger.Record{Key: ledger.Key{PK: pk, SK: sk}, Version: int64(i + 1), Doc: json.RawMessage(doc)}
		change[[]string{"OldImage", "NewImage"}[i]] = image(t, r)
		if i == 1 {
			event = "MODIFY"
		}
	}
	raw, err := json.Marshal(map[string]any{"eventName": event, "eventSource": "aws:dynamodb", "dynamodb": change})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// image is a record as DynamoDB JSON.
func image(t *testing.T, r ledger.Record) json.RawMessage {
	t.Helper()
	item, err := dynamostore.EncodeImage(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := attributevalue.MarshalMapJSON(item)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func batch(records ...string) []byte {
	return []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

// TestOnlyAFileThatIsLoadedNowIsReleased.
func TestOnlyAFileThatIsLoadedNowIsReleased(t *testing.T) {
	const loaded, claimed = `{"key":"a.csv","status":"LOADED"}`, `{"key":"a.csv","status":"CLAIMED"}`
	cases := map[string]struct {
		record string
		want   []string
	}{
		"loaded":                       {change(t, "1", "FILE#a.csv", "META", claimed, loaded), []string{"a.csv"}},
		"loaded, and new":              {change(t, "1", "FILE#a.csv", "META", "", loaded), []string{"a.csv"}},
		"loaded, in a folder":          {change(t, "1", "FILE#out/a.csv", "META", claimed, loaded), []string{"out/a.csv"}},
		"loaded before, and no longer": {change(t, "1", "FILE#a.csv", "META", loaded, claimed), nil},
		"removed":                      {change(t, "1", "FILE#a.csv", "META", loaded), nil},
		"its certificate":              {change(t, "1", "FILE#a.csv", "CERT#2026", "", `{"cause":"LOADED","status":"LOADED"}`), nil},
		"a job":                        {change(t, "1", "JOB#seaside-1", "META", "", `{"status":"LOADED"}`), nil},
		"a subscription":               {change(t, "1", "SUB#seaside", "META", "", `{"name":"seaside"}`), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var keys []string
			h, _ := newHandler(t, released(&keys))
			if got, err := handle(t, h, batch(c.record)); err != nil || got != `{"batchItemFailures":[]}` {
				t.Errorf("answer %s, error %v", got, err)
			}
			if !slices.Equal(keys, c.want) {
				t.Errorf("released %q, want %q", keys, c.want)
			}
		})
	}
}

// TestAFailedRecordIsNamed by its sequence number, and the others of the batch are done. Nothing of an image is in the log.
func TestAFailedRecordIsNamed(t *testing.T) {
	const planted = "Room 101"
	loaded := func(key string) string {
		return `{"key":"` + key + `","status":"LOADED","job":"seaside-1","note":"` + planted + `"}`
	}
	good := change(t, "100", "FILE#a.csv", "META", "", loaded("a.csv"))
	failing := change(t, "101", "FILE#b.csv", "META", "", loaded("b.csv"))
	unreadable := strings.Replace(change(t, "102", "FILE#c.csv", "META", "", loaded("c.csv")), `"version":{"N":"2"}`, `"version":{"N":"`+planted+`"}`, 1)
	noFile := change(t, "103", "FILE#d.csv", "META", "", `{"status":["`+planted+`"]}`)
	last := change(t, "104", "FILE#e.csv", "META", "", loaded("e.csv"))

	var keys []string
	h, lines := newHandler(t, &sweeper{release: func(key string) (janitor.Outcome, error) {
		keys = append(keys, key)
		if key == "b.csv" {
			return janitor.OutcomeLeft, fault.New(fault.Transient, "S3 is down")
		}
		return janitor.OutcomeUnproven, nil
	}})
	got, err := handle(t, h, batch(good, failing, unreadable, noFile, last))
	want := `{"batchItemFailures":[{"itemIdentifier":"101"},{"itemIdentifier":"102"},{"itemIdentifier":"103"}]}`
	if err != nil || got != want {
		t.Errorf("answer %s, error %v; want %s", got, err, want)
	}
	if want := []string{"a.csv", "b.csv", "e.csv"}; !slices.Equal(keys, want) {
		t.Errorf("released %q, want %q", keys, want)
	}
	log := lines.String()
	if strings.Contains(log, planted) {
		t.Errorf("a value of an image is in the log: %s", log)
	}
	for _, attribute := range []string{`"sequence":"101"`, `"kind":"transient"`, `"job_id":"seaside-1"`, `"outcome":"unproven"`} {
		if !strings.Contains(log, attribute) {
			t.Errorf("log %s does not say %s", log, attribute)
		}
	}
	if errors := strings.Count(log, fmt.Sprintf(`"level":%q`, "ERROR")); errors != 3 {
		t.Errorf("%d errors in the log, want 3", errors)
	}
}

// TestWhatAVerificationFindsIsLogged, by name.
func TestWhatAVerificationFindsIsLogged(t *testing.T) {
	day := report.Partition{Subscription: "seaside", Table: "asp_device", Date: report.NewDate(2026, 11, 1), Key: "t/day", Vanished: &report.Vanished{Replaced: true}}
	put := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	h, lines := newHandler(t, &sweeper{
		sweep: func() (janitor.Summary, error) { return janitor.Summary{}, nil },
		verify: func() (janitor.Verified, error) {
			return janitor.Verified{
				Days: 7, Vanished: []report.Partition{day}, MoreUnknown: 3, Unknown: []report.Object{{Key: "t/copy", Size: 12, ModifiedAt: put}},
			}, nil
		},
	})
	sent := counting(h)
	if _, err := h.Handle(t.Context(), event(t, "scheduler-sweep.json")); err != nil {
		t.Fatal(err)
	}
	if got, want := metrictest.Text(metrictest.Read(t, sent)), "OldestRawObjectAgeSeconds=0 DaysVanished=1 UnknownObjects=4"; got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
	for _, want := range []string{
		`"msg":"published day vanished"`, `"slice":"t/day"`, `"replaced":true`,
		`"msg":"unknown object among the tables"`, `"key":"t/copy","size":12,"last_modified":"2026-11-20T06:00:00Z"`,
		`"msg":"more unknown objects among the tables"`, `"objects":3`, `"msg":"dataset verified"`, `"days":7`,
	} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("the log does not say %s:\n%s", want, lines)
		}
	}
}
