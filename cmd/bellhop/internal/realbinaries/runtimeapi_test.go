package realbinaries_test

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxAnswer is the largest answer that Lambda takes of a synchronous invocation.
const maxAnswer = 6 << 20

// invocation is one event on its way through the function.
type invocation struct {
	id       string
	arn      string
	trace    string
	deadline time.Time
	event    []byte
	answered chan runtimeAnswer // holds one
}

// runtimeAnswer is what the process made of an invocation: a response, or an error.
type runtimeAnswer struct {
	response []byte
	failure  *functionError
}

func (a runtimeAnswer) result() ([]byte, error) {
	if a.failure != nil {
		return nil, a.failure
	}
	return a.response, nil
}

func newInvocation(event []byte, o functionOptions) *invocation {
	now := time.Now()
	return &invocation{
		id:       fmt.Sprintf("%s-%s-4%s-8%s-%s", digits(8), digits(4), digits(3), digits(3), digits(12)),
		arn:      "arn:aws:lambda:us-east-1:111122223333:function:" + o.Name,
		trace:    fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", now.Unix(), digits(24), digits(16)),
		deadline: now.Add(o.Timeout),
		event:    event,
		answered: make(chan runtimeAnswer, 1),
	}
}

// digits returns n random hexadecimal ones.
func digits(n int) string {
	raw := make([]byte, (n+1)/2)
	_, _ = rand.Read(raw) // It never fails.
	return hex.EncodeToString(raw)[:n]
}

// runtimeAPI is the Runtime API of one process.
type runtimeAPI struct {
	asking     chan chan<- *invocation
	failedInit chan *functionError // holds one

	mu      sync.Mutex
	current *invocation // the one that waits for an answer
}

func newRuntimeAPI() *runtimeAPI {
	return &runtimeAPI{asking: make(chan chan<- *invocation), failedInit: make(chan *functionError, 1)}
}

func (a *runtimeAPI) handler() http.Handler {
	const version = "/2018-06-01/runtime"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+version+"/invocation/next", a.next)
	mux.HandleFunc("POST "+version+"/invocation/{id}/response", a.response)
	mux.HandleFunc("POST "+version+"/invocation/{id}/error", a.failure)
	mux.HandleFunc("POST "+version+"/init/error", a.initFailure)
	return mux
}

// next answers when there is an event, however long that takes.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	reply := make(chan *invocation, 1)
	select {
	case a.asking <- reply:
	case <-r.Context().Done():
		return
	}
	in := <-reply
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", in.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", in.arn)
	h.Set("Lambda-Runtime-Trace-Id", in.trace)
	_, _ = w.Write(in.event) // Who asked may be dead by now, which is seen elsewhere.
}

func (a *runtimeAPI) begin(in *invocation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = in
}

// end returns the invocation that waits for an answer under this id, once.
func (a *runtimeAPI) end(id string) *invocation {
	a.mu.Lock()
	defer a.mu.Unlock()
	in := a.current
	if in == nil || in.id != id {
		return nil
	}
	a.current = nil
	return in
}

func (a *runtimeAPI) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		return
	}
	a.settle(w, r, runtimeAnswer{response: body})
}

func (a *runtimeAPI) failure(w http.ResponseWriter, r *http.Request) {
	failed, err := readFailure(w, r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidErrorShape")
		return
	}
	a.settle(w, r, runtimeAnswer{failure: failed})
}

func (a *runtimeAPI) settle(w http.ResponseWriter, r *http.Request, with runtimeAnswer) {
	in := a.end(r.PathValue("id"))
	if in == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	in.answered <- with
	accept(w)
}

func (a *runtimeAPI) initFailure(w http.ResponseWriter, r *http.Request) {
	failed, err := readFailure(w, r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidErrorShape")
		return
	}
	failed.Init = true
	select {
	case a.failedInit <- failed:
		accept(w)
	default:
		refuse(w, http.StatusForbidden, "InvalidStateTransition")
	}
}

func readFailure(w http.ResponseWriter, r *http.Request) (*functionError, error) {
	failed := &functionError{}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAnswer)).Decode(failed)
	return failed, err
}

func accept(w http.ResponseWriter) {
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`) // Nobody reads it.
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errorType":%q,"errorMessage":"refused"}`, kind) // The status says it all.
}
