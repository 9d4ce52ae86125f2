// Package rest has what the simulated APIs share: a call as it arrived, and what it gets back.
package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// ContentType is that of every body but a gateway's page.
const ContentType = "application/json"

// Answer is what one call gets back. One without a status says that there is nothing to refuse.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	RetryAfter  int    // seconds; 0: no header
	Allow       string // the methods that a 405 names
	Header      map[string]string
	Cut         bool // close the connection without any answer
	Short       bool // announce the whole body, send half of it and close the connection
}

// Refused reports whether there is an answer, and it is no success.
func (a Answer) Refused() bool { return a.Cut || a.Status != 0 && a.Status/100 != 2 }

// Write sends the answer. For one that is cut it panics with [http.ErrAbortHandler].
func (a Answer) Write(w http.ResponseWriter) {
	if a.Cut {
		panic(http.ErrAbortHandler) // net/http's way to close a connection without an answer
	}
	w.Header().Set("Content-Type", a.ContentType)
	w.Header().Set("Cache-Control", "no-store")
	if a.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.RetryAfter))
	}
	if a.Allow != "" {
		w.Header().Set("Allow", a.Allow)
	}
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	if a.Short {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		a.Body = a.Body[:len(a.Body)/2]
	}
	w.WriteHeader(a.Status)
	// The vendor does not learn of a caller that has gone away either.
	_, _ = w.Write(a.Body)
}

// JSON is an answer with a body.
func JSON(status int, body any) Answer {
	text, err := json.Marshal(body)
	if err != nil {
		// Only our own structs of strings and numbers come here.
		return Answer{Status: http.StatusInternalServerError, ContentType: "text/plain", Body: []byte("marshal: " + err.Error())}
	}
	return Answer{Status: status, ContentType: ContentType, Body: text}
}

// Message is the body of an answer that has nothing but words, such as those of a gateway.
type Message struct {
	Message string `json:"message"`
}

// NotAllowed refuses a method.
func NotAllowed(allow string) Answer {
	a := JSON(http.StatusMethodNotAllowed, Message{"Method Not Allowed"})
	a.Allow = allow
	return a
}

// GatewayPage is HTML from something before the API.
func GatewayPage(status int) Answer {
	text := fmt.Sprintf("<html><head><title>%[1]d %[2]s</title></head><body><center><h1>%[1]d %[2]s</h1></center></body></html>\n",
		status, http.StatusText(status))
	return Answer{Status: status, ContentType: "text/html", Body: []byte(text)}
}

// Request is a call as it arrived.
type Request struct {
	Method, Path, RawQuery, ContentType string
	Body                                []byte
	// Now is the vendor's time.
	Now time.Time
	// Client is whose access token it was, of an API behind tokens.
	Client string
	// The others are those of a [Service]. ID is the number that the vendor gives to the call.
	EscapedPath, Host, ID string
	Header                http.Header
}

// Call is a valid request. Nothing has happened yet.
type Call struct {
	// Operation is what a script calls it.
	Operation string
	// Metrics are what was asked for, and From to To its time, To excluded. They are empty where an API has no such thing.
	Metrics  []string
	From, To time.Time
	// Continues says that it asks for a further page.
	Continues bool
	// Serve does what was asked, with everything that goes wrong in it.
	Serve func([]Twist) Answer
}

// At is the call as a script looks at it, the nth to an endpoint.
func (c Call) At(endpoint script.Endpoint, nth int) script.Call {
	at := script.Call{Endpoint: endpoint, Number: nth, Operation: c.Operation, Metrics: c.Metrics, Continues: c.Continues}
	if !c.To.IsZero() {
		at.Dated, at.From, at.To = true, script.DayOf(c.From.UTC()), script.DayOf(c.To.Add(-1).UTC())
	}
	return at
}

// Twist is something that goes wrong inside an answer. Kind is its name in a script, the others what the script says of it.
type Twist struct {
	Kind  string
	Name  string
	Delay time.Duration
}

// Twists are what strikes inside an answer.
func Twists(struck []script.Line) (twists []Twist) {
	for _, f := range struck {
		twists = append(twists, Twist{Kind: string(f.Kind), Name: f.Name, Delay: time.Duration(f.DelayMinutes) * time.Minute})
	}
	return twists
}

// API is one of the vendor's APIs. Behind the token, the token was good.
type API interface {
	// Read checks a request: either there is a refusal, or a call to serve.
	Read(Request) (Call, Answer)
	// Refuse says no in the API's own form of an error.
	Refuse(status int, message string) Answer
}
