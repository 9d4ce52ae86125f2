package lwa_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// A login puts three fields into the secret, whatever was there, and leaves what others have put beside them.
func TestNewCredentialsTakeTheirPlace(t *testing.T) {
	c := lwa.Credentials{ClientID: "a", ClientSecret: redact.NewText("b"), RefreshToken: redact.NewText("c")}
	three := map[string]string{"client_id": "a", "client_secret": "b", "refresh_token": "c"}
	for name, tt := range map[string]struct {
		document string
		known    string // the client's id in it
		want     map[string]string
	}{
		"nothing yet":       {"", "", three},
		"null":              {"null", "", three},
		"no JSON":           {"Atzr|old", "", three},
		"an older one":      {`{"client_id":"x","client_secret":"y","refresh_token":"z"}`, "x", three},
		"a part of one":     {`{"client_id":"x"}`, "x", three},
		"with more than we": {`{"client_id":"x","note":"ours"}`, "x", map[string]string{"client_id": "a", "client_secret": "b", "refresh_token": "c", "note": "ours"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lwa.Known([]byte(tt.document)).ClientID; got != tt.known {
				t.Errorf("the document names client %q, want %q", got, tt.known)
			}
			document, err := c.Into([]byte(tt.document))
			var got map[string]string
			if err == nil {
				err = json.Unmarshal(document, &got)
			}
			if err != nil || !maps.Equal(got, tt.want) {
				t.Errorf("%v, want %v (%v)", got, tt.want, err)
			}
		})
	}
}
