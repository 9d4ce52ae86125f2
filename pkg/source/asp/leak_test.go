package asp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// What must not be seen anywhere. One of the access tokens has no looks of a token: only its value gives it away.
const (
	plantedClientSecret = "5f0c-client-secret-planted"
	plantedRefresh      = "Atzr|IwEBI-refresh-planted"
	plantedAccess       = "Atza|IwEBI-access-planted"
	plantedPlainAccess  = "plain-access-planted"
	plantedRoom         = "Suite 404 of Mrs Planted"
)

// everything is what a vendor might echo of a request with that access token.
func everything(access string) string {
	return access + ` client_secret=` + plantedClientSecret + ` refresh_token=` + plantedRefresh + ` Bearer ` + access +
		` Atza%7CIwEBI-access-planted unit "` + plantedRoom + `" and '` + plantedRoom + `' `
}

// vault is a document in memory.
type vault struct{ document string }

func (v *vault) Read(context.Context) ([]byte, error) { return []byte(v.document), nil }

func (v *vault) Replace(ctx context.Context, _, document []byte) error { return v.Write(ctx, document) }

func (v *vault) Write(_ context.Context, document []byte) error {
	v.document = string(document)
	return nil
}

// raw writes an answer onto the connection.
func raw(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

// failures are the ways in which the vendor can fail to take an order, with everything echoed wherever it could be.
func failures(access string) map[string]func(http.ResponseWriter) {
	noise := everything(access)
	quoted, _ := json.Marshal(noise)
	words := string(quoted)
	echo := `{"message":` + words + `,"reports":[],"errors":[{"errorDescription":` + words + `,"errorCode":` + words + `,"status":` + words + `}]}`
	all := map[string]func(http.ResponseWriter){
		"lost":           hangUp,
		"late":           func(http.ResponseWriter) { time.Sleep(400 * time.Millisecond) },
		"not HTTP":       raw(noise + "\r\n\r\n"),
		"broken header":  raw("HTTP/1.1 202 Accepted\r\n" + noise + "\r\n\r\n"),
		"broken status":  raw("HTTP/1.1 " + noise + "\r\n\r\n"),
		"broken chunks":  raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n" + noise),
		"broken length":  raw("HTTP/1.1 202 Accepted\r\nContent-Length: " + noise + "\r\n\r\n"),
		"redirect":       says(302, echo, "Location", "https://elsewhere.example/?"+access),
		"accepted badly": says(202, `{"reports":[{"category":`+words+`,"name":`+words+`}]}`),
		"accepted noise": says(202, noise),
		"id and wait":    says(400, echo, "X-Amzn-RequestId", noise, "Retry-After", noise),
		"page":           says(503, "<html>"+noise+"</html>", "Content-Type", "text/html"),
		"second line":    says(503, "<html>\n<p>no</p>\n"+plantedRoom, "Content-Type", "text/html"),
		"far behind":     says(400, `{"message":"`+strings.Repeat("words ", 60)+plantedRoom+`"}`),
		"new fields":     says(400, `{"unitName":"`+plantedRoom+`","message":"no"}`),
	}
	for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 501, 502, 503, 504} {
		all[strconv.Itoa(status)] = says(status, echo)
	}
	return all
}

// Every way to fail: nothing planted shows in the answer, in any form of printing, nor does it from the things that
// hold it.
func TestNoFailureShowsASecret(t *testing.T) {
	words, _ := json.Marshal(everything(plantedAccess))
	token := func(access string) func(http.ResponseWriter) {
		return says(200, `{"access_token":"`+access+`","expires_in":3600,"refresh_token":"`+plantedRefresh+`-rotated"}`)
	}
	logins := map[string]struct {
		access string
		answer func(http.ResponseWriter)
	}{
		"plain token": {plantedPlainAccess, token(plantedPlainAccess)},
		"token":       {plantedAccess, token(plantedAccess)},
		"refused":     {plantedAccess, says(400, `{"error":"invalid_grant","error_description":`+string(words)+`}`)},
		"failing":     {plantedAccess, says(500, `{"error":`+string(words)+`}`)},
		"lost":        {plantedAccess, hangUp},
	}
	for name, login := range logins {
		for failure, answer := range failures(login.access) {
			t.Run(name+"/"+failure, func(t *testing.T) {
				t.Parallel()
				assertNothingShows(t, login.answer, answer)
			})
		}
	}
}

func assertNothingShows(t *testing.T, login, answer func(http.ResponseWriter)) {
	t.Helper()
	var scrubber redact.Scrubber
	store := &vault{`{"client_id":"id","client_secret":"` + plantedClientSecret + `","refresh_token":"` + plantedRefresh + `"}`}
	cached := secret.NewCached(store, time.Now)
	client := httpclient.New(httpclient.Options{Timeout: 200 * time.Millisecond, Scrubber: &scrubber})
	k := lwa.New(lwa.Options{
		Endpoint: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { login(w) })),
		HTTP:     client, Secret: cached, Now: time.Now, Scrubber: &scrubber,
	})
	s := asp.New(asp.Options{
		Endpoint: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) })),
		HTTP:     client, Tokens: k, Now: time.Now, Scrubber: &scrubber,
	})
	got := s.Submit(t.Context(), order())
	if got.Files != nil || got.Why == "" {
		t.Errorf("that was no failure: %+v", got)
	}
	_, err := k.Token(t.Context())
	var out bytes.Buffer
	for _, v := range []any{got, err, k, s, cached, &scrubber} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q\n", v, v, v, v, v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	}
	if i := strings.Index(strings.ToLower(out.String()), "planted"); i >= 0 {
		t.Errorf("shown: …%s…", out.String()[max(0, i-200):min(out.Len(), i+50)])
	}
}

// Whatever the vendor answers, it ends in one outcome, names no file that was not asked for, and shows no secret.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		device, "", "{}", "null", `"x"`, "<html>", `{"reports":null}`, `{"errors":[null]}`, everything(plantedPlainAccess),
		`{"message":"There was an error processing the request.","reports":[],"errors":[{"errorDescription":"d","errorCode":"c","status":400}]}`,
	} {
		for _, status := range []int{200, 202, 302, 400, 401, 429, 503} {
			f.Add(status, body, "17")
		}
	}
	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		var scrubber redact.Scrubber
		scrubber.Add(redact.NewText(plantedPlainAccess))
		s := asp.New(asp.Options{Now: func() time.Time { return now }, Scrubber: &scrubber})
		header := http.Header{"Retry-After": {retryAfter}, "X-Amzn-Requestid": {retryAfter}}
		got := asp.Understand(s, httpclient.Reply{Status: status, Header: header, Body: []byte(body), Whole: true}, []string{"asp_device"})
		if got.Outcome.String() == "unhandled outcome" || got.RetryAfter < 0 || got.RetryAfter > httpclient.MaxRetryAfter {
			t.Errorf("got %+v", got)
		}
		if (got.Outcome == report.OutcomeAccepted) != (len(got.Files) > 0) || len(got.Files) > 0 && (status < 200 || status > 299) {
			t.Errorf("status %d gave %+v", status, got)
		}
		for _, file := range got.Files {
			if file.Table != "asp_device" || strings.TrimSpace(file.Name) == "" {
				t.Errorf("got %+v", file)
			}
		}
		if strings.Contains(got.Why, plantedPlainAccess) || strings.ContainsAny(got.Why+got.RequestID, "\r\n\x00") || len(got.Why) > 1500 {
			t.Errorf("why: %q", got.Why)
		}
	})
}
