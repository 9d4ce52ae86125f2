package realbinaries_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// account is as much of Secrets Manager and SQS as the functions call, by the API references of both:
// https://docs.aws.amazon.com/secretsmanager/latest/apireference and
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference. Any other call fails the test.
type account struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	secrets map[string]string
	puts    int // PutSecretValue calls
	queue   []string
	sent    int // SendMessage calls
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, secrets: map[string]string{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *account) queueURL() string { return a.url + "/111122223333/bellhop-ingest" }

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SecretID     string `json:"SecretId"`
		SecretString string
		QueueURL     string `json:"QueueUrl"`
		MessageBody  string
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil || r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		a.t.Errorf("%s %s is not a signed call: %v", r.Method, r.URL, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	operation := r.Header.Get("X-Amz-Target")
	secret, known := a.secrets[in.SecretID]
	switch {
	case operation == "AmazonSQS.SendMessage" && in.QueueURL == a.queueURL():
		a.queue = append(a.queue, in.MessageBody)
		a.sent++
		sum := md5.Sum([]byte(in.MessageBody))
		reply(w, http.StatusOK, map[string]any{"MessageId": fmt.Sprintf("sent-%d", a.sent), "MD5OfMessageBody": hex.EncodeToString(sum[:])})
	case operation == "secretsmanager.GetSecretValue" && known:
		reply(w, http.StatusOK, map[string]any{
			"ARN": secretARN(in.SecretID), "Name": in.SecretID, "SecretString": secret,
			"VersionId": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE", "VersionStages": []string{"AWSCURRENT"}, "CreatedDate": 1793534400.123,
		})
	case operation == "secretsmanager.PutSecretValue" && known:
		a.secrets[in.SecretID] = in.SecretString
		a.puts++
		reply(w, http.StatusOK, map[string]any{
			"ARN": secretARN(in.SecretID), "Name": in.SecretID,
			"VersionId": "EXAMPLE2-90ab-cdef-fedc-ba987EXAMPLE", "VersionStages": []string{"AWSCURRENT"},
		})
	default:
		a.t.Errorf("unexpected call of %s for secret %q, queue %q", operation, in.SecretID, in.QueueURL)
		reply(w, http.StatusBadRequest, map[string]any{"__type": "ResourceNotFoundException", "message": "there is none"})
	}
}

func secretARN(name string) string {
	return "arn:aws:secretsmanager:us-east-1:111122223333:secret:" + name + "-a1b2c3"
}

func reply(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

// send puts a message into the queue, as S3 does.
func (a *account) send(body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue = append(a.queue, string(body))
}

// receive takes up to n messages out of the queue, as the event with which Lambda hands them over; nil when there are
// none. Who wants them again sends them again.
func (a *account) receive(n int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	n = min(n, len(a.queue))
	if n == 0 {
		return nil
	}
	var records []map[string]any
	for i, body := range a.queue[:n] {
		sum := md5.Sum([]byte(body))
		records = append(records, map[string]any{
			"messageId": fmt.Sprintf("message-%d", i), "receiptHandle": "AQEB", "body": body,
			"attributes":        map[string]string{"ApproximateReceiveCount": "1", "SentTimestamp": "1793851827512"},
			"messageAttributes": map[string]any{}, "md5OfBody": hex.EncodeToString(sum[:]),
			"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:bellhop-ingest", "awsRegion": "us-east-1",
		})
	}
	a.queue = slices.Clone(a.queue[n:])
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		a.t.Error(err)
	}
	return event
}
