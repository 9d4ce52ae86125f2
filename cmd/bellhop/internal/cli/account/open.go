package account

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/erase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/inputs"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/own"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/convert"
	"github.com/bellhop-asp/bellhop/pkg/ingester"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Open opens a place. The error is a *[shell.Problem] with a remedy where there is one.
func Open(ctx context.Context, p shell.Place) (shell.Account, error) {
	if p.AWS {
		return onAWS(ctx, p)
	}
	return inFolder(ctx, p.Home)
}

// inFolder opens the ledger of a local folder, whether or not a machine runs there.
func inFolder(ctx context.Context, dir string) (shell.Account, error) {
	l, err := sim.OpenLedger(ctx, dir)
	if err != nil {
		return shell.Account{}, err
	}
	at := shell.Account{
		Name: dir + " (this machine)", Ledger: l.Ledger, Now: l.Now, Ahead: l.Ahead, Close: l.Close,
		Deliveries: folder{filepath.Join(dir, "s3"), sim.DeliveryBucket}, Bucket: sim.DeliveryBucket,
		Dataset: datasetFolder{folder{filepath.Join(dir, "s3"), sim.DatasetBucket}},
	}
	writes(&at, func(ctx context.Context) (*sim.OpenedDataset, error) { return sim.OpenDataset(ctx, dir) })
	brings(&at, func(ctx context.Context) (*sim.OpenedDataset, error) { return sim.OpenDeliveries(ctx, dir) })
	return at, nil
}

// opener opens the dataset, or the delivery bucket, for what writes to it.
type opener func(context.Context) (*sim.OpenedDataset, error)

// opened makes of what is opened that which writes to it, with the function that closes it.
func opened[T any](ctx context.Context, open opener, of func(*sim.OpenedDataset) T) (made T, closing func() error, err error) {
	d, err := open(ctx)
	if err != nil {
		return made, nil, err
	}
	return of(d), d.Close, nil
}

// writes gives an account what writes to its dataset, each of which opens that for itself.
func writes(at *shell.Account, open opener) {
	at.Holds = func(ctx context.Context) (shell.Holds, func() error, error) {
		return opened(ctx, open, func(d *sim.OpenedDataset) shell.Holds {
			return &ingester.Holds{Days: d.Ledger, Dataset: objects.NewDataset(d.Bucket), Converter: convert.NewConverter(), Now: d.Now}
		})
	}
	at.Migration = func(ctx context.Context, progress func(done, total int)) (shell.Migrator, func() error, error) {
		return opened(ctx, open, func(d *sim.OpenedDataset) shell.Migrator {
			return &migrate.Service{Dataset: d.Bucket, Days: d.Ledger, Converter: convert.NewConverter(), Now: d.Now, Progress: progress}
		})
	}
	at.Own = func(ctx context.Context) (own.Store, func() error, error) {
		return opened(ctx, open, func(d *sim.OpenedDataset) own.Store { return formed{d.Bucket, objects.NewDataset(d.Bucket)} })
	}
	at.Erasing = func(ctx context.Context, progress func(done, total int), waiting func(loads int)) (shell.Eraser, func() error, error) {
		return opened(ctx, open, func(d *sim.OpenedDataset) shell.Eraser {
			return &erase.Service{
				Dataset: formed{d.Bucket, objects.NewDataset(d.Bucket)}, Ledger: d.Ledger, Converter: convert.NewConverter(), Now: d.Now, Pause: Wait,
				Progress: progress, Waiting: waiting,
			}
		})
	}
	at.Drop = func(ctx context.Context) (shell.Dropper, func() error, error) {
		return opened(ctx, open, func(d *sim.OpenedDataset) shell.Dropper { return objects.NewDataset(d.Bucket) })
	}
}

// formed is a dataset whose format is looked at before the first write or deletion.
type formed struct {
	*objects.Bucket
	dataset *objects.Dataset
}

// Put is [objects.Dataset.Put].
func (s formed) Put(ctx context.Context, w report.Write) (report.Object, error) {
	return s.dataset.Put(ctx, w)
}

// Delete is [objects.Dataset.Delete].
func (s formed) Delete(ctx context.Context, key, etag, versionID string) (string, error) {
	return s.dataset.Delete(ctx, key, etag, versionID)
}

// brings gives an account what puts people's own files into its delivery bucket, which is opened for that.
func brings(at *shell.Account, open opener) {
	at.Imports = func(ctx context.Context) (*imports.Service, func() error, error) {
		return opened(ctx, open, func(d *sim.OpenedDataset) *imports.Service {
			return &imports.Service{
				Ledger: d.Ledger, Deliveries: d.Bucket, Converter: convert.NewConverter(), Now: d.Now, Pause: Wait, Limit: config.LargestFile,
			}
		})
	}
}

func onAWS(ctx context.Context, p shell.Place) (shell.Account, error) {
	cfg, err := configured(ctx)
	if err != nil {
		return shell.Account{}, err
	}
	if p.Stack == "" {
		return withConfig(cfg, p, ""), nil
	}
	in, err := find(ctx, cfg, p.Stack)
	if err != nil {
		return shell.Account{}, err
	}
	owner := in.Account()
	if p.DeliveryBucket != "" || p.DatasetBucket != "" {
		owner = "" // a bucket that somebody names may be another account's
	}
	if err := fill(in, map[stack.Part]*string{
		stack.Ledger: &p.Table, stack.DeliveryBucket: &p.DeliveryBucket, stack.DatasetBucket: &p.DatasetBucket,
	}); err != nil {
		return shell.Account{}, err
	}
	at := withConfig(cfg, p, owner)
	at.Name, at.Installation = fmt.Sprintf("stack %s in %s", p.Stack, cfg.Region), in
	return at, nil
}

// fill names the parts that are not named yet.
func fill(in *stack.Installation, names map[stack.Part]*string) error {
	for part, name := range names {
		if *name != "" {
			continue
		}
		id, err := in.ID(part)
		if err != nil {
			return err
		}
		*name = id
	}
	return nil
}

// Find finds a stack with the credentials and the region that the SDK finds.
func Find(ctx context.Context, name string) (*stack.Installation, error) {
	cfg, err := configured(ctx)
	if err != nil {
		return nil, err
	}
	return find(ctx, cfg, name)
}

func find(ctx context.Context, cfg aws.Config, name string) (*stack.Installation, error) {
	in, err := stack.Find(ctx, cfg, name)
	return in, shell.AboutStack(err)
}

// Bucket opens any bucket with the credentials and the region that the SDK finds.
func Bucket(ctx context.Context, name string) (inputs.AnyBucket, error) {
	cfg, err := configured(ctx)
	if err != nil {
		return nil, err
	}
	return objects.NewBucket(objects.NewClient(cfg), name), nil
}

// configured uses the credentials and the region that the SDK finds. It asks for the credentials at once, so that
// the error is about missing credentials and not about some call that failed.
func configured(ctx context.Context) (aws.Config, error) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return cfg, unauthenticated(fmt.Errorf("read the AWS configuration: %w", err))
	}
	if cfg.Region == "" {
		return cfg, shell.Usage("set AWS_REGION, or a region in the profile that AWS_PROFILE names", "the AWS region is not known")
	}
	if cfg.Credentials == nil {
		return cfg, unauthenticated(fmt.Errorf("there are no AWS credentials"))
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		if ctx.Err() != nil {
			return cfg, ctx.Err()
		}
		return cfg, unauthenticated(fmt.Errorf("there are no AWS credentials to be had: %w", err))
	}
	return cfg, nil
}

// withConfig opens the parts that are named. Owner is the account that their buckets have to be of, if that is known.
func withConfig(cfg aws.Config, p shell.Place, owner string) shell.Account {
	records := ledger.New(ledger.Checked(dynamostore.New(dynamodb.NewFromConfig(cfg), p.Table)))
	at := shell.Account{
		Name:   fmt.Sprintf("table %s in %s", p.Table, cfg.Region),
		Ledger: records,
		Now:    time.Now,
		Close:  func() error { return nil },
	}
	if p.DeliveryBucket != "" {
		deliveries := objects.NewBucket(objects.NewClient(cfg), p.DeliveryBucket, objects.ExpectOwner(owner))
		at.Deliveries, at.Bucket = deliveries, p.DeliveryBucket
		brings(&at, func(context.Context) (*sim.OpenedDataset, error) {
			return &sim.OpenedDataset{Ledger: records, Bucket: deliveries, Now: at.Now, Close: at.Close}, nil
		})
	}
	if p.DatasetBucket != "" {
		whole := objects.NewBucket(objects.NewClient(cfg), p.DatasetBucket, objects.ExpectOwner(owner))
		at.Dataset = bucket{objects.NewDataset(whole)}
		writes(&at, func(context.Context) (*sim.OpenedDataset, error) {
			return &sim.OpenedDataset{Ledger: records, Bucket: whole, Now: at.Now, Close: at.Close}, nil
		})
	}
	return at
}

func unauthenticated(err error) error {
	return &shell.Problem{Code: shell.ExitUnauthenticated, Err: err, Remedy: "log in, for example with aws sso login, or name a profile with AWS_PROFILE"}
}

// Start starts the machine in a local folder.
func Start(ctx context.Context, o sim.Options) (shell.Machine, error) {
	m, err := sim.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return m, nil
}
