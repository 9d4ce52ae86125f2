package console

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func seconds(n float64) string { return phrase.Span(time.Duration(n * float64(time.Second))) }

func privacy(ctx context.Context, s *sight) error {
	now := report.DateOf(s.view.Now())
	days := report.Window{From: now - report.Month + 1, To: now}
	p, err := s.view.Privacy(ctx, days)
	if err != nil {
		return err
	}
	command := s.command("privacy report --from %s --to %s", days.From, days.To)
	there := page.Figure{Label: "Still in the bucket", Value: number(len(p.Undeleted)), Note: "no file is left", Tone: page.Good}
	if len(p.Undeleted) > 0 {
		there.Note, there.Tone = "see below", page.Waiting
	}
	figures := []page.Figure{{Label: "Delivered", Value: number(p.Delivered)}, {Label: "Deleted, with a certificate", Value: number(p.Deleted.Files), Note: phrase.Bytes(p.Deleted.Bytes)}, there}
	if p.Deleted.Files > 0 {
		figures = append(figures, page.Figure{Label: "Half were gone within", Value: seconds(p.Deleted.MedianSeconds), Note: "99 % within " + seconds(p.Deleted.P99Seconds)})
	}
	causes := &page.Table{Caption: "Deleted files, by state", Empty: "Nothing was deleted.", Columns: columns(text("Deleted as"), plenty("Files"), line("Half within"), line("99 % within"), line("Longest"))}
	for _, cause := range []report.FileStatus{report.FileLoaded, report.FileStray, report.FileQuarantined} {
		if d := p.ByCause[cause]; d.Files > 0 {
			causes.Rows = append(causes.Rows, []any{string(cause), number(d.Files), seconds(d.MedianSeconds), seconds(d.P99Seconds), seconds(d.MaxSeconds)})
		}
	}
	left := &page.Table{Caption: "Files in the delivery bucket, by name", Empty: "No file that arrived in these days is left.", Columns: columns(text("File"), text("State"), line("Delivered"), line("Kept until"))}
	for _, f := range p.Undeleted {
		left.Rows = append(left.Rows, []any{to("/files", "key", f.Key), page.Word{Text: string(f.Status), Tone: fileTone(f.Status)}, phrase.Second(f.DeliveredAt), phrase.Second(f.Until)})
	}
	certificates, err := s.certificates(ctx)
	if err != nil {
		return err
	}
	s.section("files", "In the last 30 days", "",
		page.Tile{ID: "short", Title: "At a glance", Figures: figures, Command: command},
		page.Tile{ID: "causes", Title: "How long files were kept", Table: causes, Command: command},
		page.Tile{ID: "left", Title: "What is left", Table: left, Command: command})
	s.section("proof", "Proof", "", s.chain(p.Chain), certificates, s.erasures(p.Erasures))
	return nil
}

func (s *sight) erasures(all []view.Erasure) page.Tile {
	t := page.Tile{
		ID: "erasures", Title: "Erased units", Command: s.command("privacy erase --unit ID --dry-run"),
		Table: &page.Table{
			Caption: "Erased units, by the hashes of their ids", Empty: "No unit was erased.",
			Columns: columns(code("SHA-256 of the unit"), text("Ordered"), text("Finished"), plenty("Days rewritten"), plenty("Rows")),
		},
	}
	for _, e := range all {
		finished := page.Word{Text: phrase.Minute(e.FinishedAt), Tone: page.Good}
		if e.FinishedAt.IsZero() {
			finished = page.Word{Text: "not yet: run it again", Tone: page.Waiting}
		}
		t.Table.Rows = append(t.Table.Rows, []any{view.ShortHash(e.Unit), phrase.Minute(e.OrderedAt), finished, number(e.Days), number(int(e.Rows))})
	}
	return t
}

func (s *sight) chain(c view.ChainVerdict) page.Tile {
	t := page.Tile{
		ID: "chain", Title: "The chain of seals", Command: s.command("privacy verify"),
		Answer: fmt.Sprintf("The chain is intact: %s over %s.", phrase.Count(c.Seals, "seal"), phrase.Count(c.Sealed, "certificate")),
		Table:  facts("About the chain", "Waiting for the next sweep", number(c.Waiting), "From before the first seal", number(c.Older), "To keep elsewhere", fmt.Sprintf("%d:%s", c.Number, c.Hash)),
	}
	if len(c.Findings) > 0 {
		t.Answer = "The chain is broken: " + phrase.Count(len(c.Findings), "finding") + "."
		for _, f := range c.Findings {
			t.Table.Rows = append(t.Table.Rows, []any{page.Word{Text: "✖", Tone: page.Bad}, f})
		}
	}
	return t
}

func (s *sight) certificates(ctx context.Context) (page.Tile, error) {
	list, err := s.view.Certificates(ctx, view.Filter{Last: mostRows})
	t := page.Tile{
		ID: "certificates", Title: "The newest certificates", Command: s.command("certificates list --last %d", mostRows),
		Table: &page.Table{
			Caption: "Certificates, newest first", Empty: "There are no certificates yet.", Folded: true,
			Columns: columns(text("File"), text("Deleted as"), line("Verified gone"), line("Time in bucket"), code("SHA-256")),
		},
	}
	for _, c := range slices.Backward(list) {
		t.Table.Rows = append(t.Table.Rows, []any{to("/files", "key", c.File), string(c.Cause), phrase.Second(c.VerifiedAt), seconds(c.ExposureSeconds), c.SHA256})
	}
	return t, err
}
