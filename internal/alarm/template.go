package alarm

import (
	_ "embed"
	"slices"
	"strings"
	"text/template"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

//go:embed watching.yaml
var text string

// graphs are those of the dashboard: a title, the statistic, and metrics of one unit.
var graphs = []struct {
	Title, Statistic string
	Metrics          []metric.Metric
}{
	{"Asked", "Sum", []metric.Metric{
		metric.ReportsRequested, metric.FilesExpected, metric.ReportRequestFailures, metric.JobsLost, metric.TokenRefreshFailures,
	}},
	{"Delivered", "Sum", []metric.Metric{
		metric.FilesArrived, metric.FilesQuarantined, metric.UnexpectedObjects, metric.IngestFailures, metric.DuplicateDeliveries,
	}},
	{"Rows loaded", "Sum", []metric.Metric{metric.RowsIngested}},
	{"From request to delivery", "Average", []metric.Metric{metric.DeliveryLatencySeconds}},
	{"How long raw files lie there", "Maximum", []metric.Metric{metric.RawRetentionSeconds, metric.OldestRawObjectAgeSeconds}},
	{"Deletions that failed, objects kept on purpose or unknown, days that vanished", "Maximum", []metric.Metric{
		metric.DeleteFailures, metric.DeleteVerifyFailures, metric.ObjectsKeptOnPurpose, metric.DaysVanished, metric.UnknownObjects,
	}},
	{"Missing days", "Maximum", []metric.Metric{
		metric.DaysMissing, metric.DaysLostInMonth, metric.DaysLostInWeek, metric.DaysAboutToBeLost, metric.DaysExpired, metric.OverdueFiles,
	}},
}

var page = template.Must(template.New("watching.yaml").Delims("[[", "]]").Funcs(template.FuncMap{
	"operator": func(comparison string) string {
		return map[string]string{
			">": "GreaterThanThreshold", ">=": "GreaterThanOrEqualToThreshold", "<": "LessThanThreshold",
		}[comparison]
	},
	// Three graphs in a row, below the alarms.
	"x":    func(i int) int { return i % 3 * 8 },
	"y":    func(i int) int { return 6 + i/3*6 },
	"last": func(i int) bool { return i == len(graphs)-1 },
}).Parse(text))

// Template returns the text of template/watching.yaml: the alarms, the dashboard and the saved queries of the logs.
func Template() (string, error) {
	var b strings.Builder
	err := page.Execute(&b, map[string]any{
		"Alarms":    All(),
		"Essential": slices.DeleteFunc(All(), func(a Alarm) bool { return !a.Essential }),
		"Graphs":    graphs, "Namespace": metric.Namespace, "Dimension": metric.Dimension,
	})
	return b.String(), err
}
