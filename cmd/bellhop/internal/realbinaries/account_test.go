package realbinaries_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// account is as much of Secrets Manager, Systems Manager and SQS as the functions call, by their API references:
// https://docs.aws.amazon.com/secretsmanager/latest/apireference, https://docs.aws.amazon.com/systems-manager/latest/APIReference and
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference. Any other call fails the test.
type account struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	secrets map[string]string // and encrypted parameters, whose names begin with a slash
	puts    int               // versions of a secret that became current
	pending string            // a version of a secret that is not current yet
	queues  map[string]*queue
	sent    int // SendMessage calls
	skipped time.Duration
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, secrets: map[string]string{}, queues: map[string]*queue{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *account) queueURL(id string) string { return a.url + "/111122223333/" + id }

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		SecretID                                           string `json:"SecretId"`
		VersionStages                                      []string
		VersionStage, MoveToVersionID, RemoveFromVersionID string
		SecretString                                       string
		Name, Value, Type                                  string
		Overwrite, WithDecryption                          bool
		QueueURL                                           string `json:"QueueUrl"`
		MessageBody                                        string
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
	secret, known := a.secrets[in.SecretID+in.Name]
	switch {
	case operation == "AmazonSQS.SendMessage" && in.QueueURL == a.queueURL(ingestQueue):
		a.sent++
		sum := md5.Sum([]byte(in.MessageBody))
		reply(w, http.StatusOK, map[string]any{"MessageId": a.queues[ingestQueue].put(in.MessageBody), "MD5OfMessageBody": hex.EncodeToString(sum[:])})
	case operation == "secretsmanager.GetSecretValue" && known:
		reply(w, http.StatusOK, map[string]any{
			"ARN": secretARN(in.SecretID), "Name": in.SecretID, "SecretString": secret,
			"VersionId": "EXAMPLE1-90ab-cdef-fedc-ba987EXAMPLE", "VersionStages": []string{"AWSCURRENT"}, "CreatedDate": 1793534400.123,
		})
	case operation == "secretsmanager.PutSecretValue" && known:
		if a.pending = in.SecretString; len(in.VersionStages) == 0 {
			a.secrets[in.SecretID] = a.pending
			a.puts++
		}
		reply(w, http.StatusOK, map[string]any{
			"ARN": secretARN(in.SecretID), "Name": in.SecretID,
			"VersionId": "EXAMPLE2-90ab-cdef-fedc-ba987EXAMPLE", "VersionStages": in.VersionStages,
		})
	case operation == "secretsmanager.UpdateSecretVersionStage" && known && in.VersionStage == "AWSCURRENT" &&
		strings.HasPrefix(in.MoveToVersionID, "EXAMPLE2") && strings.HasPrefix(in.RemoveFromVersionID, "EXAMPLE1"):
		a.secrets[in.SecretID] = a.pending
		a.puts++
		reply(w, http.StatusOK, map[string]any{"ARN": secretARN(in.SecretID), "Name": in.SecretID})
	case operation == "AmazonSSM.GetParameter" && known && in.WithDecryption:
		reply(w, http.StatusOK, map[string]any{"Parameter": map[string]any{"Name": in.Name, "Type": "SecureString", "Value": secret, "Version": 1 + a.puts}})
	case operation == "AmazonSSM.PutParameter" && known && in.Type == "SecureString" && in.Overwrite:
		a.secrets[in.Name] = in.Value
		a.puts++
		reply(w, http.StatusOK, map[string]any{"Version": 1 + a.puts, "Tier": "Standard"})
	default:
		a.t.Errorf("unexpected call of %s for secret %q, queue %q", operation, in.SecretID+in.Name, in.QueueURL)
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

// declare makes a queue of the template.
func (a *account) declare(s cloudformation.Stack, ids ...string) {
	for _, id := range ids {
		a.queues[id] = newQueue(s, id)
	}
}

// send puts a message into a queue, as S3 and Lambda do.
func (a *account) send(queue string, body []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queues[queue].put(string(body))
}

// receive takes up to n messages out of the ingester's queue for good, as the event with which Lambda hands them over; nil
// when there are none. Who wants them again sends them again.
func (a *account) receive(n int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.queues[ingestQueue]
	batch := q.take(n, a.now(), a.queues[q.dead])
	q.remove(batch)
	if len(batch) == 0 {
		return nil
	}
	return sqsEvent(q.id, batch)
}

// waiting is how many messages a queue has, visible or not.
func (a *account) waiting(queue string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.queues[queue].messages)
}

// now is the queues' time: that of the machine, and what was skipped.
func (a *account) now() time.Time { return time.Now().Add(a.skipped) }

// skip lets time pass for the queues.
func (a *account) skip(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.skipped += d
}
