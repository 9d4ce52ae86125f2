package shell

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/erase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/inputs"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/kept"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/review"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
	"github.com/bellhop-asp/bellhop/pkg/source/campaigns"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Ledger is what the commands read, and the few things that they change. *ledger.Ledger is one.
type Ledger interface {
	view.Ledger
	requester.Ledger
	// UpdateJob applies a transition. Change may run more than once; its error is returned as it is.
	UpdateJob(ctx context.Context, id string, change func(*report.Job) error) (report.Job, error)
	// UpdateFile applies a transition and settles the file with its job, at now. Change may run more than once; its error
	// is returned as it is.
	UpdateFile(ctx context.Context, key string, now time.Time, change func(*report.File) error) (report.File, error)
	// Remove, Disown and DropDays are the steps of a subscription's removal; see their contracts there.
	Remove(ctx context.Context, subscription string, now time.Time) error
	Disown(ctx context.Context, job string, now time.Time) (report.Job, error)
	DropDays(ctx context.Context, days []report.Partition) error
	// ErasedUnits returns the units that must not come back.
	ErasedUnits(ctx context.Context) (report.ErasedUnits, error)
	// UpdateCredential changes what the runs share of a credential, where change returns true.
	UpdateCredential(ctx context.Context, id string, change func(*report.Credential) bool) (report.Credential, error)
}

// Dataset reads the dataset bucket.
type Dataset interface {
	view.Dataset
	stack.Dataset
}

// Dropper deletes objects of the dataset. *objects.Bucket is one.
type Dropper interface {
	// Stat returns NotFound when there is no object under the key.
	Stat(ctx context.Context, key string) (report.Object, error)
	// Delete deletes the object if it still has the ETag. NotFound when it is gone, Conflict when it has changed.
	Delete(ctx context.Context, key, etag, versionID string) (requestID string, err error)
}

// Holds carries out decisions about held reports.
type Holds = review.Holds

// Migrator brings a dataset to the format of today; see migrate.Service.
type Migrator interface {
	Run(ctx context.Context, dryRun bool) (migrate.Summary, error)
}

// Eraser erases a unit from a dataset; see erase.Service.
type Eraser interface {
	Run(ctx context.Context, unit string, dryRun bool) (erase.Summary, error)
}

// Place says what a command works on.
type Place struct {
	// Home is the local folder. It is used unless AWS is set.
	Home string
	// AWS takes the account and region of the AWS configuration. Table is then the ledger's table, DeliveryBucket the
	// bucket where files arrive, and DatasetBucket that of the dataset; of a bucket without a name nothing can be said.
	AWS bool
	// Stack is the stack whose parts are taken where they are not named.
	Stack          string
	Table          string
	DeliveryBucket string
	DatasetBucket  string
}

// OnAWS reports whether it is an AWS account, and not the local folder.
func (p Place) OnAWS() bool { return p.AWS || p.Stack != "" }

// Account is an opened [Place].
type Account struct {
	// Name says in a few words where this is.
	Name   string
	Ledger Ledger
	// Deliveries is nil when the delivery bucket is not known.
	Deliveries view.Deliveries
	// Bucket is the delivery bucket's name.
	Bucket string
	// Dataset is nil when the dataset bucket is not known.
	Dataset Dataset
	// Holds opens the dataset for decisions about held reports. Close it with the function. Nil when the dataset bucket is not
	// known.
	Holds func(ctx context.Context) (Holds, func() error, error)
	// Drop opens the dataset for deleting. Close it with the function. Nil when the dataset bucket is not known.
	Drop func(ctx context.Context) (Dropper, func() error, error)
	// Migration opens the dataset for bringing it to this format; progress is told how far that is. Close it with the function.
	// Nil when the dataset bucket is not known.
	Migration func(ctx context.Context, progress func(done, total int)) (Migrator, func() error, error)
	// Erasing opens the dataset for erasing units; progress is told how far that is, and waiting how many loads have to end first.
	// Close it with the function. Nil when the dataset bucket is not known.
	Erasing func(ctx context.Context, progress func(done, total int), waiting func(loads int)) (Eraser, func() error, error)
	// Imports opens the delivery bucket for files that a person brings. Close it with the function. Nil when the bucket is not known.
	Imports func(ctx context.Context) (*imports.Service, func() error, error)
	// Own opens the dataset for people's own data and the operations tables. Close it with the function. Nil when the dataset bucket is not known.
	Own func(ctx context.Context) (own.Store, func() error, error)
	// Installation is the stack that was named; nil when there was none.
	Installation *stack.Installation
	// Now is the account's time: a local folder has a clock of its own, which runs ahead.
	Now func() time.Time
	// Ahead is by how much that clock is ahead of the machine's; 0 for a real one.
	Ahead time.Duration
	Close func() error

	View *view.View // set when the account is opened for a command
}

// The engines that run SQL.
const (
	EngineDuckDB = "duckdb"
	EngineAthena = "athena"
)

// LocalDataset is the folder of the dataset among the buckets of a local folder.
const LocalDataset = sim.DatasetBucket

// EngineChoice says which engine is wanted, and over what.
type EngineChoice struct {
	// Name is [EngineDuckDB] or [EngineAthena].
	Name string
	// Dataset is DuckDB's folder with the tables, Memory the most that it takes, such as 1GB, and Threads how many it
	// uses, 0 being one for each processor. Output is the file that Copy or Database makes.
	Dataset, Memory, Output string
	Threads                 int
	// Days are those that DuckDB opens; the zero window is all. Hold has it read each of their tables once.
	Days report.Window
	Hold bool
	// With are files of CSV that DuckDB makes tables of.
	With []query.Named
	// Operations fills the operations tables for DuckDB; see [operations.Tables.Rows].
	Operations func(ctx context.Context, table string) ([][]any, error)
	// Workgroup and Database are Athena's. Where they are empty, those of Stack are taken.
	Workgroup, Database, Stack string
	// Tell is told what Athena does with a query, as often as that changes, and Scanned in the end how many bytes it read.
	// DuckDB tells neither.
	Tell    func(state string)
	Scanned func(bytes int64)
}

// QueryEngine is an engine that may also make files of what it finds. Athena's do not: their error is a Problem.
type QueryEngine interface {
	query.Engine
	// Copy writes what a statement selects as Parquet to the output of the choice, and returns the number of rows.
	Copy(ctx context.Context, statement string) (int64, error)
	// Database makes a DuckDB database of parts of the dataset, and returns the number of rows.
	Database(ctx context.Context, parts []query.Copied) (int64, error)
}

// Prompter reads lines from a person, who can edit them and get earlier ones back.
type Prompter interface {
	// Line returns a line. io.EOF is the end of the input, and [ErrAborted] Ctrl-C.
	Line(prompt string) (string, error)
	// Remember keeps a statement for next time.
	Remember(statement string)
	Close() error
}

// ErrAborted is the error of a line that the person broke off.
var ErrAborted = errors.New("broken off")

// Machine is bellhop running in one folder.
type Machine interface {
	// Demonstrate plays the life of the reports to its end, or to that of ctx.
	Demonstrate(ctx context.Context) (sim.Summary, error)
	// Up keeps everything running until ctx ends, and then returns nil.
	Up(ctx context.Context) error
	Close() error
}

// Campaigns are the operations of the vendor's Proactive Suggestion API. *campaigns.Client is one.
type Campaigns interface {
	Create(ctx context.Context, c campaigns.Campaign) (id string, err error)
	Get(ctx context.Context, id string) (campaigns.Listed, error)
	Delete(ctx context.Context, id string) error
	List(ctx context.Context, r campaigns.PageRequest) (campaigns.Page, error)
	Query(ctx context.Context, units []string, r campaigns.PageRequest) (campaigns.Page, error)
}

// CampaignAccess says with which credential campaigns are read and changed: that of the place's stack or local folder, unless a
// file with one is named. Endpoint is the vendor's host, for a file alone.
type CampaignAccess struct {
	Place          Place
	File, Endpoint string
	Scrubber       *redact.Scrubber
}

// Environment is everything that the commands need of the outside.
type Environment struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal, OutTerminal and ErrTerminal tell whether a person sits at the other end.
	InTerminal, OutTerminal, ErrTerminal bool
	// Width is the terminal's, in columns; 0 when it is not known.
	Width int
	// Height is the terminal's, in lines; 0 when it is not known. What is longer goes through Page, if there is one.
	Height int
	// Page shows text a screen at a time. An error means that nothing was shown.
	Page   func(content string) error
	Getenv func(string) string
	// Program is how the program was called, for command lines that can be typed as they are shown. Default: bellhop.
	Program string
	// Version is what `bellhop version` says.
	Version string
	// Now is this machine's time, for what is about no place. Default: [time.Now].
	Now func() time.Time

	// Open opens what a command works on.
	Open func(ctx context.Context, p Place) (Account, error)
	// Find finds a stack on AWS. The error is a Problem where there is a remedy.
	Find func(ctx context.Context, name string) (*stack.Installation, error)
	// Bucket opens a bucket of S3 to read from it.
	Bucket func(ctx context.Context, name string) (inputs.AnyBucket, error)
	// KeepIn opens the place for copies of seals that a name stands for.
	KeepIn func(ctx context.Context, name string) (kept.Place, error)
	// InputLimit is the most that is read of one file to convert. Default: as much as the ingester takes.
	InputLimit int64
	// Browse opens a page in the person's browser. Its error is ignored, because the address is shown as well.
	Browse func(address string) error
	// ReadSecret reads a line from the terminal without showing it.
	ReadSecret func() (string, error)
	// Wait lets time pass, and ends early with ctx.
	Wait func(ctx context.Context, d time.Duration) error
	// Parse returns the tree of a statement of SQL, as duckdb.Parse does. Nil where nothing can be said of a statement.
	Parse func(ctx context.Context, statement string) (map[string]any, error)
	// Prompt opens the terminal for lines that a person types. Complete returns the words that a word may become.
	Prompt func(complete func(word string) []string) (Prompter, error)
	// OpenEngine opens an engine that runs SQL.
	OpenEngine func(ctx context.Context, e EngineChoice) (QueryEngine, error)
	// Start takes possession of a local folder and starts the machine in it.
	Start func(ctx context.Context, o sim.Options) (Machine, error)
	// Reset deletes a local folder, unless a machine runs in it.
	Reset func(dir string) error
	// OpenCampaigns opens the vendor's API of campaigns. Nothing is sent before the first operation.
	OpenCampaigns func(ctx context.Context, c CampaignAccess) (Campaigns, error)
	// Sources are the vendors whose subscriptions can be checked.
	Sources []requester.Source
}
