// Package athena runs SQL over the dataset where it lies at scale: in Amazon Athena, in the workgroup that the stack
// makes. The workgroup holds the bound on what a query may scan and the place of its results; nothing here overrides it.
package athena

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// API is what is needed of Athena. *athena.Client is one.
type API interface {
	StartQueryExecution(ctx context.Context, in *athena.StartQueryExecutionInput, opts ...func(*athena.Options)) (*athena.StartQueryExecutionOutput, error)
	GetQueryExecution(ctx context.Context, in *athena.GetQueryExecutionInput, opts ...func(*athena.Options)) (*athena.GetQueryExecutionOutput, error)
	StopQueryExecution(ctx context.Context, in *athena.StopQueryExecutionInput, opts ...func(*athena.Options)) (*athena.StopQueryExecutionOutput, error)
	athena.GetQueryResultsAPIClient
}

// Engine runs queries one after the other.
type Engine struct {
	Client API
	// Workgroup bounds what a query may scan, and says where results go. Database is where tables without a prefix are.
	Workgroup, Database string
	// Wait returns after d, or with the context's error before that.
	Wait func(ctx context.Context, d time.Duration) error
	// Tell is told what Athena does with the query, as often as that changes; nil is told nothing.
	Tell func(state string)
	// Scanned is told how many bytes a query read, which is what Athena's bill goes by; nil is told nothing.
	Scanned func(bytes int64)
}

// How long the engine waits before it asks again how a query stands: from a fifth of a second on, for short queries are
// the rule, up to a few seconds, for GetQueryExecution is throttled by account.
const (
	firstLook   = 200 * time.Millisecond
	longestLook = 4 * time.Second
)

// stopTime is what stopping a query may take after the person has gone.
const stopTime = 10 * time.Second

// Run runs one statement to its end and hands its rows on. When ctx ends first, the query is stopped in Athena too, for it
// would go on to cost money, and the context's error is returned.
//
// A statement that Athena refuses or that fails is Poison with Athena's words; one that failed on Athena's side and may be
// run again as it is, is Transient. The statement itself is in no error. What a statement may do is up to the workgroup
// and the caller's permissions.
func (e *Engine) Run(ctx context.Context, statement string, to query.Result) error {
	done, err := e.finish(ctx, statement)
	if err != nil {
		return err
	}
	if e.Scanned != nil && done.Statistics != nil {
		e.Scanned(aws.ToInt64(done.Statistics.DataScannedInBytes))
	}
	return read(ctx, e.Client, done, to)
}

// finish runs a statement to its end.
func (e *Engine) finish(ctx context.Context, statement string) (*types.QueryExecution, error) {
	started, err := e.Client.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString:           aws.String(statement),
		WorkGroup:             aws.String(e.Workgroup),
		QueryExecutionContext: &types.QueryExecutionContext{Database: aws.String(e.Database)},
	})
	if err != nil {
		return nil, refused(err)
	}
	id := aws.ToString(started.QueryExecutionId)
	done, err := e.await(ctx, id)
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), e.stop(ctx, id))
		}
		return nil, err
	}
	return done, nil
}

// refused makes Poison of Athena's refusal to run a statement at all, such as one that cannot be parsed.
func refused(err error) error {
	if invalid, ok := errors.AsType[*types.InvalidRequestException](err); ok {
		return fault.New(fault.Poison, "Athena refuses the query: %s", aws.ToString(invalid.Message))
	}
	return fmt.Errorf("start the query in Athena: %w", err)
}

// await asks how the query stands until it has ended well.
func (e *Engine) await(ctx context.Context, id string) (*types.QueryExecution, error) {
	backoff := retry.NewExponentialJitterBackoff(longestLook)
	said := types.QueryExecutionState("")
	for look := 0; ; look++ {
		out, err := e.Client.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: aws.String(id)})
		if err != nil {
			return nil, fmt.Errorf("ask Athena how query %s stands: %w", id, err)
		}
		status := out.QueryExecution.Status
		if status.State != said && e.Tell != nil {
			e.Tell(string(status.State))
		}
		said = status.State
		switch status.State {
		case types.QueryExecutionStateSucceeded:
			return out.QueryExecution, nil
		case types.QueryExecutionStateFailed:
			return nil, failed(id, status)
		case types.QueryExecutionStateCancelled:
			return nil, fault.New(fault.Conflict, "somebody else stopped query %s in Athena", id)
		case types.QueryExecutionStateQueued, types.QueryExecutionStateRunning:
		default:
			return nil, fault.New(fault.Internal, "Athena says that query %s is %s, which is unheard of", id, status.State)
		}
		delay, err := backoff.BackoffDelay(look, nil)
		if err != nil {
			return nil, fmt.Errorf("find out when to ask again: %w", err)
		}
		if err := e.Wait(ctx, max(delay, firstLook)); err != nil {
			return nil, err
		}
	}
}

// failed tells what a person can mend from what only time can. Athena says which failures may be tried again.
func failed(id string, s *types.QueryExecutionStatus) error {
	why := aws.ToString(s.StateChangeReason)
	kind := fault.Poison
	if s.AthenaError != nil {
		why = aws.ToString(s.AthenaError.ErrorMessage)
		if s.AthenaError.Retryable {
			kind = fault.Transient
		}
	}
	return fault.New(kind, "query %s failed in Athena: %s", id, why)
}

// stop ends the query in Athena. The context has ended, hence another one.
func (e *Engine) stop(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if _, err := e.Client.StopQueryExecution(ctx, &athena.StopQueryExecutionInput{QueryExecutionId: aws.String(id)}); err != nil {
		return fmt.Errorf("query %s goes on in Athena: %w", id, err)
	}
	return nil
}
