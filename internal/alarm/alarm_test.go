package alarm_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bellhop-asp/bellhop/internal/alarm"
	"github.com/bellhop-asp/bellhop/internal/alarm/alarmtest"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/telemetry/metric"
)

// sections are the texts of the runbook's sections by their anchors.
func sections(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for part := range strings.SplitSeq("\n"+string(page), "\n#") {
		title, text, _ := strings.Cut(strings.TrimLeft(part, "# "), "\n")
		texts[strings.ReplaceAll(strings.ToLower(title), " ", "-")] = strings.TrimSpace(text)
	}
	return texts
}

func TestEveryAlarmHasASectionInTheRunbook(t *testing.T) {
	known := sections(t)
	all := map[string]bool{} // by the section: whether an alarm of it needs Alarms=all
	for _, a := range alarm.All() {
		all[a.Anchor()] = all[a.Anchor()] || !a.Essential
	}
	for anchor, more := range all {
		text, there := known[anchor]
		if !there {
			t.Errorf("docs/operations.md has no section %s", anchor)
		}
		if marked := strings.HasPrefix(text, "*all*"); marked != more {
			t.Errorf("the section %s is marked as one of Alarms=all: %t, want %t", anchor, marked, more)
		}
	}
	for _, s := range report.JobStatuses() {
		if anchor := "job-" + strings.ToLower(string(s)); known[anchor] == "" {
			t.Errorf("docs/operations.md has no section %s", anchor)
		}
	}
	for _, s := range report.FileStatuses() {
		if anchor := "file-" + strings.ToLower(string(s)); known[anchor] == "" {
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
			continue
		}
		// Nobody sends a count of 0, so silence has to say the same.
		zero := []alarmtest.Point{{At: time.Unix(0, 0), Value: 0}}
		said := metric.All()[at].Unit == metric.Seconds
		one := a
		one.Periods, one.Enough = 1, 1
		soon := time.Unix(int64(a.Period), 0)
		if silent := a.SilenceRings; !said && silent != alarmtest.Rings(t, one, zero, soon, 0) {
			t.Errorf("%s takes silence for trouble: %t, and a count of 0 for the contrary", a.Name, silent)
		}
	}
}

// What is emitted and shown nowhere costs money for nothing. The dashboard shows the alarms that there are, and no other.
func TestTheDashboardShowsEveryMetricAndTheAlarmsThatThereAre(t *testing.T) {
	x := cloudformation.Parse(t, cloudformation.Expanded(t, "../.."))
	for choice, want := range chosen() {
		stack := cloudformation.NewStack(x, "bellhop", map[string]string{"Alarms": choice})
		body := stack.Text(x.Properties("Overview")["DashboardBody"])
		var shown struct {
			Widgets []struct {
				Type       string
				Properties struct {
					Alarms  []string
					Metrics [][]string
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &shown); err != nil {
			t.Fatalf("%s: %v", choice, err)
		}
		var metrics, alarms []string
		for _, w := range shown.Widgets {
			alarms = append(alarms, w.Properties.Alarms...)
			for _, line := range w.Properties.Metrics {
				metrics = append(metrics, line[1])
			}
			if w.Type == "alarm" && len(w.Properties.Alarms) == 0 {
				t.Errorf("%s: the dashboard has a place for alarms and none to show", choice)
			}
		}
		for _, m := range metric.All() {
			if !slices.Contains(metrics, m.Name) {
				t.Errorf("%s is not on the dashboard", m.Name)
			}
		}
		var arns []string
		for _, a := range want {
			arns = append(arns, "<"+a.ID()+".Arn>")
		}
		if !slices.Equal(alarms, arns) {
			t.Errorf("Alarms=%s: the dashboard shows %v, want %v", choice, alarms, arns)
		}
	}
}

// chosen are the alarms by the parameter's values.
func chosen() map[string][]alarm.Alarm {
	essential := slices.DeleteFunc(alarm.All(), func(a alarm.Alarm) bool { return !a.Essential })
	return map[string][]alarm.Alarm{"all": alarm.All(), "essential": essential, "none": nil}
}

// Twelve alarms are essential. Their names are here once more, so that nobody moves one without meaning it.
func TestTheParameterAlarmsChooses(t *testing.T) {
	x := cloudformation.Parse(t, cloudformation.Expanded(t, "../.."))
	made := func(parameters map[string]string) (names []string) {
		stack := cloudformation.NewStack(x, "bellhop", parameters)
		for _, a := range alarm.All() {
			if stack.Has(a.ID()) {
				names = append(names, a.Name)
			}
		}
		return names
	}
	essential := []string{
		"No request was accepted for 26 hours", "Requests are refused or in doubt", "Access tokens cannot be had", "Days are about to be lost",
		"Files came that nobody expects", "A file cannot be loaded", "Raw files stay too long", "A published day vanished",
		"A deletion cannot be verified", "Deliveries are dead letters", "Runs failed for good", "Janitor fails",
	}
	if got := made(nil); !slices.Equal(got, essential) {
		t.Errorf("by default there are %q, want %q", got, essential)
	}
	if got := made(map[string]string{"Alarms": "none"}); len(got) > 0 {
		t.Errorf("with none there are %q", got)
	}
	if got := made(map[string]string{"Alarms": "all"}); len(got) != len(alarm.All()) {
		t.Errorf("with all there are %d of %d", len(got), len(alarm.All()))
	}
	for dashboard, want := range map[string]bool{"": false, "false": false, "true": true} {
		parameters := map[string]string{}
		if dashboard != "" {
			parameters["Dashboard"] = dashboard
		}
		if got := cloudformation.NewStack(x, "bellhop", parameters).Has("Overview"); got != want {
			t.Errorf("Dashboard=%q: there is one: %t", dashboard, got)
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
