package stack_test

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// complete makes by single calls what moto's CloudFormation leaves out, from the properties in the template.
func (a *Account) complete() {
	a.t.Helper()
	ctx := a.t.Context()
	if a.Template.Has(string(stack.LwaSecret)) {
		secret, err := secretsmanager.NewFromConfig(a.Config).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("LwaSecret-a1b2c3")})
		a.must("create the secret", err)
		a.add(string(stack.LwaSecret), aws.ToString(secret.ARN))
	}
	for part, property := range map[stack.Part][]any{stack.WorkGroup: {"Name"}, stack.Catalog: {"DatabaseInput", "Name"}} {
		if a.Template.Has(string(part)) {
			a.add(string(part), a.Template.Text(cloudformation.At(a.Template.Template.Properties(string(part)), property...)))
		}
	}
	_, err := dynamodb.NewFromConfig(a.Config).UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: aws.String(a.ID(stack.Ledger)), PointInTimeRecoverySpecification: &ddb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
	})
	a.must("switch the backups on", err)
	attribute := a.Template.Text(cloudformation.At(a.Template.Template.Properties(string(stack.Ledger)), "TimeToLiveSpecification", "AttributeName"))
	_, err = dynamodb.NewFromConfig(a.Config).UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(a.ID(stack.Ledger)), TimeToLiveSpecification: &ddb.TimeToLiveSpecification{Enabled: aws.Bool(true), AttributeName: &attribute},
	})
	a.must("set the time to live", err)
	maps.Copy(a.Template.Values, a.resources)
	for _, id := range []stack.Part{stack.RequesterFunction, stack.IngesterFunction, stack.JanitorFunction} {
		// As text, which is what a function gets; moto hands numbers on.
		_, err = lambda.NewFromConfig(a.Config).UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
			FunctionName: aws.String(a.ID(id)), Environment: &lambdatypes.Environment{Variables: a.Template.Environment(string(id))},
		})
		a.must("give the function its environment", err)
	}
	a.Queue(nil)
	for _, id := range []stack.Part{stack.DailySchedule, stack.WorkOffSchedule, stack.SweepSchedule} {
		a.Schedule(id, schedulertypes.ScheduleStateEnabled)
	}
	a.Bucket()
	a.alarms()
}

// Queue sets the ingest queue up as the template says, with other values for some attributes.
func (a *Account) Queue(other map[string]string) {
	a.t.Helper()
	dead := a.ID(stack.IngestDeadLetters)
	p := a.Template.Template.Properties(string(stack.IngestQueue))
	attributes := map[string]string{
		"Policy":            a.policyOf("IngestQueuePolicy"),
		"VisibilityTimeout": a.Template.Text(p["VisibilityTimeout"]),
		"RedrivePolicy":     `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:` + dead[strings.LastIndexByte(dead, '/')+1:] + `","maxReceiveCount":5}`,
	}
	maps.Copy(attributes, other)
	_, err := sqs.NewFromConfig(a.Config).SetQueueAttributes(a.t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(a.ID(stack.IngestQueue)), Attributes: attributes})
	a.must("set up the queue", err)
}

// Drain deletes the messages of a queue.
func (a *Account) Drain(part stack.Part) {
	a.t.Helper()
	client, url := sqs.NewFromConfig(a.Config), aws.String(a.ID(part))
	for {
		out, err := client.ReceiveMessage(a.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
		a.must("receive messages", err)
		if len(out.Messages) == 0 {
			return
		}
		for _, m := range out.Messages {
			_, err := client.DeleteMessage(a.t.Context(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
			a.must("delete a message", err)
		}
	}
}

// Schedule makes a schedule of the template anew, in a state.
func (a *Account) Schedule(id stack.Part, state schedulertypes.ScheduleState) {
	a.t.Helper()
	client := scheduler.NewFromConfig(a.Config)
	properties := a.Template.Template.Properties(string(id))
	name := "bellhop-" + string(id)
	target := &schedulertypes.Target{
		Arn: aws.String("arn:aws:lambda:us-east-1:123456789012:function:bellhop"), RoleArn: aws.String("arn:aws:iam::123456789012:role/schedule"),
		Input: aws.String(a.Template.Text(cloudformation.At(properties, "Target", "Input"))),
	}
	if _, err := client.DeleteSchedule(a.t.Context(), &scheduler.DeleteScheduleInput{Name: &name}); err != nil && !strings.Contains(err.Error(), "ResourceNotFound") {
		a.t.Fatal(err)
	}
	_, err := client.CreateSchedule(a.t.Context(), &scheduler.CreateScheduleInput{
		Name: &name, ScheduleExpression: aws.String(a.Template.Text(properties["ScheduleExpression"])), State: state, Target: target,
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
	})
	a.must("make the schedule "+name, err)
	a.add(string(id), name)
}

// Bucket sets up the delivery bucket as the template says, after whatever was done to it.
func (a *Account) Bucket() {
	a.t.Helper()
	ctx, client, bucket := a.t.Context(), objects.NewClient(a.Config), aws.String(a.ID(stack.DeliveryBucket))
	p := a.Template.Template.Properties(string(stack.DeliveryBucket))
	a.Policy(a.policyOf("DeliveryBucketPolicy"))
	ownership := a.Template.Text(cloudformation.At(p, "OwnershipControls", "Rules", 0, "ObjectOwnership"))
	_, err := client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: bucket, OwnershipControls: &s3types.OwnershipControls{
		Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: s3types.ObjectOwnership(ownership)}},
	}})
	a.must("set the ownership", err)
	a.Encryption(s3types.ServerSideEncryption(a.Template.Text(cloudformation.At(p, "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"))))
	a.PublicAccess(cloudformation.At(p, "PublicAccessBlockConfiguration", "RestrictPublicBuckets") == true)
	days, _ := cloudformation.At(p, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays").(float64)
	a.Lifecycle(int32(days), "")
	event := s3types.Event(a.Template.Text(cloudformation.At(p, "NotificationConfiguration", "QueueConfigurations", 0, "Event")))
	a.Notification(event, nil)
}

// policyOf is a policy document of the template, resolved.
func (a *Account) policyOf(id string) string {
	a.t.Helper()
	raw, err := json.Marshal(a.Template.Resolve(a.Template.Template.Properties(id)["PolicyDocument"]))
	a.must("encode the policy", err)
	return string(raw)
}

// Policy gives the delivery bucket another policy.
func (a *Account) Policy(document string) {
	a.t.Helper()
	_, err := objects.NewClient(a.Config).PutBucketPolicy(a.t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(a.ID(stack.DeliveryBucket)), Policy: &document})
	a.must("put the policy", err)
}

// Encryption sets the delivery bucket's default encryption.
func (a *Account) Encryption(by s3types.ServerSideEncryption) {
	a.t.Helper()
	_, err := objects.NewClient(a.Config).PutBucketEncryption(a.t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: aws.String(a.ID(stack.DeliveryBucket)), ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{
			Rules: []s3types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: by}}},
		},
	})
	a.must("set the encryption", err)
}

// PublicAccess blocks public access, or leaves one way open.
func (a *Account) PublicAccess(restricted bool) {
	a.t.Helper()
	_, err := objects.NewClient(a.Config).PutPublicAccessBlock(a.t.Context(), &s3.PutPublicAccessBlockInput{
		Bucket: aws.String(a.ID(stack.DeliveryBucket)), PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: &restricted,
		},
	})
	a.must("block public access", err)
}

// Lifecycle lets what begins with the prefix expire after some days.
func (a *Account) Lifecycle(days int32, prefix string) {
	a.t.Helper()
	_, err := objects.NewClient(a.Config).PutBucketLifecycleConfiguration(a.t.Context(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: aws.String(a.ID(stack.DeliveryBucket)), LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{{
			ID: aws.String("raw-files-expire"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: &prefix},
			Expiration: &s3types.LifecycleExpiration{Days: &days}, AbortIncompleteMultipartUpload: &s3types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)},
		}}},
	})
	a.must("set the lifecycle", err)
}

// Notification announces an event to the ingest queue; without an event nothing.
func (a *Account) Notification(event s3types.Event, filter *s3types.NotificationConfigurationFilter) {
	a.t.Helper()
	configuration := &s3types.NotificationConfiguration{}
	if event != "" {
		queue := a.ID(stack.IngestQueue)
		configuration.QueueConfigurations = []s3types.QueueConfiguration{{
			QueueArn: aws.String("arn:aws:sqs:us-east-1:123456789012:" + queue[strings.LastIndexByte(queue, '/')+1:]), Events: []s3types.Event{event}, Filter: filter,
		}}
	}
	_, err := objects.NewClient(a.Config).PutBucketNotificationConfiguration(a.t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(a.ID(stack.DeliveryBucket)), NotificationConfiguration: configuration,
	})
	a.must("set the notification", err)
	// S3 announces itself with a test event. moto's Lambda cannot run our function, and takes it for a dead letter.
	a.Drain(stack.IngestDeadLetters)
}

func (a *Account) putObject(bucket, key string, content []byte) {
	a.t.Helper()
	client := objects.NewClient(a.Config)
	_, err := client.CreateBucket(a.t.Context(), &s3.CreateBucketInput{Bucket: &bucket})
	a.must("create a bucket", err)
	_, err = client.PutObject(a.t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(string(content))})
	a.must("put an object", err)
}
