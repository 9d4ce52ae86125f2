package architecture_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// statement is one statement of a policy.
type statement struct {
	owner     string // the resource that has the policy: a role, or a policy of a bucket or a queue
	body      object
	actions   []string
	resources []any
}

// either returns statements, and of an If both of its branches, unless one is nothing: neither may say too much.
func either(statements []any) []any {
	var all []any
	for _, s := range statements {
		if branches, ok := at(s, "Fn::If").([]any); ok {
			for _, branch := range branches[1:] {
				if at(branch, "Ref") != "AWS::NoValue" {
					all = append(all, branch)
				}
			}
		} else {
			all = append(all, s)
		}
	}
	return all
}

func (s statement) allows() bool { return s.body["Effect"] == "Allow" }

// statements lists what policies of any kind say, but not who may wear a role.
func statements(x expanded) []statement {
	var all []statement
	for _, id := range x.IDs() {
		documents := []any{x.Properties(id)["PolicyDocument"], x.Properties(id)["ResourcePolicy"]}
		for _, policy := range list(x.Properties(id)["Policies"]) {
			documents = append(documents, at(policy, "PolicyDocument"))
		}
		for _, document := range documents {
			for _, body := range either(list(at(document, "Statement"))) {
				if body, ok := body.(object); ok {
					s := statement{owner: id, body: body, resources: list(body["Resource"])}
					for _, action := range list(body["Action"]) {
						s.actions = append(s.actions, fmt.Sprint(action))
					}
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// addGrant returns a breach: a role's first statement allows one thing more.
func addGrant(role string, resource any, actions ...any) func(x expanded) {
	return func(x expanded) {
		policy := at(x.Properties(role), "Policies", 0, "PolicyDocument").(object)
		policy["Statement"] = append(policy["Statement"].([]any), object{
			"Sid": "One", "Effect": "Allow", "Action": actions, "Resource": resource,
		})
	}
}

func everyObject(bucket string) object { return object{"Fn::Sub": "${" + bucket + ".Arn}/*"} }

func accessRules() map[string]expandedRule {
	return map[string]expandedRule{
		"nobody may do more than is named": {
			broken: namesWhatItAllows,
			breaches: map[string]func(x expanded){
				"any resource":                   addGrant("IngesterRole", "*", "s3:GetObject"),
				"any resource, in a list":        addGrant("IngesterRole", []any{"*"}, "s3:GetObject"),
				"any action":                     addGrant("IngesterRole", everyObject("DatasetBucket"), "s3:*"),
				"all but some":                   property(object{"NotAction": "s3:PutObject", "Effect": "Allow"}, "JanitorRole", "Policies", 0, "PolicyDocument", "Statement", 0),
				"a statement that does not talk": property(nil, "JanitorRole", "Policies", 0, "PolicyDocument", "Statement", 0, "Sid"),
				"anybody":                        property("*", "DeliveryBucketPolicy", "PolicyDocument", "Statement", 0, "Principal"),
				"a managed policy":               property([]any{"arn:aws:iam::aws:policy/AmazonS3FullAccess"}, "JanitorRole", "ManagedPolicyArns"),
			},
		},
		"each function may do what is its own": {
			broken: keepsToItsOwn,
			breaches: map[string]func(x expanded){
				"the ingester deletes":          addGrant("IngesterRole", everyObject("DeliveryBucket"), "s3:DeleteObject"),
				"the janitor deletes by key":    addGrant("JanitorRole", everyObject("DeliveryBucket"), "s3:DeleteObject"),
				"the janitor deletes days":      addGrant("JanitorRole", everyObject("DatasetBucket"), "s3:DeleteObject"),
				"the janitor writes days":       addGrant("JanitorRole", everyObject("DatasetBucket"), "s3:PutObject"),
				"the ingester knows the secret": addGrant("IngesterRole", object{"Ref": "LwaSecret"}, "secretsmanager:GetSecretValue"),
				"the janitor knows the secret":  addGrant("JanitorRole", object{"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/bellhop/${AWS::StackName}/lwa"}, "ssm:GetParameter"),
				"the requester delivers all":    addGrant("RequesterRole", everyObject("DeliveryBucket"), "s3:PutObject"),
				"the ingester delivers":         addGrant("IngesterRole", everyObject("DeliveryBucket"), "s3:PutObject"),
				"two functions share a role":    property(object{"Fn::GetAtt": []any{"JanitorRole", "Arn"}}, "IngesterFunction", "Role"),
			},
		},
		"the vendor's statement is that of its documentation, word for word": {
			broken: saysWhatTheVendorAsks,
			breaches: map[string]func(x expanded){
				"another role":   property("arn:aws:iam::889066238466:root", "DeliveryBucketPolicy", "PolicyDocument", "Statement", 0, "Principal", "AWS"),
				"a condition":    property(object{"Bool": object{"aws:SecureTransport": "true"}}, "DeliveryBucketPolicy", "PolicyDocument", "Statement", 0, "Condition"),
				"another action": property("s3:*", "DeliveryBucketPolicy", "PolicyDocument", "Statement", 0, "Action"),
				"another bucket": property(everyObject("DatasetBucket"), "DeliveryBucketPolicy", "PolicyDocument", "Statement", 0, "Resource"),
			},
		},
		"every bucket is closed": {
			broken: closesItsBuckets,
			breaches: map[string]func(x expanded){
				"plain HTTP":             func(x expanded) { set(x.Object, nil, "Resources", "QueryResultsBucketPolicy") },
				"plain HTTP for one":     property(object{"Fn::GetAtt": []any{"DatasetBucket", "Arn"}}, "DatasetBucketPolicy", "PolicyDocument", "Statement", 0, "Resource"),
				"the writer's keys":      property(nil, "DeliveryBucket", "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "BlockedEncryptionTypes"),
				"the public":             property(false, "DatasetBucket", "PublicAccessBlockConfiguration", "BlockPublicPolicy"),
				"the writer's ownership": property(nil, "DeliveryBucket", "OwnershipControls"),
			},
		},
		"the delivery bucket may announce its objects, and nobody else": {
			broken: announces,
			breaches: map[string]func(x expanded){
				"from any bucket":       property(nil, "IngestQueuePolicy", "PolicyDocument", "Statement", 0, "Condition", "ArnEquals"),
				"from any account":      property(nil, "IngestQueuePolicy", "PolicyDocument", "Statement", 0, "Condition", "StringEquals"),
				"from another bucket":   property(object{"Fn::Sub": "${BucketPrefix}-elsewhere"}, "DeliveryBucket", "BucketName"),
				"to another queue":      property(object{"Fn::GetAtt": []any{"FailedRuns", "Arn"}}, "DeliveryBucket", "NotificationConfiguration", "QueueConfigurations", 0, "Queue"),
				"before it is allowed":  func(x expanded) { set(x.Resource("DeliveryBucket"), nil, "DependsOn") },
				"only what ends in CSV": property(object{"S3Key": object{}}, "DeliveryBucket", "NotificationConfiguration", "QueueConfigurations", 0, "Filter"),
			},
		},
		"every role has the boundary that the account demands": {
			broken: bounds,
			breaches: map[string]func(x expanded){
				"a role without one":            property(nil, "ScheduleRole", "PermissionsBoundary"),
				"a function with a role of SAM": property(nil, "IngesterFunction", "Role"),
				"one that nobody chose": func(x expanded) {
					set(x.Object, "arn:aws:iam::aws:policy/X", "Parameters", "PermissionsBoundary", "Default")
				},
			},
		},
		"a role is worn by one service of this account": {
			broken: trustsOneService,
			breaches: map[string]func(x expanded){
				"another service": property("ec2.amazonaws.com", "JanitorRole", "AssumeRolePolicyDocument", "Statement", 0, "Principal", "Service"),
				"another account": property(object{"AWS": "123456789012"}, "JanitorRole", "AssumeRolePolicyDocument", "Statement", 0, "Principal"),
				"any scheduler":   property(nil, "ScheduleRole", "AssumeRolePolicyDocument", "Statement", 0, "Condition"),
			},
		},
	}
}

// withoutResources are the actions for which AWS has nothing narrower than every resource.
var withoutResources = []string{
	"xray:PutTelemetryRecords", "xray:PutTraceSegments", "athena:ListDataCatalogs", "athena:ListWorkGroups",
	"cloudwatch:DescribeAlarms", "lambda:ListEventSourceMappings",
}

func namesWhatItAllows(_ *testing.T, x expanded) []string {
	var problems []string
	for _, id := range x.IDs("AWS::IAM::Role") {
		if arns := x.Properties(id)["ManagedPolicyArns"]; arns != nil {
			problems = append(problems, fmt.Sprintf("%s has managed policies: %v", id, arns))
		}
	}
	for _, s := range statements(x) {
		if sid, _ := s.body["Sid"].(string); sid == "" {
			problems = append(problems, s.owner+" has a statement without a Sid that says what for")
		}
		for key := range s.body {
			if strings.HasPrefix(key, "Not") {
				problems = append(problems, s.owner+" allows all but some: "+key)
			}
		}
		if !s.allows() {
			continue
		}
		if s.body["Principal"] == "*" || at(s.body, "Principal", "AWS") == "*" {
			problems = append(problems, s.owner+" allows something to anybody")
		}
		for _, action := range s.actions {
			if strings.Contains(action, "*") {
				problems = append(problems, s.owner+" allows "+action+", which is not one action")
			}
			if slices.Contains(s.resources, any("*")) && !slices.Contains(withoutResources, action) {
				problems = append(problems, s.owner+" allows "+action+" on every resource")
			}
		}
	}
	return problems
}

// isFetched reports whether a resource is what lies in the delivery bucket below the name of a source that is fetched.
func isFetched(resource any) bool {
	text, _ := at(resource, "Fn::Sub").(string)
	return slices.Contains(below(fetched, "/*"), short.Replace(text))
}

func keepsToItsOwn(_ *testing.T, x expanded) []string {
	var problems []string
	for _, s := range statements(x) {
		if !s.allows() || at(x.Resource(s.owner), "Type") != "AWS::IAM::Role" {
			continue
		}
		for _, action := range s.actions {
			for _, resource := range s.resources {
				on := fmt.Sprint(references(resource))
				owner := ""
				switch {
				case strings.HasPrefix(action, "s3:Delete") && on != "[DeliveryBucket]":
					owner = "nobody"
				case strings.HasPrefix(action, "s3:Delete"):
					owner = "JanitorRole"
				case strings.HasPrefix(action, "secretsmanager:"), strings.HasPrefix(action, "ssm:"):
					owner = "RequesterRole"
				case action == "s3:PutObject" && on == "[DatasetBucket]":
					owner = "IngesterRole"
				case action == "s3:PutObject" && on == "[DeliveryBucket]" && isFetched(resource):
					owner = "RequesterRole"
				case action == "s3:PutObject" && on == "[DeliveryBucket]":
					owner = "nobody" // but the vendor, by the bucket's policy
				}
				if action == "s3:DeleteObject" && at(s.body, "Condition", "Null", "s3:if-match") != "false" {
					problems = append(problems, s.owner+" may delete by key alone, whatever is there by then")
				}
				if owner != "" && owner != s.owner {
					problems = append(problems, fmt.Sprintf("%s may %s on %s, which only %s may", s.owner, action, on, owner))
				}
			}
		}
	}
	worn := map[string]string{}
	for _, id := range x.IDs(lambdaType) {
		role := cloudformation.Target(x.Properties(id)["Role"])
		if other := worn[role]; other != "" || role == "" {
			problems = append(problems, fmt.Sprintf("%s has role %q, as %q has", id, role, other))
		}
		worn[role] = id
	}
	return problems
}

// vendorPolicy is the policy of the vendor's page on the Analytics API, under "Prerequisites", as it stands there.
const vendorPolicy = `{ "Version": "2012-10-17", "Statement": [ { "Sid": "Statement1", "Effect": "Allow", "Principal": { "AWS": ` +
	`"arn:aws:iam::889066238466:role/AlexaAnalyticsReportConsumerS3IamRole" }, "Action": "s3:PutObject", "Resource": ` +
	`"**<REPLACE WITH S3 BUCKET ARN>**/*" } ] }`

func saysWhatTheVendorAsks(t *testing.T, x expanded) []string {
	t.Helper()
	s := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	arn := "arn:aws:s3:::bellhop-0123456789-delivery-111122223333-us-east-1-an"
	var asked object
	if err := json.Unmarshal([]byte(strings.ReplaceAll(vendorPolicy, "**<REPLACE WITH S3 BUCKET ARN>**", arn)), &asked); err != nil {
		t.Fatal(err)
	}
	var allowed []any
	for _, st := range statements(x) {
		if st.owner == "DeliveryBucketPolicy" && st.allows() {
			resolved := maps.Clone(st.body)
			resolved["Resource"] = s.Text(st.body["Resource"])
			allowed = append(allowed, resolved)
		}
	}
	if compact(allowed) != compact(asked["Statement"]) {
		return []string{fmt.Sprintf("the delivery bucket allows %s, the vendor asks for %s", compact(allowed), compact(asked["Statement"]))}
	}
	return nil
}

func closesItsBuckets(_ *testing.T, x expanded) []string {
	var problems []string
	refuses := map[string]string{} // by bucket: the resources for which plain HTTP is denied
	for _, s := range statements(x) {
		if s.body["Effect"] == "Deny" && at(s.body, "Condition", "Bool", "aws:SecureTransport") == "false" &&
			s.body["Principal"] == "*" && slices.Equal(s.actions, []string{"s3:*"}) {
			refuses[cloudformation.Target(x.Properties(s.owner)["Bucket"])] = compact(s.resources)
		}
	}
	for _, id := range x.IDs("AWS::S3::Bucket") {
		bucket := x.Properties(id)
		all := compact([]any{object{"Fn::GetAtt": []any{id, "Arn"}}, everyObject(id)})
		if refuses[id] != all {
			problems = append(problems, fmt.Sprintf("%s refuses plain HTTP for %s, want %s", id, refuses[id], all))
		}
		rule := at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration", 0)
		if at(rule, "ServerSideEncryptionByDefault", "SSEAlgorithm") != "AES256" || at(rule, "BlockedEncryptionTypes", "EncryptionType", 0) != "SSE-C" {
			problems = append(problems, id+" takes objects under keys that are not S3's")
		}
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if at(bucket, "PublicAccessBlockConfiguration", block) != true {
				problems = append(problems, id+" has no "+block)
			}
		}
		if at(bucket, "OwnershipControls", "Rules", 0, "ObjectOwnership") != "BucketOwnerEnforced" {
			problems = append(problems, id+" holds objects of other owners")
		}
	}
	return problems
}

func announces(_ *testing.T, x expanded) []string {
	s := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	var problems []string
	notification := at(x.Properties("DeliveryBucket"), "NotificationConfiguration", "QueueConfigurations", 0)
	queue := cloudformation.Target(at(notification, "Queue"))
	if at(notification, "Event") != "s3:ObjectCreated:*" || at(notification, "Filter") != nil {
		problems = append(problems, "some objects are not announced: "+compact(notification))
	}
	if !slices.Contains(list(x.Resource("DeliveryBucket")["DependsOn"]), any("IngestQueuePolicy")) {
		problems = append(problems, "the bucket may be made before it is allowed to send")
	}
	bucket := "arn:aws:s3:::" + s.Text(x.Properties("DeliveryBucket")["BucketName"])
	allowed := false
	for _, st := range statements(x) {
		if at(x.Resource(st.owner), "Type") != "AWS::SQS::QueuePolicy" {
			continue
		}
		allowed = allowed || cloudformation.Target(st.resources[0]) == queue && slices.Equal(st.actions, []string{"sqs:SendMessage"})
		if at(st.body, "Principal", "Service") != "s3.amazonaws.com" ||
			s.Text(at(st.body, "Condition", "ArnEquals", "aws:SourceArn")) != bucket ||
			s.Text(at(st.body, "Condition", "StringEquals", "aws:SourceAccount")) != s.Values["AWS::AccountId"] {
			problems = append(problems, "others than the delivery bucket may send: "+compact(st.body))
		}
	}
	if !allowed {
		problems = append(problems, fmt.Sprintf("the delivery bucket may not send to %q", queue))
	}
	return problems
}

func trustsOneService(_ *testing.T, x expanded) []string {
	services := map[string]string{}
	for _, id := range x.IDs(lambdaType) {
		services[cloudformation.Target(x.Properties(id)["Role"])] = "lambda.amazonaws.com"
	}
	for _, id := range x.IDs(scheduleType) {
		services[cloudformation.Target(at(x.Properties(id), "Target", "RoleArn"))] = "scheduler.amazonaws.com"
	}
	var problems []string
	for _, id := range x.IDs("AWS::IAM::Role") {
		trust := list(at(x.Properties(id), "AssumeRolePolicyDocument", "Statement"))
		if len(trust) != 1 || compact(at(trust[0], "Principal")) != compact(object{"Service": services[id]}) ||
			at(trust[0], "Action") != "sts:AssumeRole" {
			problems = append(problems, fmt.Sprintf("%s may be worn by %s, want %s alone", id, compact(trust), services[id]))
			continue
		}
		// The scheduler is one service for all accounts, and says for whom it comes.
		if services[id] == "scheduler.amazonaws.com" &&
			cloudformation.Target(at(trust[0], "Condition", "StringEquals", "aws:SourceAccount")) != "AWS::AccountId" {
			problems = append(problems, id+" may be worn for schedules of other accounts")
		}
	}
	return problems
}

func bounds(_ *testing.T, x expanded) []string {
	const arn = "arn:aws:iam::111122223333:policy/boundary"
	given := cloudformation.NewStack(x, "bellhop", map[string]string{"PermissionsBoundary": arn})
	none := cloudformation.NewStack(x, "bellhop", nil)
	var problems []string
	for _, id := range x.IDs("AWS::IAM::Role") {
		boundary := x.Properties(id)["PermissionsBoundary"]
		if with, without := given.Text(boundary), none.Text(boundary); with != arn || without != "" {
			problems = append(problems, fmt.Sprintf("%s is bounded by %q where a boundary is given, and by %q where none is", id, with, without))
		}
	}
	for _, id := range x.IDs(lambdaType) {
		if role := cloudformation.Target(x.Properties(id)["Role"]); at(x.Resource(role), "Type") != "AWS::IAM::Role" {
			problems = append(problems, fmt.Sprintf("%s has the role %q, which this template does not bound", id, role))
		}
	}
	return problems
}
