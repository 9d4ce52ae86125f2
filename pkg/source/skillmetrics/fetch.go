package skillmetrics

import (
	"context"
	"errors"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/alexa"
)

// Why an answer cannot be what was asked for.
var (
	errNotJSON    = errors.New("its body is not the JSON that is documented")
	errMetric     = errors.New("it is about a metric that was not asked for")
	errUnanswered = errors.New("its pages say nothing about a metric that was asked for")
)

// fetching is the state of one fetch.
type fetching struct {
	client *alexa.Client
	wanted
	skill string
	turn  func(context.Context) error
	// first is set until the request whose turn was taken is sent.
	first bool
	rows  []row
	// answered are the queries of the present call that a page has been about.
	answered map[int]bool
	// last is the vendor's latest answer.
	last report.Answer
}

// pages fetches all pages of the queries of one call.
func (f *fetching) pages(ctx context.Context, queries []query) report.Answer {
	var pages alexa.Pages
	f.answered = map[int]bool{}
	for token := ""; ; {
		body, a := f.send(ctx, queries, token)
		if a.Outcome != report.OutcomeAccepted {
			return a
		}
		read := f.readV1
		if f.API == apiV2 {
			read = f.readV2
		}
		rows, next, err := read(queries, body)
		if err == nil {
			err = pages.Next(next)
		}
		if err == nil && next == "" && len(f.answered) < len(queries) {
			err = errUnanswered
		}
		if err != nil {
			return alexa.Wrong(f.last, err)
		}
		f.rows = append(f.rows, rows...)
		if token = next; token == "" {
			return a
		}
	}
}

// send asks for one page, under a turn of its own unless it is the first request of the fetch.
func (f *fetching) send(ctx context.Context, queries []query, token string) ([]byte, report.Answer) {
	if !f.first {
		if err := f.turn(ctx); err != nil {
			return nil, alexa.NoTurn(err)
		}
	}
	f.first = false
	request := f.requestV1
	if f.API == apiV2 {
		request = f.requestV2
	}
	call, err := request(queries, token)
	if err != nil {
		return nil, report.Answer{Outcome: report.OutcomeRefused, Why: "not sent: the request cannot be written as JSON"}
	}
	call.Turn = f.turn
	if token != "" {
		call.Rules = alexa.ContinuationRules()
	}
	reply, a := f.client.Do(ctx, call)
	f.last = a
	return reply.Body, a
}

// row returns a row of a query with everything but its period and value.
func (f *fetching) row(q query) row {
	return row{
		Skill: f.skill, Stage: f.Stage, SkillType: f.SkillType, Metric: q.Metric, Period: f.Period,
		Locale: q.Locale, Intent: q.Intent, Statistic: f.Stat,
	}
}
