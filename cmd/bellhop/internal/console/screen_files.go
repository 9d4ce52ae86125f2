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

func fileTone(s report.FileStatus) page.Tone {
	switch s {
	case report.FileLoaded, report.FileDeleted:
		return page.Good
	case report.FileExpected, report.FileClaimed:
		return page.Waiting
	case report.FileStray, report.FileQuarantined, report.FileLost:
		return page.Bad
	default:
		panic("console: unhandled file status " + string(s))
	}
}

func files(ctx context.Context, s *sight) error {
	if key := s.ask.Get("key"); key != "" {
		return file(ctx, s, key)
	}
	list, err := s.view.Files(ctx, view.Filter{Last: mostRows})
	if err != nil {
		return err
	}
	t := &page.Table{Caption: "Files, newest first", Empty: "There are no files yet.", Columns: columns(text("File"), text("State"), text("Table"), line("Delivered"), line("Time in bucket"), plenty("Rows"), why())}
	for _, f := range slices.Backward(list) {
		var lay any
		if f.ExposureSeconds > 0 {
			lay = phrase.Span(time.Duration(f.ExposureSeconds * float64(time.Second)))
		}
		t.Rows = append(t.Rows, []any{to("/files", "key", f.Key), page.Word{Text: string(f.Status), Tone: fileTone(f.Status)}, f.Table, phrase.Minute(f.DeliveredAt), lay, number(int(f.Rows)), f.Why})
	}
	s.section("files", "The newest files", fmt.Sprintf("At most %d are shown.", mostRows), page.Tile{ID: "list", Title: "Files", Table: t, Command: s.command("files list --last %d", mostRows)})
	return nil
}

// file shows the life of one file.
func file(ctx context.Context, s *sight, key string) error {
	f, err := s.view.File(ctx, key)
	if err != nil {
		return err
	}
	s.Title, s.Lead = f.Key, "The life of one file."
	life := facts("About the file",
		"State", page.Word{Text: string(f.Status), Tone: fileTone(f.Status)}, "Why", view.WhyNotLoaded(f.File), "Table", f.Table, "Subscription", f.Subscription,
		"Expected since", phrase.Second(f.Generation), "Deleted", phrase.Second(f.DeletedAt))
	if f.Job != "" {
		life.Rows = append(life.Rows, []any{"Job", to("/jobs", "id", f.Job)})
	}
	if d := f.Delivery; d != nil {
		life.Rows = append(life.Rows, []any{"Delivered", phrase.Second(d.At)}, []any{"Size", phrase.Bytes(d.Size)})
	}
	if r := f.Receipt; r != nil {
		life.Rows = append(life.Rows, []any{"Loaded", phrase.Second(r.LoadedAt)}, []any{"Rows", number(int(r.Rows))}, []any{"SHA-256", r.SHA256})
	}
	tiles := []page.Tile{
		{ID: "about", Title: "What it is", Table: life, Command: s.command("files show %s", f.Key)},
		{ID: "timeline", Title: "What happened", Table: timeline(f.Timeline)},
	}
	for i, c := range f.Certificates {
		tiles = append(tiles, page.Tile{
			ID: fmt.Sprintf("certificate-%d", i+1), Title: "Certificate of deletion", Half: true,
			Answer:  fmt.Sprintf("It was in the bucket for %s, and was then verified to be gone, with no version left.", phrase.Span(c.Exposure())),
			Command: s.command("certificates show %s", f.Key),
			Table: facts("What the certificate says", "Deleted as", string(c.Cause), "Delivered", phrase.Second(c.DeliveredAt), "Deleted", phrase.Second(c.DeletedAt),
				"Verified gone", phrase.Second(c.VerifiedAt), "ETag", c.ETag, "SHA-256", c.SHA256, "Request", c.RequestID),
		})
	}
	s.section("file", "The file", "", tiles...)
	return nil
}
