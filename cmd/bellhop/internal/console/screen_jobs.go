package console

import (
	"context"
	"fmt"
	"slices"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/page"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func jobTone(s report.JobStatus) page.Tone {
	switch {
	case s == report.JobLoaded:
		return page.Good
	case s.NeedsPerson() || s == report.JobLost:
		return page.Bad
	case s.Holds():
		return page.Waiting
	default:
		return page.Plain
	}
}

func jobs(ctx context.Context, s *sight) error {
	if id := s.ask.Get("id"); id != "" {
		return job(ctx, s, id)
	}
	list, err := s.view.Jobs(ctx, view.Filter{Last: mostRows})
	if err != nil {
		return err
	}
	open := page.Tile{ID: "open", Title: "Open", Command: s.command("jobs list --open"), Table: jobTable("Open jobs", "No job is open.")}
	over := page.Tile{ID: "over", Title: "Finished", Command: s.command("jobs list --last %d", mostRows), Table: jobTable("Finished jobs, newest first", "No job has finished.")}
	for _, j := range slices.Backward(list) {
		into := over.Table
		if j.Status.Holds() {
			into = open.Table
		}
		into.Rows = append(into.Rows, []any{
			to("/jobs", "id", j.ID), j.Subscription, phrase.Days(j.Window), page.Word{Text: string(j.Status), Tone: jobTone(j.Status)},
			fmt.Sprintf("%d of %d", j.FilesLoaded, j.FilesNamed), phrase.Minute(j.PlannedAt), j.Reason,
		})
	}
	s.section("jobs", "The newest jobs", fmt.Sprintf("At most %d are shown.", mostRows), open, over)
	return nil
}

func jobTable(caption, empty string) *page.Table {
	return &page.Table{Caption: caption, Empty: empty, Columns: columns(line("Job"), line("Subscription"), line("Days"), text("State"), text("Files loaded"), line("Planned"), why())}
}

func job(ctx context.Context, s *sight, id string) error {
	j, err := s.view.Job(ctx, id)
	if err != nil {
		return err
	}
	s.Title, s.Lead = "Job "+j.ID, ""
	files := &page.Table{Caption: "Files of the job", Empty: "The vendor has named no file.", Columns: columns(text("File"), text("Table"), text("State"), plenty("Rows"), why())}
	for _, f := range j.Files {
		files.Rows = append(files.Rows, []any{to("/files", "key", f.Key), f.Table, page.Word{Text: string(f.Status), Tone: fileTone(f.Status)}, number(int(f.Rows)), f.Reason})
	}
	about := facts("About the job",
		"State", page.Word{Text: string(j.Status), Tone: jobTone(j.Status)}, "Why", j.Reason, "Subscription", j.Subscription, "Days", phrase.Days(j.Window),
		"Requests", number(j.Requests), "Submitted", phrase.Second(j.SubmittedAt), "Finished", phrase.Second(j.FinishedAt), "Next check", phrase.Second(j.DueAt))
	s.section("job", "The job", "",
		page.Tile{ID: "about", Title: "What it is", Table: about, Command: s.command("jobs show %s", j.ID), Half: true},
		page.Tile{ID: "files", Title: "Its files", Table: files, Half: true},
		page.Tile{ID: "timeline", Title: "What happened", Table: timeline(j.Timeline)})
	return nil
}
