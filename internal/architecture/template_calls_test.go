package architecture_test

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// portsOfBuckets are the ports of the use-cases behind which a bucket is, by their names.
var portsOfBuckets = map[string]string{
	"Deliveries": "DeliveryBucket", "Deliverer": "DeliveryBucket", "Uploads": "DeliveryBucket",
	"Dataset": "DatasetBucket", "Published": "DatasetBucket",
}

// resourcesOf are what a service's calls are about. S3's are about the bucket behind the port.
var resourcesOf = map[string]string{
	"dynamodb": "Ledger", "secretsmanager": "LwaSecret", "ssm": "LwaParameter", "sqs": "IngestQueue",
}

// permissions are what a call needs whose permission has another name. A list of AWS's is "Actions defined by" the service.
var permissions = map[string][]string{
	// A transaction needs the permissions of its parts.
	"dynamodb:TransactWriteItems": {},
	// Without the bucket's list S3 answers 403 where 404 is meant.
	"s3:HeadObject": {"s3:GetObject /*", "s3:ListBucket"},
	"s3:GetObject":  {"s3:GetObject /*", "s3:ListBucket"},
	"s3:PutObject":  {"s3:PutObject /*"},
	// With If-Match a delete needs GetObject, too.
	"s3:DeleteObject":         {"s3:DeleteObject /*", "s3:DeleteObjectVersion /*", "s3:GetObject /*"},
	"s3:AbortMultipartUpload": {"s3:AbortMultipartUpload /*"},
	"s3:ListObjectsV2":        {"s3:ListBucket"},
	"s3:ListObjectVersions":   {"s3:ListBucketVersions"},
	"s3:ListMultipartUploads": {"s3:ListBucketMultipartUploads"},
}

// calls are the permissions that the code of a command can need, as "action resource".
func calls(t *testing.T, command string) map[string]bool {
	t.Helper()
	needs, operations := map[string]bool{}, map[string]bool{}
	load(t, command).visit(portsOfBuckets, func(in types.Object, bucket string, used types.Object) {
		if used.Pkg() == nil {
			return
		}
		if used.Pkg().Path() == module+"/pkg/ledger" && in.Pkg().Name() != "dynamostore" {
			operations[used.Name()] = true
		}
		service, ok := strings.CutPrefix(used.Pkg().Path(), "github.com/aws/aws-sdk-go-v2/service/")
		operation, call := strings.CutSuffix(used.Name(), "Input")
		if _, isType := used.(*types.TypeName); !ok || !call || !isType {
			return
		}
		action, resource := service+":"+operation, resourcesOf[service]
		if service == "s3" {
			resource = bucket
		}
		if in.Name() == "Due" {
			resource += "/index/due"
		}
		actions, other := permissions[action]
		if !other {
			actions = []string{action}
		}
		for _, action := range actions {
			action, below, _ := strings.Cut(action, " ")
			needs[action+" "+resource+below] = true
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

// TestRolesAllowWhatTheCodeCalls follows each function's code from its start to the AWS SDK, and compares what it can call with what its
// role allows, both ways.
func TestRolesAllowWhatTheCodeCalls(t *testing.T) {
	// What Lambda does in a function's name.
	traced := []string{"xray:PutTelemetryRecords *", "xray:PutTraceSegments *"}
	byLambda := map[string][]string{
		"Requester": {"logs:CreateLogStream RequesterLogs", "logs:PutLogEvents RequesterLogs", "sqs:SendMessage FailedRuns"},
		"Ingester": {
			"logs:CreateLogStream IngesterLogs", "logs:PutLogEvents IngesterLogs",
			"sqs:DeleteMessage IngestQueue", "sqs:GetQueueAttributes IngestQueue", "sqs:ReceiveMessage IngestQueue",
		},
		"Janitor": {
			"logs:CreateLogStream JanitorLogs", "logs:PutLogEvents JanitorLogs", "sqs:SendMessage FailedRuns",
			"dynamodb:DescribeStream LedgerStream", "dynamodb:GetRecords LedgerStream",
			"dynamodb:GetShardIterator LedgerStream", "dynamodb:ListStreams Ledger/stream/*",
		},
	}
	// What the code could call and never does, and what it does only with an argument that the code does not show.
	never := map[string]string{
		"Requester s3:PutObject DeliveryBucket/*": "only a source that fetches delivers, and there is none yet: a stolen role could forge deliveries",
		"Requester ssm:GetParameter LwaParameter": "the template has no parameter for the credential",
		"Requester ssm:PutParameter LwaParameter": "the template has no parameter for the credential",
	}
	besides := map[string][]string{
		"Ingester": {"s3:GetObjectVersion DeliveryBucket/*"}, // an event names the version where somebody switched versioning on
	}
	for function, more := range byLambda {
		t.Run(function, func(t *testing.T) {
			needed := calls(t, "functions/"+strings.ToLower(function))
			for entry := range never {
				if owner, need, _ := strings.Cut(entry, " "); owner == function {
					if !needed[need] {
						t.Errorf("the code does not call %s any more: take it out of this test", need)
					}
					delete(needed, need)
				}
			}
			for _, need := range slices.Concat(traced, more, besides[function]) {
				needed[need] = true
			}
			allowed := granted(t, function+"Role")
			for _, grant := range allowed {
				if !needed[grant] {
					t.Errorf("the role allows %s, and the function never does it", grant)
				}
				delete(needed, grant)
			}
			for need := range needed {
				t.Errorf("the function needs %s, and its role does not allow it", need)
			}
		})
	}
	want(t, "what the schedules' role allows", granted(t, "ScheduleRole"), []string{
		"lambda:InvokeFunction JanitorFunction", "lambda:InvokeFunction RequesterFunction", "sqs:SendMessage FailedRuns",
	})
}

// granted lists what a role allows, as "action resource".
func granted(t *testing.T, role string) []string {
	t.Helper()
	short := strings.NewReplacer(
		`{"Fn::GetAtt":"`, "", `{"Fn::Sub":"${`, "", `{"Ref":"`, "", `.StreamArn`, "Stream", `.Arn`, "", "}", "", `"`, "")
	var all []string
	for _, g := range grants(t) {
		if g.role == role {
			all = append(all, fmt.Sprint(g.action, " ", short.Replace(g.resource)))
		}
	}
	return sorted(all)
}
