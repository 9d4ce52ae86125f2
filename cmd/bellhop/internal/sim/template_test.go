package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
)

// What this machine plays is what the template deploys: a number that changes there has to change here.
func TestTheMachineKeepsToTheTemplate(t *testing.T) {
	x := cloudformation.Parse(t, cloudformation.Expanded(t, "../../../.."))
	stack := cloudformation.NewStack(x, "bellhop", nil)
	minutes := func(d time.Duration) any { return "rate(" + strings.TrimSuffix(d.String(), "m0s") + " minutes)" }
	seconds := func(d time.Duration) any { return d.Seconds() }
	for _, c := range []struct {
		id   string
		path []any
		want any
	}{
		{"RequesterFunctionWorkOff", []any{"ScheduleExpression"}, minutes(requestEvery)},
		{"JanitorFunctionSweep", []any{"ScheduleExpression"}, minutes(sweepEvery)},
		{"RequesterFunction", []any{"Timeout"}, seconds(requesterTimeout)},
		{"IngesterFunction", []any{"Timeout"}, seconds(ingesterTimeout)},
		{"JanitorFunction", []any{"Timeout"}, seconds(janitorTimeout)},
		{"IngesterFunctionDeliveries", []any{"ScalingConfig", "MaximumConcurrency"}, float64(workers)},
		{"IngesterFunctionDeliveries", []any{"BatchSize"}, 1.0},
		{"IngestQueue", []any{"RedrivePolicy", "maxReceiveCount"}, float64(maxReceives)},
		{"IngestQueue", []any{"VisibilityTimeout"}, seconds(visibility)},
		{"JanitorFunctionLoadedFiles", []any{"BatchSize"}, float64(feedBatch)},
		{"JanitorFunctionLoadedFiles", []any{"MaximumRetryAttempts"}, float64(feedRetries)},
		{"RequesterFunction", []any{"Environment", "Variables", "BELLHOP_LEDGER_RETENTION_DAYS"}, fmt.Sprint(retention.Hours() / 24)},
	} {
		got := cloudformation.At(x.Properties(c.id), c.path...)
		if _, computed := got.(cloudformation.Object); computed {
			got = stack.Text(got)
		}
		if got != c.want {
			t.Errorf("%s %v: the template says %v, this machine %v", c.id, c.path, got, c.want)
		}
	}
}

// The feed lets through what the filter of the template does. The filter's own words are run on real records by
// realbinaries; here they must still be the ones that the feed was written after.
func TestTheFeedKeepsToTheTemplatesFilter(t *testing.T) {
	x := cloudformation.Parse(t, cloudformation.Expanded(t, "../../../.."))
	pattern, _ := cloudformation.At(x.Properties("JanitorFunctionLoadedFiles"), "FilterCriteria", "Filters", 0, "Pattern").(string)
	var filter struct {
		EventName []string `json:"eventName"`
		DynamoDB  struct {
			NewImage struct {
				PK     struct{ S []struct{ Prefix string } } `json:"pk"`
				Status struct{ S []string }                  `json:"status"`
			}
		} `json:"dynamodb"`
	}
	decoder := json.NewDecoder(strings.NewReader(pattern))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&filter); err != nil {
		t.Fatalf("the filter has words that the feed does not know: %v in %s", err, pattern)
	}
	image := filter.DynamoDB.NewImage
	if strings.Join(filter.EventName, " ") != "INSERT MODIFY" || len(image.PK.S) != 1 || len(image.Status.S) != 1 {
		t.Fatalf("the feed was written after another filter: %s", pattern)
	}
	prefix, status := image.PK.S[0].Prefix, image.Status.S[0]
	record := func(pk, status string) *ledger.Record {
		return &ledger.Record{Key: ledger.Key{PK: pk, SK: "#META"}, Doc: []byte(`{"status":"` + status + `"}`)}
	}
	for _, c := range []struct {
		name       string
		pk, status string
		removed    bool
		want       bool
	}{
		{name: "what the filter wants", pk: prefix + "a.csv", status: status, want: true},
		{name: "another kind of record", pk: "JOB#" + prefix, status: status},
		{name: "another status", pk: prefix + "a.csv", status: "not " + status},
		{name: "a removal", pk: prefix + "a.csv", status: status, removed: true},
	} {
		change := ledger.Change{Key: ledger.Key{PK: c.pk, SK: "#META"}, New: record(c.pk, c.status)}
		if c.removed {
			change.New, change.Old = nil, change.New
		}
		if got := wanted(change); got != c.want {
			t.Errorf("%s: let through %t, want %t", c.name, got, c.want)
		}
	}
}
