package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// sources returns every vendor's API that a subscription may name. One that none names is never called. Each has connections
// of its own, because a request that must not be repeated closes those that it finds idle.
func sources(c config.Requester, cloud aws.Config, tokens alexa.Tokens, user khoros.Secret, scrubber *redact.Scrubber) []requester.Source {
	shared := func() alexa.Options {
		return alexa.Options{
			Endpoint: c.AlexaEndpoint.String(), HTTP: httpclient.New(httpclient.Options{Scrubber: scrubber}),
			Tokens: tokens, Now: time.Now, Scrubber: scrubber,
		}
	}
	return []requester.Source{
		asp.New(asp.Options{Options: shared(), Statuses: c.ASPStatuses, Daily: c.ASPDaily}),
		skillmetrics.New(shared()),
		campaigns.New(shared()),
		khoros.New(khoros.Options{HTTP: httpclient.New(httpclient.Options{Scrubber: scrubber}), Secret: user, Now: time.Now, Scrubber: scrubber}),
		// Its answers have up to 7 MB, by the vendor's quotas.
		pinpoint.New(pinpoint.Options{AWS: cloud, HTTP: httpclient.New(httpclient.Options{MaxBytes: 8 << 20, Scrubber: scrubber}), Now: time.Now, Scrubber: scrubber}),
	}
}

// khorosUser opens the secret with the user of Khoros Care; nil where none is configured.
func khorosUser(c config.Requester, secrets secret.SecretsManagerAPI, parameters secret.ParameterStoreAPI) (khoros.Secret, error) {
	if c.KhorosSecretID == "" {
		return nil, nil
	}
	kept, err := secret.Open(c.KhorosSecretID, secrets, parameters)
	if err != nil {
		return nil, err
	}
	return secret.NewCached(kept, time.Now), nil
}
