package alexa

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// answer is what one call gets back.
type answer struct {
	status      int
	contentType string
	body        []byte
	retryAfter  int  // seconds; 0: no header
	cut         bool // close the connection without any answer
}

func (a answer) write(w http.ResponseWriter) {
	if a.cut {
		panic(http.ErrAbortHandler) // net/http's way to close a connection without an answer
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Cache-Control", "no-store")
	if a.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(a.status)
	// A caller that has gone away is its own affair: the vendor does not learn of it either.
	_, _ = w.Write(a.body)
}

func jsonAnswer(status int, body any) answer {
	text, err := json.Marshal(body)
	if err != nil {
		// Only our own structs of strings and numbers come here.
		return answer{status: http.StatusInternalServerError, contentType: "text/plain", body: []byte("marshal: " + err.Error())}
	}
	return answer{status: status, contentType: "application/json", body: text}
}

// gatewayMessage is the body of answers that never reached the service.
type gatewayMessage struct {
	Message string `json:"message"`
}

// reportAnswer is the documented body of the reports endpoint, for success and failure.
type reportAnswer struct {
	Message string        `json:"message"`
	Reports []namedReport `json:"reports"`
	Errors  []reportError `json:"errors,omitempty"`
}

type namedReport struct {
	Category string `json:"category"`
	Name     string `json:"name"`
}

type reportError struct {
	Description string `json:"errorDescription"`
	Code        string `json:"errorCode"`
	Status      int    `json:"status"`
}

// The documented messages.
const (
	messageQueued = "The report generation has been queued. Results with the attached names will be delivered when complete."
	messageError  = "There was an error processing the request."
	notReadyWords = "Data not yet available due to an upstream processing delay."
)

// Error codes: the documents say that there are some, and name none. These are ours.
const (
	codeInvalid      = "INVALID_REQUEST"
	codeUnauthorised = "UNAUTHORIZED"
	codeForbidden    = "FORBIDDEN"
	codeNotFound     = "UNIT_NOT_FOUND"
	codeIneligible   = "UNIT_NOT_ELIGIBLE"
	codeThrottled    = "TOO_MANY_REQUESTS"
	codeInternal     = "INTERNAL_ERROR"
	codeNotReady     = "DATA_NOT_AVAILABLE"
)

// refuse builds the documented error answer: no reports when there is any error.
func refuse(status int, code string, descriptions ...string) answer {
	body := reportAnswer{Message: messageError, Reports: []namedReport{}}
	for _, d := range descriptions {
		body.Errors = append(body.Errors, reportError{Description: d, Code: code, Status: status})
	}
	return jsonAnswer(status, body)
}

func gatewayPage(status int) answer {
	text := fmt.Sprintf("<html><head><title>%[1]d %[2]s</title></head><body><center><h1>%[1]d %[2]s</h1></center></body></html>\n",
		status, http.StatusText(status))
	return answer{status: status, contentType: "text/html", body: []byte(text)}
}
