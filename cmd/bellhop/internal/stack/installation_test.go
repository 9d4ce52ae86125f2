package stack_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/stack"
	"github.com/bellhop-asp/bellhop/internal/cloudformation"
	"github.com/bellhop-asp/bellhop/internal/standin"
	"github.com/bellhop-asp/bellhop/pkg/fault"
)

func TestFindingAStack(t *testing.T) {
	a := Deploy(t, nil)
	in, err := stack.Find(t.Context(), a.Config, stackName)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range append(stack.Parts(), stack.WorkGroup, stack.Catalog) {
		if id, err := in.ID(part); err != nil || id != a.ID(part) {
			t.Errorf("%s: %q, %v", part, id, err)
		}
	}
	if in.Account() != "123456789012" {
		t.Errorf("the stack is in account %q", in.Account())
	}
	if _, err := stack.Find(t.Context(), a.Config, "another"); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "another in us-east-1") {
		t.Errorf("%v", err)
	}
	undo := a.Forget(stack.Ledger)
	if _, err := stack.Find(t.Context(), a.Config, stackName); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "not one of bellhop's") {
		t.Errorf("%v", err)
	}
	undo()
}

func TestAStackWithoutAnalyticsSaysSo(t *testing.T) {
	a := Deploy(t, map[string]string{"Analytics": "false", "Alarms": "none"})
	in := a.Installation()
	if _, err := in.ID(stack.WorkGroup); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "Analytics=true") {
		t.Errorf("%v", err)
	}
	if alarms := in.Alarms(); len(alarms) > 0 {
		t.Errorf("it has the alarms %q", alarms)
	}
}

// The names of the parts are the template's, after SAM's transform: it names schedules after the function and its event.
func TestPartsAreThoseOfTheTemplate(t *testing.T) {
	x := cloudformation.Parse(t, cloudformation.Expanded(t, standin.Root(t)))
	for _, part := range append(stack.Parts(), stack.LwaSecret, stack.WorkGroup, stack.Catalog) {
		if x.Resource(string(part)) == nil {
			t.Errorf("the template has no %s", part)
		}
	}
}
