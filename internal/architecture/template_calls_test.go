package architecture_test

import (
	"go/types"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

// portsOfBuckets are the ports behind which a bucket is, by their names.
var portsOfBuckets = map[string]string{
	"Deliveries": "DeliveryBucket", "Deliverer": fetched, "Uploads": "DeliveryBucket",
	"Dataset": "DatasetBucket", "HeldDataset": "DatasetBucket", "Published": "DatasetBucket", "Dropper": "DatasetBucket",
	"AnyBucket": "AnyBucket",
}

// fetched is what the requester delivers: what lies in the delivery bucket below the names of the sources that it fetches.
const fetched = "what is fetched"

// below are the resources that a need of objects below a resource stands for.
func below(resource, below string) []string {
	if resource != fetched {
		return []string{resource + below}
	}
	if below == "" {
		return []string{"DeliveryBucket"}
	}
	var all []string
	for _, source := range []string{report.SourceCampaigns, report.SourceKhorosCare, report.SourcePinpointKPI, report.SourceSkillMetrics} {
		all = append(all, "DeliveryBucket/"+source+below)
	}
	return all
}

// resourcesOf are what a service's calls are about. S3's are about the bucket behind the port, else about the one that doctor
// looks at.
var resourcesOf = map[string]string{
	"dynamodb": "Ledger", "secretsmanager": "LwaSecret", "ssm": "ssm:parameter/bellhop/AWS::StackName/lwa", "sqs": "IngestQueue", "s3": "DeliveryBucket",
	"pinpoint": "mobiletargeting:*:AWS::AccountId:apps/PinpointApplicationId/*",
}

// permissions are what a call needs whose permission has another name. A list of AWS's is "Actions defined by" the service.
var permissions = map[string][]string{
	// A transaction needs the permissions of its parts.
	"dynamodb:TransactWriteItems": {},
	// Without the bucket's list S3 answers 403 where 404 is meant.
	"s3:HeadObject": {"s3:GetObject /*", "s3:ListBucket"},
	"s3:GetObject":  {"s3:GetObject /*", "s3:ListBucket"},
	"s3:PutObject":  {"s3:PutObject /*"},
	// An upload in parts is a put: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions.
	"s3:CreateMultipartUpload":   {"s3:PutObject /*"},
	"s3:UploadPart":              {"s3:PutObject /*"},
	"s3:CompleteMultipartUpload": {"s3:PutObject /*"},
	// With If-Match a delete needs GetObject, too.
	"s3:DeleteObject":                       {"s3:DeleteObject /*", "s3:GetObject /*"},
	"s3:AbortMultipartUpload":               {"s3:AbortMultipartUpload /*"},
	"s3:ListObjectsV2":                      {"s3:ListBucket"},
	"s3:ListObjectVersions":                 {"s3:ListBucketVersions"},
	"s3:ListMultipartUploads":               {"s3:ListBucketMultipartUploads"},
	"s3:GetBucketEncryption":                {"s3:GetEncryptionConfiguration"},
	"s3:GetBucketLifecycleConfiguration":    {"s3:GetLifecycleConfiguration"},
	"s3:GetBucketNotificationConfiguration": {"s3:GetBucketNotification"},
	"s3:GetPublicAccessBlock":               {"s3:GetBucketPublicAccessBlock"},
	"cloudwatchlogs:FilterLogEvents":        {"logs:FilterLogEvents"},
	// It receives and deletes in the caller's name, and sends to where the messages came from.
	"sqs:StartMessageMoveTask": {"sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:SendMessage"},
	// The service is named after what it once was.
	"pinpoint:GetApplicationDateRangeKpi": {"mobiletargeting:GetApplicationDateRangeKpi"},
	"pinpoint:GetCampaignDateRangeKpi":    {"mobiletargeting:GetCampaignDateRangeKpi"},
	"pinpoint:GetJourneyDateRangeKpi":     {"mobiletargeting:GetJourneyDateRangeKpi"},
	// Everybody may know who he is.
	"sts:GetCallerIdentity": {},
}

// calls are the permissions that the code of a command can need, as "action resource".
func calls(p *program) map[string]bool {
	needs, operations := map[string]bool{}, map[string]bool{}
	p.visit(portsOfBuckets, func(in types.Object, bucket string, used types.Object) {
		if used.Pkg() == nil {
			return
		}
		if used.Pkg() == in.Pkg() && in.Pkg().Path() == module+"/pkg/ledger" {
			operations[used.Name()] = true
		}
		service, ok := strings.CutPrefix(used.Pkg().Path(), "github.com/aws/aws-sdk-go-v2/service/")
		operation, call := strings.CutSuffix(used.Name(), "Input")
		if _, isType := used.(*types.TypeName); !ok || !call || !isType {
			return
		}
		resource := resourcesOf[service]
		if service == "s3" && bucket != "" {
			resource = bucket
		}
		if in.Name() == "Due" {
			resource += "/index/due"
		}
		actions, other := permissions[service+":"+operation]
		if !other {
			actions = []string{service + ":" + operation}
		}
		for _, action := range actions {
			action, objects, _ := strings.Cut(action, " ")
			for _, resource := range below(resource, objects) {
				needs[action+" "+resource] = true
			}
		}
	})
	// Every adapter can do what a mutation says; only what some mutation says is ever done.
	if !operations["OpDelete"] {
		delete(needs, "dynamodb:DeleteItem Ledger")
	}
	if operations["OpCheck"] {
		needs["dynamodb:ConditionCheckItem Ledger"] = true
	}
	return needs
}

// never is what the code could call and no policy of the stack allows, by who calls it: entries of calls, and why.
var never = map[string]map[string]string{
	"bellhop": {
		"mobiletargeting:GetApplicationDateRangeKpi":   "the tool checks subscriptions, and asks no source",
		"mobiletargeting:GetCampaignDateRangeKpi":      "the tool checks subscriptions, and asks no source",
		"mobiletargeting:GetJourneyDateRangeKpi":       "the tool checks subscriptions, and asks no source",
		"s3:GetObject AnyBucket/*":                     "a bucket that a person names for ingest is none of the stack's, and the person may read it or not",
		"s3:GetObjectLockConfiguration DeliveryBucket": "the bucket for copies of seals is best another account's, and the person may read it or not",
		"s3:ListBucket AnyBucket":                      "a bucket that a person names for ingest is none of the stack's, and the person may read it or not",
	},
}

// compare compares what a command can call, and what is needed besides, with what is allowed.
func compare(t *testing.T, command string, needed map[string]bool, besides, allowed []string) {
	t.Helper()
	for need := range never[command] {
		if !needed[need] {
			t.Errorf("the code does not call %s any more: take it out of this test", need)
		}
		delete(needed, need)
	}
	for _, need := range besides {
		needed[need] = true
	}
	for _, grant := range allowed {
		if !needed[grant] {
			t.Errorf("%s is allowed, and nobody does it", grant)
		}
		delete(needed, grant)
	}
	for need := range needed {
		t.Errorf("%s is needed, and not allowed", need)
	}
}

// granted lists what a role or a policy allows, as "action resource".
func granted(t *testing.T, owner string) []string {
	t.Helper()
	var all []string
	for _, g := range grants(t, template(t)) {
		if g.owner == owner {
			all = append(all, g.action+" "+g.resource)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestRolesAllowWhatTheCodeCalls follows each function's code from its start to the AWS SDK, and compares what it can call with what its
// role allows, both ways.
func TestRolesAllowWhatTheCodeCalls(t *testing.T) {
	// What Lambda does in a function's name, and what is done only with an argument that the code does not show.
	besides := map[string][]string{
		"requester": {
			"logs:CreateLogStream RequesterLogs", "logs:PutLogEvents RequesterLogs", "sqs:SendMessage FailedRuns",
			// The code opens two secrets in one way.
			"secretsmanager:GetSecretValue KhorosUserArn", "ssm:GetParameter KhorosUserArn",
		},
		"ingester": {
			"logs:CreateLogStream IngesterLogs", "logs:PutLogEvents IngesterLogs",
			"sqs:DeleteMessage IngestQueue", "sqs:GetQueueAttributes IngestQueue", "sqs:ReceiveMessage IngestQueue",
			"s3:GetObjectVersion DeliveryBucket/*", // an event names the version where somebody switched versioning on
		},
		"janitor": {
			"logs:CreateLogStream JanitorLogs", "logs:PutLogEvents JanitorLogs", "sqs:SendMessage FailedRuns",
			"dynamodb:DescribeStream LedgerStream", "dynamodb:GetRecords LedgerStream",
			"dynamodb:GetShardIterator LedgerStream", "dynamodb:ListStreams Ledger/stream/*",
			"s3:DeleteObjectVersion DeliveryBucket/*", // and so does a listing
		},
	}
	for id := range resources(t, functionType) {
		t.Run(id, func(t *testing.T) {
			function := folderOf(id)
			more := slices.Concat(besides[function], []string{"xray:PutTelemetryRecords *", "xray:PutTraceSegments *"})
			compare(t, function, calls(load(t, "functions/"+function)), more, granted(t, strings.TrimSuffix(id, "Function")+"Role"))
		})
	}
	want(t, "what the schedules' role allows", granted(t, "ScheduleRole"), []string{
		"lambda:InvokeFunction JanitorFunction", "lambda:InvokeFunction RequesterFunction", "sqs:SendMessage FailedRuns",
	})
}

// TestTheOperatorMayDoWhatTheCommandsCall does the same for the command line, but for what it does on one machine alone. Of most services
// the code does not tell which resource a call is about: of those the actions are compared.
func TestTheOperatorMayDoWhatTheCommandsCall(t *testing.T) {
	code := calls(load(t, "cmd/bellhop", "cmd/bellhop/internal/sim", "cmd/bellhop/internal/sim/s3server/..."))
	reader, needed, allowed := granted(t, "ReaderPolicy"), map[string]bool{}, []string{}
	for need := range code {
		if action, _, _ := strings.Cut(need, " "); strings.HasPrefix(action, "athena:") {
			if !slices.Contains(reader, action+" athena:workgroup/Stack") {
				t.Errorf("a reader may not %s", action)
			}
		} else {
			needed[known(need)] = true
		}
	}
	for _, grant := range granted(t, "OperatorPolicy") {
		grant = strings.Replace(grant, " DeliveryBucket/import/*", " DeliveryBucket/*", 1) // the code does not tell the prefix
		allowed = append(allowed, known(strings.Replace(grant, " Credential", " "+resourcesOf["ssm"], 1)))
	}
	// The output FirstRunCommand, and the versions that an erasure reads and removes by their ids.
	besides := []string{"lambda:InvokeFunction", "s3:GetObjectVersion DatasetBucket/*", "s3:DeleteObjectVersion DatasetBucket/*"}
	compare(t, "bellhop", needed, besides, slices.Compact(allowed))
}

// known leaves away of an entry what the code does not tell.
func known(entry string) string {
	action, resource, _ := strings.Cut(entry, " ")
	if service, _, _ := strings.Cut(action, ":"); service == "s3" || service == "ssm" || service == "dynamodb" {
		return action + " " + resource
	}
	return action
}
