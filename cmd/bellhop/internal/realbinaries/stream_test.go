package realbinaries_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
)

// stream reads the ledger's change stream, and hands records on as Lambda's event source mapping does. It speaks the
// protocol by hand, so that nothing of ours and nothing of the SDK stands between the server's records and the janitor.
type stream struct {
	endpoint, table string
	seen            map[string]bool // by event id
}

// fresh returns what has happened since the last call and passes one of the filters, oldest first.
func (s *stream) fresh(t *testing.T, m mapping) []streamRecord {
	t.Helper()
	arn, records := s.records(t)
	var fresh []streamRecord
	for _, raw := range records {
		var r struct {
			EventID string `json:"eventID"`
			Change  struct {
				SequenceNumber string
			} `json:"dynamodb"`
		}
		var whole map[string]any
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&whole); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &r); err != nil || r.EventID == "" || r.Change.SequenceNumber == "" {
			t.Fatalf("a record without an id, or none: %v", err)
		}
		wanted := len(m.FilterCriteria.Filters) == 0
		for _, f := range m.FilterCriteria.Filters {
			wanted = wanted || matches(t, f.Pattern, raw)
		}
		if !s.seen[r.EventID] && wanted {
			whole["eventSourceARN"] = arn // Lambda adds it.
			fresh = append(fresh, streamRecord{r.Change.SequenceNumber, whole})
		}
		s.seen[r.EventID] = true
	}
	return fresh
}

// events returns what has happened since the last call and passes the template's filter, in batches of at most the given size.
func (s *stream) events(t *testing.T, m mapping, size int) [][]byte {
	t.Helper()
	var events [][]byte
	for batch := range slices.Chunk(s.fresh(t, m), size) {
		events = append(events, streamEvent(batch))
	}
	return events
}

// streamRecord is one record as Lambda hands it on.
type streamRecord struct {
	sequence string
	whole    map[string]any
}

func streamEvent(batch []streamRecord) []byte {
	var records []map[string]any
	for _, r := range batch {
		records = append(records, r.whole)
	}
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		panic(err)
	}
	return event
}

// records returns all of the stream, oldest first.
func (s *stream) records(t *testing.T) (arn string, records []json.RawMessage) {
	t.Helper()
	var streams struct{ Streams []struct{ StreamArn string } }
	s.call(t, "ListStreams", map[string]any{"TableName": s.table}, &streams)
	if len(streams.Streams) != 1 {
		t.Fatalf("%d streams", len(streams.Streams))
	}
	arn = streams.Streams[0].StreamArn
	var described struct {
		StreamDescription struct{ Shards []struct{ ShardID string } }
	}
	s.call(t, "DescribeStream", map[string]any{"StreamArn": arn}, &described)
	for _, shard := range described.StreamDescription.Shards {
		var at struct{ ShardIterator string }
		s.call(t, "GetShardIterator", map[string]any{
			"StreamArn": arn, "ShardId": shard.ShardID, "ShardIteratorType": "TRIM_HORIZON",
		}, &at)
		for next := at.ShardIterator; next != ""; {
			var page struct {
				Records           []json.RawMessage
				NextShardIterator string
			}
			s.call(t, "GetRecords", map[string]any{"ShardIterator": next}, &page)
			records = append(records, page.Records...)
			// An open shard has no end: an empty page is all there is for now.
			if next = page.NextShardIterator; len(page.Records) == 0 {
				break
			}
		}
	}
	return arn, records
}

func (s *stream) call(t *testing.T, operation string, in map[string]any, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	// The servers want a signature to be there, and do not check it.
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	r.Header.Set("X-Amz-Date", "20261101T000000Z")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK {
		err = json.Unmarshal(answer, out)
	}
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s (%v)", operation, response.Status, answer, err)
	}
}
