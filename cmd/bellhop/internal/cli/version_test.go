package cli_test

import (
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func TestVersionIsAFlagToo(t *testing.T) {
	if code, out, _ := newBench(t).run(t.Context(), "--version"); code != shell.ExitFine || out != "bellhop v1.2.3\n" {
		t.Errorf("exit %d, %q", code, out)
	}
}

func TestHelpShowsWhatTheFlagShows(t *testing.T) {
	_, flag, _ := newBench(t).run(t.Context(), "jobs", "retry", "--help")
	code, out, errs := newBench(t).run(t.Context(), "help", "jobs", "retry")
	if code != shell.ExitFine || out != flag {
		t.Errorf("exit %d, %q %q, want %q", code, out, errs, flag)
	}
}

// Only of a stray may it be said that nobody read it.
func TestACertificateSaysWhetherItsFileWasRead(t *testing.T) {
	for cause, want := range map[report.FileStatus]string{
		report.FileStray: "none: it was never opened", report.FileQuarantined: "none: it was read and could not be loaded",
	} {
		b := newBench(t)
		b.terminal = true
		b.ledger.certificates[0].Cause, b.ledger.certificates[0].SHA256 = cause, ""
		if _, out, _ := b.run(t.Context(), "certificates", "show", "d.csv"); !strings.Contains(out, want) {
			t.Errorf("%s: %s", cause, out)
		}
	}
}
