package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/partitionfile"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

const explainHelp = `Say where a number comes from: the rows of one unit on one day, and behind them the partition that they are in
(one day of one table of one subscription: one Parquet file),
the delivered file with its SHA-256, the job that asked for it with the vendor's id of that request, and the
certificate of the file's deletion. Of a day that is not there it says why.

UNIT is the unit's id, or its name where no other unit of that day has the same. When several subscriptions
report the unit, each is shown, and which of them the default view takes.`

func (a *app) explainCommand() *cobra.Command {
	var subscription string
	c := &cobra.Command{
		Use: "explain TABLE UNIT DATE", Short: "Where a number comes from, back to the vendor's request", Long: explainHelp,
		Example: `  bellhop explain asp_device amzn1.alexa.unit.did.EXAMPLE 2026-11-01
  bellhop explain asp_device "Room 101" 2026-11-01 --json | jq '.subscriptions[].certificate'`,
	}
	c.Flags().StringVar(&subscription, "subscription", "", "only one subscription, by its `name`")
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) != 3 {
			return usage("see: "+cmd.CommandPath()+" --help", "%s needs a TABLE, a UNIT and a DATE, and got %d words", cmd.CommandPath(), len(args))
		}
		if _, known := dataset.Lookup(args[0]); !known {
			return unknownTable(args[0])
		}
		if _, err := report.ParseDate(args[2]); err != nil {
			return usage("write it like 2026-11-01", "DATE: %w", err)
		}
		return nil
	}
	c.RunE = a.on(func(ctx context.Context, at Account, args []string) error {
		d, _ := dataset.Lookup(args[0])
		date, err := report.ParseDate(args[2])
		if err != nil {
			return err
		}
		subs, err := subscriptionsOf(ctx, at, subscription)
		if err != nil {
			return err
		}
		return a.explain(ctx, at, subs, question{d, args[1], date})
	})
	return c
}

// question is what is to be explained.
type question struct {
	table dataset.Definition
	unit  string
	date  report.Date
}

// explanation is the answer.
type explanation struct {
	Table string      `json:"table"`
	Date  report.Date `json:"date"`
	// UnitID is empty when no partition of the day has the unit.
	UnitID        string      `json:"unit_id,omitempty"`
	Subscriptions []explained `json:"subscriptions"`
}

// explained is what one subscription knows of the day.
type explained struct {
	Subscription string                `json:"subscription"`
	Coverage     report.CoverageStatus `json:"coverage"`
	Why          string                `json:"why,omitempty"`
	// Taken tells that the default view takes the unit's rows from here.
	Taken bool             `json:"taken_by_default_view"`
	Rows  []map[string]any `json:"rows"`
	// Partition, File, Job and Certificate are nil where there is none.
	Partition   *report.Partition   `json:"slice,omitempty"`
	File        *explainedFile      `json:"file,omitempty"`
	Job         *explainedJob       `json:"job,omitempty"`
	Certificate *report.Certificate `json:"certificate,omitempty"`

	found found
}

type explainedFile struct {
	Key         string            `json:"key"`
	Status      report.FileStatus `json:"status"`
	SHA256      string            `json:"sha256,omitempty"`
	Bytes       int64             `json:"bytes,omitempty"`
	Rows        int64             `json:"rows,omitempty"`
	DeliveredAt time.Time         `json:"delivered_at,omitzero"`
	LoadedAt    time.Time         `json:"loaded_at,omitzero"`
}

type explainedJob struct {
	ID              string           `json:"id"`
	Status          report.JobStatus `json:"status"`
	Window          report.Window    `json:"window"`
	SubmittedAt     time.Time        `json:"submitted_at,omitzero"`
	VendorRequestID string           `json:"vendor_request_id,omitempty"`
}

func (a *app) explain(ctx context.Context, at Account, subs []report.Subscription, q question) error {
	e := explanation{Table: q.table.Name, Date: q.date, Subscriptions: []explained{}}
	for _, sub := range subs {
		one, wanted, err := a.explainOne(ctx, at, sub, q)
		if err != nil {
			return err
		}
		if wanted {
			e.Subscriptions = append(e.Subscriptions, one)
		}
	}
	if len(e.Subscriptions) == 0 {
		return &Problem{Code: ExitError, Err: fmt.Errorf("no subscription asks for %s", q.table.Name), Remedy: "see what they ask for: bellhop subscriptions list"}
	}
	if err := e.choose(q); err != nil {
		return err
	}
	if err := e.unknownUnit(q); err != nil {
		return err
	}
	return a.show(e, func(s *screen) { s.explanation(e, q) })
}

// explainOne follows one subscription's record of the day back to the vendor. It is not wanted when the subscription has
// nothing to do with the table.
func (a *app) explainOne(ctx context.Context, at Account, sub report.Subscription, q question) (one explained, wanted bool, err error) {
	one = explained{Subscription: sub.Name, Rows: []map[string]any{}}
	day, wanted, err := a.fate(ctx, at, sub, q)
	if err != nil || !wanted {
		return one, wanted, err
	}
	one.Coverage, one.Why = day.Status, day.Why
	days, err := at.Ledger.Partitions(ctx, sub.Name, q.table.Name, report.Window{From: q.date, To: q.date})
	if err != nil || len(days) == 0 {
		return one, true, err
	}
	one.Partition = &days[0]
	if one.found, err = find(ctx, at, q, days[0]); err != nil {
		return one, true, err
	}
	err = one.follow(ctx, at)
	return one, true, err
}

// fate says how it stands with the day; wanted is false when the subscription does not ask for the table.
func (a *app) fate(ctx context.Context, at Account, sub report.Subscription, q question) (day report.DayCoverage, wanted bool, err error) {
	source, err := a.source(sub)
	if err != nil || !slices.Contains(source.Limits(sub.Params).Tables, q.table.Name) {
		return day, false, err
	}
	c, err := a.coverageOf(ctx, at, sub, report.Window{From: q.date, To: q.date})
	if err != nil {
		return day, false, err
	}
	for _, d := range c.Days {
		if d.Table == q.table.Name {
			return d, true, nil
		}
	}
	all := sub.Wanted(report.DateOf(at.Now()))
	return report.DayCoverage{Why: fmt.Sprintf("the subscription wants the days %s", all)}, true, nil
}

// follow goes from the partition to the file, the job and the certificate.
func (e *explained) follow(ctx context.Context, at Account) error {
	f, err := at.Ledger.File(ctx, e.Partition.File)
	if fault.Is(err, fault.NotFound) {
		e.Why = fmt.Sprintf("the ledger does not know file %s any more", e.Partition.File)
		return nil
	}
	if err != nil {
		return err
	}
	e.File = &explainedFile{Key: f.Key, Status: f.Status}
	if f.Delivery != nil {
		e.File.DeliveredAt = f.Delivery.At
	}
	if r := f.Receipt; r != nil {
		e.File.SHA256, e.File.Bytes, e.File.Rows, e.File.LoadedAt = r.SHA256, r.Bytes, r.Rows, r.LoadedAt
	}
	job, err := at.Ledger.Job(ctx, e.Partition.Job)
	switch {
	case fault.Is(err, fault.NotFound): // forgotten a little before its last file
	case err != nil:
		return err
	default:
		e.Job = &explainedJob{ID: job.ID, Status: job.Status, Window: job.Window, SubmittedAt: job.SubmittedAt, VendorRequestID: job.RequestID}
	}
	certificates, err := at.Ledger.CertificatesOf(ctx, f.Key)
	if err != nil {
		return err
	}
	for i := range certificates {
		// A name may be used again, and each deletion has a certificate of its own: this day came with that content.
		if e.File.SHA256 != "" && certificates[i].SHA256 == e.File.SHA256 {
			e.Certificate = &certificates[i]
		}
	}
	return nil
}

// found is what a partition has of the unit.
type found struct {
	// byUnit are the rows of the units that fit, by their ids.
	byUnit map[string][]partitionfile.Row
	// above are the ids of all units that have others below them in the partition.
	above map[string]bool
	// names are the ids and names of all units of the partition, once it was read.
	names map[string]bool
}

// unknownUnit is the error of a unit that no report of the day has; of a day that is not there nothing can be said.
func (e *explanation) unknownUnit(q question) error {
	names := map[string]bool{}
	for _, s := range e.Subscriptions {
		if s.Partition == nil || s.Partition.Rows > 0 && len(s.found.names) == 0 {
			return nil
		}
		maps.Copy(names, s.found.names)
	}
	if e.UnitID != "" || len(names) == 0 {
		return nil
	}
	remedy := "see which there are: bellhop query \"SELECT DISTINCT unit_id, unit_name FROM raw." + q.table.Name + " WHERE dataset_date = '" + q.date.String() + "'\""
	if near := nearest(q.unit, slices.Collect(maps.Keys(names))); len(near) > 0 {
		remedy = "did you mean: " + strings.Join(near, ", or ")
	}
	return &Problem{Code: ExitError, Err: fmt.Errorf("no unit of %s has this id or name on %s", q.table.Name, q.date), Remedy: remedy}
}

// find reads the partition. Without a dataset bucket, or without rows, nothing is found.
func find(ctx context.Context, at Account, q question, s report.Partition) (found, error) {
	f := found{byUnit: map[string][]partitionfile.Row{}, above: map[string]bool{}, names: map[string]bool{}}
	if at.Dataset == nil || s.Key == "" {
		return f, nil
	}
	content, err := at.Dataset.Read(ctx, s.Key)
	if err != nil {
		return f, missing(err, "bellhop verify marks the day as missing, and the requester asks for it again")
	}
	id, name, path := position(q.table, "unit_id"), position(q.table, "unit_name"), position(q.table, "unit_ids")
	err = partitionfile.Read(bytes.NewReader(content), int64(len(content)), q.table, func(r partitionfile.Row) error {
		unit, _ := r[id].(string)
		f.names[unit] = true
		if called, ok := r[name].(string); ok {
			f.names[called] = true
		}
		if unit == q.unit || r[name] == q.unit {
			f.byUnit[unit] = append(f.byUnit[unit], r)
		}
		units, _ := r[path].([]any)
		for _, u := range units {
			if above, _ := u.(string); above != unit {
				f.above[above] = true
			}
		}
		return nil
	})
	return f, err
}

func position(d dataset.Definition, column string) int {
	return slices.IndexFunc(d.Columns, func(c dataset.Column) bool { return c.Name == column })
}

// choose settles which unit is meant, and marks the subscription that the default view takes: see [dataset.Definition.View].
func (e *explanation) choose(q question) error {
	ids, above := map[string]bool{}, map[string]bool{}
	for _, s := range e.Subscriptions {
		for id := range s.found.byUnit {
			ids[id] = true
		}
		for id := range s.found.above {
			above[id] = true
		}
	}
	if ids[q.unit] {
		ids = map[string]bool{q.unit: true}
	}
	if len(ids) > 1 {
		return &Problem{Code: ExitError, Err: fmt.Errorf("%d units of that day have this name", len(ids)), Remedy: "give the unit's id: " + listOf(ids)}
	}
	for id := range ids {
		e.UnitID = id
	}
	taken := -1
	for i, s := range e.Subscriptions {
		for _, r := range s.found.byUnit[e.UnitID] {
			e.Subscriptions[i].Rows = append(e.Subscriptions[i].Rows, named(q.table, r))
		}
		if len(e.Subscriptions[i].Rows) > 0 && !above[e.UnitID] && (taken < 0 || s.Subscription < e.Subscriptions[taken].Subscription) {
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
	var all []string
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	text := strings.Join(all[:min(most, len(all))], ", ")
	if more := len(all) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// named makes an object of a row.
func named(d dataset.Definition, r partitionfile.Row) map[string]any {
	row := make(map[string]any, len(r))
	for i, v := range r {
		row[d.Columns[i].Name] = plainJSON(v)
	}
	return row
}

// plainJSON returns a value as encoding/json writes it without losing a digit.
func plainJSON(v any) any {
	switch v := v.(type) {
	case query.Number:
		return json.Number(v)
	case query.Object:
		members := make(map[string]any, len(v))
		for _, m := range v {
			members[m.Name] = plainJSON(m.Value)
		}
		return members
	default:
		return v
	}
}
