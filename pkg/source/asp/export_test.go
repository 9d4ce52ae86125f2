package asp

import (
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// Understand gives the tests the parser of answers without a server.
func Understand(s *Source, reply httpclient.Reply, tables []string) report.Answer {
	a := s.client.Classify(reply, alexa.Call{Once: true})
	if a.Outcome != report.OutcomeAccepted {
		return a
	}
	return understand(reply, a, report.Order{Tables: tables})
}
