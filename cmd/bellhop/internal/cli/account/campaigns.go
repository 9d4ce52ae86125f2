package account

import (
	"context"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/lwa"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
)

// Campaigns opens the vendor's API of campaigns with the credential of a stack, of a local folder or of a file.
func Campaigns(ctx context.Context, a shell.CampaignAccess) (shell.Campaigns, error) {
	store, tokens, endpoint, err := credential(ctx, a)
	if err != nil {
		return nil, err
	}
	client := func() *httpclient.Client { return httpclient.New(httpclient.Options{Scrubber: a.Scrubber}) }
	return campaigns.NewClient(alexa.Options{
		Endpoint: endpoint, HTTP: client(), Now: time.Now, Scrubber: a.Scrubber,
		Tokens: lwa.New(lwa.Options{
			Endpoint: tokens, HTTP: client(), Secret: secret.NewCached(store, time.Now), Now: time.Now, Scrubber: a.Scrubber,
		}),
	}), nil
}

// credential finds the credential, the endpoint where it is exchanged for a token, and that of the API.
func credential(ctx context.Context, a shell.CampaignAccess) (store secret.Store, tokens, endpoint string, err error) {
	switch {
	case a.File != "":
		return sim.SecretFile(a.File), lwa.DefaultEndpoint, a.Endpoint, nil
	case a.Place.Stack != "":
		in, err := Find(ctx, a.Place.Stack)
		if err != nil {
			return nil, "", "", err
		}
		if store, err = in.Secret(); err != nil {
			return nil, "", "", err
		}
		settings, err := in.Settings(ctx)
		return store, settings["BELLHOP_LWA_ENDPOINT"], settings["BELLHOP_ALEXA_ENDPOINT"], err
	case a.Place.AWS:
		return nil, "", "", shell.Usage("name the stack with --stack, or a file with --credential", "the credential is not known")
	}
	address, file, err := sim.Vendor(a.Place.Home)
	if fault.Is(err, fault.NotFound) {
		err = &shell.Problem{
			Code: shell.ExitError, Err: err, Remedy: "start one with bellhop local up, name a stack with --stack, or a file with --credential",
		}
	}
	return file, address + "/auth/o2/token", address, err
}
