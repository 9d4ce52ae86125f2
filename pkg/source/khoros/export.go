package khoros

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// export is one export at the vendor, by its ids. The second one holds + / = in the vendor's examples.
type export struct {
	Workflow string `json:"w"`
	Run      string `json:"r"`
}

// ticket is what the ledger keeps of an export that was asked after so often.
func (e export) ticket(polls int) string {
	ticket, err := json.Marshal(struct {
		export
		Polls int `json:"n,omitempty"`
	}{e, polls})
	if err != nil {
		return ""
	}
	return string(ticket)
}

func parseTicket(ticket string) (e export, polls int, err error) {
	read := struct {
		*export
		Polls int `json:"n"`
	}{export: &e}
	if json.Unmarshal([]byte(ticket), &read) != nil || !e.valid() || read.Polls < 0 {
		return export{}, 0, errors.New("the ledger has no export of this order")
	}
	return e, min(read.Polls, 1000), nil
}

var id = regexp.MustCompile(`^[A-Za-z0-9+/=._:~@-]+$`)

const maxID = 200

func (e export) valid() bool {
	for _, text := range []string{e.Workflow, e.Run} {
		if len(text) > maxID || !id.MatchString(text) || strings.Contains(text, "://") || strings.Trim(text, ".") == "" {
			return false
		}
	}
	return true
}

// envelope is what every answer is wrapped in. Its result is an object, an array of one, or the words of an error.
type envelope struct {
	Message words           `json:"message"`
	Result  json.RawMessage `json:"result"`
}

// words are a JSON string, and nothing for any other value.
type words string

// UnmarshalJSON never fails: a value that is not a string has no words.
func (w *words) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*w = words(text)
	}
	return nil
}

// saidError is what the vendor said in the place of what was asked for.
type saidError struct{ words string }

func (saidError) Error() string { return "it says why not" }

var errShape = errors.New("its body is not what was asked for")

// only reads the only result of an answer.
func only[T any](body []byte) (result T, err error) {
	var e envelope
	if json.Unmarshal(body, &e) != nil {
		return result, errShape
	}
	var text string
	if json.Unmarshal(e.Result, &text) == nil && text != "" {
		return result, saidError{text}
	}
	var list []T
	switch {
	case len(e.Result) == 0 || string(e.Result) == "null":
		if e.Message != "" {
			return result, saidError{string(e.Message)}
		}
		return result, errShape
	case json.Unmarshal(e.Result, &list) == nil && len(list) == 1:
		return list[0], nil
	case e.Result[0] == '{' && json.Unmarshal(e.Result, &result) == nil:
		return result, nil
	default:
		return result, errShape
	}
}

// created reads the ids of a new export. The addresses that come with them say nothing of its state and hold tokens.
func created(body []byte) (export, error) {
	made, err := only[struct {
		WorkflowID string `json:"workflowId"`
		RunID      string `json:"runId"`
	}](body)
	e := export{made.WorkflowID, made.RunID}
	if err == nil && !e.valid() {
		err = fmt.Errorf("%w: it names no export", errShape)
	}
	return e, err
}

// state is what the vendor says of an export.
type state struct {
	JobInfo struct {
		WorkflowID  string `json:"workflowId"`
		RunID       string `json:"runId"`
		DownloadURL string `json:"downloadUrl"`
	} `json:"jobInfo"`
	Result struct {
		RunnerState string `json:"runnerState"`
		Reason      words  `json:"reason"`
		Detail      string `json:"detail"`
		Details     string `json:"details"` // in the older list of jobs
	} `json:"result"`
}

// of reports whether the state can be of an export: the vendor leaves ids out, but names no others.
func (s state) of(e export) bool {
	return (s.JobInfo.WorkflowID == "" || s.JobInfo.WorkflowID == e.Workflow) && (s.JobInfo.RunID == "" || s.JobInfo.RunID == e.Run)
}
