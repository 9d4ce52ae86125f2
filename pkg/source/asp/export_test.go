package asp

import (
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/httpclient"
)

// Understand gives the tests the parser of answers without a server.
func Understand(s *Source, reply httpclient.Reply, tables []string) report.Answer {
	return s.understand(reply, report.Order{Tables: tables}, s.o.Now())
}
