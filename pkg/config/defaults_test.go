package config_test

import (
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/config"
)

// TestDefaults holds what a function is told where nobody says anything.
func TestDefaults(t *testing.T) {
	requester, ingester, janitor := config.Defaults[config.Requester](), config.Defaults[config.Ingester](), config.Defaults[config.Janitor]()
	if requester.Interval != time.Second || requester.Patience != 72*time.Hour {
		t.Errorf("requester: an interval of %s and a patience of %s", requester.Interval, requester.Patience)
	}
	if ingester.StrayGrace != 6*time.Hour || ingester.QuarantineHold != 12*time.Hour {
		t.Errorf("ingester: a grace of %s and a hold of %s", ingester.StrayGrace, ingester.QuarantineHold)
	}
	if janitor.MaxDeletions != 1000 {
		t.Errorf("janitor: %d deletions", janitor.MaxDeletions)
	}
}
