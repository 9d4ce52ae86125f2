// Package stack works with bellhop's stack on AWS: it finds the stack's parts, so that nobody has to copy names out of its
// outputs, examines them and says what is wrong, gets a credential by a login, and reads logs and dead letters.
//
// An examination changes nothing, with one exception: when Login with Amazon replaces the refresh token, the new one is written
// to the secret, as after every run.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/source/secret"
)

// Part is the name of one of the resources in template.yaml or in the stacks nested in it.
type Part string

// The parts that the command line works with.
const (
	Ledger            Part = "Ledger"
	DeliveryBucket    Part = "DeliveryBucket"
	DatasetBucket     Part = "DatasetBucket"
	IngestQueue       Part = "IngestQueue"
	IngestDeadLetters Part = "IngestDeadLetters"
	FailedRuns        Part = "FailedRuns"
	LwaSecret         Part = "LwaSecret"
	RequesterFunction Part = "RequesterFunction"
	IngesterFunction  Part = "IngesterFunction"
	JanitorFunction   Part = "JanitorFunction"
	RequesterLogs     Part = "RequesterLogs"
	IngesterLogs      Part = "IngesterLogs"
	JanitorLogs       Part = "JanitorLogs"
	DailySchedule     Part = "RequesterFunctionDaily"
	WorkOffSchedule   Part = "RequesterFunctionWorkOff"
	SweepSchedule     Part = "JanitorFunctionSweep"
	WorkGroup         Part = "WorkGroup"
	Catalog           Part = "Catalog"
	AlarmTopic        Part = "AlarmTopic"
)

// Parts returns those that every stack has. LwaSecret is only there with CredentialStore=SecretsManager, and WorkGroup and
// Catalog with Analytics=true.
func Parts() []Part {
	return []Part{
		Ledger, DeliveryBucket, DatasetBucket, IngestQueue, IngestDeadLetters, FailedRuns, RequesterFunction, IngesterFunction, JanitorFunction,
		RequesterLogs, IngesterLogs, JanitorLogs, DailySchedule, WorkOffSchedule, SweepSchedule, AlarmTopic,
	}
}

// Installation is one deployed stack.
type Installation struct {
	Stack string
	// Config has the credentials and the region.
	Config aws.Config

	ids    map[Part]string
	alarms []string
}

// Find reads what a stack consists of. A NotFound says that there is no such stack, or that it is not bellhop's.
func Find(ctx context.Context, cfg aws.Config, stack string) (*Installation, error) {
	in := &Installation{Stack: stack, Config: cfg, ids: map[Part]string{}}
	if err := in.read(ctx, cloudformation.NewFromConfig(cfg), stack); err != nil {
		return nil, err
	}
	if _, err := in.ID(Ledger); err != nil {
		return nil, fault.New(fault.NotFound, "stack %s in %s has no ledger: it is not one of bellhop's", stack, cfg.Region)
	}
	return in, nil
}

// read adds what a stack consists of, and what the stacks nested in it do.
func (in *Installation) read(ctx context.Context, client *cloudformation.Client, stack string) error {
	pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			return fault.New(fault.NotFound, "there is no stack %s in %s", stack, in.Config.Region)
		}
		if err != nil {
			return fmt.Errorf("read what stack %s consists of: %w", stack, err)
		}
		for _, r := range page.StackResourceSummaries {
			id := aws.ToString(r.PhysicalResourceId)
			// Skip what a change of parameters took away, and what has not been made.
			if r.ResourceStatus == types.ResourceStatusDeleteComplete || id == "" {
				continue
			}
			in.ids[Part(aws.ToString(r.LogicalResourceId))] = id
			switch aws.ToString(r.ResourceType) {
			case "AWS::CloudWatch::Alarm":
				in.alarms = append(in.alarms, id)
			case "AWS::CloudFormation::Stack":
				if err := in.read(ctx, client, id); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// absent reports whether CloudFormation says that there is no such stack. It has no error code of its own for that.
func absent(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == "ValidationError" && strings.Contains(api.ErrorMessage(), "does not exist")
}

// Secret returns the store of the credential of Login with Amazon: the stack's secret, or the parameter of its name, which is
// not one of the stack's parts, as CloudFormation makes no encrypted ones.
func (in *Installation) Secret() (secret.Store, error) {
	id := cmp.Or(in.ids[LwaSecret], "/bellhop/"+in.Stack+"/lwa")
	return secret.Open(id, secretsmanager.NewFromConfig(in.Config), ssm.NewFromConfig(in.Config))
}

// Account returns the AWS account that the stack is in, "" when no part tells.
func (in *Installation) Account() string {
	topic, err := arn.Parse(in.ids[AlarmTopic])
	if err != nil {
		return ""
	}
	return topic.AccountID
}

// Alarms returns the names of the stack's alarms in CloudWatch.
func (in *Installation) Alarms() []string { return slices.Clone(in.alarms) }

// ID returns the physical name of a part: the name of a table, a bucket, a function or a log group, the URL of a queue, the ARN
// of a secret or a topic. NotFound when the stack does not have it.
func (in *Installation) ID(p Part) (string, error) {
	if id := in.ids[p]; id != "" {
		return id, nil
	}
	if p == WorkGroup || p == Catalog {
		return "", fault.New(fault.NotFound, "stack %s has no analytics: deploy it with Analytics=true, or use --engine duckdb", in.Stack)
	}
	return "", fault.New(fault.NotFound, "stack %s has no %s: deploy it again", in.Stack, p)
}
