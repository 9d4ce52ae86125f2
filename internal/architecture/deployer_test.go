package architecture_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
)

// published reads a file that AWS publishes about itself and cfn-lint brings along. Where that is not installed the test is
// skipped, and fails with REQUIRE_REAL=1.
func published(t *testing.T, name string, into any) {
	t.Helper()
	found, err := filepath.Glob(root + "/.tools/python/lib/python3*/site-packages/cfnlint/data/" + name)
	if err != nil || len(found) != 1 {
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatalf("REQUIRE_REAL=1: cfn-lint's %s is not installed: %v %v", name, found, err)
		}
		t.Skip("SKIPPED: cfn-lint is not installed; tools/install python does it")
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// unneeded are permissions that CloudFormation's own list has for a type, and for which this template has no use.
var unneeded = map[string]string{
	`^(kms|kinesis|firehose|s3tables|lakeformation|organizations):`:                                                                                               "services that the stack does not use",
	`^(ec2|elasticfilesystem|s3files):|Layer|Capacity|CodeSigning|ScalingConfig|RuntimeM|RuntimeA|PublishVersion`:                                                 "functions in a VPC, with file systems, layers, signatures or versions",
	`^iam:CreateServiceLinkedRole$|Replica|Kinesis|Contributor|^dynamodb:(.*Import|.*Item$|Query|Scan|.*ResourcePolicy)`:                                          "tables of several regions, imports, and what is in a table",
	`^s3:(Abort|.*Object(Version)?$|ListMultipart|ListBucketMultipart)`:                                                                                           "what is in a bucket",
	`^s3:(Create|Delete|Get|Put|Update).*(Metadata|Accelerate|Analytics|Abac|CORS|Cors|Logging|ObjectLock|Replication|Website|Tiering|Inventory|Metrics|Acl)`:     "what the buckets do not have",
	`^s3:(DeleteBucketEncryption|DeleteBucketLifecycle|GetObjectMetadata|REST.PUT.OBJECT)$`:                                                                       "no permissions: IAM does not know them",
	`^logs:(.*(IndexPolic|ResourcePolic|DataProtection|BearerToken|KmsKey|DeletionProtection)|CreateLogDelivery|CreateLogStream|PutLogEvents|DescribeLogStreams)`: "what the log groups do not have",
	`^glue:.*(Connection|SchemaVersion)`:                  "connections and registries of schemas",
	`^iam:(At|De)tach(Group|User)Policy$`:                 "policies that the template attaches to nobody",
	`^iam:DeleteRolePermissionsBoundary$`:                 "a person who could take a boundary away would not be bounded",
	`^secretsmanager:(GetRandom|GetSecretValue)|Replicat`: "a secret's value never passes through the template",
	`^cloudformation:.etStackPolicy$`:                     "policies of nested stacks",
	`^cloudtrail:.*(Insight|EventConfiguration)`:          "what the trail does not record",
	`^sns:.*DataProtection`:                               "what the topic does not have",
}

// besides are the permissions that the SAM CLI, nested stacks and docs/deployment.md need, whatever a template has.
var besides = strings.Fields(`
	cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DeleteStack cloudformation:DescribeChangeSet
	cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:ExecuteChangeSet cloudformation:GetTemplate
	cloudformation:GetTemplateSummary cloudformation:ListChangeSets cloudformation:ListStackResources
	cloudformation:CancelUpdateStack cloudformation:UpdateTerminationProtection cloudformation:ValidateTemplate lambda:GetAccountSettings
	s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:GetObjectVersion s3:PutObject`)

// asked are the permissions that CloudFormation's own list has for a type, to make, read, change and delete one.
func asked(t *testing.T, kind string) []string {
	t.Helper()
	var files map[string]string
	published(t, "schemas/providers/us-east-1.json", &files)
	if files[kind] == "" {
		return nil
	}
	var schema struct {
		Handlers map[string]struct{ Permissions []string }
	}
	published(t, "schemas/resources/"+files[kind]+".json", &schema)
	all := map[string]bool{}
	for _, handler := range []string{"create", "read", "update", "delete"} {
		for _, permission := range schema.Handlers[handler].Permissions {
			service, action, _ := strings.Cut(permission, ":")
			all[strings.ToLower(service)+":"+action] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// lacks returns what a type needs and is not allowed, and notes in used what it needs.
func lacks(t *testing.T, kind string, allowed, used map[string]bool) []string {
	t.Helper()
	var missing []string
	needed := 0
	for _, permission := range asked(t, kind) {
		skip := false
		for pattern := range unneeded {
			if regexp.MustCompile(pattern).MatchString(permission) {
				used[pattern], skip = true, true
			}
		}
		if skip {
			continue
		}
		needed++
		used[permission] = true
		if !allowed[permission] {
			missing = append(missing, permission)
		}
	}
	if needed == 0 {
		missing = append(missing, "any statement")
	}
	return missing
}

// TestTheDeployerMayMakeEachType compares deployer.yaml with what CloudFormation itself says that it needs for each type of the template,
// both ways.
func TestTheDeployerMayMakeEachType(t *testing.T) {
	allowed, used := map[string]bool{}, map[string]bool{}
	for _, g := range grants(t, parsed(t, "deployer.yaml")) {
		allowed[g.action] = true
	}
	kinds := map[string]bool{"AWS::CloudFormation::Stack": true}
	x := cloudformation.Parse(t, cloudformation.Expanded(t, root))
	for _, id := range x.IDs() {
		kinds[x.Resource(id)["Type"].(string)] = true
	}
	for kind := range kinds {
		for _, permission := range lacks(t, kind, allowed, used) {
			t.Errorf("deployer.yaml lacks %s for a %s", permission, kind)
		}
	}
	for _, permission := range besides {
		used[permission] = true
		if !allowed[permission] {
			t.Errorf("deployer.yaml lacks %s", permission)
		}
	}
	for action := range allowed {
		if !used[action] {
			t.Errorf("deployer.yaml allows %s, which no type of the template needs", action)
		}
	}
	for pattern, why := range unneeded {
		if !used[pattern] {
			t.Errorf("nothing is left out for %q any more (%s)", why, pattern)
		}
	}
	for _, kind := range []string{"AWS::KMS::Key", "AWS::EC2::Instance", "AWS::Serverless::Function", "AWS::SSM::Document"} {
		if len(lacks(t, kind, allowed, map[string]bool{})) == 0 {
			t.Errorf("this test would not notice a %s", kind)
		}
	}
}

// TestTheDeployerSeesNoDataAndWidensNothing: what is in buckets is SAM's own and Athena's answers, and rights are given to nothing but the
// template's roles and policies.
func TestTheDeployerSeesNoDataAndWidensNothing(t *testing.T) {
	deployer := parsed(t, "deployer.yaml")
	var given []string
	for _, g := range grants(t, deployer) {
		switch service, action, _ := strings.Cut(g.action, ":"); {
		case g.action == "s3:DeleteObject" && g.resource == "s3:::BucketPrefix-results-AWS::AccountId-AWS::Region-an/*":
		case service == "s3" && strings.HasSuffix(strings.TrimSuffix(action, "Version"), "Object") &&
			g.resource != "s3:::aws-sam-cli-managed-default-samclisourcebucket-*/*":
			t.Errorf("%s allows %s on %s", g.owner, g.action, g.resource)
		case service == "iam":
			given = append(given, g.resource)
		}
	}
	var own []string
	for id := range resources(t, "AWS::IAM::Role") {
		own = append(own, "iam::AWS::AccountId:role/StackName-"+id+"-*")
	}
	for id := range resources(t, "AWS::IAM::ManagedPolicy") {
		own = append(own, "iam::AWS::AccountId:policy/StackName-*"+id+"-*")
	}
	slices.Sort(given)
	want(t, "what rights are given to", slices.Compact(given), sorted(own))

	for policy, resource := range at(deployer, "Resources").(object) {
		bounded := false
		s := cloudformation.NewStack(expanded{Object: deployer}, "deployer", map[string]string{
			"StackName": strings.Repeat("x", 24), "BucketPrefix": strings.Repeat("x", 22), "DeliveryPrefix": strings.Repeat("x", 22),
		})
		size := 0
		for _, statement := range at(resource, "Properties", "PolicyDocument", "Statement").([]any) {
			size += len(compact(statement)) - len(compact(at(statement, "Resource")))
			for _, r := range list(at(statement, "Resource")) {
				size += len(s.Text(r)) + len(`"",`)
			}
			if slices.Contains(list(at(statement, "Action")), any("iam:CreateRole")) {
				bounded = compact(at(statement, "Condition")) == `{"Fn::If":["HasPermissionsBoundary",{"StringEquals":{"iam:PermissionsBoundary":{"Ref":"PermissionsBoundary"}}},{"Ref":"AWS::NoValue"}]}`
			}
		}
		if size > 6144 {
			t.Errorf("%s has %d characters; IAM takes 6144", policy, size)
		}
		if policy == "DeployerPolicy" && !bounded {
			t.Error("a role may be made without the boundary")
		}
	}
}

// TestNoStatementIsVoid: an action that IAM ties to no resource is refused where a statement names one, and one that it does tie is
// named with its resource.
func TestNoStatementIsVoid(t *testing.T) {
	var reference map[string]struct {
		Actions map[string]struct{ Resources []string }
	}
	published(t, "AdditionalSpecs/Policies.json", &reference)
	known := map[string]string{
		"dynamodb:ListStreams":              "as in SAM's own DynamoDBStreamReadPolicy",
		"cloudwatch:DescribeAlarms":         "composite alarms are shown to nobody with less",
		"cloudformation:GetTemplateSummary": "of a template before there is a stack",
	}
	for _, name := range append([]string{"template.yaml", "deployer.yaml"}, nested...) {
		for _, g := range grants(t, parsed(t, name)) {
			service, action, _ := strings.Cut(g.action, ":")
			entry, exists := reference[service].Actions[strings.ToLower(action)]
			if !exists {
				t.Errorf("%s: %s allows %s, which IAM does not know", name, g.owner, g.action)
			}
			if everything := g.resource == "*"; everything == (len(entry.Resources) == 0) {
				continue
			}
			if known[g.action] == "" {
				t.Errorf("%s: %s allows %s on %s; IAM ties it to %v", name, g.owner, g.action, g.resource, entry.Resources)
			}
		}
	}
}
