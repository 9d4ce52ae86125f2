package view

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/partitionfile"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Question asks where the numbers of one unit on one day come from.
type Question struct {
	Table dataset.Definition
	// Unit is the unit's id, or its name where no other unit of that day has the same.
	Unit string
	Date report.Date
	// Subscription is one subscription's name; all are asked when it is empty.
	Subscription string
}

// Explanation is the answer to a [Question].
type Explanation struct {
	Table string      `json:"table"`
	Date  report.Date `json:"date"`
	// UnitID is empty when no partition of the day has the unit.
	UnitID        string   `json:"unit_id,omitempty"`
	Subscriptions []Origin `json:"subscriptions"`
}

// Origin is what one subscription knows of the day.
type Origin struct {
	Subscription string                `json:"subscription"`
	Coverage     report.CoverageStatus `json:"coverage"`
	Why          string                `json:"why,omitempty"`
	// Taken tells that the default view takes the unit's rows from here.
	Taken bool           `json:"taken_by_default_view"`
	Rows  []query.Object `json:"rows"`
	// Partition, File, Job and Certificate are nil where the ledger has no record.
	Partition   *report.Partition   `json:"slice,omitempty"`
	File        *File               `json:"file,omitempty"`
	Job         *Job                `json:"job,omitempty"`
	Certificate *report.Certificate `json:"certificate,omitempty"`

	units units
}

// Explain follows the numbers of a unit back to the vendor's request.
func (v *View) Explain(ctx context.Context, q Question) (Explanation, error) {
	e := Explanation{Table: q.Table.Name, Date: q.Date}
	subs, err := v.Subscriptions(ctx, q.Subscription)
	if err != nil {
		return e, err
	}
	for _, sub := range subs {
		source, err := v.Source(sub)
		if err != nil {
			return e, err
		}
		if !slices.Contains(source.Limits(sub.Params).Tables, q.Table.Name) {
			continue
		}
		one, err := v.origin(ctx, sub, q)
		if err != nil {
			return e, err
		}
		e.Subscriptions = append(e.Subscriptions, one)
	}
	if len(e.Subscriptions) == 0 {
		return e, problem("see what they ask for: bellhop subscriptions list", "no subscription asks for %s", q.Table.Name)
	}
	if err := e.choose(q); err != nil {
		return e, err
	}
	err = e.unknownUnit(q)
	return e, err
}

// origin follows one subscription's record of the day.
func (v *View) origin(ctx context.Context, sub report.Subscription, q Question) (Origin, error) {
	day := report.Window{From: q.Date, To: q.Date}
	o := Origin{Subscription: sub.Name, Rows: []query.Object{}}
	c, err := v.coverage(ctx, sub, day, q.Table.Name)
	if err != nil {
		return o, err
	}
	o.Why = fmt.Sprintf("the subscription wants the days %s", c.Wanted)
	if len(c.Days) > 0 {
		o.Coverage, o.Why = c.Days[0].Status, c.Days[0].Why
	}
	days, err := v.Ledger.Partitions(ctx, sub.Name, q.Table.Name, day)
	if err != nil || len(days) == 0 {
		return o, err
	}
	o.Partition = &days[0]
	if o.units, err = v.unitsOf(ctx, q, days[0]); err != nil {
		return o, err
	}
	err = v.follow(ctx, &o)
	return o, err
}

// follow goes from the partition to the file, the job and the certificate.
func (v *View) follow(ctx context.Context, o *Origin) error {
	f, err := v.Ledger.File(ctx, o.Partition.File)
	if fault.Is(err, fault.NotFound) {
		o.Why = fmt.Sprintf("the ledger does not know file %s any more", o.Partition.File)
		return nil
	}
	if err != nil {
		return err
	}
	file := fileOf(f)
	o.File = &file
	switch job, err := v.Ledger.Job(ctx, o.Partition.Job); {
	case fault.Is(err, fault.NotFound): // forgotten a little before its last file
	case err != nil:
		return err
	default:
		shown := jobOf(job)
		o.Job = &shown
	}
	certificates, err := v.Ledger.CertificatesOf(ctx, f.Key)
	for i := range certificates {
		// A name may be used again, and each deletion has a certificate of its own: this day came with that content.
		if file.SHA256 != "" && certificates[i].SHA256 == file.SHA256 {
			o.Certificate = &certificates[i]
		}
	}
	return err
}

// units are those of a partition.
type units struct {
	// rows are those of the units that fit, by the units' ids.
	rows map[string][]query.Object
	// above are the ids of all units that have others below them in the partition.
	above map[string]bool
	// names are the ids and names of all units of the partition, once it was read.
	names map[string]bool
}

// Units returns the ids and names of the units that a published day has, in order.
func (v *View) Units(ctx context.Context, d dataset.Definition, day report.Partition) ([]string, error) {
	u, err := v.unitsOf(ctx, Question{Table: d, Date: day.Date}, day)
	return slices.Sorted(maps.Keys(u.names)), err
}

// unitsOf reads the partition. Without a dataset bucket, or without rows, it finds no units.
func (v *View) unitsOf(ctx context.Context, q Question, s report.Partition) (units, error) {
	u := units{rows: map[string][]query.Object{}, above: map[string]bool{}, names: map[string]bool{}}
	if v.Dataset == nil || s.Key == "" {
		return u, nil
	}
	content, err := v.Dataset.Read(ctx, s.Key)
	if err != nil {
		return u, missing(err, "bellhop verify marks the day as missing, and the requester asks for it again")
	}
	err = partitionfile.Read(bytes.NewReader(content), int64(len(content)), q.Table, func(r partitionfile.Row) error {
		row := make(query.Object, len(r))
		for i, value := range r {
			row[i] = query.Member{Name: q.Table.Columns[i].Name, Value: value}
		}
		unit, _ := row.Member("unit_id").(string)
		u.names[unit] = true
		name, named := row.Member("unit_name").(string)
		if named {
			u.names[name] = true
		}
		if unit == q.Unit || named && name == q.Unit {
			u.rows[unit] = append(u.rows[unit], row)
		}
		path, _ := row.Member("unit_ids").([]any)
		for _, id := range path {
			if above, _ := id.(string); above != unit {
				u.above[above] = true
			}
		}
		return nil
	})
	return u, err
}

// choose settles which unit is meant, and marks the subscription that the default view takes: see [dataset.Definition.View].
func (e *Explanation) choose(q Question) error {
	ids, above := map[string]bool{}, map[string]bool{}
	for _, o := range e.Subscriptions {
		for id := range o.units.rows {
			ids[id] = true
		}
		maps.Copy(above, o.units.above)
	}
	if ids[q.Unit] {
		ids = map[string]bool{q.Unit: true}
	}
	if len(ids) > 1 {
		return problem("give the unit's id: "+listOf(ids), "%d units of that day have this name", len(ids))
	}
	for id := range ids {
		e.UnitID = id
	}
	taken := -1
	for i, o := range e.Subscriptions {
		e.Subscriptions[i].Rows = some(o.units.rows[e.UnitID])
		if len(o.units.rows[e.UnitID]) > 0 && !above[e.UnitID] && (taken < 0 || o.Subscription < e.Subscriptions[taken].Subscription) {
			taken = i
		}
	}
	if taken >= 0 {
		e.Subscriptions[taken].Taken = true
	}
	return nil
}

func listOf(ids map[string]bool) string {
	const most = 5
	all := slices.Sorted(maps.Keys(ids))
	text := strings.Join(all[:min(most, len(all))], ", ")
	if more := len(all) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// unknownUnit is the error of a unit that no report of the day has; of a day that is not there nothing can be said.
func (e *Explanation) unknownUnit(q Question) error {
	names := map[string]bool{}
	for _, o := range e.Subscriptions {
		if o.Partition == nil || o.Partition.Rows > 0 && len(o.units.names) == 0 {
			return nil
		}
		maps.Copy(names, o.units.names)
	}
	if e.UnitID != "" || len(names) == 0 {
		return nil
	}
	remedy := "see which there are: bellhop query \"SELECT DISTINCT unit_id, unit_name FROM raw." + q.Table.Name + " WHERE dataset_date = '" + q.Date.String() + "'\""
	if near := phrase.Nearest(q.Unit, slices.Collect(maps.Keys(names))); len(near) > 0 {
		remedy = "did you mean: " + strings.Join(near, ", or ")
	}
	return problem(remedy, "no unit of %s has this id or name on %s", q.Table.Name, q.Date)
}
