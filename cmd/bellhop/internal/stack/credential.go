package stack

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

const logIn = "log in with bellhop auth login"

// exchanged is what came of an exchange: an access token, by the requester's settings.
type exchanged struct {
	token    redact.Text
	settings map[string]string
}

// CredentialChecks look at the credential of Login with Amazon. Of the secret nothing but the client's id is ever said.
func (s Subject) CredentialChecks() []Check {
	// One exchange for both: each may rotate the refresh token.
	exchange := once(func(ctx context.Context) (x exchanged, err error) {
		if x.settings, err = s.Settings(ctx); err == nil {
			x.token, err = s.token(ctx, x.settings)
		}
		return x, err
	})
	withToken := func(look func(context.Context, exchanged) (string, error)) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			x, err := exchange(ctx)
			if err != nil {
				return "", trouble("mend the token first", "not tried: there is no access token to ask with")
			}
			return look(ctx, x)
		}
	}
	return []Check{
		{"credential", "secret", s.secret},
		{"credential", "token", func(ctx context.Context) (string, error) {
			if _, err := exchange(ctx); err != nil {
				return "", err
			}
			return "Login with Amazon hands out access tokens", nil
		}},
		{"credential", "scope", withToken(s.scope)},
		{"credential", "fetched sources", withToken(s.fetchedSources)},
	}
}

func (s Subject) secret(ctx context.Context) (string, error) {
	store, err := s.Secret()
	if err != nil {
		return "", err
	}
	document, err := store.Read(ctx)
	if fault.Is(err, fault.NotFound) {
		return "", trouble(logIn, "the secret has no value yet")
	}
	if err != nil {
		return "", err
	}
	c, err := lwa.ParseCredentials(document)
	if err != nil {
		return "", trouble(logIn, "the secret is not complete: %v", err)
	}
	s.Scrubber.Add(c.ClientSecret, c.RefreshToken)
	return "it holds a refresh token for client " + c.ClientID, nil
}

// TokenEndpoint returns the token endpoint that the requester uses.
func (in *Installation) TokenEndpoint(ctx context.Context) (string, error) {
	settings, err := in.Settings(ctx)
	return cmp.Or(settings["BELLHOP_LWA_ENDPOINT"], lwa.DefaultEndpoint), err
}

// Settings are the requester's environment variables.
func (in *Installation) Settings(ctx context.Context) (map[string]string, error) {
	out, err := in.configuration(ctx, RequesterFunction)
	if err != nil {
		return nil, err
	}
	if out.Environment == nil {
		return nil, trouble(redeploy, "the requester has no settings")
	}
	return out.Environment.Variables, nil
}

func (s Subject) http() *httpclient.Client {
	return httpclient.New(httpclient.Options{Scrubber: s.Scrubber})
}

func (s Subject) token(ctx context.Context, settings map[string]string) (redact.Text, error) {
	store, err := s.Secret()
	if err != nil {
		return redact.Text{}, err
	}
	tokens := lwa.New(lwa.Options{
		Endpoint: settings["BELLHOP_LWA_ENDPOINT"], HTTP: s.http(), Secret: secret.NewCached(store, s.Now), Now: s.Now, Scrubber: s.Scrubber,
	})
	token, err := tokens.Token(ctx)
	switch {
	case fault.Is(err, fault.NotFound):
		return token, trouble(logIn, "there is nothing to ask Login with Amazon with")
	case fault.Is(err, fault.Poison):
		return token, trouble(logIn, "%v", err)
	}
	return token, err
}

// scope asks for the unit that reports are about: GET /v2/units/{id} of the vendor's Property Hierarchy API, which needs the
// scope alexa::enterprise:management. Nothing but the status is looked at: the answer has the unit's name.
func (s Subject) scope(ctx context.Context, x exchanged) (string, error) {
	unit := x.settings["BELLHOP_UNIT_ID"]
	if unit == "" {
		return "not tried: the stack has no UnitId", nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(x.settings["BELLHOP_ALEXA_ENDPOINT"], "/")+"/v2/units/"+url.PathEscape(unit), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+x.token.Reveal())
	reply, err := s.http().Do(request)
	if err != nil {
		return "", err
	}
	switch reply.Status {
	case http.StatusOK:
		return "the token may look at the unit that reports are about", nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return "", trouble("grant the client API access in the ASP console (Administration, Alexa Management API Clients), then "+logIn,
			"the vendor refuses the token for the unit, with %d: it lacks the scope alexa::enterprise:management, or the console's grant", reply.Status)
	case http.StatusNotFound:
		return "", trouble("deploy with the UnitId that the ASP console shows", "the vendor does not know the unit")
	default:
		return "", fmt.Errorf("the vendor answers %d", reply.Status)
	}
}
