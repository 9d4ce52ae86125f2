package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (s Subject) queueChecks() []Check {
	return []Check{
		{"queues", "the bucket may send", s.of(DeliveryBucket, s.queuePolicy)},
		{"queues", "tries", s.redrive},
		s.empty("no dead letters", IngestDeadLetters, "deliveries could not be loaded", "see bellhop review show deliveries; the sweep starts their loads again, and bellhop review replay deliveries does so now"),
		s.empty("no failed runs", FailedRuns, "runs failed for good", "see bellhop review show runs and bellhop logs; when it is mended: bellhop review drop runs"),
	}
}

// attributes are those of a queue.
func (s Subject) attributes(ctx context.Context, part Part) (map[string]string, error) {
	url, err := s.ID(part)
	if err != nil {
		return nil, err
	}
	out, err := sqs.NewFromConfig(s.Config).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if c := code(err); strings.Contains(c, "NonExistentQueue") || c == "QueueDoesNotExist" {
		return nil, trouble(redeploy, "there is no queue %s", part)
	}
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

func (s Subject) queueARN(ctx context.Context, part Part) (string, error) {
	attributes, err := s.attributes(ctx, part)
	return attributes["QueueArn"], err
}

func (s Subject) queuePolicy(ctx context.Context, bucket string) (string, error) {
	attributes, err := s.attributes(ctx, IngestQueue)
	if err != nil {
		return "", err
	}
	policy := attributes["Policy"]
	if policy == "" {
		return "", trouble(redeploy, "the ingest queue has no policy: the bucket cannot announce anything")
	}
	all, err := statements(policy)
	if err != nil {
		return "", err
	}
	for _, st := range all {
		if st.Effect != "Allow" || !slices.Equal(st.Principal, principals{"Service:s3.amazonaws.com"}) {
			continue
		}
		sends := slices.ContainsFunc(st.Action, func(a string) bool { return strings.EqualFold(a, "sqs:SendMessage") })
		condition := string(st.Condition)
		if sends && strings.Contains(condition, ":::"+bucket+`"`) && strings.Contains(condition, "aws:SourceAccount") {
			return "the delivery bucket, and no other, may send to the ingest queue", nil
		}
	}
	return "", trouble(redeploy, "the ingest queue's policy does not let the delivery bucket in, and it alone")
}

func (s Subject) redrive(ctx context.Context) (string, error) {
	attributes, err := s.attributes(ctx, IngestQueue)
	if err != nil {
		return "", err
	}
	ingester, err := s.configuration(ctx, IngesterFunction)
	if err != nil {
		return "", err
	}
	timeout := int(aws.ToInt32(ingester.Timeout))
	visibility, err := strconv.Atoi(attributes["VisibilityTimeout"])
	if err != nil || visibility < 6*timeout {
		return "", trouble(redeploy, "a message is hidden for %s s, and six times the ingester's %d s are needed: one file would be loaded twice at once", attributes["VisibilityTimeout"], timeout)
	}
	dead, err := s.queueARN(ctx, IngestDeadLetters)
	if err != nil {
		return "", err
	}
	var policy struct {
		Target string      `json:"deadLetterTargetArn"`
		Times  json.Number `json:"maxReceiveCount"`
	}
	if err := json.Unmarshal([]byte(attributes["RedrivePolicy"]), &policy); err != nil || policy.Target != dead {
		return "", trouble(redeploy, "what fails for ever does not go to the dead letters")
	}
	return fmt.Sprintf("%s tries, %d s apart, then the dead letters", policy.Times, visibility), nil
}

func (s Subject) empty(name string, part Part, what, remedy string) Check {
	return Check{"queues", name, func(ctx context.Context) (string, error) {
		attributes, err := s.attributes(ctx, part)
		if err != nil {
			return "", err
		}
		if n := attributes["ApproximateNumberOfMessages"]; n != "0" {
			return "", trouble(remedy, "%s: %s", what, n)
		}
		return "none", nil
	}}
}
