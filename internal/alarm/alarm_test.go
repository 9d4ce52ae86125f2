package alarm_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/internal/alarm"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// sections are the anchors of the runbook.
func sections(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	var anchors []string
	for _, title := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(page), -1) {
		anchors = append(anchors, strings.ReplaceAll(strings.ToLower(title[1]), " ", "-"))
	}
	return anchors
}

func TestWhoeverIsWokenFindsASection(t *testing.T) {
	known := sections(t)
	for _, a := range alarm.All() {
		if !slices.Contains(known, a.Anchor()) {
			t.Errorf("docs/operations.md has no section %s", a.Anchor())
		}
	}
	for _, s := range report.JobStatuses() {
		if anchor := "job-" + strings.ToLower(string(s)); !slices.Contains(known, anchor) {
			t.Errorf("docs/operations.md has no section %s", anchor)
		}
	}
	for _, s := range report.FileStatuses() {
		if anchor := "file-" + strings.ToLower(string(s)); !slices.Contains(known, anchor) {
			t.Errorf("docs/operations.md has no section %s", anchor)
		}
	}
}

func TestAlarmsAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range alarm.All() {
		if seen[a.ID()] || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(a.ID()) {
			t.Errorf("%s is no name of a resource, or there are two", a.ID())
		}
		seen[a.ID()] = true
		if a.Why == "" || a.Enough < 1 || a.Enough > a.Periods {
			t.Errorf("%s: %d of %d periods, because %q", a.Name, a.Enough, a.Periods, a.Why)
		}
		// CloudWatch looks back at most a day, or a week where a period is an hour or more.
		if longest := map[bool]int{false: 86400, true: 604800}[a.Period >= 3600]; a.Period*a.Periods > longest {
			t.Errorf("%s looks back %d seconds, and CloudWatch %d at most", a.Name, a.Period*a.Periods, longest)
		}
		if a.Namespace != metric.Namespace {
			continue
		}
		at := slices.IndexFunc(metric.All(), func(m metric.Metric) bool { return m.Name == a.Metric })
		if at < 0 {
			t.Errorf("%s watches %s, which nobody emits", a.Name, a.Metric)
		}
	}
}

// What is emitted and shown nowhere costs money for nothing.
func TestEveryMetricIsWatchedOrShown(t *testing.T) {
	block, err := alarm.Block()
	if err != nil {
		t.Fatal(err)
	}
	var resources map[string]struct {
		Properties struct {
			DashboardBody yaml.Node `yaml:"DashboardBody"`
		} `yaml:"Properties"`
	}
	if err := yaml.Unmarshal([]byte(block), &resources); err != nil {
		t.Fatal(err)
	}
	shown := resources["Dashboard"].Properties.DashboardBody.Value
	for _, m := range metric.All() {
		if !strings.Contains(shown, `"`+m.Name+`"`) {
			t.Errorf("%s is not on the dashboard", m.Name)
		}
	}
	for _, a := range alarm.All() {
		if !strings.Contains(shown, "${"+a.ID()+".Arn}") {
			t.Errorf("%s is not on the dashboard", a.Name)
		}
	}
}

// The alarm on a slow function goes by the function's time, which the template says.
func TestTimeoutsAreThoseOfTheTemplate(t *testing.T) {
	content, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Timeout int `yaml:"Timeout"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(content, &template); err != nil {
		t.Fatal(err)
	}
	for name, timeout := range alarm.Timeout {
		if got := template.Resources[name+"Function"].Properties.Timeout; got != timeout {
			t.Errorf("%s may run for %d seconds by the template, %d by the alarm", name, got, timeout)
		}
	}
}
