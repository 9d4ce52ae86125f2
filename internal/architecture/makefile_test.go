package architecture_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// documented is a target with the comment that `make help` prints.
	documented = regexp.MustCompile(`(?m)^([a-zA-Z][\w-]*):.*?## (.+)$`)
	phony      = regexp.MustCompile(`(?m)^\.PHONY: (.+)$`)
	makeCall   = regexp.MustCompile(`(?m)^\s*(?:step )?make ([\w-]+)`)
)

// publicTargets are the Makefile's targets that a person calls: all but those that SAM calls, and files.
func publicTargets(t *testing.T) []string {
	t.Helper()
	var targets []string
	for _, match := range phony.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		for target := range strings.FieldsSeq(match[1]) {
			if !strings.ContainsAny(target, "/$()%") && !strings.HasPrefix(target, "build-") {
				targets = append(targets, target)
			}
		}
	}
	return sorted(targets)
}

func TestEveryPublicTargetIsExplained(t *testing.T) {
	var explained []string
	for _, match := range documented.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		explained = append(explained, match[1])
	}
	if got, want := sorted(explained), publicTargets(t); !slices.Equal(got, want) {
		t.Errorf("explained targets %v, public targets %v", got, want)
	}
}

func TestHelpListsEveryPublicTarget(t *testing.T) {
	tool, err := exec.LookPath("make")
	if err != nil {
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatalf("REQUIRE_REAL=1: %v", err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
	help := exec.CommandContext(t.Context(), tool, "help")
	help.Dir = root
	// The tests may run under make themselves: its settings are not for this one.
	help.Env = slices.DeleteFunc(os.Environ(), func(setting string) bool { return strings.HasPrefix(setting, "MAKE") })
	out, err := help.CombinedOutput()
	if err != nil {
		t.Fatalf("make help: %v\n%s", err, out)
	}
	for _, target := range publicTargets(t) {
		if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(target) + ` +\S`).Match(out) {
			t.Errorf("make help does not list %s", target)
		}
	}
}

func TestGateCallsTargetsThatExist(t *testing.T) {
	script, targets := read(t, ".ci/run"), publicTargets(t)
	calls := makeCall.FindAllStringSubmatch(script, -1)
	if len(calls) == 0 {
		t.Fatal(".ci/run calls no make target")
	}
	var called []string
	for _, call := range calls {
		called = append(called, call[1])
		if !slices.Contains(targets, call[1]) {
			t.Errorf(".ci/run calls make %s, which the Makefile does not have", call[1])
		}
	}
	for _, needed := range []string{"run", "test", "lint", "template-lint", "sam-validate", "template-validate", "checkov", "tidy-check", "build", "sam-build", "release-snapshot", "fuzz-smoke"} {
		if !slices.Contains(called, needed) {
			t.Errorf(".ci/run does not call make %s", needed)
		}
	}
	if called[len(called)-1] != "test" {
		t.Error("the tests' lines do not end the gate's log")
	}
	if !strings.Contains(script, "REQUIRE_REAL=1") || !strings.Contains(script, "set -euo pipefail") {
		t.Error(".ci/run lets a skip or a failure pass")
	}
}
