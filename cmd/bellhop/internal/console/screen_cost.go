package console

import (
	"context"
	"fmt"
	"strconv"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

func dollars(amount float64) query.Number {
	return query.Number(strconv.FormatFloat(amount, 'f', 4, 64))
}

func bill(_ context.Context, s *sight) error {
	e, err := s.place.Bill()
	if err != nil {
		return err
	}
	const caveat = "Requests, messages and log lines are counted; how long a function runs on Lambda is assumed; the command shows the assumption."
	s.section("cost", "US dollars, before tax", fmt.Sprintf("Counted in a run on one machine, %s. Prices of %s.", phrase.Minute(e.Usage.At), e.Region),
		page.Tile{
			ID: "short", Title: "At a glance", Command: "bellhop cost",
			Figures: []page.Figure{
				{Label: "1,000 reports", Value: dollars(e.PerThousand.Total), Note: "at list prices"},
				{Label: "A month", Value: dollars(e.MonthListed), Note: fmt.Sprintf("of %g reports a day, at list prices", e.Wish.ReportsPerDay)},
				{Label: "A month, less the free tier", Value: dollars(e.MonthFree), Note: "if nothing else uses it"},
			},
		},
		page.Tile{ID: "thousand", Title: "1,000 reports", Table: lineTable("What 1,000 reports cost", e.PerThousand), Caveat: caveat, Command: "bellhop cost"},
		page.Tile{ID: "month", Title: "A month", Table: lineTable("What a month costs", e.Month), Caveat: caveat, Command: fmt.Sprintf("bellhop cost --reports-per-day %g", e.Wish.ReportsPerDay)})
	return nil
}

func lineTable(caption string, b cost.Bill) *page.Table {
	t := &page.Table{Caption: caption, Columns: columns(text("What"), text("Service"), plenty("Quantity"), page.Column{Title: "Amount, $", Kind: page.Bar})}
	for _, l := range b.Lines {
		t.Rows = append(t.Rows, []any{l.What, l.Service, query.Number(strconv.FormatFloat(l.Quantity, 'f', 0, 64)), dollars(l.Amount)})
	}
	return t
}
