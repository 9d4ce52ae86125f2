package pinpoint

import "github.com/bellhop-asp/bellhop/pkg/report"

// EndOn has the service end on another day: the suite plays after it.
func (s *Source) EndOn(day report.Date) { s.sunset = day }
