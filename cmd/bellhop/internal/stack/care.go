package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
)

// longestTurn is how long doctor waits for its turn with a credential that the stack's runs use, too.
const longestTurn = 30 * time.Second

// khorosCare asks Khoros Care for its list of time zones with the user and the company's key, once for each company. It makes no
// export, and takes its turn among the runs' requests.
func (s Subject) khorosCare(ctx context.Context) (string, error) {
	if s.Ledger == nil {
		return "not tried: the subscriptions are in the ledger", nil
	}
	subs, err := s.Ledger.Subscriptions(ctx)
	if err != nil {
		return "", err
	}
	subs = slices.DeleteFunc(slices.Clone(subs), func(sub report.Subscription) bool { return sub.Source != report.SourceKhorosCare || sub.Paused })
	if len(subs) == 0 {
		return "no subscription is to it", nil
	}
	source, err := s.khoros(ctx)
	if err != nil {
		return "", err
	}
	var asked []string
	for _, sub := range subs {
		at := sub.Params[khoros.ParamCompany] + "\n" + sub.Params[khoros.ParamHost]
		if slices.Contains(asked, at) {
			continue
		}
		asked = append(asked, at)
		if err := s.probeCare(ctx, source, sub); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("it takes the user and the key, for companies: %d", len(asked)), nil
}

// khoros is the source with the secret that the requester has.
func (s Subject) khoros(ctx context.Context) (*khoros.Source, error) {
	settings, err := s.Settings(ctx)
	if err != nil {
		return nil, err
	}
	id := settings["BELLHOP_KHOROS_SECRET_ID"]
	if id == "" {
		return nil, trouble("deploy with KhorosUserArn", "the stack has no user of Khoros Care, and subscriptions wait for one")
	}
	store, err := secret.Open(id, secretsmanager.NewFromConfig(s.Config), ssm.NewFromConfig(s.Config))
	if err != nil {
		return nil, err
	}
	return khoros.New(khoros.Options{HTTP: s.http(), Secret: secret.NewCached(store, s.Now), Now: s.Now, Scrubber: s.Scrubber}), nil
}

// probeCare asks for one company.
func (s Subject) probeCare(ctx context.Context, source *khoros.Source, sub report.Subscription) error {
	turn := func(ctx context.Context) error {
		return s.turn(ctx, source.Credential(sub.Params), source.Limits(sub.Params).Pace)
	}
	// What can be known without asking needs no turn.
	if err := source.Authorize(ctx, sub.Params); err != nil {
		return trouble("put a user of Khoros Care into the secret that KhorosUserArn names", "%v", err)
	}
	if err := turn(ctx); err != nil {
		return err
	}
	a := source.Probe(ctx, sub.Params, turn)
	says := fmt.Sprintf("for subscription %s: %s", sub.Name, a.Why)
	switch a.Outcome {
	case report.OutcomeAccepted:
		return nil
	case report.OutcomeUnauthorized:
		return trouble("put a user with the vendor's role Analytics into the secret that KhorosUserArn names", "%s", says)
	case report.OutcomeRefused:
		return trouble("correct the company's key in the secret, or the subscription: bellhop subscriptions apply --help", "%s", says)
	default:
		return errors.New(says)
	}
}

// turn waits for a turn with a credential that the stack's runs use, too. One that waits for a person is left to the runs, which try it
// again: a user who is refused too often may be locked out.
func (s Subject) turn(ctx context.Context, credential string, pace time.Duration) error {
	worker := rand.Text()
	for {
		taken := false
		c, err := s.Ledger.UpdateCredential(ctx, credential, func(c *report.Credential) bool {
			taken = !c.Shut() && c.Take(report.Turn{Worker: worker, Pace: pace}, s.Now())
			return taken
		})
		switch {
		case err != nil || taken:
			return err
		case c.Shut():
			return trouble("put the right one into its secret; the next run from "+c.ProbeAt.UTC().Format(time.RFC3339)+" on tries it",
				"the credential is refused since %s: %s", c.ShutSince.UTC().Format(time.RFC3339), c.Reason)
		}
		wait := c.Next().Sub(s.Now())
		if wait > longestTurn {
			return fmt.Errorf("not asked: the vendor is left alone until %s", c.Next().UTC().Format(time.RFC3339))
		}
		if err := s.Pause(ctx, max(wait, 0)); err != nil {
			return err
		}
	}
}
