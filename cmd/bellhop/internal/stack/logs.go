package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// groups are the log groups of the functions.
var groups = map[string]Part{
	"requester": RequesterLogs, "ingester": IngesterLogs, "janitor": JanitorLogs,
}

// Functions returns the names of the functions, in the order of a report's life.
func Functions() []string { return []string{"requester", "ingester", "janitor"} }

// LogEntry is one line of a log.
type LogEntry struct {
	At       time.Time `json:"at"`
	Function string    `json:"function"`
	Level    string    `json:"level,omitempty"`
	Message  string    `json:"message"`
	// Fields is the rest of the line; nil for a line that is not JSON.
	Fields map[string]any `json:"fields,omitempty"`

	id string
}

// LogQuery says which lines are wanted.
type LogQuery struct {
	// Functions are names of [Functions].
	Functions []string
	// From is the earliest time, To the latest; a zero To is now.
	From, To time.Time
	// Errors wants lines of the levels WARN and ERROR alone. Job and File want lines about one of them.
	Errors    bool
	Job, File string
}

// pattern is the query as CloudWatch Logs filters it; see "Filter pattern syntax" in its user guide.
func (q LogQuery) pattern() string {
	var terms []string
	if q.Errors {
		terms = append(terms, `($.level = "ERROR" || $.level = "WARN")`)
	}
	if q.Job != "" {
		terms = append(terms, "$.job_id = "+quoted(q.Job))
	}
	if q.File != "" {
		terms = append(terms, "$.file = "+quoted(q.File))
	}
	if len(terms) == 0 {
		return ""
	}
	return "{ " + strings.Join(terms, " && ") + " }"
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// ReadLogs yields the lines of all functions, oldest first. It reads all of them before it yields the first. After an error it
// ends.
func ReadLogs(ctx context.Context, in *Installation, q LogQuery) iter.Seq2[LogEntry, error] {
	return func(yield func(LogEntry, error) bool) {
		client := cloudwatchlogs.NewFromConfig(in.Config)
		var all []LogEntry
		for _, function := range q.Functions {
			entries, err := readLog(ctx, client, in, function, q)
			if err != nil {
				yield(LogEntry{}, fmt.Errorf("read the log of the %s: %w", function, err))
				return
			}
			all = append(all, entries...)
		}
		slices.SortStableFunc(all, func(a, b LogEntry) int { return a.At.Compare(b.At) })
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func readLog(ctx context.Context, client *cloudwatchlogs.Client, in *Installation, function string, q LogQuery) ([]LogEntry, error) {
	group, err := in.ID(groups[function])
	if err != nil {
		return nil, err
	}
	input := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(q.From.UnixMilli())}
	if p := q.pattern(); p != "" {
		input.FilterPattern = &p
	}
	if !q.To.IsZero() {
		input.EndTime = aws.Int64(q.To.UnixMilli())
	}
	var entries []LogEntry
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, input)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			if entry, ok := parseLine(function, aws.ToInt64(e.Timestamp), aws.ToString(e.Message)); ok {
				entry.id = aws.ToString(e.EventId)
				entries = append(entries, entry)
			}
		}
	}
	return entries, nil
}

// parseLine reads a line. Metrics travel in the logs as well, and are left out: they are lines for CloudWatch.
func parseLine(function string, ms int64, line string) (LogEntry, bool) {
	e := LogEntry{At: time.UnixMilli(ms).UTC(), Function: function}
	var fields map[string]any
	if json.Unmarshal([]byte(line), &fields) != nil {
		e.Message = strings.TrimSpace(line)
		return e, e.Message != ""
	}
	if fields["_aws"] != nil {
		return e, false
	}
	text := func(name string) string { s, _ := fields[name].(string); delete(fields, name); return s }
	e.Level = text("level")
	e.Message = cmp.Or(text("msg"), text("message"), text("type"))
	for _, known := range []string{"time", "timestamp", "function"} {
		delete(fields, known)
	}
	e.Fields = fields
	return e, true
}

// lag is how late a line may be seen after its time: a follower looks that far back each time.
const lag = 30 * time.Second

// FollowLogs yields lines as they come, from q.From on, until ctx ends; that is not an error.
func FollowLogs(ctx context.Context, in *Installation, q LogQuery, wait func(context.Context, time.Duration) error) iter.Seq2[LogEntry, error] {
	return func(yield func(LogEntry, error) bool) {
		seen := map[string]time.Time{}
		for ctx.Err() == nil {
			newest := q.From
			for e, err := range ReadLogs(ctx, in, q) {
				if err != nil {
					if ctx.Err() == nil {
						yield(LogEntry{}, err)
					}
					return
				}
				if _, known := seen[e.id]; known {
					continue
				}
				seen[e.id] = e.At
				newest = e.At
				if !yield(e, nil) {
					return
				}
			}
			if from := newest.Add(-lag); from.After(q.From) {
				q.From = from
			}
			for id, at := range seen {
				if at.Before(q.From) {
					delete(seen, id)
				}
			}
			if wait(ctx, 2*time.Second) != nil {
				return
			}
		}
	}
}
