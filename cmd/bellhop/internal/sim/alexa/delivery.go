package alexa

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
)

// delivery is an object that will be written.
type delivery struct {
	Number    int64     `json:"number"`
	Due       time.Time `json:"due"`
	BucketARN string    `json:"bucket_arn"`
	Key       string    `json:"key"`
	Contents  contents  `json:"contents"`
	Duplicate bool      `json:"duplicate,omitempty"`
	Stray     bool      `json:"stray,omitempty"`
}

// schedule turns an accepted request into deliveries, as its faults would have it. The caller holds the lock.
func (s *Simulator) schedule(q reportRequest, at call, files []namedReport) {
	var promised, extra []delivery
	for i, file := range files {
		part := i % s.switches.FilesPerCategory
		wait := chance.Draw(s.seed, "delay "+file.Category, "", int64(at.Number)<<16|int64(part))
		promised = append(promised, delivery{
			Due:       s.now().Add(s.delay.Min + time.Duration(wait.Below(int64(s.delay.Max-s.delay.Min)+1))),
			BucketARN: q.bucketARN,
			Key:       s.switches.KeyPrefix + file.Name,
			Contents: contents{
				Unit: q.unit, Category: file.Category, From: q.from, To: q.to, Aggregate: q.aggregate, SubUnits: q.subUnits,
				Asked: s.today(), Part: part, Parts: s.switches.FilesPerCategory,
			},
		})
	}
	for _, f := range s.strikes(atRequest, at) {
		switch f.Kind {
		case Reordered:
			reverseDues(promised)
		case Partial:
			keep := min(cmp.Or(f.Keep, len(promised)/2), len(promised))
			s.state.Counters.Withheld += len(promised) - keep
			promised = promised[:keep]
		case Stray:
			extra = append(extra, s.stray(q, at))
		}
	}
	for _, category := range q.categories {
		at.Categories = []string{category}
		for _, f := range s.strikes(atFile, at) {
			var more []delivery
			promised, more = s.applyToFiles(f, category, promised)
			extra = append(extra, more...)
		}
	}
	for _, d := range append(promised, extra...) {
		s.state.Deliveries++
		d.Number = s.state.Deliveries
		s.state.Pending = append(s.state.Pending, d)
	}
	slices.SortStableFunc(s.state.Pending, func(a, b delivery) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Number, b.Number))
	})
}

// applyToFiles lets a fault work on the files of one category. It returns what is still delivered and what is delivered besides.
func (s *Simulator) applyToFiles(f script.Line, category string, promised []delivery) (kept, extra []delivery) {
	later := func(d delivery, minutes int) time.Time {
		return d.Due.Add(time.Duration(cmp.Or(f.DelayMinutes, minutes)) * time.Minute)
	}
	for _, d := range promised {
		if d.Contents.Category != category {
			kept = append(kept, d)
			continue
		}
		switch f.Kind {
		case NeverDelivered:
			s.state.Counters.Withheld++
			continue
		case Late:
			d.Due = later(d, 360)
		case Duplicated:
			again := d
			again.Due, again.Duplicate = later(d, 30), true
			extra = append(extra, again)
		default:
			d.Contents.Changes = append(slices.Clip(d.Contents.Changes), alterationOf(f, category))
		}
		kept = append(kept, d)
	}
	return kept, extra
}

func alterationOf(f script.Line, category string) alteration {
	a := alteration{Kind: f.Kind}
	switch f.Kind {
	case Restated:
		a.From, a.To = f.First, f.Last
	case ColumnRenamed:
		c, _ := categoryNamed(category)
		a.Column = cmp.Or(f.Column, c.lastColumn())
		a.Name = cmp.Or(f.Name, a.Column+"_v2")
	case ColumnAdded:
		a.Name = cmp.Or(f.Name, "engagement_score")
	}
	return a
}

// reverseDues hands the first file's time to the last one and so on.
func reverseDues(files []delivery) {
	slices.SortStableFunc(files, func(a, b delivery) int { return a.Due.Compare(b.Due) })
	for i, j := 0, len(files)-1; i < j; i, j = i+1, j-1 {
		files[i].Due, files[j].Due = files[j].Due, files[i].Due
	}
}

// stray is a file that nobody asked for: the vendor's role serves all of its customers.
func (s *Simulator) stray(q reportRequest, at call) delivery {
	name := s.switches.fileName(chance.Draw(s.seed, "stray", "", int64(at.Number)).Hex(16), "DEVICE", 1)
	return delivery{
		Due: s.now().Add(s.delay.Min), BucketARN: q.bucketARN, Key: s.switches.KeyPrefix + name, Stray: true,
		Contents: contents{
			Unit: s.hierarchy.nodes[0].ID, Category: "DEVICE", From: q.from, To: q.from, Asked: s.today(), Parts: 1,
		},
	}
}

// DeliverDue writes every delivery whose time has come by Now, in the order in which they are due, and says
// how many it wrote. It stops at the first error of Deliver; that delivery stays pending, so calling again is safe.
// A process that dies between a write and the next [Simulator.Snapshot] writes the same object again after
// [Simulator.Restore]: the vendor delivers at least once.
func (s *Simulator) DeliverDue(ctx context.Context) (delivered int, err error) {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return delivered, fmt.Errorf("deliver: %w", err)
		}
		d, ok := s.next()
		if !ok || d.Due.After(s.now()) {
			return delivered, nil
		}
		body, err := s.render(d.Contents)
		if err == nil {
			if d.Stray {
				body = bytes.ReplaceAll(body, []byte(unitIDPrefix), []byte(unitIDPrefix+"X"))
			}
			err = s.deliver(ctx, d.BucketARN, d.Key, body)
		}
		s.settle(d, err)
		if err != nil {
			return delivered, fmt.Errorf("deliver: %w", err)
		}
		delivered++
	}
}

// next is the delivery that is due next, if any is pending.
func (s *Simulator) next() (delivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.state.Pending) == 0 {
		return delivery{}, false
	}
	return s.state.Pending[0], true
}

// NextDelivery is when the next delivery is due; false when none is pending. It may lie in the past.
func (s *Simulator) NextDelivery() (time.Time, bool) {
	d, ok := s.next()
	return d.Due, ok
}

// settle records how the writing of a delivery ended.
func (s *Simulator) settle(d delivery, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counters := &s.state.Counters
	if err != nil {
		counters.DeliveryErrors++
		return
	}
	s.state.Pending = slices.DeleteFunc(s.state.Pending, func(p delivery) bool { return p.Number == d.Number })
	counters.Delivered++
	if d.Duplicate {
		counters.Duplicates++
	}
	if d.Stray {
		counters.Strays++
	}
}
