package alexa_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
)

func snapshot(t *testing.T, v *vendor) []byte {
	t.Helper()
	text, err := v.sim.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A vendor that is stopped after the second request and started again goes on as one that was not.
func TestRestoredVendorContinues(t *testing.T) {
	config := func(c *alexa.Config) {
		c.Switches.RotateRefreshTokens = true
		c.Switches.MinInterval = time.Second
		c.Faults = []alexa.Fault{
			{Kind: alexa.Restated, Categories: []string{"DEVICE"}, Times: 1},
			{Kind: alexa.Duplicated, Times: 2},
			{Kind: alexa.ServerError, FirstCall: 3, Times: 1},
		}
	}
	play := func(restart bool) ([]written, []byte) {
		v := start(t, config).login()
		post := func(want int) {
			t.Helper()
			v.pass(time.Second)
			if r := v.post(ask(v.org(), "2026-11-10", "2026-11-11", true, "DEVICE", "COMMUNICATION")); r.status != want {
				t.Fatalf("status %d, want %d: %s", r.status, want, r.body)
			}
		}
		post(202)
		post(202)
		v.delivered(5 * time.Minute)
		if restart {
			text, next := snapshot(t, v), start(t, config)
			if err := next.sim.Restore(text); err != nil {
				t.Fatal(err)
			}
			next.clock, next.objects, next.token = v.clock, v.objects, v.token
			v = next
		}
		post(500)
		post(202)
		return v.delivered(24 * time.Hour), snapshot(t, v)
	}
	straight, straightEnd := play(false)
	restarted, restartedEnd := play(true)
	if len(straight) != 8 || !slices.Equal(straight, restarted) {
		t.Errorf("%d objects without a restart, %d with, or their bytes differ", len(straight), len(restarted))
	}
	if !bytes.Equal(straightEnd, restartedEnd) {
		t.Errorf("memories differ:\n%s\n%s", straightEnd, restartedEnd)
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	v := script(t, alexa.Fault{Kind: alexa.ColumnRenamed}, alexa.Fault{Kind: alexa.Stray})
	v.accepted(ask(v.org(), "2026-11-10", "2026-11-11", true, "DEVICE"))
	text := snapshot(t, v)
	next := script(t)
	if err := next.sim.Restore(text); err != nil {
		t.Fatal(err)
	}
	if again := snapshot(t, next); !bytes.Equal(text, again) {
		t.Errorf("was %s\nis  %s", text, again)
	}
}

func TestSnapshotsThatDoNotFit(t *testing.T) {
	v := script(t)
	v.accepted(ask(v.property(0), "2026-11-10", "2026-11-11", true, "DEVICE"))
	text := string(snapshot(t, v))
	before := snapshot(t, v)
	for name, bad := range map[string]string{
		"not JSON":         "{",
		"empty object":     "{}",
		"another seed":     strings.Replace(text, `"seed":7`, `"seed":8`, 1),
		"another version":  strings.Replace(text, `"version":1`, `"version":2`, 1),
		"unknown unit":     strings.Replace(text, v.property(0), "amzn1.alexa.unit.did.GONE", 1),
		"unknown category": strings.Replace(text, `"category":"DEVICE"`, `"category":"DEFECTS"`, 1),
		"no parts":         strings.Replace(text, `"parts":1`, `"parts":0`, 1),
		"no deletions":     strings.Replace(text, `"deleted":{}`, `"deleted":null`, 1),
		"no counters":      strings.Replace(text, `"served":0,"refused":{}`, `"served":0,"refused":null`, 1),
		"a null map":       strings.Replace(text, `"strikes":{}`, `"strikes":null`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			if bad == text {
				t.Fatal("nothing was changed")
			}
			if err := v.sim.Restore([]byte(bad)); err == nil {
				t.Error("restored")
			}
			if after := snapshot(t, v); !bytes.Equal(before, after) {
				t.Error("the memory changed")
			}
		})
	}
}

func TestCountersAreACopy(t *testing.T) {
	v := script(t)
	c := v.sim.Counters()
	c.Refused[500], c.SkillMetrics.Refused[500], c.Campaigns.Refused[500] = 9, 9, 9
	if c = v.sim.Counters(); c.Refused[500]+c.SkillMetrics.Refused[500]+c.Campaigns.Refused[500] != 0 {
		t.Error("a caller can change the counters")
	}
}
