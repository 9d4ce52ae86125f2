package cost

import (
	"maps"
	"strings"
)

// Work is what was asked of AWS, counted. The zero value is no work.
type Work struct {
	// Invocations of a function, and Seconds that its handler took where it was counted.
	Invocations int64   `json:"invocations,omitempty"`
	Seconds     float64 `json:"wall_seconds,omitempty"`
	// LogBytes are those of the function's own lines, metrics included.
	LogBytes int64 `json:"log_bytes,omitempty"`
	// Calls counts requests by service and operation, such as "S3 PutObject"; SentBytes are their bodies.
	Calls     map[string]int64 `json:"calls,omitempty"`
	SentBytes map[string]int64 `json:"sent_bytes,omitempty"`
	// ReadUnits and WriteUnits are DynamoDB's request units.
	ReadUnits  float64 `json:"read_units,omitempty"`
	WriteUnits float64 `json:"write_units,omitempty"`
}

// Plus returns w and times as much as more together. It changes neither.
func (w Work) Plus(more Work, times int64) Work {
	w.Invocations += more.Invocations * times
	w.Seconds += more.Seconds * float64(times)
	w.LogBytes += more.LogBytes * times
	w.ReadUnits += more.ReadUnits * float64(times)
	w.WriteUnits += more.WriteUnits * float64(times)
	w.Calls = plus(w.Calls, more.Calls, times)
	w.SentBytes = plus(w.SentBytes, more.SentBytes, times)
	return w
}

func plus(a, b map[string]int64, times int64) map[string]int64 {
	if len(b) == 0 {
		return a
	}
	sum := make(map[string]int64, len(a)+len(b))
	maps.Copy(sum, a)
	for k, n := range b {
		if sum[k] += n * times; sum[k] == 0 {
			delete(sum, k)
		}
	}
	return sum
}

// without returns w less times as much as other work, and no less than nothing of each.
func (w Work) without(other Work, times int64) Work {
	w = w.Plus(other, -times)
	w.Invocations, w.Seconds, w.LogBytes = max(0, w.Invocations), max(0, w.Seconds), max(0, w.LogBytes)
	w.ReadUnits, w.WriteUnits = max(0, w.ReadUnits), max(0, w.WriteUnits)
	for _, counts := range []map[string]int64{w.Calls, w.SentBytes} {
		maps.DeleteFunc(counts, func(_ string, n int64) bool { return n < 0 })
	}
	return w
}

// Count returns the number of calls of a service; of one operation of it where one is named.
func (w Work) Count(service string, operations ...string) int64 {
	var n int64
	for _, o := range operations {
		n += w.Calls[service+" "+o]
	}
	if len(operations) > 0 {
		return n
	}
	for call, made := range w.Calls {
		if strings.HasPrefix(call, service+" ") {
			n += made
		}
	}
	return n
}

// s3Items are the operations that do not cost what a PUT does. S3 calls the rest of its classes by names of operations
// too; what is not here is taken for the dearest of them, so that a new operation cannot make the bill too small.
var s3Items = map[string]Item{
	"GetObject": S3Reads, "HeadObject": S3Reads, "HeadBucket": S3Reads,
	"DeleteObject": S3Deletes, "DeleteObjects": S3Deletes, "AbortMultipartUpload": S3Deletes,
}

// quantities are those of the calls, the units and the function's own log lines.
func (w Work) quantities() Quantities {
	q := Quantities{
		LambdaRequests: float64(w.Invocations), LogBytes: float64(w.LogBytes) / 1e9,
		LedgerReads: w.ReadUnits, LedgerWrites: w.WriteUnits,
	}
	for call, n := range w.Calls {
		service, operation, _ := strings.Cut(call, " ")
		switch {
		case strings.HasPrefix(call, "Secrets Manager "):
			q[SecretCalls] += float64(n)
		case service == "SQS":
			q[QueueRequests] += float64(n)
		case service == "S3":
			item, known := s3Items[operation]
			if !known {
				item = S3Writes
			}
			q[item] += float64(n)
		}
	}
	return q
}
