package stack

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/redact"
)

// Subject is what is examined.
type Subject struct {
	*Installation
	Ledger Records
	// Dataset is nil when it is not known.
	Dataset Dataset
	Now     func() time.Time
	// Pause lets time pass, and ends early with its context.
	Pause func(ctx context.Context, d time.Duration) error
	// Scrubber learns the secrets that pass through.
	Scrubber *redact.Scrubber
}

// redeploy is the remedy against whatever differs from the template.
const redeploy = "sam deploy puts back what the template says"

// Checks returns everything there is to look at of an installation on AWS.
func (s Subject) Checks() []Check {
	describe := once(s.describe)
	checks := []Check{
		{"account", "identity and clock", s.identity},
		{"account", "stack", func(ctx context.Context) (string, error) {
			stack, err := describe(ctx)
			if err != nil {
				return "", err
			}
			return s.stack(stack)
		}},
		{"ledger", "table, index and stream", s.of(Ledger, s.table)},
		{"ledger", "backups", s.of(Ledger, s.backups)},
		{"ledger", "time to live", s.of(Ledger, s.timeToLive)},
	}
	checks = append(checks, s.bucketChecks()...)
	checks = append(checks, s.queueChecks()...)
	checks = append(checks, s.functionChecks()...)
	checks = append(checks, s.CredentialChecks()...)
	checks = append(checks, Check{"credential", "Khoros Care", s.khorosCare})
	checks = append(checks, s.wakingChecks(describe)...)
	return append(checks, DataChecks(s.Ledger, s.Dataset, s.Now)...)
}

// of makes a look at one part out of a look at what has its physical name.
func (s Subject) of(part Part, look func(ctx context.Context, name string) (string, error)) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		name, err := s.ID(part)
		if err != nil {
			return "", err
		}
		return look(ctx, name)
	}
}

// skew is by how much a clock may be wrong. AWS refuses signatures that are fifteen minutes off.
const skew = 5 * time.Minute

func (s Subject) identity(ctx context.Context) (string, error) {
	out, err := sts.NewFromConfig(s.Config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	who := fmt.Sprintf("%s in account %s", lastPart(aws.ToString(out.Arn)), aws.ToString(out.Account))
	response, ok := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response)
	if !ok {
		return who, nil
	}
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return who, nil //nolint:nilerr // an answer without a time says nothing about this machine's clock
	}
	if off := s.Now().Sub(theirs).Abs(); off > skew {
		return "", trouble("set this machine's clock, for example by NTP", "this machine's clock is %s off: AWS refuses what it signs", off.Round(time.Second))
	}
	return who + ", the clocks agree", nil
}

func lastPart(arn string) string {
	return arn[strings.LastIndexByte(arn, ':')+1:]
}

// describe returns what CloudFormation says of the stack: its status and its parameters.
func (s Subject) describe(ctx context.Context) (cfn.Stack, error) {
	out, err := cloudformation.NewFromConfig(s.Config).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Stack})
	if err != nil {
		return cfn.Stack{}, err
	}
	return out.Stacks[0], nil
}

func (s Subject) stack(stack cfn.Stack) (string, error) {
	var missing []string
	parts := Parts()
	if choice(stack, "Analytics") != "false" {
		parts = append(parts, WorkGroup, Catalog)
	}
	for _, part := range parts {
		if _, err := s.ID(part); err != nil {
			missing = append(missing, string(part))
		}
	}
	if len(missing) > 0 {
		return "", trouble(redeploy, "stack %s lacks %s", s.Stack, strings.Join(missing, ", "))
	}
	status := string(stack.StackStatus)
	if !strings.HasSuffix(status, "_COMPLETE") || strings.Contains(status, "ROLLBACK") || strings.HasPrefix(status, "DELETE") {
		return "", trouble("see its events in the CloudFormation console, and deploy it again", "stack %s is %s", s.Stack, status)
	}
	return fmt.Sprintf("%s is %s", s.Stack, status), nil
}

func (s Subject) table(ctx context.Context, name string) (string, error) {
	out, err := dynamodb.NewFromConfig(s.Config).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if code(err) == "ResourceNotFoundException" {
		return "", trouble("restore it from its backup before anything is deployed: it is the record of what was asked for and deleted", "there is no table %s", name)
	}
	if err != nil {
		return "", err
	}
	t := out.Table
	if t.TableStatus != types.TableStatusActive {
		return "", trouble("wait, and look again", "table %s is %s", name, t.TableStatus)
	}
	due := false
	for _, index := range t.GlobalSecondaryIndexes {
		due = due || aws.ToString(index.IndexName) == "due" && (index.IndexStatus == types.IndexStatusActive || index.IndexStatus == "")
	}
	if !due {
		return "", trouble(redeploy, "table %s has no index due: nothing that waits is found", name)
	}
	if stream := t.StreamSpecification; stream == nil || !aws.ToBool(stream.StreamEnabled) || stream.StreamViewType != types.StreamViewTypeNewAndOldImages {
		return "", trouble(redeploy, "table %s has no stream with both images: deletions wait for the sweep", name)
	}
	return fmt.Sprintf("%s is active, with index and stream", name), nil
}

func (s Subject) timeToLive(ctx context.Context, name string) (string, error) {
	out, err := dynamodb.NewFromConfig(s.Config).DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		return "", err
	}
	d := out.TimeToLiveDescription
	if d == nil || d.TimeToLiveStatus != types.TimeToLiveStatusEnabled && d.TimeToLiveStatus != types.TimeToLiveStatusEnabling {
		return "", trouble(redeploy, "it is off: finished jobs and files are never forgotten")
	}
	if attribute := aws.ToString(d.AttributeName); attribute != dynamostore.AttrForgetAt {
		return "", trouble(redeploy, "it goes by %s: what is not finished may be forgotten", attribute)
	}
	return "on, for finished jobs and files alone", nil
}

func (s Subject) backups(ctx context.Context, name string) (string, error) {
	out, err := dynamodb.NewFromConfig(s.Config).DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &name})
	if err != nil {
		return "", err
	}
	if recovery := out.ContinuousBackupsDescription.PointInTimeRecoveryDescription; recovery == nil || recovery.PointInTimeRecoveryStatus != types.PointInTimeRecoveryStatusEnabled {
		return "", trouble(redeploy, "point-in-time recovery is off: a damaged ledger cannot be had back")
	}
	return "point-in-time recovery is on", nil
}
