package monthly

import (
	"context"
	"math/big"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
)

// use is what the days of a month come to. Devices are counted again each day: their sums only serve averages and ratios.
type use struct {
	dialogs, devices, inUse *big.Rat
	// days counts the days that have devices.
	days *big.Rat
	// known says that some day has dialogs, if only 0.
	known bool
}

// totalDialogs returns nil when no day was loaded.
func (u use) totalDialogs() *big.Rat {
	if !u.known {
		return nil
	}
	return u.dialogs
}

// percent is the share of the devices that were in use, over all days.
func (u use) percent() *big.Rat {
	share := ratio(u.inUse, u.devices)
	if share != nil {
		share.Mul(share, hundred)
	}
	return share
}

func useOf(b Block) use {
	u := use{new(big.Rat), new(big.Rat), new(big.Rat), new(big.Rat), false}
	for _, row := range b.Rows {
		if n, ok := number(b.Value(row, "dialogs")); ok {
			u.dialogs.Add(u.dialogs, n)
			u.known = true
		}
		devices, ok := number(b.Value(row, "devices"))
		inUse, ok2 := number(b.Value(row, "in_use"))
		if ok && ok2 {
			u.devices.Add(u.devices, devices)
			u.inUse.Add(u.inUse, inUse)
			u.days.Add(u.days, big.NewRat(1, 1))
		}
	}
	return u
}

// headline fills in the numbers of the month beside those of the month before. There is a change only where both are complete: no
// arrow is better than a wrong one.
func (r Reader) headline(ctx context.Context, made *Report, now Block, c covered) error {
	then, err := r.answer(ctx, *now.of, scope{made.Month.Before().Days(), made.Property}, c)
	if err != nil {
		return err
	}
	made.Data, made.Before = *now.Data, *then.Data
	this, last := useOf(now), useOf(then)
	compared := made.Data.Complete() && made.Before.Complete()
	made.Headline = []Figure{
		figure(Figure{Name: "dialogs", Label: "Dialogs", hidden: "dialogs"}, this.totalDialogs(), last.totalDialogs(), compared),
		figure(Figure{Name: "devices", Label: "Devices, average day"}, ratio(this.devices, this.days), ratio(last.devices, last.days), compared),
		figure(Figure{Name: "in_use", Label: "In use, average day", hidden: "in_use"}, ratio(this.inUse, this.days), ratio(last.inUse, last.days), compared),
		figure(Figure{Name: "percent_in_use", Label: "Devices in use", Unit: "%", hidden: "in_use"}, this.percent(), last.percent(), compared),
	}
	return nil
}

// figure fills in the numbers, of which nil is none: rounded to one decimal where they are no counts, and the change of what they are
// exactly. It is in percent, that of a percentage in points, and of nothing where there was nothing before.
func figure(f Figure, value, before *big.Rat, compared bool) Figure {
	f.Value, f.Before = rounded(value), rounded(before)
	if !compared || value == nil || before == nil {
		return f
	}
	change := new(big.Rat).Sub(value, before)
	if f.Unit != "%" {
		if change = ratio(change, before); change != nil {
			change.Mul(change, hundred)
		}
	}
	f.Change = rounded(change)
	return f
}

var hundred = big.NewRat(100, 1)

// rounded returns a number of at most one decimal, or nil.
func rounded(n *big.Rat) any {
	switch {
	case n == nil:
		return nil
	case n.IsInt():
		return query.Number(n.Num().String())
	default:
		return query.Number(n.FloatString(1))
	}
}

// ratio returns nil for a ratio of nothing.
func ratio(a, b *big.Rat) *big.Rat {
	if b.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(a, b)
}
