package metric_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

func sink(to *bytes.Buffer) *metric.Sink {
	return &metric.Sink{To: to, Service: "bellhop-prod", Function: "ingester", Now: func() time.Time { return time.UnixMilli(1_763_600_000_123) }}
}

func TestALineIsTheEmbeddedMetricFormat(t *testing.T) {
	var b bytes.Buffer
	s := sink(&b)
	s.Emit(metric.RowsIngested.Int(40), metric.DeliveryLatencySeconds.Of(2.5))
	s.Emit(metric.RawRetentionSeconds.Of(1), metric.RawRetentionSeconds.Of(3))
	s.Emit()
	s.Emit(metric.JobsLost.Int(0), metric.FilesExpected.Int(0))
	want := []string{
		`{"_aws":{"Timestamp":1763600000123,"CloudWatchMetrics":[{"Namespace":"bellhop","Dimensions":[["service"]],"Metrics":[` +
			`{"Name":"RowsIngested","Unit":"Count"},{"Name":"DeliveryLatencySeconds","Unit":"Seconds"}]}]},` +
			`"service":"bellhop-prod","function":"ingester","RowsIngested":40,"DeliveryLatencySeconds":2.5}`,
		`{"_aws":{"Timestamp":1763600000123,"CloudWatchMetrics":[{"Namespace":"bellhop","Dimensions":[["service"]],"Metrics":[` +
			`{"Name":"RawRetentionSeconds","Unit":"Seconds"}]}]},"service":"bellhop-prod","function":"ingester","RawRetentionSeconds":[1,3]}`,
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), b.String())
	}
	for i, line := range lines {
		var got, wanted any
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want[i]), &wanted); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("got  %s\nwant %s", line, want[i])
		}
	}
}

// A count of 0 is not sent, and seconds are: that the oldest raw file is 0 seconds old is news of every sweep.
func TestACountOfNothingIsNotSent(t *testing.T) {
	var b bytes.Buffer
	sink(&b).Emit(metric.OldestRawObjectAgeSeconds.Of(0), metric.ObjectsKeptOnPurpose.Int(0), metric.FilesArrived.Int(2))
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "_aws")
	want := map[string]any{"service": "bellhop-prod", "function": "ingester", "OldestRawObjectAgeSeconds": 0.0, "FilesArrived": 2.0}
	if !reflect.DeepEqual(line, want) || strings.Contains(b.String(), "ObjectsKeptOnPurpose") {
		t.Errorf("got %s", &b)
	}
}

func TestNoSinkIsNoError(t *testing.T) {
	var none *metric.Sink
	none.Emit(metric.JobsLost.Int(1))
}

// CloudWatch takes at most 100 metrics in a line, and 255 characters in a name. Names are told apart by them alone.
func TestDefinitionsAreSound(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
	seen := map[string]bool{}
	for _, m := range metric.All() {
		if !form.MatchString(m.Name) || seen[m.Name] || m.Meaning == "" || m.Unit != metric.Count && m.Unit != metric.Seconds {
			t.Errorf("%+v is no sound definition, or there are two", m)
		}
		if (m.Unit == metric.Seconds) != strings.HasSuffix(m.Name, "Seconds") {
			t.Errorf("%s is counted in %s", m.Name, m.Unit)
		}
		seen[m.Name] = true
	}
}
