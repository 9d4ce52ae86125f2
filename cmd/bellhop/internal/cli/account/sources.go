package account

import (
	"time"

	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/asp"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
)

// Sources are all that bellhop knows, for checking subscriptions and knowing their limits: nothing is ever sent from here.
func Sources() []requester.Source {
	shared := alexa.Options{Now: time.Now}
	return []requester.Source{
		asp.New(asp.Options{Options: shared}), skillmetrics.New(shared), campaigns.New(shared),
		khoros.New(khoros.Options{Now: time.Now}),
		pinpoint.New(pinpoint.Options{Now: time.Now}),
	}
}
