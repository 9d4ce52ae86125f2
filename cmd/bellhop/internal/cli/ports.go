package cli

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/local"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/request"
)

// Ledger is what the commands read, and the few things that they change. *ledger.Ledger is one.
type Ledger interface {
	request.Boards
	// Subscription, Job and File return a NotFound for a name that the ledger does not know.
	Subscription(ctx context.Context, name string) (report.Subscription, error)
	Job(ctx context.Context, id string) (report.Job, error)
	File(ctx context.Context, key string) (report.File, error)
	// Jobs returns all jobs of a subscription, oldest first.
	Jobs(ctx context.Context, subscription string) ([]report.Job, error)
	// UpdateJob applies a transition. Change may run more than once; its error is returned as it is.
	UpdateJob(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error)
	// UpdateFile applies a transition and settles the file with its job, at now. Change may run more than once; its error
	// is returned as it is.
	UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
	// Files and Certificates yield everything, in no order. After an error they end.
	Files(ctx context.Context) iter.Seq2[report.File, error]
	Certificates(ctx context.Context) iter.Seq2[report.Certificate, error]
	// CertificatesOf returns the certificates of one file, oldest first.
	CertificatesOf(ctx context.Context, key string) ([]report.Certificate, error)
}

// Deliveries looks into the delivery bucket. Nothing here changes it.
type Deliveries interface {
	// List yields every object. An error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
	// Versions returns all versions and delete markers under exactly this key; none means that nothing is left.
	Versions(ctx context.Context, key string) ([]report.ObjectVersion, error)
}

// Place says what a command works on.
type Place struct {
	// Home is the local folder. It is used unless AWS is set.
	Home string
	// AWS takes the account and region of the AWS configuration. Table is then the ledger's table and
	// DeliveryBucket the bucket where files arrive; without a name for it nothing can be said of raw objects.
	AWS            bool
	Table          string
	DeliveryBucket string
}

// Account is an opened [Place].
type Account struct {
	// Name says in a few words where this is.
	Name   string
	Ledger Ledger
	// Deliveries is nil when the delivery bucket is not known.
	Deliveries Deliveries
	// Bucket is the delivery bucket's name.
	Bucket string
	// Now is the account's time: a local folder has a clock of its own, which runs ahead.
	Now   func() time.Time
	Close func() error
}

// Machine is bellhop running in one folder.
type Machine interface {
	// Demonstrate plays the life of the reports to its end, or to that of ctx.
	Demonstrate(ctx context.Context) (local.Summary, error)
	// Up keeps everything running until ctx ends, and then returns nil.
	Up(ctx context.Context) error
	Close() error
}

// Environment is everything that the commands need of the outside.
type Environment struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal, OutTerminal and ErrTerminal tell whether a person sits at the other end.
	InTerminal, OutTerminal, ErrTerminal bool
	// Width is the terminal's, in columns; 0 when it is not known.
	Width  int
	Getenv func(string) string
	// Program is how the program was called, for command lines that can be typed as they are shown. Default: bellhop.
	Program string
	// Version is what `bellhop version` says.
	Version string
	// Now is this machine's time, for what is about no place. Default: [time.Now].
	Now func() time.Time

	// Open opens what a command works on.
	Open func(ctx context.Context, p Place) (Account, error)
	// Start takes possession of a local folder and starts the machine in it.
	Start func(ctx context.Context, o local.Options) (Machine, error)
	// Reset deletes a local folder, unless a machine runs in it.
	Reset func(dir string) error
	// Sources are the vendors whose subscriptions can be checked.
	Sources []request.Source
}
