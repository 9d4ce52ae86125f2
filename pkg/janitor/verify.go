package janitor

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Days is the ledger's record of what is published.
type Days interface {
	// Standings returns a note of each subscription that is in use, by name.
	Standings(ctx context.Context) ([]report.Standing, error)
	// Partitions returns the published days of a table within a window, in order.
	Partitions(ctx context.Context, subscription, table string, w report.Window) ([]report.Partition, error)
	// DaysBetween returns the published days of a subscription whose objects have keys behind one key and up to another, which
	// counts when it is not empty.
	DaysBetween(ctx context.Context, subscription, after, to string) ([]report.Partition, error)
	// MarkDay writes down what was found of a day. Conflict when it has changed since it was read.
	MarkDay(ctx context.Context, s report.Partition, now time.Time) error
	// Verification and NoteVerification keep how far a round has come. Conflict when another run has gone on since.
	Verification(ctx context.Context) (report.Verification, error)
	NoteVerification(ctx context.Context, v report.Verification) error
}

// Published lists the dataset bucket and looks at its objects.
type Published interface {
	Dataset
	// ListAfter yields every object behind a key, in order of their keys. An error ends it: what was not yielded is not known to be
	// absent.
	ListAfter(ctx context.Context, key string) iter.Seq2[report.Object, error]
}

// Verifier compares the dataset with the ledger: a published object that is gone, or is another, makes its day missing, and
// the planner asks for it again while the vendor still has it. Objects among the tables that no record knows are named. It
// only reads the dataset. All fields but Only, Table and Lists are required.
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
	// Lists bounds the LIST calls of one run of a round. [Verifier.All] has no bound.
	Lists int
}

// Verified is what a verification found.
type Verified struct {
	// Days counts the published days that were compared.
	Days int `json:"days"`
	// Vanished are the days whose objects were found to be gone or replaced just now, Returned those whose objects are
	// back as they were published. Unsettled counts days that changed while they were looked at: the next time tells.
	Vanished  []report.Partition `json:"vanished"`
	Returned  []report.Partition `json:"returned"`
	Unsettled int                `json:"unsettled"`
	// Unknown are objects among the tables that no record of the ledger knows, and MoreUnknown counts those that are not named.
	Unknown     []report.Object `json:"unknown"`
	MoreUnknown int             `json:"more_unknown"`
}

// page is how many objects one LIST call returns at most.
const page = 1000

// The objects that are compared together are as many that the ledger is asked once for several days of each subscription.
const (
	stretchAtLeast  = 10 * page
	perSubscription = 10
)

// tables is where the listing of the tables begins: folders whose names begin with an underscore are none.
const tables = "_\U0010FFFF"

// maxUnknown is how many unknown objects are looked at and named in one run.
const maxUnknown = 100

// roundEvery is how long after the begin of a round the next one begins. Sweeps come every quarter of an hour, so that a round
// a day is kept.
const roundEvery = 23 * time.Hour

// Round goes on with the round that is under way, or begins one when it is time, as far as the context's time and the budget of
// LIST calls go. What it has done is noted, so that the next run goes on from there.
func (v Verifier) Round(ctx context.Context) (Verified, error) {
	r := round{Verifier: v}
	var err error
	if r.at, err = v.Days.Verification(ctx); err != nil {
		return r.found, fmt.Errorf("read how far the dataset is verified: %w", err)
	}
	if r.at.Key == "" {
		if !r.at.BeganAt.IsZero() && v.Now().Sub(r.at.BeganAt) < roundEvery {
			return r.found, nil
		}
		r.at.BeganAt, r.at.Gaps = v.Now(), false
	}
	r.late = func() bool {
		deadline, limited := ctx.Deadline()
		return limited && deadline.Sub(v.Now()) < recordingTime
	}
	r.over = func() bool { return r.lists >= v.Lists || r.late() }
	r.note = func() error {
		r.at.Gaps = r.at.Gaps || r.problems.joined() != nil
		if r.at.Key == "" && !r.at.Gaps {
			r.at.WholeAt = r.at.BeganAt
		}
		err := v.Days.NoteVerification(ctx, r.at)
		r.at.Version++
		if err != nil {
			return fmt.Errorf("note how far the dataset is verified: %w", err)
		}
		return nil
	}
	r.run(ctx)
	return r.found, r.problems.joined()
}

// All verifies everything now, or what Only and Table choose, and leaves the rounds alone.
func (v Verifier) All(ctx context.Context) (Verified, error) {
	r := round{
		Verifier: v, late: func() bool { return false }, over: func() bool { return false }, note: func() error { return nil },
		found: Verified{Vanished: []report.Partition{}, Returned: []report.Partition{}, Unknown: []report.Object{}},
	}
	at, err := v.Days.Verification(ctx)
	if err != nil {
		return r.found, fmt.Errorf("read how far the dataset is verified: %w", err)
	}
	r.at.WholeAt = at.WholeAt
	if v.Table != "" {
		r.at.Key = v.Table + "/"
	}
	r.run(ctx)
	return r.found, r.problems.joined()
}

// round is one run over the dataset.
type round struct {
	Verifier
	// at is how far it is. Its Key is empty at the beginning and at the end.
	at    report.Verification
	found Verified
	// lists counts the LIST calls.
	lists    int
	problems problems
	// late tells that the time is up, over that it or the budget is, and note writes down how far the run is.
	late, over func() bool
	note       func() error
}

// run goes through the dataset in the order of its keys, stretch by stretch: it lists one, and then asks the ledger for the days
// that have to be there.
func (r *round) run(ctx context.Context) {
	// Not from the subscriptions' own records: one that cannot be read would keep all others back.
	standings, err := r.Days.Standings(ctx)
	if err != nil {
		r.problems.last(fmt.Errorf("read the names of the subscriptions: %w", err))
		return
	}
	var names []string
	for _, s := range standings {
		names = append(names, s.Subscription)
	}
	slices.Sort(names)
	for !r.over() {
		s, err := r.list(ctx, cmp.Or(r.at.Key, tables), max(stretchAtLeast, perSubscription*len(names)))
		if err == nil {
			err = r.compare(ctx, names, s)
		}
		if err == nil {
			err = r.note()
		}
		if err != nil {
			r.problems.last(err)
			return
		}
		if r.at.Key == "" {
			return
		}
	}
}

// stretch is what lies behind one key and up to another, or up to the end when that is empty.
type stretch struct {
	after, to string
	objects   map[string]report.Object
}

// list lists so many objects, or fewer when the run is over before that. A stretch that was begun before is listed as it was.
func (r *round) list(ctx context.Context, after string, size int) (stretch, error) {
	s, n := stretch{after: after, objects: map[string]report.Object{}}, 0
	r.lists++
	for o, err := range r.Dataset.ListAfter(ctx, after) {
		if err != nil {
			return s, fmt.Errorf("list the dataset: %w", err)
		}
		if r.Table != "" && !strings.HasPrefix(o.Key, r.Table+"/") {
			break
		}
		if r.at.Until != "" && o.Key > r.at.Until {
			s.to = r.at.Until
			break
		}
		s.objects[o.Key] = o
		if n++; n%page > 0 {
			continue
		}
		if r.at.Subscription == "" && (n >= size || r.over()) {
			s.to = o.Key
			break
		}
		r.lists++
	}
	return s, nil
}

// compare compares a stretch with the ledger. When the time is up before it has asked for all subscriptions, the next one lists
// the stretch again and goes on behind the last of them. A day, or a subscription, that cannot be looked at is a problem of its
// own; an error is one of all.
func (r *round) compare(ctx context.Context, names []string, s stretch) error {
	done := r.at.Subscription
	used := map[string]bool{}
	for _, name := range names {
		used[name] = true
	}
	others := map[string]bool{}
	for key := range s.objects {
		name, _, _, ok := report.ParsePartitionKey(key)
		switch {
		case ok && used[name] && name <= done, r.Only != "" && name != r.Only,
			strings.HasPrefix(key, report.OwnPrefix), strings.HasPrefix(key, report.OperationsPrefix):
			delete(s.objects, key)
		case ok && !used[name]:
			others[name] = true
		}
	}
	for _, name := range names {
		if name <= done || r.Only != "" && name != r.Only {
			continue
		}
		if err := r.subscription(ctx, name, s); err != nil {
			return err
		}
		if name != names[len(names)-1] && r.late() {
			r.at.Key, r.at.Until, r.at.Subscription = s.after, s.to, name
			return nil
		}
	}
	r.at.Key, r.at.Until, r.at.Subscription = s.to, "", ""
	// A removed subscription may have left its days, which are not asked for again.
	for name := range others {
		days, err := r.Days.DaysBetween(ctx, name, s.after, s.to)
		if err != nil {
			return fmt.Errorf("read the days of %s: %w", name, err)
		}
		for _, d := range days {
			delete(s.objects, d.Key)
		}
	}
	return r.unknown(ctx, s)
}

// subscription compares the days of one subscription, and takes their objects out of the stretch.
func (r *round) subscription(ctx context.Context, name string, s stretch) error {
	days, err := r.Days.DaysBetween(ctx, name, s.after, s.to)
	if err != nil {
		r.problems.add(fmt.Errorf("read the days of %s: %w", name, err))
		maps.DeleteFunc(s.objects, func(key string, _ report.Object) bool {
			of, _, _, ok := report.ParsePartitionKey(key)
			return ok && of == name // nothing is known of them
		})
		return ctx.Err()
	}
	for _, d := range days {
		if r.Table != "" && d.Table != r.Table {
			continue
		}
		d.Subscription = name
		o, there := s.objects[d.Key]
		delete(s.objects, d.Key)
		r.found.Days++
		if !d.Suspect(o.ETag, there) {
			continue
		}
		if err := r.settle(ctx, d); err != nil {
			r.problems.add(fmt.Errorf("%s of %s of %s: %w", d.Date, d.Table, name, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// settle looks at a day's object that a listing speaks against, or for, and marks the day if that is right. The day may have been
// published again since.
func (r *round) settle(ctx context.Context, s report.Partition) error {
	current, err := r.Days.Partitions(ctx, s.Subscription, s.Table, report.Window{From: s.Date, To: s.Date})
	if err != nil {
		return err
	}
	now := r.Now()
	if len(current) != 1 || current[0].Version != s.Version || current[0].Replacing(now) {
		r.found.Unsettled++
		return nil
	}
	there, err := r.look(ctx, s.Key)
	if err != nil {
		return fmt.Errorf("look for its object: %w", err)
	}
	seen := s.Seen(there, now, r.at.WholeAt)
	switch {
	case there != nil && (s.Presence(*there, now) == report.Uncommitted || there.ETag == s.ETag && s.Vanished == nil):
		r.found.Unsettled++ // it is not recorded yet, or it came back after the listing
		return nil
	case (seen.Vanished == nil) == (s.Vanished == nil):
		return nil
	}
	if !r.DryRun {
		err := r.Days.MarkDay(ctx, seen, now)
		if fault.Is(err, fault.Conflict) {
			r.found.Unsettled++
			return nil
		}
		if err != nil {
			return err
		}
	}
	if seen.Vanished != nil {
		r.found.Vanished = append(r.found.Vanished, seen)
	} else {
		r.found.Returned = append(r.found.Returned, seen)
	}
	return nil
}

// look returns the object under a key, nil when there is none.
func (r *round) look(ctx context.Context, key string) (*report.Object, error) {
	o, err := r.Dataset.Stat(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &o, err
}

// unknown names the objects of a stretch that no day's record has claimed.
func (r *round) unknown(ctx context.Context, s stretch) error {
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if len(r.found.Unknown) == maxUnknown {
			r.found.MoreUnknown++
			continue
		}
		o, err := r.foreign(ctx, key)
		if err != nil {
			r.problems.add(fmt.Errorf("look at %s: %w", key, err))
		}
		if o != nil {
			r.found.Unknown = append(r.found.Unknown, *o)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// foreign looks once more at an object that was in a listing and in no record. It returns nil when the object is a day's by now, is
// one that a load may still record, or is gone.
func (r *round) foreign(ctx context.Context, key string) (*report.Object, error) {
	var day report.Partition
	if name, table, d, ok := report.ParsePartitionKey(key); ok {
		current, err := r.Days.Partitions(ctx, name, table, report.Window{From: d, To: d})
		if err != nil {
			return nil, err
		}
		if len(current) == 1 {
			day = current[0]
		}
	}
	o, err := r.look(ctx, key)
	if err != nil || o == nil || day.Key == key || day.Replacing(r.Now()) || day.Presence(*o, r.Now()) != report.Foreign {
		return nil, err
	}
	return o, nil
}
