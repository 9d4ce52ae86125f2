package stack_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func bucketFaults() map[string]failing {
	const vendorPolicy = "the vendor may put files"
	tls := `{"Sid":"Tls","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	statement := func(p *fixture, role, action, more string) string {
		return fmt.Sprintf(`{"Sid":"Statement1","Effect":"Allow","Principal":{"AWS":%q},"Action":%q,"Resource":"arn:aws:s3:::%s/*"%s}`, role, action, *p.bucket(), more)
	}
	const role = "arn:aws:iam::889066238466:role/AlexaAnalyticsReportConsumerS3IamRole"
	policy := func(of func(p *fixture) string) func(p *fixture) func() {
		return func(p *fixture) func() {
			p.Policy(`{"Version":"2012-10-17","Statement":[` + of(p) + `]}`)
			return p.Bucket
		}
	}
	return map[string]failing{
		"no policy": {func(p *fixture) func() {
			if _, err := p.s3().DeleteBucketPolicy(p.t.Context(), &s3.DeleteBucketPolicyInput{Bucket: p.bucket()}); err != nil {
				p.t.Fatal(err)
			}
			return p.Bucket
		}, []string{vendorPolicy}, "has no policy"},
		"another role in the policy":   {policy(func(p *fixture) string { return statement(p, role+"2", "s3:PutObject", "") + "," + tls }), []string{vendorPolicy}, "lets AWS:" + role + "2 in"},
		"another action in the policy": {policy(func(p *fixture) string { return statement(p, role, "s3:GetObject", "") + "," + tls }), []string{vendorPolicy}, "lets AWS:" + role + " in"},
		"a condition in the policy": {policy(func(p *fixture) string {
			return statement(p, role, "s3:PutObject", `,"Condition":{"Bool":{"aws:ViaAWSService":"true"}}`) + "," + tls
		}), []string{vendorPolicy}, "lets AWS:" + role + " in"},
		"somebody else in the policy": {policy(func(p *fixture) string {
			return statement(p, role, "s3:PutObject", "") + "," + tls + "," + statement(p, "*", "s3:PutObject", "")
		}), []string{vendorPolicy}, "in as well"},
		"a policy that refuses the vendor": {policy(func(p *fixture) string {
			return statement(p, role, "s3:PutObject", "") + "," + tls + "," + strings.Replace(statement(p, role, "s3:PutObject", ""), "Allow", "Deny", 1)
		}), []string{vendorPolicy}, "denies"},
		"no TLS demanded": {policy(func(p *fixture) string { return statement(p, role, "s3:PutObject", "") }), []string{vendorPolicy}, "without TLS"},
		"the writer owns": {func(p *fixture) func() {
			if _, err := p.s3().DeleteBucketOwnershipControls(p.t.Context(), &s3.DeleteBucketOwnershipControlsInput{Bucket: p.bucket()}); err != nil {
				p.t.Fatal(err)
			}
			return p.Bucket
		}, []string{"objects are ours"}, "belongs to the vendor"},
		"a key of ours":          {func(p *fixture) func() { p.Encryption(s3types.ServerSideEncryptionAwsKms); return p.Bucket }, []string{"encryption"}, "aws:kms"},
		"a way for public":       {func(p *fixture) func() { p.PublicAccess(false); return p.Bucket }, []string{"nothing is public"}, "not blocked"},
		"files stay a week":      {func(p *fixture) func() { p.Lifecycle(7, ""); return p.Bucket }, []string{"lifecycle as the last resort"}, "after a day"},
		"files with a prefix go": {func(p *fixture) func() { p.Lifecycle(1, "reports/"); return p.Bucket }, []string{"lifecycle as the last resort"}, "after a day"},
		"nothing is announced":   {func(p *fixture) func() { p.Notification("", nil); return p.Bucket }, []string{"arrivals are announced"}, "not announced"},
		"some are announced": {func(p *fixture) func() {
			p.Notification("s3:ObjectCreated:*", &s3types.NotificationConfigurationFilter{Key: &s3types.S3KeyFilter{FilterRules: []s3types.FilterRule{{Name: s3types.FilterRuleNameSuffix, Value: aws.String(".csv")}}}})
			return p.Bucket
		}, []string{"arrivals are announced"}, "by a filter"},
		"puts alone are announced": {func(p *fixture) func() { p.Notification("s3:ObjectCreated:Put", nil); return p.Bucket }, []string{"arrivals are announced"}, "not announced"},
	}
}

func queueFaults() map[string]failing {
	set := func(attribute, wrong string) func(p *fixture) func() {
		return func(p *fixture) func() {
			p.Queue(map[string]string{attribute: wrong})
			return func() { p.Queue(nil) }
		}
	}
	send := func(part stack.Part) func(p *fixture) func() {
		return func(p *fixture) func() {
			client, url := sqs.NewFromConfig(p.Config), aws.String(p.ID(part))
			if _, err := client.SendMessage(p.t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("{}")}); err != nil {
				p.t.Fatal(err)
			}
			return func() { p.Drain(part) }
		}
	}
	other := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::another"},"StringEquals":{"aws:SourceAccount":"1"}}}]}`
	anybody := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`
	return map[string]failing{
		"a queue for another bucket":    {set("Policy", other), []string{"the bucket may send"}, "and it alone"},
		"a queue for any bucket":        {set("Policy", anybody), []string{"the bucket may send"}, "and it alone"},
		"nothing becomes a dead letter": {set("RedrivePolicy", ""), []string{"tries"}, "does not go to the dead letters"},
		"messages come back early":      {set("VisibilityTimeout", "60"), []string{"tries"}, "hidden for 60 s"},
		"dead letters":                  {send(stack.IngestDeadLetters), []string{"no dead letters"}, "could not be loaded: 1"},
		"failed runs":                   {send(stack.FailedRuns), []string{"no failed runs"}, "failed for good: 1"},
	}
}

func functionFaults() map[string]failing {
	const requester = "requester"
	sources := func(function stack.Part, without []string, says string) failing {
		return failing{func(p *fixture) func() {
			client := lambda.NewFromConfig(p.Config)
			out, err := client.ListEventSourceMappings(p.t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(p.ID(function))})
			if err != nil || len(out.EventSourceMappings) != 1 {
				p.t.Fatalf("%d mappings, %v", len(out.EventSourceMappings), err)
			}
			enable := func(on bool) {
				if _, err := client.UpdateEventSourceMapping(p.t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: out.EventSourceMappings[0].UUID, Enabled: &on}); err != nil {
					p.t.Fatal(err)
				}
			}
			enable(false)
			return func() { enable(true) }
		}, without, says}
	}
	schedule := func(id stack.Part, check, says string) failing {
		return failing{func(p *fixture) func() {
			p.Schedule(id, schedulertypes.ScheduleStateDisabled)
			return func() { p.Schedule(id, schedulertypes.ScheduleStateEnabled) }
		}, []string{check}, says}
	}
	return map[string]failing{
		"a function is stopped": {func(p *fixture) func() {
			client, name := lambda.NewFromConfig(p.Config), aws.String(p.ID(stack.RequesterFunction))
			if _, err := client.PutFunctionConcurrency(p.t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}); err != nil {
				p.t.Fatal(err)
			}
			return func() {
				if _, err := client.DeleteFunctionConcurrency(p.t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: name}); err != nil {
					p.t.Fatal(err)
				}
			}
		}, []string{requester}, "reserved concurrency is 0"},
		"arrivals are not taken":      sources(stack.IngesterFunction, []string{"arrivals reach the ingester"}, "Disabled"),
		"loads are not told of":       sources(stack.JanitorFunction, []string{"loads reach the janitor"}, "wait for the sweep"),
		"the daily schedule":          schedule(stack.DailySchedule, "daily run", "DISABLED: no new day"),
		"the work-off schedule":       schedule(stack.WorkOffSchedule, "work-off run", "DISABLED"),
		"the sweep's schedule":        schedule(stack.SweepSchedule, "sweep", "DISABLED"),
		"a part that is missing":      {func(p *fixture) func() { return p.Forget(stack.SweepSchedule) }, []string{"stack", "sweep"}, "lacks JanitorFunctionSweep"},
		"a workgroup that is missing": {func(p *fixture) func() { return p.Forget(stack.WorkGroup) }, []string{"stack"}, "lacks WorkGroup"},
		"a stack that is no more": {func(p *fixture) func() {
			p.Answer("DescribeStacks", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>bellhop</StackName><StackStatus>UPDATE_ROLLBACK_FAILED</StackStatus><CreationTime>2026-11-01T00:00:00Z</CreationTime></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
			})
			return func() { p.Answer("DescribeStacks", nil) }
		}, []string{"stack"}, "UPDATE_ROLLBACK_FAILED"},
	}
}

func credentialFaults() map[string]failing {
	const token, scope, fetched = "token", "scope", "fetched sources"
	refused := func(code string) func(p *fixture) func() {
		return func(p *fixture) func() {
			p.vendor.refuse.Store(&code)
			return func() { p.vendor.refuse.Store(nil); p.keep(plantedRefresh) }
		}
	}
	units := func(status int64) func(p *fixture) func() {
		return func(p *fixture) func() {
			p.vendor.units.Store(status)
			return func() { p.vendor.units.Store(http.StatusOK) }
		}
	}
	campaigns := func(status int64) func(p *fixture) func() {
		return func(p *fixture) func() {
			p.vendor.campaigns.Store(status)
			return func() { p.vendor.campaigns.Store(http.StatusOK) }
		}
	}
	return map[string]failing{
		"campaigns without their scope": {campaigns(http.StatusForbidden), []string{fetched}, "subscription shots to campaigns: the vendor answered 403"},
		"campaigns that are not there":  {campaigns(http.StatusInternalServerError), []string{fetched}, "the vendor answered 500"},
		"an incomplete secret":          {func(p *fixture) func() { p.keep(""); return func() { p.keep(plantedRefresh) } }, []string{"secret", token, scope, fetched}, "no refresh_token"},
		"a revoked token":               {refused("invalid_grant"), []string{token, scope, fetched}, "invalid_grant"},
		"another client":                {refused("invalid_client"), []string{token, scope, fetched}, "invalid_client"},
		"no scope":                      {units(http.StatusForbidden), []string{scope}, "alexa::enterprise:management"},
		"an unknown unit":               {units(http.StatusNotFound), []string{scope}, "does not know the unit"},
		"a vendor in trouble":           {units(http.StatusBadGateway), []string{scope}, "answers 502"},
	}
}

func alarmFaults() map[string]failing {
	const there, quiet, heard = "they are there", "none is ringing", "somebody hears them"
	subscribers := func(arns ...string) func(p *fixture) func() {
		return func(p *fixture) func() {
			p.Answer("ListSubscriptionsByTopic", func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>`)
				for _, arn := range arns {
					_, _ = fmt.Fprintf(w, `<member><SubscriptionArn>%s</SubscriptionArn><Endpoint>%s</Endpoint></member>`, arn, plantedAddress)
				}
				_, _ = fmt.Fprint(w, `</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`)
			})
			return func() { p.Answer("ListSubscriptionsByTopic", nil) }
		}
	}
	alarm := func(change func(a *Alarm)) func(p *fixture) func() {
		return func(p *fixture) func() { return p.Alarm("AFileCannotBeLoadedAlarm", change) }
	}
	return map[string]failing{
		"an alarm rings":              {alarm(func(a *Alarm) { a.State = "ALARM" }), []string{quiet}, "A file cannot be loaded"},
		"an alarm was muted":          {alarm(func(a *Alarm) { a.Muted = true }), []string{there}, "they tell nobody: bellhop-AFile"},
		"an alarm was deleted":        {alarm(nil), []string{there}, "1 of the stack's"},
		"nobody listens":              {subscribers(), []string{heard}, "nobody hears them"},
		"a letter is not answered":    {subscribers("PendingConfirmation"), []string{heard}, "1 of 1 subscribers"},
		"one of two has not answered": {subscribers("arn:aws:sns:us-east-1:123456789012:alarms:1", "PendingConfirmation"), []string{heard}, "1 of 2 subscribers"},
		"the listener has left":       {subscribers("Deleted"), []string{heard}, "nobody hears them"},
	}
}

func otherFaults() map[string]failing {
	const last, format = "last successful request", "format of the dataset"
	ledger := func(change func(b *records)) func(p *fixture) func() {
		return func(p *fixture) func() {
			before := *p.records
			change(p.records)
			return func() { *p.records = before }
		}
	}
	return map[string]failing{
		"a clock that is slow":         {func(p *fixture) func() { p.off = -10*time.Minute - 30*time.Second; return func() { p.off = 0 } }, []string{"identity and clock"}, "clock is 10m"},
		"no subscription":              {ledger(func(b *records) { b.subs = nil }), []string{last}, "no subscription"},
		"nothing accepted yet":         {ledger(func(b *records) { b.jobs = nil }), []string{last}, "accepted no request yet"},
		"silence":                      {ledger(func(b *records) { b.jobs = acceptedAt(time.Now().Add(-27 * time.Hour)) }), []string{last}, "27h0m0s ago"},
		"a ledger that cannot be read": {ledger(func(b *records) { b.err = &smithyError{} }), []string{"fetched sources", "Khoros Care", last, "published days"}, "may not"},
		"a day that vanished": {ledger(func(b *records) {
			b.days = append(slices.Clone(b.days), report.Partition{Table: "asp_device", Date: report.NewDate(2026, 11, 2), Key: "l", Vanished: &report.Vanished{}})
		}), []string{"published days"}, "1 of 2 vanished from the dataset or were replaced there, such as 2026-11-02 of asp_device of hotel"},
		"a dataset of an older format": {ledger(func(b *records) { b.format = 1 }), []string{format}, "1, and this bellhop writes 2"},
		"a dataset without a number":   {ledger(func(b *records) { b.format = 0 }), []string{format}, "says none"},
		"a dataset of a newer format": {ledger(func(b *records) {
			_, b.formatErr = report.DecodeFormat([]byte(`{"format":3}`))
		}), []string{format}, "of format 3, and this bellhop knows none after 2"},
		"a dataset that cannot be read": {ledger(func(b *records) { b.formatErr = &smithyError{} }), []string{format}, "may not"},
		"no time to live":               {timeToLive(false, "forget_at"), []string{"time to live"}, "never forgotten"},
		"another time to live":          {timeToLive(true, "due_at"), []string{"time to live"}, "goes by due_at"},
		"no backups": {func(p *fixture) func() {
			set := func(on bool) {
				if _, err := dynamodb.NewFromConfig(p.Config).UpdateContinuousBackups(p.t.Context(), &dynamodb.UpdateContinuousBackupsInput{
					TableName: aws.String(p.ID(stack.Ledger)), PointInTimeRecoverySpecification: &ddb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &on},
				}); err != nil {
					p.t.Fatal(err)
				}
			}
			set(false)
			return func() { set(true) }
		}, []string{"backups"}, "recovery is off"},
	}
}

// timeToLive sets the ledger's to something else. It can be set by one attribute at a time.
func timeToLive(on bool, attribute string) func(p *fixture) func() {
	return func(p *fixture) func() {
		set := func(on bool, attribute string) {
			if _, err := dynamodb.NewFromConfig(p.Config).UpdateTimeToLive(p.t.Context(), &dynamodb.UpdateTimeToLiveInput{
				TableName: aws.String(p.ID(stack.Ledger)), TimeToLiveSpecification: &ddb.TimeToLiveSpecification{Enabled: &on, AttributeName: &attribute},
			}); err != nil {
				p.t.Fatal(err)
			}
		}
		set(on, attribute)
		return func() { set(true, "forget_at") }
	}
}

// smithyError is what AWS answers to who may not look.
type smithyError struct{}

func (*smithyError) Error() string                 { return "you may not" }
func (*smithyError) ErrorCode() string             { return "AccessDeniedException" }
func (*smithyError) ErrorMessage() string          { return "you may not" }
func (*smithyError) ErrorFault() smithy.ErrorFault { return smithy.FaultClient }
