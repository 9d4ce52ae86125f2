// Package view is the read model of an installation: it computes what the tool's commands, and a console, show of
// subscriptions, days, jobs, files and certificates. Its answers are plain structs with the JSON that the commands print.
// It knows no command line and no terminal.
package view

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// Ledger is what the read model reads. Verifying the dataset marks days; nothing else here writes.
type Ledger interface {
	// Days are for comparing the dataset with the ledger.
	janitor.Days
	// Subscription, Snapshot, Job and File return a NotFound for a name that the ledger does not know.
	Subscription(ctx context.Context, name string) (report.Subscription, error)
	Snapshot(ctx context.Context, name string) (report.Snapshot, error)
	Job(ctx context.Context, id string) (report.Job, error)
	File(ctx context.Context, key string) (report.File, error)
	// Restatements returns what changed of the published days of a subscription from a time on, oldest first.
	Restatements(ctx context.Context, subscription string, since time.Time) ([]report.Restatement, error)
	// Subscriptions returns all that are in use, by name.
	Subscriptions(ctx context.Context) ([]report.Subscription, error)
	// Jobs returns all jobs of a subscription, oldest first.
	Jobs(ctx context.Context, subscription string) ([]report.Job, error)
	// Files and Certificates yield everything, in no order. After an error they end.
	Files(ctx context.Context) iter.Seq2[report.File, error]
	Certificates(ctx context.Context) iter.Seq2[report.Certificate, error]
	// CertificatesOf returns the certificates of one file, oldest first.
	CertificatesOf(ctx context.Context, key string) ([]report.Certificate, error)
	// Chain returns the chain of seals over the certificates.
	Chain(ctx context.Context) (ledger.Chain, error)
	// Erasures returns the orders to erase units, and ErasureCertificates the certificates of one of them, by its hash, oldest first.
	Erasures(ctx context.Context) ([]report.Erasure, error)
	ErasureCertificates(ctx context.Context, unit string) ([]report.ErasureCertificate, error)
	// Credential returns what the runs share of a credential.
	Credential(ctx context.Context, id string) (report.Credential, error)
}

// Deliveries looks into the delivery bucket.
type Deliveries interface {
	// List yields every object. An error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
	// Versions returns all versions and delete markers under exactly this key; an empty list means that nothing is left.
	Versions(ctx context.Context, key string) ([]report.ObjectVersion, error)
}

// Dataset reads the dataset bucket.
type Dataset interface {
	janitor.Published
	// Read returns the whole object under a key, or a NotFound.
	Read(ctx context.Context, key string) ([]byte, error)
}

// View reads one installation. It is for one answer, or a few: it remembers what a listing of the dataset said.
type View struct {
	// Name says in a few words where the installation is.
	Name   string
	Ledger Ledger
	// Deliveries is nil when the delivery bucket is not known. Bucket is its name.
	Deliveries Deliveries
	Bucket     string
	// Dataset is nil when the dataset bucket is not known.
	Dataset Dataset
	// Listed says that listing the dataset costs nothing, as on one machine: days are then shown as they are now. Otherwise
	// they are shown as the janitor last found them.
	Listed  bool
	Sources []requester.Source
	Now     func() time.Time

	seen map[string]report.Partition // by key, once the dataset was listed
}

func problem(remedy, format string, args ...any) error {
	return &phrase.Problem{Err: fmt.Errorf(format, args...), Remedy: remedy}
}

// missing adds the remedy to a NotFound; other errors stay as they are.
func missing(err error, remedy string) error {
	if fault.Is(err, fault.NotFound) {
		return &phrase.Problem{Err: err, Remedy: remedy}
	}
	return err
}

// Source returns the vendor of a subscription, if its parameters are good.
func (v *View) Source(sub report.Subscription) (requester.Source, error) {
	source, ok := requester.SourceNamed(v.Sources, sub.Source)
	if !ok {
		return nil, fault.New(fault.Poison, "subscription %s: this bellhop knows no source %q", sub.Name, sub.Source)
	}
	if err := source.Validate(sub.Params); err != nil {
		return nil, problem("correct it with: bellhop subscriptions apply "+sub.Name+" --param name=value", "subscription %s: %w", sub.Name, err)
	}
	return source, nil
}

// Subscription returns one.
func (v *View) Subscription(ctx context.Context, name string) (report.Subscription, error) {
	sub, err := v.Ledger.Subscription(ctx, name)
	return sub, missing(err, "see which there are: bellhop subscriptions list")
}

// Subscriptions returns the named subscription, or all where there is no name.
func (v *View) Subscriptions(ctx context.Context, name string) ([]report.Subscription, error) {
	if name == "" {
		subs, err := v.Ledger.Subscriptions(ctx)
		return some(subs), err
	}
	sub, err := v.Subscription(ctx, name)
	if err != nil {
		return nil, err
	}
	return []report.Subscription{sub}, nil
}

// SubscriptionState is a subscription with what became of it.
type SubscriptionState struct {
	report.Subscription
	Coverage map[report.CoverageStatus]int `json:"coverage"`
	Wanted   int                           `json:"wanted"`
	Jobs     map[report.JobStatus]int      `json:"jobs"`
}

// State counts the days and jobs of a subscription.
func (v *View) State(ctx context.Context, name string) (SubscriptionState, error) {
	state := SubscriptionState{Jobs: map[report.JobStatus]int{}}
	var err error
	if state.Subscription, err = v.Subscription(ctx, name); err != nil {
		return state, err
	}
	c, err := v.coverage(ctx, state.Subscription, report.Window{})
	if err != nil {
		return state, err
	}
	jobs, err := v.Ledger.Jobs(ctx, name)
	for _, j := range jobs {
		state.Jobs[j.Status]++
	}
	state.Coverage, state.Wanted = c.Counts, len(c.Days)
	return state, err
}

func (v *View) today() report.Date { return report.DateOf(v.Now()) }

// collect reads a list to its end.
func collect[T any](all iter.Seq2[T, error], wants func(T) bool) ([]T, error) {
	var list []T
	for item, err := range all {
		if err != nil {
			return nil, err
		}
		if wants(item) {
			list = append(list, item)
		}
	}
	return list, nil
}

// newest returns the last n of a list that is in the order of time; 0 is all. The list is never nil, which JSON would show
// as null.
func newest[T any](list []T, n int) []T {
	if n > 0 && len(list) > n {
		return list[len(list)-n:]
	}
	return some(list)
}

// some returns an empty list instead of nil.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
