package imports

import (
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/pinpoint"
)

// Responses collects KPI responses of Amazon Pinpoint that a person saved, for a subscription: its application's alone. What they
// come to is CSV, by the code of the source.
func Responses(sub report.Subscription) *pinpoint.Saved {
	return &pinpoint.Saved{Application: sub.Params[pinpoint.ParamApplicationID]}
}
