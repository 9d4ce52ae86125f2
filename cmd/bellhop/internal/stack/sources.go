package stack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/source/skillmetrics"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// fetchedSources asks for the first page of what each subscription to a fetched source wants: whether the vendor answers shows no
// sooner. Nothing of the answers is kept.
func (s Subject) fetchedSources(ctx context.Context, x exchanged) (string, error) {
	if s.Ledger == nil {
		return "not tried: the subscriptions are in the ledger", nil
	}
	subs, err := s.Ledger.Subscriptions(ctx)
	if err != nil {
		return "", err
	}
	o := alexa.Options{Endpoint: x.settings["BELLHOP_ALEXA_ENDPOINT"], HTTP: s.http(), Tokens: one{x.token}, Now: s.Now, Scrubber: s.Scrubber}
	var answered, refused []string
	for _, source := range []requester.Source{skillmetrics.New(o), campaigns.New(o)} {
		for _, sub := range subs {
			if sub.Source != source.Name() || sub.Paused {
				continue
			}
			if a := s.probe(ctx, source, sub); a.Outcome != report.OutcomeAccepted {
				refused = append(refused, fmt.Sprintf("subscription %s to %s: %s", sub.Name, sub.Source, a.Why))
				continue
			}
			answered = append(answered, sub.Name)
		}
	}
	switch {
	case len(refused) > 0:
		return "", trouble("bellhop sources show SOURCE names the scope that it wants; grant it with bellhop auth login --scope", "%s", strings.Join(refused, "; "))
	case len(answered) == 0:
		return "no subscription is to a fetched source", nil
	default:
		return "the vendor answers for " + strings.Join(answered, ", "), nil
	}
}

// probe fetches until the vendor has answered, and no further.
func (s Subject) probe(ctx context.Context, source requester.Source, sub report.Subscription) report.Answer {
	day := report.DateOf(s.Now()) - report.Date(sub.LagDays)
	order := report.Order{
		Job: "doctor", Subscription: sub, Window: report.Window{From: day, To: day}, Tables: source.Limits(sub.Params).Tables,
	}
	a := source.Submit(ctx, order)
	if a.Outcome != report.OutcomeAccepted || len(a.Files) == 0 {
		return a
	}
	turns, enough := 0, false
	content, a := source.Fetch(ctx, order, a.Files[0], func(context.Context) error {
		// The first may be for the same request with another token; before the second one the vendor has answered.
		if turns++; turns > 1 {
			enough = true
			return errors.New("the vendor has answered")
		}
		return nil
	})
	if content != nil {
		_ = content.Close() // it is not read
	}
	if enough {
		return report.Answer{Outcome: report.OutcomeAccepted}
	}
	return a
}

// one is an access token that there is no other of.
type one struct{ token redact.Text }

func (o one) Token(context.Context) (redact.Text, error) { return o.token, nil }
func (o one) Drop(redact.Text)                           {}
