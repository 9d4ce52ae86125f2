package khoros_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/source/khoros"
)

func TestParameters(t *testing.T) {
	base := report.Params{"report": "response", "company": "Harbour Hotels", "zone": "America/New_York"}
	interval := report.Params{"report": "team_performance_interval"}
	tests := map[string]struct {
		params report.Params
		says   string // nothing: valid
	}{
		"as little as it takes":       {nil, ""},
		"the older way":               {report.Params{"report": "marketing/raw_brand_posts", "campaign": "5"}, ""},
		"a tenant's host":             {report.Params{"host": "analytics.tenant.example:8443"}, ""},
		"a simulator":                 {report.Params{"host": "http://127.0.0.1:9999"}, ""},
		"all filters":                 {report.Params{"business_hours": "true", "business_hours_type": "false", "priorities": "0,5", "smart_view": "1", "work_queues": "a,b", "locale": "en_US", "timezone": "US/Pacific", "columns": "A,b_c"}, ""},
		"an interval":                 {with(interval, report.Params{"time_interval": "24h"}), ""},
		"no report":                   {report.Params{"report": ""}, `report is ""`},
		"an unknown report":           {report.Params{"report": "marketing/marketing/user"}, "report is"},
		"no company":                  {report.Params{"company": " "}, "company is missing"},
		"no zone":                     {report.Params{"zone": ""}, "zone is missing"},
		"the machine's zone":          {report.Params{"zone": "Local"}, "zone is missing"},
		"a zone that is none":         {report.Params{"zone": "New York"}, `zone is "New York"`},
		"a zone outside":              {report.Params{"zone": "../../etc/passwd"}, "zone is"},
		"plain http elsewhere":        {report.Params{"host": "http://tenant.example"}, "host is no host"},
		"a path in the host":          {report.Params{"host": "tenant.example/api"}, "host is no host"},
		"a user in the host":          {report.Params{"host": "https://planted:planted@tenant.example"}, "host is no host"},
		"hosts with a scheme":         {report.Params{"hosts": "https://a.example"}, "hosts has"},
		"another format":              {report.Params{"format": "xlsx"}, "format is"},
		"a locale":                    {report.Params{"locale": "English"}, "locale is"},
		"a priority":                  {report.Params{"priorities": "0,6"}, `priorities has "6"`},
		"two smart views":             {report.Params{"smart_view": "1,2"}, "smart_view is"},
		"a column with a blank":       {report.Params{"columns": "Response Content"}, "columns has"},
		"hours without business":      {report.Params{"business_hours_type": "true"}, "business_hours_type means nothing"},
		"no kind of conversations":    {report.Params{"report": "conversation"}, "conversation_report_type is missing"},
		"an unknown kind":             {report.Params{"report": "conversation", "conversation_report_type": "OPEN"}, "conversation_report_type is"},
		"a kind for another report":   {report.Params{"conversation_report_type": "CLOSED"}, "only for report conversation"},
		"no interval":                 {interval, "time_interval is missing"},
		"an interval of a week":       {with(interval, report.Params{"time_interval": "168h"}), "time_interval is"},
		"an interval of seven hours":  {with(interval, report.Params{"time_interval": "7h"}), "time_interval is"},
		"an interval elsewhere":       {report.Params{"time_interval": "1h"}, "only for report team_performance_interval"},
		"a limit elsewhere":           {report.Params{"raise_limit": "true"}, "only for report conversation_history_action"},
		"teams elsewhere":             {report.Params{"teams": "1"}, "teams is only for"},
		"agents elsewhere":            {report.Params{"agents": "1"}, "agents is only for"},
		"disabled agents elsewhere":   {report.Params{"disabled_agents": "true"}, "disabled_agents is only for"},
		"a campaign elsewhere":        {report.Params{"campaign": "1"}, "campaign is only for"},
		"a column that has two fates": {report.Params{"keep": "a,b", "hash": "b"}, "b is in two of"},
		"a column not in snake case":  {report.Params{"drop": "Response Content"}, "drop has"},
		"no horizon":                  {report.Params{"horizon_days": "0"}, "horizon_days is"},
		"an unknown parameter":        {report.Params{"colour": "blue"}, "colour is not a parameter"},
	}
	src := khoros.New(khoros.Options{})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := src.Validate(with(base, tt.params))
			if (err == nil) != (tt.says == "") || err != nil && (!strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "planted")) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := src.Validate(report.Params{"report": "user", "time_interval": "1h"}); len(strings.Split(err.Error(), "\n")) != 3 {
		t.Errorf("not every problem is told: %v", err)
	}
}

// with returns parameters with some of them changed.
func with(params, change report.Params) report.Params {
	all := maps.Clone(params)
	maps.Copy(all, change)
	return all
}

func TestWarnings(t *testing.T) {
	src := khoros.New(khoros.Options{})
	tests := map[string]struct {
		params report.Params
		says   string
	}{
		"nothing":          {report.Params{}, ""},
		"the older way":    {report.Params{"report": "marketing/user"}, "newer documents"},
		"a campaign":       {report.Params{"report": "raw_brand_posts", "campaign": "1"}, "none says what its parameter is called"},
		"many buckets":     {report.Params{"report": "team_performance_interval", "time_interval": "30m"}, "48 buckets"},
		"not many":         {report.Params{"report": "team_performance_interval", "time_interval": "1h"}, ""},
		"a silent limit":   {report.Params{"report": "conversation_history_action", "raise_limit": "false"}, "500 actions"},
		"the raised limit": {report.Params{"report": "conversation_history_action"}, ""},
		"personal columns": {report.Params{"keep": "response_content"}, "stored as they are"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := src.Warnings(order(tt.params).Subscription.Params)
			if tt.says == "" && len(got) > 0 || tt.says != "" && (len(got) != 1 || !strings.Contains(got[0], tt.says)) {
				t.Errorf("warned %q", got)
			}
		})
	}
}
