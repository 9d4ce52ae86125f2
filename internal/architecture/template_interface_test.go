package architecture_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/config"
)

// keysInOrder lists the keys of one of the template's sections as they stand there.
func keysInOrder(t *testing.T, section string) []string {
	t.Helper()
	var document struct {
		Sections map[string]yaml.Node `yaml:",inline"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "template.yaml")), &document); err != nil {
		t.Fatal(err)
	}
	var keys []string
	content := document.Sections[section].Content
	for i := 0; i < len(content); i += 2 {
		keys = append(keys, content[i].Value)
	}
	return keys
}

// TestParametersReadLikeAConversation: the console shows groups, and `sam deploy --guided` asks in the template's order.
func TestParametersReadLikeAConversation(t *testing.T) {
	asked := keysInOrder(t, "Parameters")
	var grouped []string
	for _, group := range at(template(t), "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups").([]any) {
		for _, name := range at(group, "Parameters").([]any) {
			grouped = append(grouped, name.(string))
		}
	}
	if !slices.Equal(grouped, asked) {
		t.Errorf("the console shows %v; asked in order: %v", grouped, asked)
	}
	// A first deployment answers these and accepts everything else.
	var must []string
	for _, name := range asked {
		if at(template(t), "Parameters", name, "Default") == nil {
			must = append(must, name)
		}
	}
	if want := []string{"BucketPrefix", "UnitId"}; !slices.Equal(must, want) || !slices.Equal(asked[:2], want) {
		t.Errorf("without a default: %v, asked first: %v; want %v for both", must, asked[:2], want)
	}
}

// TestRulesRefuse evaluates the template's rules as CloudFormation would.
func TestRulesRefuse(t *testing.T) {
	x := expanded{Object: template(t)}
	tests := map[string]struct {
		parameters map[string]string
		refusedBy  []string
	}{
		"the vendor's addresses": {nil, nil},
		"the vendor's in Europe": {map[string]string{
			"AlexaEndpoint": "https://api.eu.amazonalexa.com", "LwaEndpoint": "https://api.amazon.co.uk/auth/o2/token",
		}, nil},
		"the vendor's in Europe, with tokens from America": {
			map[string]string{"AlexaEndpoint": "https://api.eu.amazonalexa.com"}, nil,
		},
		"a simulator's": {map[string]string{
			"AlexaEndpoint": "https://simulator.example", "LwaEndpoint": "https://simulator.example/token",
		}, nil},
		"the vendor's token for a simulator": {
			map[string]string{"AlexaEndpoint": "https://simulator.example"}, []string{"BothAddressesAreTheVendorsOrNeither"},
		},
		"a simulator's token for the vendor": {
			map[string]string{"LwaEndpoint": "https://simulator.example/token"}, []string{"BothAddressesAreTheVendorsOrNeither"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := cloudformation.NewStack(x, "bellhop", test.parameters)
			var refused []string
			for id, rule := range x.Object["Rules"].(object) {
				for _, assertion := range at(rule, "Assertions").([]any) {
					if at(assertion, "AssertDescription") == nil {
						t.Errorf("rule %s does not say what it wants", id)
					}
					if !s.Holds(at(assertion, "Assert")) {
						refused = append(refused, id)
					}
				}
			}
			if !slices.Equal(sorted(refused), test.refusedBy) {
				t.Errorf("refused by %v, want %v", refused, test.refusedBy)
			}
		})
	}
}

// TestOutputsAreWhatAPersonNeedsNext: the first ones are steps, in order, and all of them are explained.
func TestOutputsAreWhatAPersonNeedsNext(t *testing.T) {
	outputs := keysInOrder(t, "Outputs")
	if want := []string{"DeliveryBucketArn", "LoginCommand", "SecretCommand", "FirstRunCommand", "StatusCommand", "DoctorCommand"}; !slices.Equal(outputs[:6], want) {
		t.Errorf("the first outputs are %v, want %v", outputs[:6], want)
	}
	s := cloudformation.NewStack(expanded{Object: template(t)}, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	for _, name := range outputs {
		if at(template(t), "Outputs", name, "Description") == nil {
			t.Errorf("output %s is not explained", name)
		}
	}
	want := map[string]string{
		"SecretCommand":       "aws ssm put-parameter --region us-east-1 --name /bellhop/bellhop/lwa --type SecureString --overwrite --value file://lwa.json",
		"FirstRunCommand":     "aws lambda invoke --region us-east-1 --function-name <RequesterFunction> --invocation-type Event --cli-binary-format raw-in-base64-out --payload '{}' /dev/null",
		"LoginCommand":        "AWS_REGION=us-east-1 bellhop auth login --stack bellhop --client-id CLIENT_ID",
		"StatusCommand":       "AWS_REGION=us-east-1 bellhop status --stack bellhop",
		"DoctorCommand":       "AWS_REGION=us-east-1 bellhop doctor --stack bellhop",
		"RequesterLogCommand": "AWS_REGION=us-east-1 bellhop logs requester --follow --stack bellhop",
	}
	for name, command := range want {
		if got := s.Text(at(template(t), "Outputs", name, "Value")); got != command {
			t.Errorf("%s is %q, want %q", name, got, command)
		}
	}
}

// TestEverySuppressionHasItsReason: cfn-lint's have a comment above, checkov's a comment of their own.
func TestEverySuppressionHasItsReason(t *testing.T) {
	for _, name := range append(nested, "template.yaml") {
		lines := strings.Split(read(t, name), "\n")
		for i, line := range lines {
			trimmed := strings.TrimSpace(line)
			if strings.HasPrefix(trimmed, "cfn-lint:") && !strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") {
				t.Errorf("%s:%d: no reason above %s", name, i+1, trimmed)
			}
		}
	}
	for id := range at(template(t), "Resources").(object) {
		for _, skip := range list(at(template(t), "Resources", id, "Metadata", "checkov", "skip")) {
			if reason, _ := at(skip, "comment").(string); skip != nil && len(reason) < 20 {
				t.Errorf("%s skips %v because %q", id, at(skip, "id"), reason)
			}
		}
	}
	settings := strings.Split(read(t, "tools/checkov.yaml"), "\n")
	for i, line := range settings {
		if strings.HasPrefix(strings.TrimSpace(line), "- CKV_") && !strings.HasPrefix(strings.TrimSpace(settings[i-1]), "#") {
			t.Errorf("tools/checkov.yaml:%d: no reason above %s", i+1, line)
		}
	}
}

// settings are the parameters that a variable of a function is set to as they are.
func settings(t *testing.T) map[string]config.Variable {
	t.Helper()
	found := map[string]config.Variable{}
	for _, function := range resources(t, functionType) {
		variables, _ := at(function, "Environment", "Variables").(object)
		for name, value := range variables {
			i := slices.IndexFunc(config.Variables(), func(v config.Variable) bool { return v.Name == name })
			if parameter, direct := at(value, "Ref").(string); direct && i >= 0 {
				found[parameter] = config.Variables()[i]
			}
		}
	}
	return found
}

// TestADurationThatDeploysStartsItsFunction: CloudFormation accepts of a duration exactly what the functions accept.
func TestADurationThatDeploysStartsItsFunction(t *testing.T) {
	var checked []string
	for parameter, variable := range settings(t) {
		if variable.Span != (config.Span{}) {
			want(t, parameter+"'s pattern", at(template(t), "Parameters", parameter, "AllowedPattern"), pattern(variable.Span))
			checked = append(checked, parameter)
		}
	}
	if want := []string{"QuarantineHold", "RequestInterval", "RequestPatience", "StrayGrace"}; !slices.Equal(sorted(checked), want) {
		t.Errorf("compared %v, want %v", sorted(checked), want)
	}
}

// accepts reports whether CloudFormation takes a value for a parameter. Its expressions look ahead, which Go's do not:
// what must not come is asked apart.
func accepts(t *testing.T, parameter, value string) bool {
	t.Helper()
	declared := at(template(t), "Parameters", parameter)
	expression, _ := at(declared, "AllowedPattern").(string)
	if ahead := regexp.MustCompile(`\(\?!([^)]*)\)`).FindStringSubmatch(expression); ahead != nil {
		if regexp.MustCompile(`^(` + ahead[1] + `)`).MatchString(value) {
			return false
		}
		expression = strings.Replace(expression, ahead[0], "", 1)
	}
	least, _ := at(declared, "MinLength").(int)
	most, bounded := at(declared, "MaxLength").(int)
	return len(value) >= least && (!bounded || len(value) <= most) && regexp.MustCompile(expression).MatchString(value)
}

func TestWhatAParameterRefuses(t *testing.T) {
	tests := map[string]struct{ accepted, refused []string }{
		"BucketPrefix": {
			[]string{"bellhop-k7m2q9xw", "0123456789ab", "bellhop-0123456789abcd"},
			[]string{"", "bellhop-k7m", "-bellhop-k7m2q9xw", "bellhop-k7m2q9xw-", "Bellhop-k7m2q9xw", "xn--k7m2q9xwab", "sthree-k7m2q9xw", "amzn-s3-demo-k7m2", "bellhop-0123456789abcde"},
		},
		"DeliveryPrefix": {
			[]string{"", "bellhop-k7m2q9xw", "0123456789ab", "bellhop-0123456789abcd"},
			[]string{"bellhop-k7m", "-bellhop-k7m2q9xw", "xn--k7m2q9xwab", "sthree-k7m2q9xw", "amzn-s3-demo-k7m2", "bellhop-0123456789abcde"},
		},
		"RequestInterval": {[]string{"1ms", "1s", "90s", "300s", "5m"}, []string{"10m", "6m", "301s", "0s", "1h", "1.5s", "1m30s", ""}},
		"RequestPatience": {[]string{"1h", "60m", "72h", "720h"}, []string{"1m", "59m", "721h", "3d"}},
		"StrayGrace":      {[]string{"1m", "6h", "24h"}, []string{"48h", "59s", "25h"}},
		"QuarantineHold":  {[]string{"1m", "12h", "24h"}, []string{"25h", "59s", "0h"}},
		"From":            {[]string{"", "2026-11-30", "2024-02-29", "2000-02-29"}, []string{"2026-02-29", "2026-02-30", "2026-11-31", "1999-12-31", "2026-1-1"}},
		"KhorosUserArn": {
			[]string{"", "arn:aws:secretsmanager:us-east-1:111122223333:secret:khoros-AbCdEf", "arn:aws:ssm:us-east-1:111122223333:parameter/bellhop/khoros"},
			[]string{"khoros", "*", "arn:aws:secretsmanager:us-east-1:111122223333:secret:*", "arn:aws:s3:::bucket", `{"username":"u"}`},
		},
		"PinpointApplicationId": {[]string{"", "ce796be37f32f178af652b26eexample"}, []string{"*", "a/b", "apps/x"}},
		"AspStatuses":           {[]string{"", "503=not-ready,409=back-off"}, []string{"200=refused", "503=foo", "503=", "503=accepted"}},
	}
	for parameter, test := range tests {
		for _, value := range test.accepted {
			if !accepts(t, parameter, value) {
				t.Errorf("%s=%q is refused", parameter, value)
			}
		}
		for _, value := range test.refused {
			if accepts(t, parameter, value) {
				t.Errorf("%s=%q is accepted", parameter, value)
			}
		}
	}
}

// TestTheGuessableNameMovesAlone: a new prefix for deliveries leaves every other bucket where it is.
func TestTheGuessableNameMovesAlone(t *testing.T) {
	x := expanded{Object: template(t)}
	before := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789"})
	after := cloudformation.NewStack(x, "bellhop", map[string]string{"BucketPrefix": "bellhop-0123456789", "DeliveryPrefix": "bellhop-abcdefghij"})
	for id, bucket := range resources(t, "AWS::S3::Bucket") {
		was, is := before.Text(bucket["BucketName"]), after.Text(bucket["BucketName"])
		if moved := was != is; moved != (id == "DeliveryBucket") {
			t.Errorf("%s is called %s, and was %s", id, is, was)
		}
	}
	want(t, "the delivery bucket", before.Text(resources(t, "AWS::S3::Bucket")["DeliveryBucket"]["BucketName"]), "bellhop-0123456789-delivery-111122223333-us-east-1-an")
	want(t, "the moved one", after.Text(resources(t, "AWS::S3::Bucket")["DeliveryBucket"]["BucketName"]), "bellhop-abcdefghij-delivery-111122223333-us-east-1-an")
	source := at(resources(t, "AWS::SQS::QueuePolicy")["IngestQueuePolicy"], "PolicyDocument", "Statement", 0, "Condition", "ArnEquals", "aws:SourceArn")
	want(t, "who may announce", after.Text(source), "arn:aws:s3:::bellhop-abcdefghij-delivery-111122223333-us-east-1-an")
}
