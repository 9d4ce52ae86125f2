package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	simulated "github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
)

// savedDays is of how many days somebody saved the answers of Pinpoint, up to its last.
const savedDays = 14

// Imported is what a demonstration brings into the dataset of a vendor who is there no more.
type Imported struct {
	// Answers are those that somebody saved, of so many days up to the vendor's last one.
	Answers int         `json:"answers"`
	Days    int         `json:"days"`
	Ended   report.Date `json:"ended,omitzero"`
}

// importSaved does what "bellhop import pinpoint" does, with the answers that somebody saved while the service was there. What an earlier
// run has imported changes nothing. It does nothing without the demonstration's subscription.
func (m *Machine) importSaved(ctx context.Context) (done Imported, err error) {
	sub, err := m.ledger.Subscription(ctx, KPISubscription)
	if fault.Is(err, fault.NotFound) || err == nil && sub.Source != report.SourcePinpointKPI {
		return done, nil
	}
	if err != nil {
		return done, err
	}
	last := script.DayOf(pinpoint.Sunset.Time())
	answers, err := simulated.Saved(demoSeed, simulated.DemoApplications()[0], simulated.DemoKPIs, last-savedDays+1, last, simulated.DemoSaved)
	if err != nil {
		return done, err
	}
	responses := imports.Responses(sub)
	for _, answer := range answers {
		if err := responses.Add(bytes.NewReader(answer)); err != nil {
			return done, fmt.Errorf("a saved answer of Pinpoint: %w", err)
		}
	}
	content, err := responses.Content()
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	// A person's calls are charged for, too.
	ctx, _ = cost.Start(ctx, m.parts.outside)
	service := imports.Service{
		Ledger: ledger.New(cost.Ledger{Store: m.records}), Deliveries: objects.NewBucket(objects.NewClient(m.s3.Config(), counting), m.outside.delivery),
		Converter: convert.NewConverter(), Now: m.clock.Now, Pause: m.clock.Sleep, Limit: config.LargestFile,
	}
	result, err := service.File(ctx, imports.Order{Subscription: sub, Tables: []string{pinpoint.Table}}, "the saved answers of Pinpoint", content)
	for _, part := range result.Parts {
		done.Days += part.Window.Len()
	}
	done.Answers, done.Ended = len(answers), pinpoint.Sunset
	return done, err
}
