package stack

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Scope is what the Alexa Smart Properties APIs need of a token.
const Scope = "alexa::enterprise:management"

// DefaultRedirect is where the browser is sent back to. It has to be among the allowed return URLs of the security profile.
const DefaultRedirect = "http://127.0.0.1:9090/cb"

// pages are where a person logs in, by the token endpoint of the region.
var pages = map[string]string{ //nolint:gosec // addresses, and no credentials
	"https://api.amazon.com/auth/o2/token":   "https://www.amazon.com/ap/oa",
	"https://api.amazon.co.uk/auth/o2/token": "https://eu.account.amazon.com/ap/oa",
	"https://api.amazon.co.jp/auth/o2/token": "https://apac.account.amazon.com/ap/oa",
}

// LoginPage returns the login page that belongs to a token endpoint, "" for an endpoint that is not Amazon's.
func LoginPage(tokenEndpoint string) string { return pages[tokenEndpoint] }

// Login gets a refresh token from Login with Amazon: the authorization-code grant of RFC 6749, by way of the person's browser
// and a server on this machine that hears the answer (RFC 8252, section 7.3).
type Login struct {
	// Page is the login page, Endpoint the token endpoint.
	Page, Endpoint string
	ClientID       string
	ClientSecret   redact.Text
	// Redirect is an http URL of this machine; see [DefaultRedirect].
	Redirect string
	// Scopes are what the token is to be good for, such as [Scope].
	Scopes []string
	// Show is given the address that the person has to open. It may open it.
	Show func(address string)
	// Client talks to the token endpoint.
	Client *http.Client
}

// CheckRedirect says what is wrong with a redirect URL: the code that comes back is for this machine alone.
func CheckRedirect(redirect string) error {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "http" || u.Port() == "" || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q is not an address such as %s", redirect, DefaultRedirect)
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not this machine: the answer has to come here", u.Hostname())
	}
	return nil
}

// Run has the person log in and returns the refresh token. It ends with ctx. No error holds a secret.
func (l Login) Run(ctx context.Context) (redact.Text, error) {
	if err := CheckRedirect(l.Redirect); err != nil {
		return redact.Text{}, err
	}
	back, err := url.Parse(l.Redirect)
	if err != nil {
		return redact.Text{}, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", back.Host)
	if err != nil {
		return redact.Text{}, fmt.Errorf("listen on %s for the answer: %w", back.Host, err)
	}
	config := oauth2.Config{
		ClientID: l.ClientID, ClientSecret: l.ClientSecret.Reveal(), RedirectURL: l.Redirect, Scopes: l.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: l.Page, TokenURL: l.Endpoint, AuthStyle: oauth2.AuthStyleInParams},
	}
	// Only a browser that bellhop sent to the page comes back with it.
	state := rand.Text()
	heard := make(chan answer, 1)
	server := &http.Server{Handler: handler(back.Path, state, heard), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends by being closed
	defer func() { _ = server.Close() }()
	// Only the process that began this login can use its code, and a code of another login cannot be slipped in (RFC 7636).
	verifier := oauth2.GenerateVerifier()
	l.Show(config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)))
	select {
	case <-ctx.Done():
		return redact.Text{}, ctx.Err()
	case a := <-heard:
		if a.err != nil {
			return redact.Text{}, a.err
		}
		return l.exchange(ctx, config, a.code, verifier)
	}
}

// answer is what the browser brings back.
type answer struct {
	code string
	err  error
}

// handler hears the first answer that has the state. Anything else on this port is somebody else's, and changes nothing.
func handler(path, state string, heard chan<- answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		q := r.URL.Query()
		if r.URL.Path != path || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprintln(w, "This is not the answer that bellhop waits for.")
			return
		}
		a := answer{code: q.Get("code")}
		if code := q.Get("error"); code != "" || a.code == "" {
			a = answer{err: fmt.Errorf("Login with Amazon says %q", code)}
		}
		// The page is on its way to the browser before the server goes.
		text := "bellhop has what it needs. You can close this page."
		if a.err != nil {
			text = "Login with Amazon refused. The terminal says more."
		}
		_, _ = fmt.Fprintln(w, text)
		_ = http.NewResponseController(w).Flush()
		select {
		case heard <- a:
		default:
		}
	})
}

func (l Login) exchange(ctx context.Context, config oauth2.Config, code, verifier string) (redact.Text, error) {
	token, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, l.Client), code, oauth2.VerifierOption(verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		// Its text has the whole answer.
		return redact.Text{}, fmt.Errorf("the token endpoint refuses the code: %d %s", refused.Response.StatusCode, refused.ErrorCode)
	}
	if ctx.Err() != nil {
		return redact.Text{}, ctx.Err()
	}
	if err != nil {
		return redact.Text{}, errors.New("the token endpoint did not answer with a token")
	}
	if token.RefreshToken == "" {
		return redact.Text{}, errors.New("the token endpoint handed out no refresh token")
	}
	return redact.NewText(token.RefreshToken), nil
}
