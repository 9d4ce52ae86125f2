package look

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// PrivacyCommand is bellhop privacy.
func PrivacyCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "privacy", Short: "For a privacy officer: what was delivered, deleted and erased, and the proof of it",
		Long: `Answer a privacy officer: where are the files?

Each deletion has a certificate. The janitor adds the certificates to a chain of seals: a seal has the hash of each of
its certificates and of the seal before. Nobody can change a certificate afterwards, take one out or put one in, without
changing each later seal too. Keep the number and the hash of the newest seal outside of the ledger, such as in a
ticket or a mail: with it "bellhop privacy verify --kept" proves that the chain up to there is still the same.`,
	}, privacyReport(a), privacyVerify(a))
}

func privacyReport(a *shell.App) *cobra.Command {
	var month, from, to string
	var w report.Window
	c := &cobra.Command{
		Use: "report", Short: "Report how many files came and how long each one lay there", Args: cobra.NoArgs,
		Long: `Report on the days that you choose: how many files were delivered, how many were deleted with a certificate, how
long they lay in the delivery bucket, and which still lie there. An exposure is from the delivery until the file was
found gone, with no version left. Erased units are all named, by the first digits of the SHA-256 of their ids. It reads
the whole ledger.`,
		Example: `  bellhop privacy report --month 2026-10
  bellhop privacy report --from 2026-10-01 --to 2026-12-31 --json > quarter.json`,
	}
	f := c.Flags()
	f.StringVar(&month, "month", "", "only one `month`, YYYY-MM (default: the last whole one)")
	f.StringVar(&from, "from", "", "the first `day`, YYYY-MM-DD")
	f.StringVar(&to, "to", "", "the last `day`, YYYY-MM-DD (default: today)")
	c.PreRunE = func(*cobra.Command, []string) (err error) {
		w, err = chosenDays(month, from, to)
		return err
	}
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (view.PrivacyReport, error) {
		today := report.DateOf(at.Now())
		switch {
		case w == (report.Window{}):
			t := today.Time()
			w = monthOf(report.DateOf(time.Date(t.Year(), t.Month()-1, 1, 0, 0, 0, 0, time.UTC)))
		case w.To == 0:
			w.To = today
		}
		return at.View.Privacy(ctx, w)
	}, drawPrivacy, func(p view.PrivacyReport) int { return shell.Attention(len(p.Chain.Findings) > 0) })
	return c
}

func drawPrivacy(s *shell.Screen, p view.PrivacyReport) {
	var there shell.Cell
	if len(p.Undeleted) > 0 {
		there = shell.Toned(phrase.Count(len(p.Undeleted), "file"), shell.Waiting)
	}
	s.Facts("days", phrase.Days(p.Window), "delivered", phrase.Count(p.Delivered, "file"),
		"deleted", phrase.Count(p.Deleted.Files, "file")+" with a certificate, "+phrase.Bytes(p.Deleted.Bytes), "still there", there)
	if p.Deleted.Files > 0 {
		s.Line("")
		var causes []report.FileStatus
		for _, cause := range deletedAs {
			if p.ByCause[cause].Files > 0 {
				causes = append(causes, cause)
			}
		}
		shell.Rows(s, "deleted as|>files|>half within|>99 % within|>longest", causes, func(cause report.FileStatus) []shell.Cell {
			d := p.ByCause[cause]
			return shell.Row(string(cause), fmt.Sprint(d.Files), seconds(d.MedianSeconds), seconds(d.P99Seconds), seconds(d.MaxSeconds))
		})
		s.Line("")
		s.Facts("longest", p.Slowest.File+", "+phrase.Span(p.Slowest.Exposure()))
	}
	if len(p.Undeleted) > 0 {
		s.Heading("STILL THERE")
		shell.Rows(s, "file|status|delivered|kept until", p.Undeleted, func(f view.File) []shell.Cell {
			return shell.Row(f.Key, string(f.Status), phrase.Second(f.DeliveredAt), phrase.Second(f.Until))
		})
	}
	if len(p.Erasures) > 0 {
		s.Heading("ERASED UNITS")
		shell.Rows(s, "SHA-256 of the unit|ordered|finished|>days rewritten|>rows", p.Erasures, func(e view.Erasure) []shell.Cell {
			finished := shell.Toned("not yet: run it again", shell.Waiting)
			if !e.FinishedAt.IsZero() {
				finished = shell.Toned(phrase.Minute(e.FinishedAt), shell.Plain)
			}
			return shell.Row(view.ShortHash(e.Unit), phrase.Minute(e.OrderedAt), finished, fmt.Sprint(e.Days), phrase.Number(e.Rows))
		})
	}
	s.Line("")
	drawChain(s, p.Chain)
}

func seconds(n float64) string { return phrase.Span(time.Duration(n * float64(time.Second))) }

func drawChain(s *shell.Screen, c view.ChainVerdict) {
	var older, waiting, keep string
	if c.Older > 0 {
		older = phrase.Count(c.Older, "certificate") + " from before the first seal"
	}
	if c.Waiting > 0 {
		waiting = phrase.Count(c.Waiting, "certificate") + ", for the janitor's next sweep"
	}
	if c.Number > 0 {
		keep = fmt.Sprintf("%d:%s", c.Number, c.Hash)
	}
	s.Facts("chain", phrase.Count(c.Seals, "seal")+" over "+phrase.Count(c.Sealed, "certificate"), "waiting", waiting, "older", older, "to keep", keep)
	for _, found := range c.Findings {
		s.Line("%s %s", s.Paint(shell.Bad, "✖"), s.Paint(shell.Bad, found))
	}
}

var keptForm = regexp.MustCompile(`^([1-9][0-9]{0,11}):([0-9a-f]{64})$`)

func privacyVerify(a *shell.App) *cobra.Command {
	var texts, places []string
	var kept []view.KeptSeal
	c := &cobra.Command{
		Use: "verify", Short: "Check all certificates and the chain of seals over them, now", Args: cobra.NoArgs,
		Long: `Check each certificate as "bellhop certificates verify" does: its times, the ledger's row, and that the file is gone.
Then check the chain of seals: that no certificate and no seal was changed, removed or inserted.

Anyone who can write to the ledger could rebuild the whole chain. Only a seal that you kept elsewhere proves that nobody
did: name it with --kept, as "bellhop privacy report" shows it; or name the place of the copies that "bellhop privacy
keep" made, with --kept-in.

Exit code 3 when something does not hold, 5 when nothing fails but some could not be checked.`,
		Example: "  bellhop privacy verify\n  bellhop privacy verify --kept 118:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	c.Flags().StringSliceVar(&texts, "kept", nil, "a `seal` that you kept, NUMBER:HASH; repeat it for more")
	c.Flags().StringSliceVar(&places, "kept-in", nil, "a `place` with copies of the seals, as of bellhop privacy keep; repeat it for more")
	c.PreRunE = func(*cobra.Command, []string) error {
		for _, text := range texts {
			parts := keptForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(text)))
			if parts == nil {
				return shell.Usage(`write it as "bellhop privacy report" shows it`, "--kept: %q is not a seal's number and hash", text)
			}
			number, err := strconv.Atoi(parts[1])
			if err != nil {
				return shell.Usage("", "--kept: %w", err)
			}
			kept = append(kept, view.KeptSeal{Number: number, Hash: parts[2]})
		}
		return nil
	}
	c.RunE = shell.Answer(a, func(ctx context.Context, at shell.Account, _ []string) (view.PrivacyVerdict, error) {
		if at.Deliveries == nil {
			return view.PrivacyVerdict{}, errNoDeliveries()
		}
		copies, err := keptIn(ctx, a, places)
		if err != nil {
			return view.PrivacyVerdict{}, err
		}
		return at.View.VerifyPrivacy(ctx, slices.Concat(kept, copies))
	}, func(s *shell.Screen, p view.PrivacyVerdict) {
		drawVerdicts(s, p.Certificates)
		s.Line("")
		drawChain(s, p.Chain)
		if len(p.Chain.Findings) == 0 && p.Chain.Seals > 0 {
			s.Line("%s: each seal follows on the one before, and has its certificates.", s.Paint(shell.Good, "the chain holds"))
		}
	}, func(p view.PrivacyVerdict) int {
		if p.Holds() && p.Certificates.Unchecked > 0 {
			return shell.ExitPartly
		}
		return shell.Attention(!p.Holds())
	})
	return c
}

// keptIn returns the copies of seals in some places. That a place has none is a problem: a comparison with nothing would prove nothing.
func keptIn(ctx context.Context, a *shell.App, places []string) (all []view.KeptSeal, err error) {
	for _, name := range places {
		place, err := a.KeepIn(ctx, name)
		if err != nil {
			return nil, err
		}
		copies, err := place.Seals(ctx)
		if err != nil {
			return nil, err
		}
		if len(copies) == 0 {
			return nil, shell.Refuse("make them: bellhop privacy keep "+name, "there are no copies of seals in %s", name)
		}
		all = append(all, copies...)
	}
	return all, nil
}
