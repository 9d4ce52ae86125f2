package cost

// Quantities is how much of each item was used, in the units of the price table.
type Quantities map[Item]float64

// Add adds each quantity of more, multiplied by times, and returns q.
func (q Quantities) Add(more Quantities, times float64) Quantities {
	for item, n := range more {
		q[item] += n * times
	}
	return q
}

// Line is one item of a bill: Amount = (Quantity − Free) × Price ÷ Per, and no less than 0.
type Line struct {
	Item     Item    `json:"item"`
	Service  string  `json:"service"`
	What     string  `json:"what"`
	Quantity float64 `json:"quantity"`
	Unit     string  `json:"unit"`
	Free     float64 `json:"free"`
	Price    float64 `json:"price"`
	Per      float64 `json:"per"`
	Amount   float64 `json:"amount"`
}

// Bill is what quantities cost, in US dollars.
type Bill struct {
	Lines []Line  `json:"lines"`
	Total float64 `json:"total"`
}

// Charge computes a bill. With freeTier the quantities have to be a month's, all that the account uses: a free tier belongs
// to an account and a month.
func Charge(q Quantities, freeTier bool) Bill {
	var b Bill
	for _, p := range prices {
		n := q[p.Item]
		if n <= 0 {
			continue
		}
		l := Line{Item: p.Item, Service: p.Service, What: p.What, Quantity: n, Unit: p.Unit, Price: p.Amount, Per: p.Per}
		if freeTier {
			l.Free = min(n, p.Free)
		}
		l.Amount = (l.Quantity - l.Free) * p.Amount / p.Per
		b.Lines = append(b.Lines, l)
		b.Total += l.Amount
	}
	return b
}

// Service returns what the lines of one service cost together.
func (b Bill) Service(name string) float64 {
	var sum float64
	for _, l := range b.Lines {
		if l.Service == name {
			sum += l.Amount
		}
	}
	return sum
}
