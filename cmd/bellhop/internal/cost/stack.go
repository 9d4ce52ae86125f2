package cost

import "fmt"

// Stack is what of template.yaml costs something. A test holds [Template] against the template.
type Stack struct {
	// RequesterMB, IngesterMB and JanitorMB are the functions' memory, on which Lambda's price depends.
	RequesterMB int `json:"requester_mb"`
	IngesterMB  int `json:"ingester_mb"`
	JanitorMB   int `json:"janitor_mb"`
	// Traced tells that each invocation is a trace in X-Ray. X-Ray records the first of each second and one in twenty of the
	// others, so this is the most.
	Traced bool `json:"traced"`
	// MetricsAlways are sent with each sweep, MetricsOfReports when reports come. MetricsOfTrouble are sent in trouble alone, and
	// charged for the hours of it: an estimate has none of them.
	MetricsAlways    int `json:"metrics_always"`
	MetricsOfReports int `json:"metrics_of_reports"`
	MetricsOfTrouble int `json:"metrics_of_trouble"`
	// Alarms are counted by the series that they watch, which is how they are charged.
	Alarms     int `json:"alarms"`
	Dashboards int `json:"dashboards"`
	// Secret is how many secrets there are in Secrets Manager. Without one the credential is in Parameter Store.
	Secret int `json:"secrets"`
	// Pollers are how many reads of the queue Lambda keeps waiting while nothing comes. It begins with five, and with a
	// maximum of concurrency it does not go down to two (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
	Pollers int `json:"pollers"`
	// RequesterRuns and Sweeps are the schedules' invocations in a day.
	RequesterRuns int `json:"requester_runs_per_day"`
	Sweeps        int `json:"sweeps_per_day"`
}

// Template is the stack of template.yaml with its defaults: the requester runs every 15 minutes and once for the day, the
// sweep every 5 minutes.
var Template = Stack{
	RequesterMB: 256, IngesterMB: 1024, JanitorMB: 256, Traced: true,
	MetricsAlways: 1, MetricsOfReports: 6, MetricsOfTrouble: 18, Alarms: 12,
	Pollers: 5, RequesterRuns: 24*4 + 1, Sweeps: 24 * 12,
}

// Choice is what a deployment chooses that costs something, in the words of the template's parameters.
type Choice struct {
	Alarms          string
	Dashboard       bool
	CredentialStore string
}

// Default is what the template chooses.
var Default = Choice{Alarms: "essential", CredentialStore: "ParameterStore"}

// With returns the stack with other choices than the template's. Its error names the parameter that has no such value.
func (s Stack) With(c Choice) (Stack, error) {
	var known bool
	if s.Alarms, known = map[string]int{"none": 0, "essential": 12, "all": 30}[c.Alarms]; !known {
		return s, fmt.Errorf("the parameter Alarms is essential, all or none, not %q", c.Alarms)
	}
	if s.Secret, known = map[string]int{"ParameterStore": 0, "SecretsManager": 1}[c.CredentialStore]; !known {
		return s, fmt.Errorf("the parameter CredentialStore is ParameterStore or SecretsManager, not %q", c.CredentialStore)
	}
	if s.Dashboards = 0; c.Dashboard {
		s.Dashboards = 1
	}
	return s, nil
}
