package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// leaving is the hotel of troubled with its objects, and a report held for the 14th.
func leaving(t *testing.T) *bench {
	b := troubled(t)
	snapshot := b.ledger.snapshots["hotel"]
	b.drops = dropper{"_held/14": "h", "asp_device/of-another": "x"}
	for i, s := range snapshot.Partitions {
		s.Subscription, s.Key, s.ETag = "hotel", fmt.Sprintf("asp_device/%s", s.Date), fmt.Sprintf("e%d", i)
		b.drops[s.Key] = s.ETag
		if s.Date == day(14) {
			s.Held = &report.Held{Key: "_held/14"}
		}
		snapshot.Partitions[i] = s
	}
	b.ledger.snapshots["hotel"] = snapshot
	return b
}

func TestRemove(t *testing.T) {
	tests := map[string]struct {
		change  func(*bench)
		args    []string
		code    int
		waiting int
		objects int // left of 88: 86 days, one held report, one object of another subscription
		says    string
	}{
		"the days are kept":                 {nil, []string{"--keep-dataset", "--confirm"}, 0, 0, 88, ""},
		"the days are dropped":              {nil, []string{"--drop-dataset", "--confirm"}, 0, 0, 1, ""},
		"a dry run of it":                   {nil, []string{"--drop-dataset", "--dry-run"}, 0, 0, 88, ""},
		"nobody says what becomes of them":  {nil, []string{"--confirm"}, shell.ExitUsage, 0, 88, "--keep-dataset or --drop-dataset"},
		"both":                              {nil, []string{"--drop-dataset", "--keep-dataset"}, shell.ExitUsage, 0, 88, "none of the others can be"},
		"there is nobody to ask":            {nil, []string{"--drop-dataset"}, shell.ExitUsage, 0, 88, "--confirm"},
		"a person says no":                  {func(b *bench) { b.terminal, b.in = true, "n\n" }, []string{"--drop-dataset"}, shell.ExitError, 0, 88, "nothing was done"},
		"the dataset bucket is not known":   {func(b *bench) { b.drops = nil }, []string{"--drop-dataset", "--confirm"}, shell.ExitUsage, 0, 0, "--dataset-bucket"},
		"an object was gone already":        {func(b *bench) { delete(b.drops, "asp_device/2026-11-01") }, []string{"--drop-dataset", "--confirm"}, 0, 0, 1, ""},
		"another hand replaced an object":   {func(b *bench) { b.drops["asp_device/2026-11-01"] = "other" }, []string{"--drop-dataset", "--confirm"}, shell.ExitError, 0, 2, "delete 2026-11-01 of asp_device"},
		"a raw file of it has to go before": {raw, []string{"--drop-dataset", "--confirm"}, shell.ExitPartly, 1, 88, ""},
		"a request is on its way":           {submitting, []string{"--keep-dataset", "--confirm"}, shell.ExitPartly, 1, 88, ""},
		"its days are not dropped then":     {submitting, []string{"--drop-dataset", "--confirm"}, shell.ExitPartly, 1, 88, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := leaving(t)
			if tt.change != nil {
				tt.change(b)
			}
			code, out, errs := b.run(t.Context(), append([]string{"subscriptions", "remove", "hotel", "--json"}, tt.args...)...)
			if code != tt.code || len(b.drops) != tt.objects || !strings.Contains(errs, tt.says) {
				t.Fatalf("exit %d, %d objects, stdout %q, stderr %q", code, len(b.drops), out, errs)
			}
			if tt.says != "" {
				if (b.ledger.removed != nil) != (tt.code == shell.ExitError && tt.objects == 2) {
					t.Errorf("removed: %+v", b.ledger.removed)
				}
				return
			}
			var got struct {
				Jobs    []string `json:"jobs_cancelled"`
				Days    int
				Waiting []string
			}
			if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Waiting) != tt.waiting || got.Days != 86 {
				t.Errorf("%+v, %v", got, err)
			}
			dryRun := strings.Contains(fmt.Sprint(tt.args), "dry-run")
			if dryRun != (b.ledger.removed == nil) || dryRun != (b.ledger.writes == 0) {
				t.Errorf("removed %v after %d writes", b.ledger.removed != nil, b.ledger.writes)
			}
			if dryRun {
				return
			}
			if code, out, errs := b.run(t.Context(), "status"); code != 0 {
				t.Errorf("status of what is removed: exit %d\n%s%s", code, out, errs)
			}
		})
	}
}

func raw(b *bench) {
	b.ledger.files["x.csv"] = report.File{Key: "x.csv", Subscription: "hotel", Status: report.FileLoaded, Delivery: &report.Delivery{Key: "x.csv", At: now}}
}

func submitting(b *bench) {
	b.ledger.jobs["hotel-000009"] = report.Job{ID: "hotel-000009", Subscription: "hotel", Status: report.JobSubmitting}
}

func TestPauseAndResume(t *testing.T) {
	b := troubled(t)
	for _, step := range []struct {
		command []string
		changed bool
		status  int
	}{
		{[]string{"resume", "hotel"}, false, shell.ExitAttention},
		{[]string{"pause", "hotel", "--dry-run"}, true, shell.ExitAttention},
		{[]string{"pause", "hotel"}, true, 0},
		{[]string{"pause", "hotel"}, false, 0},
		{[]string{"resume", "hotel"}, true, shell.ExitAttention},
	} {
		code, out, errs := b.run(t.Context(), append([]string{"subscriptions"}, step.command...)...)
		var got struct{ Changed bool }
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || got.Changed != step.changed {
			t.Fatalf("%v: exit %d, %q, %q, %v", step.command, code, out, errs, err)
		}
		if code, out, _ := b.run(t.Context(), "status"); code != step.status {
			t.Errorf("status after %v: exit %d\n%s", step.command, code, out)
		}
	}
	if code, _, errs := b.run(t.Context(), "subscriptions", "pause", "hostel"); code != shell.ExitError || !strings.Contains(errs, "bellhop subscriptions list") {
		t.Errorf("a name that is not there: exit %d, %q", code, errs)
	}
}
