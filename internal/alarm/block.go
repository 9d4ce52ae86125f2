package alarm

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bellhop-asp/bellhop/internal/yamltext"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// operators are CloudWatch's words for the comparisons.
var operators = map[string]string{
	">": "GreaterThanThreshold", ">=": "GreaterThanOrEqualToThreshold", "<": "LessThanThreshold",
}

// Block returns the resources of the alarms and the dashboard, as YAML at the depth of Resources. It refers to the resource
// AlarmTopic.
func Block() (string, error) {
	var b strings.Builder
	for _, a := range All() {
		a.write(&b)
	}
	err := writeDashboard(&b)
	return b.String(), err
}

func (a Alarm) write(b *strings.Builder) {
	fmt.Fprintf(b, `
  %s:
    Type: AWS::CloudWatch::Alarm
    Condition: %s
    Properties:
      AlarmDescription: %s
`, a.ID(), a.condition(), yamltext.Quoted(fmt.Sprintf("%s. %s See docs/operations.md#%s.", a.Name, a.Why, a.Anchor())))
	if len(a.Also) == 0 {
		fmt.Fprintf(b, "      Namespace: %s\n      MetricName: %s\n      Dimensions:\n", a.Namespace, a.Metric)
		writeDimensions(b, "        ", a.Dimensions)
		fmt.Fprintf(b, "      Statistic: %s\n      Period: %d\n", a.Statistic, a.Period)
	} else {
		a.writeSum(b)
	}
	fmt.Fprintf(b, `      EvaluationPeriods: %d
      DatapointsToAlarm: %d
      ComparisonOperator: %s
      Threshold: %s
      TreatMissingData: %s
      AlarmActions: [!Ref AlarmTopic]
      OKActions: [!Ref AlarmTopic]
`, a.Periods, a.Enough, operators[a.Comparison], strconv.FormatFloat(a.Threshold, 'f', -1, 64), a.Missing)
}

// condition is the template's condition under which the alarm is made.
func (a Alarm) condition() string {
	if a.Essential {
		return "HasAlarms"
	}
	return "HasAllAlarms"
}

func writeDimensions(b *strings.Builder, indent string, all []Dimension) {
	for _, d := range all {
		fmt.Fprintf(b, "%s- {Name: %s, Value: %s}\n", indent, d.Name, d.Value)
	}
}

// writeSum writes the series as a sum. A gap is filled with 0: alarms on metrics of DynamoDB stay in their state where a value is
// missing, whatever TreatMissingData says (API reference of PutMetricAlarm), and would never be quiet again.
func (a Alarm) writeSum(b *strings.Builder) {
	var terms []string
	b.WriteString("      Metrics:\n")
	for i, s := range append([]Series{{a.Metric, a.Dimensions}}, a.Also...) {
		id := fmt.Sprintf("m%d", i+1)
		terms = append(terms, "FILL("+id+", 0)")
		fmt.Fprintf(b, `        - Id: %s
          ReturnData: false
          MetricStat:
            Stat: %s
            Period: %d
            Metric:
              Namespace: %s
              MetricName: %s
              Dimensions:
`, id, a.Statistic, a.Period, a.Namespace, s.Metric)
		writeDimensions(b, "                ", s.Dimensions)
	}
	fmt.Fprintf(b, "        - {Id: sum, Label: %s, Expression: '%s'}\n", yamltext.Quoted(a.Name), strings.Join(terms, " + "))
}

// widget is one rectangle of the dashboard, in the words of CloudWatch's "Dashboard body structure and syntax".
type widget struct {
	Type       string         `json:"type"`
	X          int            `json:"x"`
	Y          int            `json:"y"`
	Width      int            `json:"width"`
	Height     int            `json:"height"`
	Properties map[string]any `json:"properties"`
}

// pictures are the dashboard's graphs: a title, the statistic, and metrics of one unit.
var pictures = []struct {
	title, statistic string
	metrics          []metric.Metric
}{
	{"Asked", "Sum", []metric.Metric{metric.ReportsRequested, metric.FilesExpected, metric.ReportRequestFailures, metric.JobsLost, metric.TokenRefreshFailures}},
	{"Delivered", "Sum", []metric.Metric{metric.FilesArrived, metric.FilesQuarantined, metric.UnexpectedObjects, metric.IngestFailures, metric.DuplicateDeliveries}},
	{"Rows loaded", "Sum", []metric.Metric{metric.RowsIngested}},
	{"From request to delivery", "Average", []metric.Metric{metric.DeliveryLatencySeconds}},
	{"How long raw files lie there", "Maximum", []metric.Metric{metric.RawRetentionSeconds, metric.OldestRawObjectAgeSeconds}},
	{"Deletions that failed, objects kept on purpose or unknown, days that vanished", "Maximum", []metric.Metric{metric.DeleteFailures, metric.DeleteVerifyFailures, metric.ObjectsKeptOnPurpose, metric.DaysVanished, metric.UnknownObjects}},
	{"Days that are not there", "Maximum", []metric.Metric{metric.DaysMissing, metric.DaysAboutToBeLost, metric.DaysExpired, metric.OverdueFiles}},
}

// writeDashboard writes a dashboard with the state of the alarms that there are, and every metric. Its name in the template is
// another than the parameter's.
func writeDashboard(b *strings.Builder) error {
	const width, height = 8, 6
	body, err := widgets(func(i int) (x, y, w, h int) { return i % 3 * width, height + i/3*height, width, height })
	if err != nil {
		return err
	}
	var all, essential []string
	for _, a := range All() {
		all = append(all, "${"+a.ID()+".Arn}")
		if a.Essential {
			essential = append(essential, "${"+a.ID()+".Arn}")
		}
	}
	alarms := func(arns []string) string {
		widget, failed := json.Marshal(widget{"alarm", 0, 0, 3 * width, height, map[string]any{"title": "Alarms", "alarms": arns}})
		err = errors.Join(err, failed)
		return string(widget) + ","
	}
	fmt.Fprintf(b, `
  Overview:
    Type: AWS::CloudWatch::Dashboard
    Condition: HasDashboard
    Properties:
      DashboardName: !Sub '${AWS::StackName}-${AWS::Region}'
      DashboardBody: !Join
        - ''
        - - '{"widgets": ['
          - !If
            - HasAllAlarms
            - !Sub '%s'
            - !If
              - HasAlarms
              - !Sub '%s'
              - ''
          - !Sub |-
            %s]}
`, alarms(all), alarms(essential), body)
	return err
}

// widgets are the dashboard's rectangles with graphs, after a place for the one with the alarms.
func widgets(at func(i int) (x, y, w, h int)) (string, error) {
	var graphs []string
	for i, p := range pictures {
		var lines [][]any
		for _, m := range p.metrics {
			lines = append(lines, []any{metric.Namespace, m.Name, metric.Dimension, "${AWS::StackName}"})
		}
		x, y, w, h := at(i)
		graph, err := json.Marshal(widget{"metric", x, y, w, h, map[string]any{
			"title": p.title, "region": "${AWS::Region}", "stat": p.statistic, "period": 900, "view": "timeSeries", "metrics": lines,
		}})
		if err != nil {
			return "", fmt.Errorf("the dashboard: %w", err)
		}
		graphs = append(graphs, string(graph))
	}
	return strings.Join(graphs, ",\n            "), nil
}
