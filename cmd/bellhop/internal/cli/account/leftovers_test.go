package account_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// person is somebody who types commands about one folder.
type person struct {
	t   *testing.T
	dir string
}

// types runs a command, which has to end with a code, and returns what it says: JSON.
func (p person) types(code int, args ...string) string {
	p.t.Helper()
	var out, errs bytes.Buffer
	got := cli.Run(p.t.Context(), append(args, "--home", p.dir), shell.Environment{
		In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" },
		Open: account.Open, Start: account.Start, Reset: sim.Reset, Sources: account.Sources(),
	})
	if got != code {
		p.t.Fatalf("bellhop %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String()
}

// runs has the demonstration run again.
func (p person) runs() (sum sim.Summary) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.types(shell.ExitFine, "local", "run", "--json")), &sum); err != nil {
		p.t.Fatal(err)
	}
	return sum
}

// rows returns how many rows a day of asp_device has by the ledger.
func (p person) rows(of sim.LeftDay) int64 {
	p.t.Helper()
	at, err := account.Open(p.t.Context(), shell.Place{Home: p.dir})
	if err != nil {
		p.t.Fatal(err)
	}
	days, err := at.Ledger.Partitions(p.t.Context(), of.Subscription, of.Table, report.Window{From: of.Date, To: of.Date})
	if closeErr := at.Close(); err != nil || closeErr != nil || len(days) != 1 {
		p.t.Fatal(days, err, closeErr)
	}
	return days[0].Rows
}

// What a demonstration leaves is seen by every command, and what a person then does about it comes about with the next run.
func TestWhatADemonstrationLeavesCanBeTried(t *testing.T) {
	p := person{t, filepath.Join(t.TempDir(), "demonstration")}
	left := p.runs().Left
	if len(left.Quarantined) != 1 || len(left.Held) != 1 || len(left.Gaps) != 1 {
		t.Fatalf("it leaves %+v", left)
	}
	file, held, gap := left.Quarantined[0].Key, left.Held[0], left.Gaps[0]
	for command, says := range map[string]string{
		"review list":                 "missing: dialog_count",
		"review show " + file:         `"in_bucket": true`,
		"review list --kind held":     held.Date.String(),
		"status":                      "1 day of asp_communication (demo) missing",
		"coverage --check":            gap.Date.String(),
		"explain asp_communication x": "the last of 3 attempts",
	} {
		code, args := shell.ExitFine, strings.Fields(command)
		switch args[0] {
		case "status", "coverage":
			code = shell.ExitAttention
		case "explain":
			args = append(args, gap.Date.String())
		}
		if out := p.types(code, args...); !strings.Contains(out, says) {
			t.Errorf("bellhop %s does not say %q:\n%s", command, says, out)
		}
	}

	other := person{t, filepath.Join(t.TempDir(), "copy")}
	if err := os.CopyFS(other.dir, os.DirFS(p.dir)); err != nil {
		t.Fatal(err)
	}
	decide := func(p person, verb string, want int64) {
		t.Helper()
		p.types(shell.ExitFine, "review", verb, held.Subscription+"/"+held.Table+"/"+held.Date.String(), "--confirm")
		if sum := p.runs(); len(sum.Left.Held) != 0 || sum.NewPosts != 0 || p.rows(held) != want {
			t.Errorf("review %s: %d rows, want %d; %d requests, and %+v is left", verb, p.rows(held), want, sum.NewPosts, sum.Left.Held)
		}
	}
	decide(p, "accept", held.HeldRows)
	decide(other, "drop", held.Rows)

	p.types(shell.ExitFine, "review", "replay", file)
	again := p.runs()
	if len(again.Left.Quarantined) != 1 || again.Left.Quarantined[0].Key != file || !again.Left.Quarantined[0].Until.After(left.Quarantined[0].Until) {
		t.Errorf("after a replay of what is still broken, %+v is left", again.Left.Quarantined)
	}
	p.types(shell.ExitFine, "review", "drop", file, "--confirm")
	dropped := p.runs()
	if dropped.RawObjects != 0 || dropped.Certificates != again.Certificates+1 || dropped.NewPosts != 0 || len(dropped.Left.Quarantined) != 0 {
		t.Errorf("after the drop: %d raw objects, %d certificates of %d before, %d requests", dropped.RawObjects, dropped.Certificates, again.Certificates, dropped.NewPosts)
	}

	p.types(shell.ExitFine, "refetch", gap.Subscription, gap.Date.String(), "--table", gap.Table)
	healed := p.runs()
	if healed.NewPosts != 1 || healed.Coverage[report.CoverageMissing] != 0 || len(healed.Left.Gaps) != 0 {
		t.Errorf("after refetch: %d requests, %v", healed.NewPosts, healed.Coverage)
	}

	vanished := filepath.Join(p.dir, "s3", sim.DatasetBucket, filepath.FromSlash(report.PartitionKey(sim.Subscription, held.Table, held.Date+1)))
	if err := os.Remove(vanished); err != nil {
		t.Fatal(err)
	}
	if sum := p.runs(); sum.NewPosts != 1 {
		t.Errorf("a day that vanished takes %d requests", sum.NewPosts)
	}
	if _, err := os.Stat(vanished); err != nil {
		t.Error(err)
	}
	p.types(shell.ExitFine, "status")
}
