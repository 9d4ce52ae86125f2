package ledger_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func credentialCases() protocolCases {
	return protocolCases{
		"one that was never used is open":        unusedCredential,
		"of many runs at once one takes a turn":  turnsAreTakenOneByOne,
		"what one run finds out, all others see": sharedCredential,
	}
}

func unusedCredential(t *testing.T, d fixture) {
	c, err := d.Credential(t.Context(), "lwa")
	if err != nil || c != (report.Credential{ID: "lwa"}) {
		t.Errorf("it is %+v: %v", c, err)
	}
	d.unchanged(t, func() {
		if _, err := d.UpdateCredential(t.Context(), "lwa", func(c *report.Credential) bool { c.Reason = "not meant"; return false }); err != nil {
			t.Error(err)
		}
	})
}

func turnsAreTakenOneByOne(t *testing.T, d fixture) {
	const runs = 8
	for turn := range 3 {
		now := at(turn)
		var mu sync.Mutex
		var running sync.WaitGroup
		took := 0
		for run := range runs {
			running.Go(func() {
				taken := false
				_, err := d.UpdateCredential(t.Context(), "lwa", func(c *report.Credential) bool {
					taken = c.Take(report.Turn{Worker: fmt.Sprint("run ", run), Pace: time.Minute, ProbeEvery: time.Minute}, now)
					return taken
				})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Errorf("take a turn: %v", err)
				}
				if taken {
					took++
				}
			})
		}
		running.Wait()
		if took != 1 {
			t.Errorf("%d of %d runs took turn %d", took, runs, turn)
		}
	}
}

func sharedCredential(t *testing.T, d fixture) {
	if _, err := d.UpdateCredential(t.Context(), "lwa", func(c *report.Credential) bool {
		c.Shutting(at(1), at(2), "refused")
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if c, err := d.Credential(t.Context(), "lwa"); err != nil || !c.ShutSince.Equal(at(1)) || c.Reason != "refused" || !c.Next().Equal(at(2)) {
		t.Errorf("it is %+v: %v", c, err)
	}
	if c, err := d.Credential(t.Context(), "other"); err != nil || c.Shut() {
		t.Errorf("the other one is %+v: %v", c, err)
	}
}
