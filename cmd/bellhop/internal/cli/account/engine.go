package account

import (
	"context"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/athena"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/migrate"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/athena"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
)

// OpenEngine opens an engine that runs SQL. The error is a *[shell.Problem] with a remedy where there is one.
func OpenEngine(ctx context.Context, c shell.EngineChoice) (shell.QueryEngine, error) {
	if c.Name == shell.EngineAthena {
		cfg, err := configured(ctx)
		if err != nil {
			return nil, err
		}
		if err := complete(ctx, cfg, &c); err != nil {
			return nil, err
		}
		return onAthena{&athena.Engine{
			Client: sdk.NewFromConfig(cfg), Workgroup: c.Workgroup, Database: c.Database, Wait: Wait, Tell: c.Tell, Scanned: c.Scanned,
		}}, nil
	}
	if !duckdb.Available {
		return nil, &shell.Problem{
			Code: shell.ExitError, Err: duckdb.ErrNoCgo,
			Remedy: "take the full bellhop of the release, or build it where there is a C compiler (CGO_ENABLED=1 make build/bellhop); or ask Athena: --engine athena --stack NAME",
		}
	}
	if info, err := os.Stat(c.Dataset); err != nil || !info.IsDir() {
		return nil, shell.Refuse("make one with bellhop local run or bellhop ingest, or name its folder with --dataset", "there is no dataset in %s", c.Dataset)
	}
	if _, err := migrate.Folder(c.Dataset).Format(); err != nil {
		return nil, err
	}
	e, err := duckdb.Open(ctx, duckdb.Options{Dataset: c.Dataset, Days: c.Days, Hold: c.Hold, Output: c.Output, Memory: c.Memory, Threads: c.Threads, With: c.With, Operations: c.Operations})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// complete takes what is not named from the stack.
func complete(ctx context.Context, cfg aws.Config, c *shell.EngineChoice) error {
	if c.Stack == "" {
		return nil
	}
	in, err := find(ctx, cfg, c.Stack)
	if err != nil {
		return err
	}
	return fill(in, map[stack.Part]*string{stack.WorkGroup: &c.Workgroup, stack.Catalog: &c.Database})
}

// Wait lets time pass, and ends early with ctx.
func Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// onAthena is Athena's engine, which makes no files on this machine.
type onAthena struct{ *athena.Engine }

// Close does nothing: nothing is held.
func (onAthena) Close() error { return nil }

var errNoFiles = shell.Usage("use --engine duckdb", "the engine athena makes no files on this machine")

// Copy is refused.
func (onAthena) Copy(context.Context, string) (int64, error) { return 0, errNoFiles }

// Database is refused.
func (onAthena) Database(context.Context, []query.Copied) (int64, error) { return 0, errNoFiles }
