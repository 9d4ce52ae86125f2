package metric

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Sink writes metrics. A nil Sink writes none. It is safe for concurrent use: each emission is one Write of one line.
type Sink struct {
	// To is the function's standard output, where Lambda looks for the format.
	To io.Writer
	// Service is the value of [Dimension], Function the name of the function.
	Service, Function string
	Now               func() time.Time

	mu sync.Mutex
}

// What one line of the format holds; see "Specification: Embedded Metric Format" in CloudWatch's user guide.
type metadata struct {
	Timestamp         int64       `json:"Timestamp"`
	CloudWatchMetrics []directive `json:"CloudWatchMetrics"`
}

type directive struct {
	Namespace  string     `json:"Namespace"`
	Dimensions [][]string `json:"Dimensions"`
	Metrics    []named    `json:"Metrics"`
}

type named struct {
	Name string `json:"Name"`
	Unit Unit   `json:"Unit"`
}

// Emit writes one line with these values, without counts of 0. Several values of one metric are kept apart. What cannot be written is
// lost: a function must not fail for its metrics.
func (s *Sink) Emit(values ...Value) {
	if s == nil {
		return
	}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{Dimension}}}
	numbers := map[string][]float64{}
	for _, v := range values {
		if v.Metric.Unit == Count && v.Value == 0 {
			continue
		}
		if numbers[v.Metric.Name] == nil {
			d.Metrics = append(d.Metrics, named{v.Metric.Name, v.Metric.Unit})
		}
		numbers[v.Metric.Name] = append(numbers[v.Metric.Name], v.Value)
	}
	if len(numbers) == 0 {
		return
	}
	line := map[string]any{
		"_aws":    metadata{Timestamp: s.Now().UnixMilli(), CloudWatchMetrics: []directive{d}},
		Dimension: s.Service, "function": s.Function,
	}
	for name, all := range numbers {
		if line[name] = all; len(all) == 1 {
			line[name] = all[0]
		}
	}
	encoded, err := json.Marshal(line)
	if err != nil {
		return // NaN or infinity, which no caller emits
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.To.Write(append(encoded, '\n'))
}
