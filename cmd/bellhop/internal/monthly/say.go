package monthly

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// Answer returns the most important number of the block in a sentence; nothing if it is hidden.
func (b Block) Answer() string {
	switch {
	case b.of == nil:
		return ""
	case len(b.Rows) == 0:
		return b.of.empty
	default:
		return b.of.say(b)
	}
}

// largest returns the row with the largest number in a column; ok is false where no row shows one above 0.
func (b Block) largest(column string) (row []any, ok bool) {
	most := new(big.Rat)
	for _, r := range b.Rows {
		if n, is := number(b.Value(r, column)); is && n.Cmp(most) > 0 {
			row, most = r, n
		}
	}
	return row, row != nil
}

// number returns a value that is a number.
func number(v any) (*big.Rat, bool) {
	n, ok := v.(query.Number)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// sayLargest fills in the name and the number of the row with the largest number.
func sayLargest(name, column, sentence string) func(Block) string {
	return func(b Block) string {
		row, ok := b.largest(column)
		called, named := b.Value(row, name).(string)
		if !ok || !named {
			return ""
		}
		return fmt.Sprintf(sentence, called, Spoken(b.Value(row, column)))
	}
}

func sayRows(sentence string) func(Block) string {
	return func(b Block) string { return fmt.Sprintf(sentence, phrase.Count(len(b.Rows), "row")) }
}

func sayBusiest(b Block) string {
	row, ok := b.largest("dialogs")
	if !ok {
		return ""
	}
	return fmt.Sprintf("The busiest day was %v with %s dialogs.", b.Value(row, "dataset_date"), Spoken(b.Value(row, "dialogs")))
}

// total adds up a column over the rows that choose accepts; ok is false when a number among them is hidden.
func (b Block) total(column string, choose func(row []any) bool) (sum query.Number, ok bool) {
	all := new(big.Rat)
	for _, row := range b.Rows {
		v := b.Value(row, column)
		if _, hidden := v.(Hidden); hidden && choose(row) {
			return "", false
		}
		if n, is := number(v); is && choose(row) {
			all.Add(all, n)
		}
	}
	return whole(all), true
}

func anyRow([]any) bool { return true }

func sayCalls(b Block) string {
	outbound := func(row []any) bool {
		direction, _ := b.Value(row, "direction").(string)
		return strings.EqualFold(direction, "outbound")
	}
	calls, known := b.total("calls", outbound)
	if !known {
		return ""
	}
	return fmt.Sprintf("There were %s outbound calls.", Spoken(calls))
}

func saySkills(b Block) string {
	row, ok := b.largest("percent_failed")
	if !ok {
		return "No utterance failed."
	}
	return fmt.Sprintf("At worst, %s %% of a skill's utterances failed.", Spoken(b.Value(row, "percent_failed")))
}

func saySilent(b Block) string {
	return fmt.Sprintf("%s had devices and no dialog on any day with data.", phrase.Count(len(b.Rows), "unit"))
}

// Spoken writes a number for a sentence.
func Spoken(v any) string {
	n, ok := v.(query.Number)
	if !ok {
		return "–"
	}
	return phrase.Grouped(string(n), " ")
}

// whole writes a sum without the zeros behind its point.
func whole(n *big.Rat) query.Number {
	digits := n.FloatString(6)
	return query.Number(strings.TrimSuffix(strings.TrimRight(digits, "0"), "."))
}
