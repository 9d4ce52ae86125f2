package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Meet says what a report of a generation means for the published day: whether it is to be written, or held because of what fell
// below a share of the published day. Newer is nil when the report has no rows for the day.
func (s Partition) Meet(newer *EncodedDay, generation time.Time, share float64) (outcome PartitionOutcome, fell []string, why string) {
	var day EncodedDay
	if newer != nil {
		day = *newer
	}
	fell, why = s.Fallen(day, share)
	switch {
	case s.Generation.After(generation), fell != nil && s.HoldsNewer(generation):
		return PartitionSuperseded, nil, ""
	case fell != nil:
		return PartitionHeld, fell, why
	case newer == nil:
		return PartitionZero, nil, ""
	case s.SHA256 == newer.SHA256:
		return PartitionUnchanged, nil, ""
	default:
		return PartitionWritten, nil, ""
	}
}

// HoldsNewer reports whether a newer report of the day than that of a generation waits for a person's decision.
func (s Partition) HoldsNewer(generation time.Time) bool {
	return s.Held != nil && s.Held.Generation.After(generation)
}

// Figures are what one measure comes to in a day, over its LEAF rows: the default views count those, and a roll-up that
// is still right must not hide rooms that are empty.
type Figures struct {
	// Values counts the cells with a number; [Uncounted] where the record is older than this count.
	Values int64 `json:"values"`
	// Sum is their exact decimal sum.
	Sum string `json:"sum"`
}

// Uncounted stands for a number of values that is not known.
const Uncounted = -1

// Change is what a newer report of a day says of one measure, beside the published day.
type Change struct {
	Measure string  `json:"measure"`
	Before  Figures `json:"before"`
	After   Figures `json:"after"`
}

// Restatement is what changed when other content took the place of a published day. The dataset has the newest content alone, so
// this is kept for good.
type Restatement struct {
	Subscription string `json:"subscription"`
	Table        string `json:"table"`
	Date         Date   `json:"date"`
	// At is when the newer content was published.
	At     time.Time `json:"at"`
	Before Edition   `json:"before"`
	After  Edition   `json:"after"`
	// Measures are all of both, as [Partition.Changes] compares them. None where the older record had no sums.
	Measures []Change `json:"measures,omitempty"`
}

// Edition is one published content of a day.
type Edition struct {
	Generation time.Time `json:"generation"`
	Job        string    `json:"job"`
	File       string    `json:"file"`
	Rows       int64     `json:"rows"`
	SHA256     string    `json:"sha256,omitempty"`
}

func (s Partition) edition() Edition { return Edition{s.Generation, s.Job, s.File, s.Rows, s.SHA256} }

// RestatedAs says what changed when newer took the place of the day's record. Ok is false when no published content did: the day was
// not published before, or still has the same content.
func (s Partition) RestatedAs(newer Partition) (r Restatement, ok bool) {
	if s.Generation.IsZero() || s.SHA256 == newer.SHA256 {
		return r, false
	}
	r = Restatement{
		Subscription: newer.Subscription, Table: newer.Table, Date: newer.Date, At: newer.LoadedAt,
		Before: s.edition(), After: newer.edition(),
	}
	if s.Rows == 0 || s.Figures != nil || s.Sums != nil {
		r.Measures = s.Changes(newer.Rows, newer.Figures, newer.Sums)
	}
	return r, true
}

// FellRows is what [Partition.Fallen] and [Held.Fell] say of rows, among the names of measures.
const FellRows = "rows"

// Fallen says what of the published day would fall below a share of itself with the rows and figures of a newer report:
// rows alone, as the measures fall with them, or else measures by name. Why says it for people. What grows never falls,
// nor what was nothing.
func (s Partition) Fallen(newer EncodedDay, share float64) (what []string, why string) {
	if below(float64(newer.Rows), float64(s.Rows), share) {
		return []string{FellRows}, fmt.Sprintf("it has %d rows, the published day has %d", newer.Rows, s.Rows)
	}
	var reasons []string
	for _, c := range s.Changes(newer.Rows, newer.Figures, newer.Sums) {
		switch {
		case below(float64(c.After.Values), float64(c.Before.Values), share):
			reasons = append(reasons, fmt.Sprintf("%s has %d values, the published day has %d", c.Measure, c.After.Values, c.Before.Values))
		case below(amount(c.After.Sum), amount(c.Before.Sum), share):
			reasons = append(reasons, fmt.Sprintf("%s adds up to %s, in the published day to %s", c.Measure, c.After.Sum, c.Before.Sum))
		default:
			continue
		}
		what = append(what, c.Measure)
	}
	return what, strings.Join(reasons, "; ")
}

func below(after, before, share float64) bool { return before > 0 && after < before*share }

// amount is near enough for a comparison with a share.
func amount(sum string) float64 {
	f, err := strconv.ParseFloat(sum, 64)
	if err != nil {
		return 0
	}
	return f
}

// Changes compares the published day with what a newer report has, in order of measure. A measure that one of them lacks
// counts as nothing there. Where the published day's record is older than its figures, the sums over all rows are
// compared, and values are [Uncounted]. Without the report's numbers, as in a held report of an older release, it is nil.
func (s Partition) Changes(rows int64, figures map[string]Figures, sums map[string]string) []Change {
	before, after, nothing := s.Figures, figures, Figures{Sum: "0"}
	if before == nil && s.Sums != nil {
		before, after, nothing = uncounted(s.Sums), uncounted(sums), Figures{Uncounted, "0"}
	}
	if rows > 0 && after == nil {
		return nil
	}
	measures := maps.Clone(after)
	if measures == nil {
		measures = map[string]Figures{}
	}
	maps.Copy(measures, before)
	var changes []Change
	for _, m := range slices.Sorted(maps.Keys(measures)) {
		c := Change{m, nothing, nothing}
		if f, ok := before[m]; ok {
			c.Before = f
		}
		if f, ok := after[m]; ok {
			c.After = f
		}
		changes = append(changes, c)
	}
	return changes
}

func uncounted(sums map[string]string) map[string]Figures {
	if sums == nil {
		return nil
	}
	figures := make(map[string]Figures, len(sums))
	for m, sum := range sums {
		figures[m] = Figures{Uncounted, sum}
	}
	return figures
}
