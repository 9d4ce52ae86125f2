package architecture_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// vendorStatement is the policy statement of the vendor's documentation, its placeholder filled in.
var vendorStatement = object{
	"Sid":       "Statement1",
	"Effect":    "Allow",
	"Principal": object{"AWS": "arn:aws:iam::889066238466:role/AlexaAnalyticsReportConsumerS3IamRole"},
	"Action":    "s3:PutObject",
	"Resource":  object{"Fn::Sub": "${DeliveryBucket.Arn}/*"},
}

// trailStatements are those that CloudTrail's user guide asks for, "Amazon S3 bucket policy for CloudTrail", for one trail.
var trailStatements = []any{
	object{
		"Sid": "LetThisStacksTrailLookAtTheBucket", "Effect": "Allow", "Principal": object{"Service": "cloudtrail.amazonaws.com"},
		"Action": "s3:GetBucketAcl", "Resource": object{"Fn::GetAtt": "TrailBucket.Arn"},
		"Condition": object{"StringEquals": object{"aws:SourceArn": thisTrail}},
	},
	object{
		"Sid": "LetThisStacksTrailWriteItsRecords", "Effect": "Allow", "Principal": object{"Service": "cloudtrail.amazonaws.com"},
		"Action": "s3:PutObject", "Resource": object{"Fn::Sub": "${TrailBucket.Arn}/AWSLogs/${AWS::AccountId}/*"},
		"Condition": object{"StringEquals": object{"aws:SourceArn": thisTrail, "s3:x-amz-acl": "bucket-owner-full-control"}},
	},
}

var thisTrail = object{"Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/${AWS::StackName}"}

// What is recorded is what changes the delivery bucket's objects, all of it and nothing else.
func TestTheTrailHearsOfEachDeletion(t *testing.T) {
	trail := resources(t, "AWS::CloudTrail::Trail")["DeletionTrailLog"]
	want(t, "the trail's name", trail["TrailName"], object{"Ref": "AWS::StackName"})
	want(t, "its bucket", trail["S3BucketName"], object{"Ref": "TrailBucket"})
	want(t, "it is on", []any{trail["IsLogging"], trail["EnableLogFileValidation"]}, []any{true, true})
	want(t, "what it records", at(trail, "AdvancedEventSelectors", 0, "FieldSelectors"), []any{
		object{"Field": "eventCategory", "Equals": []any{"Data"}},
		object{"Field": "resources.type", "Equals": []any{"AWS::S3::Object"}},
		object{"Field": "resources.ARN", "StartsWith": []any{object{"Fn::Sub": "${DeliveryBucket.Arn}/"}}},
		object{"Field": "readOnly", "Equals": []any{"false"}},
	})
}

func TestVendorMayPutIntoTheDeliveryBucketAndNobodyElseMayDoAnything(t *testing.T) {
	tests := map[string]struct {
		policy  string
		allowed []any
	}{
		"DeliveryBucket":     {"DeliveryBucketPolicy", []any{vendorStatement}},
		"DatasetBucket":      {"DatasetBucketPolicy", nil},
		"QueryResultsBucket": {"QueryResultsBucketPolicy", nil},
		"TrailBucket":        {"TrailBucketPolicy", trailStatements},
	}
	for bucket, test := range tests {
		t.Run(bucket, func(t *testing.T) {
			policy := resources(t, "AWS::S3::BucketPolicy")[test.policy]
			want(t, "bucket", policy["Bucket"], object{"Ref": bucket})
			var allowed, denied []any
			for _, statement := range at(policy, "PolicyDocument", "Statement").([]any) {
				if at(statement, "Effect") == "Allow" {
					allowed = append(allowed, statement)
				} else {
					denied = append(denied, statement)
				}
			}
			want(t, "what is allowed", allowed, test.allowed)
			want(t, "what is denied", denied, []any{object{
				"Sid":       "RefuseWhatIsNotEncryptedInTransit",
				"Effect":    "Deny",
				"Principal": "*",
				"Action":    "s3:*",
				"Resource":  []any{object{"Fn::GetAtt": bucket + ".Arn"}, object{"Fn::Sub": "${" + bucket + ".Arn}/*"}},
				"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
			}})
		})
	}
}

func TestBucketsAreClosedAndTheDeliveryBucketForgets(t *testing.T) {
	buckets := resources(t, "AWS::S3::Bucket")
	for id, bucket := range buckets {
		for _, switched := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			want(t, id+" "+switched, at(bucket, "PublicAccessBlockConfiguration", switched), true)
		}
		want(t, id+"'s owner", at(bucket, "OwnershipControls", "Rules", 0, "ObjectOwnership"), "BucketOwnerEnforced")
		want(t, id+"'s encryption", at(bucket, "BucketEncryption", "ServerSideEncryptionConfiguration"), []any{object{
			"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"},
			// A writer with a key of its own would leave us an object that we cannot read.
			"BlockedEncryptionTypes": object{"EncryptionType": []any{"SSE-C"}},
		}})
	}
	delivery := buckets["DeliveryBucket"]
	for _, keeper := range []string{
		"VersioningConfiguration", "ObjectLockEnabled", "ObjectLockConfiguration", "ReplicationConfiguration",
		"InventoryConfigurations", "IntelligentTieringConfigurations",
	} {
		if delivery[keeper] != nil {
			t.Errorf("the delivery bucket has %s: a deleted raw file has to be gone", keeper)
		}
	}
	want(t, "the delivery bucket's lifecycle", at(delivery, "LifecycleConfiguration", "Rules"), []any{object{
		"Id":                             "raw-files-expire",
		"Status":                         "Enabled",
		"ExpirationInDays":               1,
		"AbortIncompleteMultipartUpload": object{"DaysAfterInitiation": 1},
	}})
	// No filter: a file that is filtered is a file that nobody sees, and nobody deletes.
	want(t, "the delivery bucket's events", at(delivery, "NotificationConfiguration"), object{"QueueConfigurations": []any{
		object{"Event": "s3:ObjectCreated:*", "Queue": object{"Fn::GetAtt": "IngestQueue.Arn"}},
	}})
	// Days that were replaced can be had back for a month; but for that, versions are no copies that pile up.
	dataset := buckets["DatasetBucket"]
	want(t, "the dataset's versioning", at(dataset, "VersioningConfiguration", "Status"), "Enabled")
	want(t, "the dataset's lifecycle", at(dataset, "LifecycleConfiguration", "Rules"), []any{
		object{
			"Id": "staged-parts-expire", "Status": "Enabled", "Prefix": "_staging/", "ExpirationInDays": 7,
			"NoncurrentVersionExpiration": object{"NoncurrentDays": 1},
		},
		object{
			"Id": "held-reports-expire", "Status": "Enabled", "Prefix": "_held/", "ExpirationInDays": 180,
			"NoncurrentVersionExpiration": object{"NoncurrentDays": 1},
		},
		object{
			"Id": "replaced-days-expire", "Status": "Enabled",
			"NoncurrentVersionExpiration": object{"NoncurrentDays": 30}, "ExpiredObjectDeleteMarker": true,
		},
		object{"Id": "unfinished-uploads-expire", "Status": "Enabled", "AbortIncompleteMultipartUpload": object{"DaysAfterInitiation": 1}},
	})
	answers := at(buckets["QueryResultsBucket"], "LifecycleConfiguration", "Rules", 0)
	if days, _ := at(answers, "ExpirationInDays").(int); days < 1 || days > 7 || at(answers, "Prefix") != nil {
		t.Errorf("answers, which are copies of the dataset, stay by %s: want all gone in a week", compact(answers))
	}
}

// grant is one action on one resource that a role or a managed policy allows.
type grant struct{ owner, sid, action, resource string }

// grants lists what the policies of roles and the managed ones of a template allow, one by one.
func grants(t *testing.T, template object) []grant {
	t.Helper()
	var all []grant
	for owner, resource := range at(template, "Resources").(object) {
		var documents []any
		switch at(resource, "Type") {
		case "AWS::IAM::Role":
			want(t, owner+"'s managed policies", at(resource, "Properties", "ManagedPolicyArns"), nil)
			for _, policy := range at(resource, "Properties", "Policies").([]any) {
				documents = append(documents, at(policy, "PolicyDocument"))
			}
		case "AWS::IAM::ManagedPolicy":
			documents = append(documents, at(resource, "Properties", "PolicyDocument"))
		}
		for _, document := range documents {
			for _, statement := range either(at(document, "Statement").([]any)) {
				all = append(all, grantsOf(t, owner, statement.(object))...)
			}
		}
	}
	return all
}

func grantsOf(t *testing.T, owner string, statement object) []grant {
	t.Helper()
	var all []grant
	sid, _ := statement["Sid"].(string)
	for _, action := range list(statement["Action"]) {
		for _, resource := range list(statement["Resource"]) {
			all = append(all, grant{owner, sid, fmt.Sprint(action), named(resource)})
		}
	}
	for key := range statement {
		if !slices.Contains([]string{"Sid", "Effect", "Action", "Resource", "Condition"}, key) {
			t.Errorf("%s: a statement with %s, which this test does not understand", owner, key)
		}
	}
	return all
}

// short leaves of an ARN what is the resource's own.
var short = strings.NewReplacer(
	"arn:${AWS::Partition}:", "", "${AWS::Region}:${AWS::AccountId}:", "", "${", "", ".Arn}", "", ".StreamArn}", "Stream", "}", "")

// named is a resource of a statement by its name in the template.
func named(resource any) string {
	for _, function := range []string{"Fn::GetAtt", "Fn::Sub", "Ref"} {
		if text, ok := at(resource, function).(string); ok && function == "Fn::GetAtt" {
			return short.Replace("${" + text + "}")
		} else if ok {
			return short.Replace(text)
		}
	}
	return fmt.Sprint(resource)
}

// list returns a value that may be one or many as many.
func list(value any) []any {
	if many, ok := value.([]any); ok {
		return many
	}
	return []any{value}
}
