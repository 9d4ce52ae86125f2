package sourcetest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// What must not be seen anywhere. One of the access tokens has no looks of a token: only its value gives it away.
const (
	plantedClientSecret = "5f0c-client-secret-planted" //nolint:gosec // it is made up
	plantedRefresh      = "Atzr|IwEBI-refresh-planted"
	plantedAccess       = "Atza|IwEBI-access-planted"
	plantedRoom         = "Suite 404 of Mrs Planted"
	// PlantedPlainAccess is that one.
	PlantedPlainAccess = "plain-access-planted"
)

// Everything is what a vendor might echo of a request with that access token.
func Everything(access string) string {
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

// failures are the ways in which the vendor can fail a request, with everything echoed wherever it could be.
func (s Subject) failures(access string) map[string]Reply {
	noise := Everything(access)
	quoted, _ := json.Marshal(noise) //nolint:errchkjson // a string always marshals
	words := string(quoted)
	item := `{"errorDescription":` + words + `,"errorCode":` + words + `,"status":` + words + `,"code":` + words + `,"message":` + words + `}`
	echo := `{"message":` + words + `,"code":` + words + `,"errors":[` + item + `],"violations":[` + item + `]}`
	all := map[string]Reply{
		"lost":          Raw(""),
		"late":          Late,
		"not HTTP":      Raw(noise + "\r\n\r\n"),
		"broken header": Raw("HTTP/1.1 202 Accepted\r\n" + noise + "\r\n\r\n"),
		"broken status": Raw("HTTP/1.1 " + noise + "\r\n\r\n"),
		"broken chunks": Raw("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n" + noise),
		"broken length": Raw("HTTP/1.1 202 Accepted\r\nContent-Length: " + noise + "\r\n\r\n"),
		"redirect":      Says(302, echo, "Location", "https://elsewhere.example/?"+access),
		"noise":         Says(202, noise),
		"id and wait":   Says(400, echo, "X-Amzn-RequestId", noise, "Retry-After", noise),
		"page":          Says(503, "<html>"+noise+"</html>", "Content-Type", "text/html"),
		"second line":   Says(503, "<html>\n<p>no</p>\n"+plantedRoom, "Content-Type", "text/html"),
		"far behind":    Says(400, `{"message":"`+strings.Repeat("words ", 60)+plantedRoom+`"}`),
		"new fields":    Says(400, `{"unitName":"`+plantedRoom+`","message":"no"}`),
	}
	for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 501, 502, 503, 504} {
		all[strconv.Itoa(status)] = Says(status, echo)
	}
	for i, body := range s.Echo(words) {
		all["echo "+strconv.Itoa(i+1)] = Says(200, body)
	}
	return all
}

// showsNothing: in every way to fail nothing planted shows in the answer, in any form of printing, nor does it from the
// things that hold it.
func (s Subject) showsNothing(t *testing.T) {
	words, _ := json.Marshal(Everything(plantedAccess)) //nolint:errchkjson // a string always marshals
	token := func(access string) Reply {
		return Says(200, `{"access_token":"`+access+`","expires_in":3600,"refresh_token":"`+plantedRefresh+`-rotated"}`)
	}
	logins := map[string]struct {
		access string
		answer Reply
	}{
		"plain token": {PlantedPlainAccess, token(PlantedPlainAccess)},
		"token":       {plantedAccess, token(plantedAccess)},
		"refused":     {plantedAccess, Says(400, `{"error":"invalid_grant","error_description":`+string(words)+`}`)},
		"failing":     {plantedAccess, Says(500, `{"error":`+string(words)+`}`)},
		"lost":        {plantedAccess, Raw("")},
	}
	for name, login := range logins {
		for failure, answer := range s.failures(login.access) {
			t.Run(name+"/"+failure, func(t *testing.T) {
				t.Parallel()
				s.assertNothingShows(t, login.answer, answer)
			})
		}
	}
}

func (s Subject) assertNothingShows(t *testing.T, login, answer Reply) {
	t.Helper()
	var scrubber redact.Scrubber
	store := &vault{`{"client_id":"id","client_secret":"` + plantedClientSecret + `","refresh_token":"` + plantedRefresh + `"}`}
	clock := func() time.Time { return Now }
	cached := secret.NewCached(store, clock)
	client := httpclient.New(httpclient.Options{Timeout: Timeout, MaxBytes: MaxBytes, Scrubber: &scrubber})
	k := lwa.New(lwa.Options{
		Endpoint: Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { login(w) })),
		HTTP:     client, Secret: cached, Now: clock, Scrubber: &scrubber,
	})
	src := s.New(alexa.Options{
		Endpoint: Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) })),
		HTTP:     client, Tokens: k, Now: clock, Scrubber: &scrubber,
	})
	got := s.ask(t.Context(), src, s.Order(), freely)
	if got.content != "" || got.answer.Files != nil || got.answer.Why == "" {
		t.Errorf("that was no failure: %+v", got)
	}
	_, err := k.Token(t.Context())
	authorized := src.Authorize(t.Context(), s.Order().Subscription.Params)
	text := printed(got.answer, err, authorized, k, src, cached, &scrubber)
	if i := strings.Index(strings.ToLower(text), "planted"); i >= 0 {
		t.Errorf("shown: …%s…", text[max(0, i-200):min(len(text), i+50)])
	}
}
