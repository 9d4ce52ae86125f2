package architecture_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/config"
)

const lambdaType = "AWS::Lambda::Function"

// folderOf is the folder under functions/ that a function is built from.
func folderOf(id string) string { return strings.ToLower(strings.TrimSuffix(id, "Function")) }

func functionRules() map[string]expandedRule {
	return map[string]expandedRule{
		"every function runs on arm64, logs JSON to a group that forgets, and is traced": {
			broken: runsAsItShould,
			breaches: map[string]func(x expanded){
				"another architecture":    property([]any{"x86_64"}, "IngesterFunction", "Architectures"),
				"another runtime":         property("provided.al2", "JanitorFunction", "Runtime"),
				"another handler":         property("main", "JanitorFunction", "Handler"),
				"text logs":               property("Text", "RequesterFunction", "LoggingConfig", "LogFormat"),
				"no info, so no metrics":  property("WARN", "RequesterFunction", "LoggingConfig", "ApplicationLogLevel"),
				"Lambda's own log group":  property(nil, "RequesterFunction", "LoggingConfig", "LogGroup"),
				"logs that stay for ever": property(nil, "RequesterLogs", "RetentionInDays"),
				"no traces":               property(nil, "IngesterFunction", "TracingConfig"),
				"loops that go on":        property("Allow", "IngesterFunction", "RecursiveLoop"),
			},
		},
		"the environment is what the functions read, and they start with it": {
			broken: startsWithItsEnvironment,
			breaches: map[string]func(x expanded){
				"a variable that nobody reads": property("x", "JanitorFunction", "Environment", "Variables", "BELLHOP_MORE"),
				"one that is missing":          property(nil, "RequesterFunction", "Environment", "Variables", "BELLHOP_ASP_DAILY"),
				"a default that is refused":    func(x expanded) { set(x.Object, "25h", "Parameters", "StrayGrace", "Default") },
				"another queue":                property(object{"Ref": "FailedRuns"}, "JanitorFunction", "Environment", "Variables", "BELLHOP_INGEST_QUEUE_URL"),
				"another's value":              property(object{"Ref": "MaxDeletions"}, "IngesterFunction", "Environment", "Variables", "BELLHOP_STRAY_GRACE"),
			},
		},
		"functions and folders are the same": {
			broken: func(t *testing.T, x expanded) []string {
				var built []string
				for _, id := range x.IDs(lambdaType) {
					built = append(built, folderOf(id))
				}
				return differ("functions", sorted(built), "folders", functionFolders(t))
			},
			breaches: map[string]func(x expanded){
				"a function without a folder": func(x expanded) { set(x.Object, object{"Type": lambdaType}, "Resources", "OtherFunction") },
				"a folder without a function": func(x expanded) { set(x.Object, nil, "Resources", "JanitorFunction") },
			},
		},
	}
}

// differ describes two lists that ought to be equal.
func differ(what string, got []string, other string, want []string) []string {
	if slices.Equal(got, want) {
		return nil
	}
	return []string{fmt.Sprintf("%s: %v; %s: %v", what, got, other, want)}
}

func runsAsItShould(_ *testing.T, x expanded) []string {
	var problems []string
	for _, id := range x.IDs(lambdaType) {
		function := x.Properties(id)
		for _, want := range []struct {
			value any
			steps []any
		}{
			{"provided.al2023", []any{"Runtime"}},
			{"bootstrap", []any{"Handler"}},
			{"arm64", []any{"Architectures", 0}},
			{"JSON", []any{"LoggingConfig", "LogFormat"}},
			{"INFO", []any{"LoggingConfig", "ApplicationLogLevel"}},
			{"Active", []any{"TracingConfig", "Mode"}},
			{"Terminate", []any{"RecursiveLoop"}},
		} {
			if got := at(function, want.steps...); got != want.value {
				problems = append(problems, fmt.Sprintf("%s: %v is %v, want %v", id, want.steps, got, want.value))
			}
		}
		group := cloudformation.Target(at(function, "LoggingConfig", "LogGroup"))
		if at(x.Properties(group), "RetentionInDays") == nil {
			problems = append(problems, fmt.Sprintf("%s logs to %q, which has no retention", id, group))
		}
	}
	return problems
}

// onlyAWSKnows is what a Ref to these gives in an account.
var onlyAWSKnows = map[string]string{
	"<Ledger>":      "bellhop-Ledger-1ABCDEFGHIJKL",
	"<IngestQueue>": "https://sqs.us-east-1.amazonaws.com/111122223333/bellhop-IngestQueue-1ABCDEFGHIJKL",
	"<LwaSecret>":   "arn:aws:secretsmanager:us-east-1:111122223333:secret:LwaSecret-AbCdEf",
}

// startsWithItsEnvironment resolves each function's variables as CloudFormation would for a first deployment, and lets
// the function's own loader read them.
func startsWithItsEnvironment(_ *testing.T, x expanded) []string {
	load := map[string]func(map[string]string) error{
		"requester": func(env map[string]string) error { _, err := config.LoadRequester(env); return err },
		"ingester":  func(env map[string]string) error { _, err := config.LoadIngester(env); return err },
		"janitor":   func(env map[string]string) error { _, err := config.LoadJanitor(env); return err },
	}
	s := cloudformation.NewStack(x, "bellhop", map[string]string{
		"BucketPrefix": "bellhop-0123456789", "UnitId": "amzn1.alexa.unit.did.EXAMPLE",
	})
	var problems []string
	for _, id := range x.IDs(lambdaType) {
		env, read := map[string]string{}, []string{}
		for name, value := range at(x.Properties(id), "Environment", "Variables").(object) {
			env[name] = cmp.Or(onlyAWSKnows[s.Text(value)], s.Text(value))
		}
		for _, variable := range config.Variables() {
			if slices.Contains(variable.Functions, folderOf(id)) {
				read = append(read, variable.Name)
			}
		}
		var given []string
		for name := range env {
			given = append(given, name)
		}
		problems = append(problems, differ(id+" is given", sorted(given), "reads", sorted(read))...)
		if start := load[folderOf(id)]; start == nil {
			problems = append(problems, id+" has no loader in this test")
		} else if err := start(env); err != nil {
			problems = append(problems, fmt.Sprintf("%s does not start: %v", id, err))
		}
	}
	return problems
}
