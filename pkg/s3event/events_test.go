package s3event_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/s3event"
)

const (
	eventsDir = "../../events"
	bucket    = "bellhop-k7m2q9xw-delivery-111122223333-us-east-1-an"
)

// TestDecodeTheExampleEvents reads every file of events/: the ingester's by value, the others as refused.
func TestDecodeTheExampleEvents(t *testing.T) {
	at := time.Date(2026, 11, 5, 4, 10, 27, 412e6, time.UTC)
	device := s3event.Object{
		Bucket: bucket, Key: "DeviceMetrics_2026-11-01_2026-11-04.csv", RawKey: "DeviceMetrics_2026-11-01_2026-11-04.csv",
		ETag: "9b2cf535f27731c974343645a3985328", Size: 48213, Sequencer: "0069E2A1D35C8F0B12", At: at,
	}
	overview := s3event.Object{
		Bucket: bucket, Key: "reports/Suite 12+14/Übersicht 100% = day:1.csv",
		RawKey: "reports/Suite+12%2B14/%C3%9Cbersicht+100%25+%3D+day%3A1.csv",
		ETag:   "0cc175b9c0f1b6a831c399e269772661", VersionID: "096fKKXTRTtl3on89fVO.nfljtsv6qko",
		Size: 512, Sequencer: "0069E2A1D35C8F0B14", At: at,
	}
	plain := overview
	plain.RawKey, plain.At = plain.Key, at.Truncate(time.Second)
	direct := func(objects ...s3event.Object) []s3event.Message { return []s3event.Message{{Objects: objects}} }

	want := map[string][]s3event.Message{
		"s3-put.json":                     direct(device),
		"s3-put-unknown-fields.json":      direct(device),
		"s3-key-space-plus-unicode.json":  direct(overview),
		"eventbridge-object-created.json": direct(plain),
		"s3-test-event.json":              direct(),
		"s3-delete.json":                  {{Ignored: 1}},
		"sqs-test-event.json":             {{ID: "c80e8021-a70a-42c7-a470-796e1186f753"}},
		"s3-multipart.json": direct(s3event.Object{
			Bucket: bucket, Key: "exports/khoros-export.csv", RawKey: "exports/khoros-export.csv",
			ETag: "d41d8cd98f00b204e9800998ecf8427e-3", Size: 17825792, Sequencer: "0069E2A1D35C8F0B13", At: at,
		}),
		"sqs-batch.json": {
			{ID: "059f36b4-87a3-44ab-83d2-661975830a7d", Objects: []s3event.Object{device}},
			{ID: "2e1424d4-f796-459a-8184-9c92662be6da", Objects: []s3event.Object{device, {
				Bucket: bucket, Key: "PropertySkill report_2026-11-01_2026-11-04.csv",
				RawKey: "PropertySkill+report_2026-11-01_2026-11-04.csv",
				ETag:   "e1671797c52e15f763380b45e841ec32", Size: 2048, Sequencer: "0069E2A1D35C8F0B16", At: at,
			}}},
		},
		// Events of the other functions, should one be sent here by mistake.
		"scheduler-requester.json": nil,
		"scheduler-adhoc.json":     nil,
		"scheduler-sweep.json":     nil,
		"dynamodb-stream.json":     nil,
	}
	files, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(files) != len(want) {
		t.Fatalf("found %d files, %v; want %d", len(files), err, len(want))
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			messages, known := want[name]
			if !known {
				t.Fatal("no expectation for this file")
			}
			got, err := s3event.Decode(raw)
			if messages == nil {
				if !fault.Is(err, fault.Poison) {
					t.Fatalf("got %+v, %v; want Poison", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(messages, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// FuzzDecode demands that no input panics, that an error is Poison, and that a reference is never half a one.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(eventsDir, "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no example events: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		messages, err := s3event.Decode(raw)
		if err != nil {
			if !fault.Is(err, fault.Poison) || messages != nil {
				t.Fatalf("got %v, %v", messages, err)
			}
			return
		}
		for _, m := range messages {
			if m.Err != nil && !fault.Is(m.Err, fault.Poison) {
				t.Errorf("message error %v is not Poison", m.Err)
			}
			for _, o := range m.Objects {
				if o.Bucket == "" || o.Key == "" {
					t.Errorf("half a reference: %+v", o)
				}
			}
		}
	})
}
