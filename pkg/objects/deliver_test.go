package objects_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// uploads answers as S3 does to a delivery in parts, but for the calls that a test answers itself.
type uploads struct {
	calls  []string
	answer map[string]int // by call, as "METHOD what"
	job    string         // of the object that lies there
}

func (u *uploads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	call := r.Method + " object"
	switch {
	case query.Has("uploads"):
		call = "POST uploads"
	case query.Has("uploadId") && r.Method == http.MethodPost:
		call = "POST complete"
	case query.Has("uploadId"):
		call = r.Method + " upload"
	}
	_, _ = io.Copy(io.Discard, r.Body)
	u.calls = append(u.calls, call)
	if (call == "POST complete" || call == "PUT object") && r.Header.Get("If-None-Match") != "*" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if status := u.answer[call]; status != 0 {
		w.WriteHeader(status)
		if status == http.StatusNotFound && r.Method != http.MethodHead {
			_, _ = io.WriteString(w, `<Error><Code>NoSuchUpload</Code></Error>`)
		}
		return
	}
	switch call {
	case "POST uploads":
		_, _ = io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
	case "POST complete":
		_, _ = io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>`)
	case "DELETE upload":
		w.WriteHeader(http.StatusNoContent)
	case "HEAD object":
		w.Header().Set("X-Amz-Meta-Job", u.job)
	default:
		w.Header().Set("ETag", `"e"`)
	}
}

// TestWhatStandsInTheWayOfADelivery is looked at, and an upload that fails is ended.
func TestWhatStandsInTheWayOfADelivery(t *testing.T) {
	const parts, short = 9 << 20, 5
	type answers = map[string]int
	cases := map[string]struct {
		size   int
		answer answers
		job    string // of what lies there
		want   fault.Kind
		fine   bool
		aborts bool
	}{
		"nothing, one request":                       {size: short, fine: true},
		"nothing, in parts":                          {size: parts, fine: true},
		"the same delivery":                          {short, answers{"PUT object": 412}, "job-1", 0, true, false},
		"the same delivery, in parts":                {parts, answers{"POST complete": 412}, "job-1", 0, true, true},
		"another's object":                           {short, answers{"PUT object": 412}, "job-2", fault.Poison, false, false},
		"another's object, in parts":                 {parts, answers{"POST complete": 412}, "", fault.Poison, false, true},
		"a writer of the same delivery":              {parts, answers{"POST complete": 409}, "job-1", 0, true, true},
		"a writer that left nothing":                 {short, answers{"PUT object": 409, "HEAD object": 404}, "", fault.Transient, false, false},
		"it may not be looked at":                    {short, answers{"PUT object": 412, "HEAD object": 403}, "", fault.Conflict, false, false},
		"an upload whose end was answered unheard":   {parts, answers{"POST complete": 404}, "job-1", 0, true, true},
		"an upload that was ended meanwhile":         {parts, answers{"PUT upload": 404, "HEAD object": 404}, "", fault.Transient, false, true},
		"a bucket that is down":                      {parts, answers{"PUT upload": 503}, "", fault.Transient, false, true},
		"a bucket that is down before the upload":    {parts, answers{"POST uploads": 503}, "", fault.Transient, false, false},
		"an upload that fails and cannot be ended":   {parts, answers{"PUT upload": 503, "DELETE upload": 503}, "", fault.Transient, false, true},
		"an upload that may not be made, and is not": {parts, answers{"POST uploads": 403}, "", fault.Internal, false, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s3 := &uploads{answer: c.answer, job: c.job}
			err := bucketOn(t, s3.ServeHTTP).Deliver(t.Context(), "job-1", "source/a.csv", strings.NewReader(strings.Repeat("x", c.size)))
			if (err == nil) != c.fine || err != nil && fault.KindOf(err) != c.want {
				t.Errorf("got %v (%v)", err, fault.KindOf(err))
			}
			if aborted := slices.Contains(s3.calls, "DELETE upload"); aborted != c.aborts {
				t.Errorf("the upload was ended: %t, by %q", aborted, s3.calls)
			}
		})
	}
}

// TestContentThatBreaksOffIsNotDelivered, in whichever part that is.
func TestContentThatBreaksOffIsNotDelivered(t *testing.T) {
	stalled := errors.New("stalled")
	for _, size := range []int{0, 5, 8 << 20, 9 << 20, 17 << 20} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			s3 := &uploads{}
			content := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), broken{stalled})
			err := bucketOn(t, s3.ServeHTTP).Deliver(t.Context(), "job-1", "source/a.csv", content)
			if !fault.Is(err, fault.Transient) || !errors.Is(err, stalled) {
				t.Errorf("got %v (%v)", err, fault.KindOf(err))
			}
			began, ended := slices.Contains(s3.calls, "POST uploads"), slices.Contains(s3.calls, "DELETE upload")
			if began != ended || slices.Contains(s3.calls, "POST complete") || slices.Contains(s3.calls, "PUT object") {
				t.Errorf("S3 heard %q", s3.calls)
			}
		})
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
