package monthly

import (
	"context"
	"math/big"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/internal/catalog"
)

// use is what the days of a month come to. Devices are counted again each day: their sums only serve averages and ratios.
type use struct {
	dialogs, devices, inUse *big.Rat
	// days counts the days that have devices, dialogDays those that have dialogs, if only 0.
	days, dialogDays int64
}

func useOf(b Block) use {
	u := use{new(big.Rat), new(big.Rat), new(big.Rat), 0, 0}
	for _, row := range b.Rows {
		if n, ok := number(b.value(row, "dialogs")); ok {
			u.dialogs.Add(u.dialogs, n)
			u.dialogDays++
		}
		devices, ok := number(b.value(row, "devices"))
		inUse, ok2 := number(b.value(row, "in_use"))
		if ok && ok2 {
			u.devices.Add(u.devices, devices)
			u.inUse.Add(u.inUse, inUse)
			u.days++
		}
	}
	return u
}

// headline fills in the numbers of the month beside those of the month before. There is a change only where both are complete: no
// arrow is better than a wrong one.
func (r Reader) headline(ctx context.Context, made *Report, now Block, q catalog.Question, c covered) error {
	before := made.Month.Before().Days()
	then, err := r.block(ctx, *now.of, q, *made, before)
	if err != nil {
		return err
	}
	tables := tablesOf(q)
	then.Rows = c.everyDay(tables, before, then)
	made.Data, made.Before = c.data(tables, made.Month.Days()), c.data(tables, before)
	this, last := useOf(now), useOf(then)
	made.Headline = []Figure{
		{Name: "dialogs", Label: "Dialogs", Value: some(this.dialogDays, this.dialogs), Before: some(last.dialogDays, last.dialogs), hidden: "dialogs"},
		{Name: "devices", Label: "Devices, average day", Value: average(this.devices, this.days), Before: average(last.devices, last.days)},
		{Name: "in_use", Label: "In use, average day", Value: average(this.inUse, this.days), Before: average(last.inUse, last.days), hidden: "in_use"},
		{Name: "percent_in_use", Label: "Devices in use", Unit: "%", Value: percent(this.inUse, this.devices), Before: percent(last.inUse, last.devices), hidden: "in_use"},
	}
	if made.Data.Complete() && made.Before.Complete() {
		for i := range made.Headline {
			made.Headline[i].Change = made.Headline[i].change()
		}
	}
	return nil
}

// change is in percent, and that of a percentage in points. It is nil where there was nothing before.
func (f Figure) change() any {
	value, ok := number(f.Value)
	before, ok2 := number(f.Before)
	if !ok || !ok2 {
		return nil
	}
	difference := new(big.Rat).Sub(value, before)
	if f.Unit == "%" {
		return query.Number(difference.FloatString(1))
	}
	return percent(difference, before)
}

func some(days int64, sum *big.Rat) any {
	if days == 0 {
		return nil
	}
	return whole(sum)
}

func average(sum *big.Rat, days int64) any {
	if days == 0 {
		return nil
	}
	return query.Number(new(big.Rat).Quo(sum, big.NewRat(days, 1)).FloatString(1))
}

// percent returns a share in percent, of one decimal; nil of nothing.
func percent(part, all *big.Rat) any {
	if all.Sign() == 0 {
		return nil
	}
	share := new(big.Rat).Quo(part, all)
	return query.Number(share.Mul(share, big.NewRat(100, 1)).FloatString(1))
}
