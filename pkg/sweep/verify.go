package sweep

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Days is the ledger's record of what is published.
type Days interface {
	// Subscriptions returns all that are in use, by name.
	Subscriptions(ctx context.Context) ([]report.Subscription, error)
	// Board returns a subscription with all of its published days, or NotFound.
	Board(ctx context.Context, subscription string) (report.Board, error)
	Slices
	// MarkDay writes down what was found of a day. Conflict when it has changed since it was read.
	MarkDay(ctx context.Context, s report.Slice, now time.Time) error
	// Verification and NoteVerification keep how far a round has come. Conflict when another run has gone on since.
	Verification(ctx context.Context) (report.Verification, error)
	NoteVerification(ctx context.Context, v report.Verification) error
}

// Published lists the dataset bucket and looks at its objects.
type Published interface {
	Dataset
	// List yields every object. An error ends it: what was not yielded is not known to be absent.
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
}

// Verifier compares the dataset with the ledger: a published object that is gone, or is another, makes its day missing, and
// the planner asks for it again while the vendor still has it. It only reads the dataset. All fields but Only are required.
type Verifier struct {
	Days    Days
	Dataset Published
	Now     func() time.Time
	// DryRun changes nothing.
	DryRun bool
	// Only restricts [Verifier.All] to one subscription when it is not empty.
	Only string
	// Table restricts it to one table when it is not empty.
	Table string
}

// Verified is what a verification found.
type Verified struct {
	// Days counts the published days that were compared.
	Days int `json:"days"`
	// Vanished are the days whose objects were found to be gone or replaced just now, Returned those whose objects are
	// back as they were published. Unsettled counts days that changed while they were looked at: the next time tells.
	Vanished  []report.Slice `json:"vanished"`
	Returned  []report.Slice `json:"returned"`
	Unsettled int            `json:"unsettled"`
}

// together is how many subscriptions share one listing of their tables.
const together = 50

// roundEvery is how long after the begin of a round the next one begins. Sweeps come every quarter of an hour, so that a round
// a day is kept.
const roundEvery = 23 * time.Hour

// reserve is how much of a run's time is kept for the rest of it.
const reserve = 30 * time.Second

// Round goes on with the round that is under way, or begins one when it is time, as far as the context's time goes. What it
// has done is noted, so that the next run goes on from there.
func (v Verifier) Round(ctx context.Context) (Verified, error) {
	var found Verified
	at, err := v.Days.Verification(ctx)
	if err != nil {
		return found, fmt.Errorf("read how far the dataset is verified: %w", err)
	}
	now := v.Now()
	if at.After == "" {
		if !at.BeganAt.IsZero() && now.Sub(at.BeganAt) < roundEvery {
			return found, nil
		}
		at.BeganAt = now
	}
	names, err := v.names(ctx)
	if err != nil {
		return found, err
	}
	var problems problems
	for names = slices.DeleteFunc(names, func(n string) bool { return n <= at.After }); len(names) > 0; {
		if deadline, ok := ctx.Deadline(); ok && deadline.Sub(v.Now()) < reserve {
			return found, problems.joined()
		}
		batch := names[:min(together, len(names))]
		names = names[len(batch):]
		if err := v.batch(ctx, batch, at.WholeAt, &found, &problems); err != nil {
			problems.last(err)
			return found, problems.joined()
		}
		at.After = batch[len(batch)-1]
		if len(names) > 0 {
			if err := v.note(ctx, &at); err != nil {
				problems.last(err)
				return found, problems.joined()
			}
		}
	}
	at.After = ""
	if problems.joined() == nil {
		at.WholeAt = at.BeganAt
	}
	if err := v.note(ctx, &at); err != nil {
		problems.last(err)
	}
	return found, problems.joined()
}

// note writes down how far the round is. When another run has gone on meanwhile, this one has nothing more to do.
func (v Verifier) note(ctx context.Context, at *report.Verification) error {
	err := v.Days.NoteVerification(ctx, *at)
	at.Version++
	if err != nil {
		return fmt.Errorf("note how far the dataset is verified: %w", err)
	}
	return nil
}

// All verifies everything now, or what Only and Table choose, and leaves the rounds alone.
func (v Verifier) All(ctx context.Context) (Verified, error) {
	found := Verified{Vanished: []report.Slice{}, Returned: []report.Slice{}}
	at, err := v.Days.Verification(ctx)
	if err != nil {
		return found, fmt.Errorf("read how far the dataset is verified: %w", err)
	}
	names, err := v.names(ctx)
	if err != nil {
		return found, err
	}
	if v.Only != "" {
		names = []string{v.Only}
	}
	var problems problems
	for batch := range slices.Chunk(names, together) {
		if err := v.batch(ctx, batch, at.WholeAt, &found, &problems); err != nil {
			problems.last(err)
			break
		}
	}
	return found, problems.joined()
}

func (v Verifier) names(ctx context.Context) ([]string, error) {
	subs, err := v.Days.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the subscriptions: %w", err)
	}
	var names []string
	for _, s := range subs {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names, nil
}

// batch verifies some subscriptions by one listing of each of their tables. A day that cannot be looked at is a problem of its
// own; an error is one of all.
func (v Verifier) batch(ctx context.Context, names []string, lastSeen time.Time, found *Verified, problems *problems) error {
	var days []report.Slice
	tables := map[string]bool{}
	for _, name := range names {
		board, err := v.Days.Board(ctx, name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the days of %s: %w", name, err)
		}
		for _, s := range board.Slices {
			if s.Key != "" && cmp.Or(v.Table, s.Table) == s.Table {
				s.Subscription = name
				days, tables[s.Table] = append(days, s), true
			}
		}
	}
	listed, err := v.list(ctx, tables, days)
	if err != nil {
		return err
	}
	found.Days += len(days)
	for _, s := range days {
		if etag, there := listed[s.Key]; !s.Suspect(etag, there) {
			continue
		}
		if err := v.settle(ctx, s, lastSeen, found); err != nil {
			problems.add(fmt.Errorf("%s of %s of %s: %w", s.Date, s.Table, s.Subscription, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// list returns the ETags of the objects of these days that are there, by key.
func (v Verifier) list(ctx context.Context, tables map[string]bool, days []report.Slice) (map[string]string, error) {
	wanted := make(map[string]bool, len(days))
	for _, s := range days {
		wanted[s.Key] = true
	}
	listed := make(map[string]string, len(days))
	for table := range tables {
		for o, err := range v.Dataset.List(ctx, table+"/") {
			if err != nil {
				return nil, fmt.Errorf("list %s in the dataset: %w", table, err)
			}
			if wanted[o.Key] && strings.HasPrefix(o.Key, table+"/") {
				listed[o.Key] = o.ETag
			}
		}
	}
	return listed, nil
}

// settle looks at a day's object that a listing speaks against, or for, and marks the day if that is right. The day may have been
// published again since.
func (v Verifier) settle(ctx context.Context, s report.Slice, lastSeen time.Time, found *Verified) error {
	current, err := v.Days.Slices(ctx, s.Subscription, s.Table, report.Window{From: s.Date, To: s.Date})
	if err != nil {
		return err
	}
	if len(current) != 1 || current[0].Version != s.Version || current[0].Replacing(v.Now()) {
		found.Unsettled++
		return nil
	}
	there, err := v.look(ctx, s.Key)
	if err != nil {
		return fmt.Errorf("look for its object: %w", err)
	}
	seen := s.Seen(there, v.Now(), lastSeen)
	switch {
	case there != nil && (s.Presence(*there, v.Now()) == report.Uncommitted || there.ETag == s.ETag && s.Vanished == nil):
		found.Unsettled++ // it is not recorded yet, or it came back after the listing
		return nil
	case (seen.Vanished == nil) == (s.Vanished == nil):
		return nil
	}
	if !v.DryRun {
		err := v.Days.MarkDay(ctx, seen, v.Now())
		if fault.Is(err, fault.Conflict) {
			found.Unsettled++
			return nil
		}
		if err != nil {
			return err
		}
	}
	if seen.Vanished != nil {
		found.Vanished = append(found.Vanished, seen)
	} else {
		found.Returned = append(found.Returned, seen)
	}
	return nil
}

// look returns the object under a key, nil when there is none.
func (v Verifier) look(ctx context.Context, key string) (*report.Object, error) {
	o, err := v.Dataset.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &o, err
}
