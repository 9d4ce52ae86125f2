package architecture_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/config"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/ledger/dynamostore"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func wholeRules() map[string]expandedRule {
	return map[string]expandedRule{
		"whatever is referred to exists": {
			broken: refersToWhatExists,
			breaches: map[string]func(x expanded){
				"a resource":        property(object{"Ref": "Legder"}, "IngesterFunction", "Environment", "Variables", "BELLHOP_LEDGER_TABLE"),
				"within a text":     property(everyObject("Bucket"), "DatasetBucketPolicy", "PolicyDocument", "Statement", 0, "Resource"),
				"in an output":      func(x expanded) { set(x.Object, object{"Ref": "Ledgers"}, "Outputs", "LedgerTable", "Value") },
				"to be made before": func(x expanded) { set(x.Resource("DeliveryBucket"), "Policy", "DependsOn") },
			},
		},
		"nothing waits for itself": {
			broken: hasNoCycle,
			breaches: map[string]func(x expanded){
				"the bucket for the function that reads it": property(
					object{"QueueConfigurations": []any{object{"Queue": object{"Fn::GetAtt": []any{"IngesterFunction", "Arn"}}}}}, "DeliveryBucket", "NotificationConfiguration"),
				"the queue's policy for the bucket": property(
					object{"Fn::GetAtt": []any{"DeliveryBucket", "Arn"}}, "IngestQueuePolicy", "PolicyDocument", "Statement", 0, "Condition", "ArnEquals", "aws:SourceArn"),
			},
		},
		"two stacks live side by side": {
			broken: namesAreItsOwn,
			breaches: map[string]func(x expanded){
				"a schedule's name":                   property("RequesterDaily", "RequesterFunctionDaily", "Name"),
				"a database's name":                   property("bellhop", "Catalog", "DatabaseInput", "Name"),
				"a workgroup":                         property("bellhop", "WorkGroup", "Name"),
				"a bucket":                            property(object{"Fn::Sub": "results-${AWS::AccountId}"}, "QueryResultsBucket", "BucketName"),
				"a function":                          property("requester", "RequesterFunction", "FunctionName"),
				"a table":                             property("ledger", "Ledger", "TableName"),
				"a dashboard, which is the account's": property(object{"Ref": "AWS::StackName"}, "Overview", "DashboardName"),
			},
		},
		"data outlives the stack, and what is only on its way does not": {
			broken: outlives,
			breaches: map[string]func(x expanded){
				"the ledger goes":                             func(x expanded) { set(x.Resource("Ledger"), "Delete", "DeletionPolicy") },
				"the dataset goes when replaced":              func(x expanded) { set(x.Resource("DatasetBucket"), "Delete", "UpdateReplacePolicy") },
				"raw files without a janitor":                 func(x expanded) { set(x.Resource("DeliveryBucket"), "Retain", "DeletionPolicy") },
				"nobody said what becomes of one":             func(x expanded) { set(x.Resource("QueryResultsBucket"), nil, "DeletionPolicy") },
				"kept data may travel in the clear":           func(x expanded) { set(x.Resource("DatasetBucketPolicy"), nil, "DeletionPolicy") },
				"a protection without effect":                 property(false, "Ledger", "DeletionProtectionEnabled"),
				"a first deployment that cannot fail cleanly": func(x expanded) { set(x.Object, "true", "Parameters", "LedgerProtection", "Default") },
				"raw files in versions":                       property(object{"Status": "Enabled"}, "DeliveryBucket", "VersioningConfiguration"),
				"no way back in the ledger":                   property(nil, "Ledger", "PointInTimeRecoverySpecification"),
				"rows without an end":                         property(nil, "Ledger", "TimeToLiveSpecification"),
				"another end than the rows have":              property(object{"Enabled": true, "AttributeName": "expires"}, "Ledger", "TimeToLiveSpecification"),
				"rows that end too early":                     func(x expanded) { set(x.Object, []any{30.0}, "Parameters", "LedgerRetentionDays", "AllowedValues") },
			},
		},
		"the catalogue finds the days where they are put": {
			broken: findsTheDays,
			breaches: map[string]func(x expanded){
				"another path":                   property(object{"Fn::Sub": "s3://${DatasetBucket}/asp_device/day=${!dataset_date}"}, "AspDeviceTable", "TableInput", "Parameters", "storage.location.template"),
				"another bucket":                 property(object{"Fn::Sub": "s3://${DeliveryBucket}/asp_device/dataset_date=${!dataset_date}"}, "AspDeviceTable", "TableInput", "Parameters", "storage.location.template"),
				"no projection":                  property("false", "AspDeviceTable", "TableInput", "Parameters", "projection.enabled"),
				"a table is gone":                func(x expanded) { set(x.Object, nil, "Resources", "AspCommunicationTable") },
				"a view is gone":                 func(x expanded) { set(x.Object, nil, "Resources", "AspCommunicationView") },
				"a limit that a client may lift": property(false, "WorkGroup", "WorkGroupConfiguration", "EnforceWorkGroupConfiguration"),
				"no limit":                       property(nil, "WorkGroup", "WorkGroupConfiguration", "BytesScannedCutoffPerQuery"),
				"plain answers":                  property(nil, "WorkGroup", "WorkGroupConfiguration", "ResultConfiguration", "EncryptionConfiguration"),
			},
		},
		"SAM adds nothing that nobody asked for": {
			broken: addsOnlyWhatIsKnown,
			breaches: map[string]func(x expanded){
				"a role":       func(x expanded) { set(x.Object, object{"Type": "AWS::IAM::Role"}, "Resources", "IngesterFunctionRole") },
				"a permission": func(x expanded) { set(x.Object, object{"Type": "AWS::Lambda::Permission"}, "Resources", "Permission") },
			},
		},
		"only the vendor's role is of a fixed partition": {
			broken: namesNoPartition,
			breaches: map[string]func(x expanded){
				"a fixed one": property("arn:aws:s3:::bucket", "JanitorFunction", "Environment", "Variables", "X"),
			},
		},
	}
}

func refersToWhatExists(_ *testing.T, x expanded) []string {
	var problems []string
	check := func(where string, value any) {
		for _, name := range references(value) {
			_, parameter := x.Object["Parameters"].(object)[name]
			if x.Resource(name) == nil && !parameter && !strings.HasPrefix(name, "AWS::") {
				problems = append(problems, where+" refers to "+name+", which does not exist")
			}
		}
	}
	for _, id := range x.IDs() {
		check(id, x.Resource(id))
		for _, name := range list(x.Resource(id)["DependsOn"]) {
			if name != nil && x.Resource(fmt.Sprint(name)) == nil {
				problems = append(problems, fmt.Sprintf("%s is made after %v, which does not exist", id, name))
			}
		}
	}
	check("an output", x.Object["Outputs"])
	return problems
}

func hasNoCycle(_ *testing.T, x expanded) []string {
	const walking, done = 1, 2
	state := map[string]int{}
	var problems []string
	var walk func(id string, way []string)
	walk = func(id string, way []string) {
		way = append(slices.Clone(way), id)
		switch {
		case x.Resource(id) == nil || state[id] == done:
			return
		case state[id] == walking:
			problems = append(problems, "waits for itself: "+strings.Join(way[slices.Index(way, id):], " → "))
			return
		}
		state[id] = walking
		for _, name := range append(references(x.Properties(id)), texts(x.Resource(id)["DependsOn"])...) {
			walk(name, way)
		}
		state[id] = done
	}
	for _, id := range x.IDs() {
		walk(id, nil)
	}
	return problems
}

// texts returns one text or a list of them as a list.
func texts(value any) []string {
	var all []string
	for _, item := range list(value) {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// physical are the properties by which a resource has a name that is unique in an account and region.
var physical = map[string][]any{
	"AWS::S3::Bucket":                 {"BucketName"},
	"AWS::SQS::Queue":                 {"QueueName"},
	"AWS::SNS::Topic":                 {"TopicName"},
	"AWS::DynamoDB::Table":            {"TableName"},
	"AWS::Lambda::Function":           {"FunctionName"},
	"AWS::IAM::Role":                  {"RoleName"},
	"AWS::IAM::ManagedPolicy":         {"ManagedPolicyName"},
	"AWS::CloudTrail::Trail":          {"TrailName"},
	"AWS::Logs::LogGroup":             {"LogGroupName"},
	"AWS::Logs::QueryDefinition":      {"Name"},
	"AWS::Scheduler::Schedule":        {"Name"},
	"AWS::SecretsManager::Secret":     {"Name"},
	"AWS::CloudWatch::Alarm":          {"AlarmName"},
	"AWS::CloudWatch::CompositeAlarm": {"AlarmName"},
	"AWS::CloudWatch::Dashboard":      {"DashboardName"},
	"AWS::Athena::WorkGroup":          {"Name"},
	"AWS::Glue::Database":             {"DatabaseInput", "Name"},
}

// within are the types whose names are unique in something that is the stack's own, or that have none.
var within = []string{
	"AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription",
	"AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig",
	"AWS::Glue::Table", "AWS::Athena::NamedQuery",
}

// global are the types whose names are unique in an account, whatever the region.
var global = []string{"AWS::CloudWatch::Dashboard", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::S3::Bucket"}

// namesAreItsOwn deploys the template three times in the mind: what has a fixed name has another one in the other stack, and
// what the account has only once has another one in the stack of the same name in another region.
func namesAreItsOwn(_ *testing.T, x expanded) []string {
	one := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	two := cloudformation.NewStack(x, "bellhop-test", map[string]string{"BucketPrefix": "bellhop-abcdefghij"})
	elsewhere := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789", "AWS::Region": "eu-west-1"})
	var problems []string
	for _, id := range x.IDs() {
		kind, _ := x.Resource(id)["Type"].(string)
		steps := physical[kind]
		if steps == nil && !slices.Contains(within, kind) {
			problems = append(problems, fmt.Sprintf("%s: this test does not know how a %s is named", id, kind))
			continue
		}
		if name := at(x.Properties(id), steps...); len(steps) > 0 && name != nil && one.Text(name) == two.Text(name) {
			problems = append(problems, fmt.Sprintf("%s is called %q in every stack", id, one.Text(name)))
		} else if name != nil && slices.Contains(global, kind) && one.Text(name) == elsewhere.Text(name) {
			problems = append(problems, fmt.Sprintf("%s is called %q in every region", id, one.Text(name)))
		}
	}
	return problems
}

func outlives(_ *testing.T, x expanded) []string {
	keep := map[string]bool{"Ledger": true, "DatasetBucket": true, "TrailBucket": true}
	var problems []string
	for _, id := range x.IDs("AWS::S3::Bucket", "AWS::DynamoDB::Table", queueType, "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret") {
		deletion, replacement := x.Resource(id)["DeletionPolicy"], x.Resource(id)["UpdateReplacePolicy"]
		if keep[id] && (deletion != "RetainExceptOnCreate" || replacement != "Retain") ||
			!keep[id] && (deletion != "Delete" || replacement != "Delete") {
			problems = append(problems, fmt.Sprintf("%s: %v when deleted, %v when replaced", id, deletion, replacement))
		}
	}
	for _, id := range x.IDs("AWS::S3::BucketPolicy") {
		bucket := cloudformation.Target(x.Properties(id)["Bucket"])
		if keep[bucket] && (x.Resource(id)["DeletionPolicy"] != "RetainExceptOnCreate" || x.Resource(id)["UpdateReplacePolicy"] != "Retain") {
			problems = append(problems, id+" goes while its bucket stays")
		}
	}
	if x.Properties("DeliveryBucket")["VersioningConfiguration"] != nil {
		problems = append(problems, "versions of raw files outlive their deletion")
	}
	protected := func(parameters map[string]string) string {
		return cloudformation.NewStack(x, "bellhop", parameters).Text(x.Properties("Ledger")["DeletionProtectionEnabled"])
	}
	if protected(nil) != "false" || protected(map[string]string{"LedgerProtection": "true"}) != "true" {
		problems = append(problems, "the ledger is protected from deletion at other times than LedgerProtection says")
	}
	if at(x.Properties("Ledger"), "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		problems = append(problems, "the ledger cannot be had back as it was")
	}
	if end := at(x.Properties("Ledger"), "TimeToLiveSpecification"); at(end, "AttributeName") != dynamostore.AttrForgetAt || at(end, "Enabled") != true {
		problems = append(problems, "the ledger never forgets what it says may be forgotten")
	}
	if _, err := config.LoadJanitor(map[string]string{
		"BELLHOP_LEDGER_TABLE": "ledger", "BELLHOP_DELIVERY_BUCKET": "delivery", "BELLHOP_DATASET_BUCKET": "dataset", "BELLHOP_INGEST_QUEUE_URL": "https://sqs/q",
		"BELLHOP_LEDGER_RETENTION_DAYS": fmt.Sprint(ledger.ShortestRetention.Hours()/24 - 1),
	}); err == nil {
		problems = append(problems, "the functions take a shorter retention than the ledger's shortest")
	}
	allowed, _ := at(x.Object, "Parameters", "LedgerRetentionDays", "AllowedValues").([]any)
	for _, days := range allowed {
		if n, _ := days.(float64); n != 0 && n*24 < ledger.ShortestRetention.Hours() {
			problems = append(problems, fmt.Sprintf("jobs and files may be forgotten after %v days, while they still matter", n))
		}
	}
	return problems
}

func findsTheDays(_ *testing.T, x expanded) []string {
	s := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	var problems []string
	bucket := "s3://bellhop-0123456789-dataset-111122223333-us-east-1-an/"
	found, views := map[string]string{}, map[string]bool{}
	for _, id := range x.IDs("AWS::Glue::Table") {
		input := at(x.Properties(id), "TableInput")
		name, _ := at(input, "Name").(string)
		if at(input, "TableType") == "VIRTUAL_VIEW" {
			views[name] = true
			continue
		}
		if own, is := strings.CutPrefix(name, "own_"); is {
			// What people know is no report: its versions lie in one folder, and no day is looked for.
			if want := "/own/" + own + "/"; !strings.HasSuffix(s.Text(at(input, "StorageDescriptor", "Location")), want) {
				problems = append(problems, name+" does not lie in "+want)
			}
			continue
		}
		if operation, is := strings.CutPrefix(name, "operations_"); is {
			// Of what was published there is one file.
			if want := bucket + path.Dir(report.OperationsKey(operation)) + "/"; s.Text(at(input, "StorageDescriptor", "Location")) != want {
				problems = append(problems, name+" does not lie in "+want)
			}
			continue
		}
		if at(input, "Parameters", "projection.enabled") != "true" {
			problems = append(problems, name+" has no projection, and nobody registers its partitions")
		}
		found[name] = strings.ReplaceAll(s.Text(at(input, "Parameters", "storage.location.template")), "${!dataset_date}", "2026-11-17")
	}
	want := map[string]string{}
	for _, d := range dataset.Definitions() {
		want[d.Name] = bucket + path.Dir(report.PartitionKey("hotel", d.Name, report.NewDate(2026, 11, 17)))
		if !views[d.Name] {
			problems = append(problems, d.Name+" has no default view")
		}
	}
	if !maps.Equal(found, want) {
		problems = append(problems, fmt.Sprintf("the catalogue looks in %v, the days are in %v", found, want))
	}
	group := at(x.Properties("WorkGroup"), "WorkGroupConfiguration")
	if at(group, "EnforceWorkGroupConfiguration") != true || at(group, "BytesScannedCutoffPerQuery") == nil ||
		at(group, "ResultConfiguration", "EncryptionConfiguration", "EncryptionOption") != "SSE_S3" {
		problems = append(problems, "queries have no bounds: "+compact(group))
	}
	return problems
}

func addsOnlyWhatIsKnown(t *testing.T, x expanded) []string {
	t.Helper()
	var added []string
	own := at(template(t), "Resources").(object)
	for _, id := range x.IDs() {
		if own[id] == nil {
			added = append(added, id)
		}
	}
	return differ("SAM adds", added, "known", []string{
		"IngesterFunctionDeliveries", "JanitorFunctionEventInvokeConfig", "JanitorFunctionLoadedFiles", "JanitorFunctionSweep",
		"RequesterFunctionDaily", "RequesterFunctionEventInvokeConfig", "RequesterFunctionWorkOff",
	})
}

func namesNoPartition(_ *testing.T, x expanded) []string {
	var problems []string
	for _, id := range x.IDs() {
		text := strings.ReplaceAll(compact(x.Resource(id)), "arn:aws:iam::889066238466:role/AlexaAnalyticsReportConsumerS3IamRole", "")
		if strings.Contains(text, "arn:aws:") {
			problems = append(problems, id+" names the partition aws, which is not everywhere")
		}
	}
	return problems
}
