// Package metrictest reads what a [metric.Sink] wrote.
package metrictest

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// Point is one value of one metric, as CloudWatch would keep it.
type Point struct {
	Name  string
	Value float64
	At    time.Time
}

// Read returns all values in the order in which they were written. A line that is not the Embedded Metric Format, or has a
// metric that is not defined or of another unit or dimension, fails the test.
func Read(t testing.TB, from io.Reader) []Point {
	t.Helper()
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	var points []Point
	for line := range strings.Lines(string(content)) {
		points = append(points, read(t, line)...)
	}
	return points
}

func read(t testing.TB, line string) []Point {
	t.Helper()
	var fields map[string]json.RawMessage
	var meta struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if err := json.Unmarshal(fields["_aws"], &meta); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	var points []Point
	for _, d := range meta.CloudWatchMetrics {
		if d.Namespace != metric.Namespace || fmt.Sprint(d.Dimensions) != fmt.Sprint([][]string{{metric.Dimension}}) || fields[metric.Dimension] == nil {
			t.Errorf("the line is of %s by %v: %s", d.Namespace, d.Dimensions, line)
		}
		for _, m := range d.Metrics {
			at := slices.IndexFunc(metric.All(), func(known metric.Metric) bool { return known.Name == m.Name })
			if at < 0 || string(metric.All()[at].Unit) != m.Unit {
				t.Errorf("there is no definition of %s in %s", m.Name, m.Unit)
			}
			for _, v := range numbers(t, fields[m.Name]) {
				points = append(points, Point{m.Name, v, time.UnixMilli(meta.Timestamp).UTC()})
			}
		}
	}
	return points
}

// numbers reads one number, or a list.
func numbers(t testing.TB, raw json.RawMessage) []float64 {
	t.Helper()
	var one float64
	if json.Unmarshal(raw, &one) == nil {
		return []float64{one}
	}
	var many []float64
	if err := json.Unmarshal(raw, &many); err != nil {
		t.Errorf("a metric's value is %s", raw)
	}
	return many
}

// Text lists names and values: "FilesArrived=1 RowsIngested=40".
func Text(points []Point) string {
	var words []string
	for _, p := range points {
		words = append(words, fmt.Sprintf("%s=%v", p.Name, p.Value))
	}
	return strings.Join(words, " ")
}
