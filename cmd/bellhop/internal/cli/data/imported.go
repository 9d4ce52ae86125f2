package data

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/imports"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// deleteSources deletes the files of which everything is certified, and which are still as they were read.
func deleteSources(ctx context.Context, a *shell.App, service *imports.Service, certain bool, results []importedFile) error {
	needed := map[string]bool{}
	var deletable []string
	for _, r := range results {
		whole, err := service.Certified(ctx, r.Parts)
		if err != nil {
			return err
		}
		for _, f := range r.from {
			now, statErr := os.Stat(f.name)
			same := statErr == nil && f.was != nil && os.SameFile(now, f.was) && now.Size() == f.was.Size() && now.ModTime().Equal(f.was.ModTime())
			if !whole || !same || r.err != nil {
				needed[f.name] = true
			}
			if !slices.Contains(deletable, f.name) {
				deletable = append(deletable, f.name)
			}
		}
	}
	deletable = slices.DeleteFunc(deletable, func(name string) bool { return needed[name] })
	if len(deletable) == 0 {
		return nil
	}
	question := fmt.Sprintf("Delete %s whose deliveries are certified: %s? [y/N] ", phrase.Count(len(deletable), "file"), shell.Clean(strings.Join(deletable, ", ")))
	if err := a.Confirm(certain, question); err != nil {
		return err
	}
	for _, name := range deletable {
		if err := os.Remove(name); err != nil {
			return err
		}
		for i := range results {
			results[i].Deleted = results[i].Deleted || slices.ContainsFunc(results[i].from, func(f sourceFile) bool { return f.name == name })
		}
	}
	return nil
}

func drawImported(s *shell.Screen, o importOrder, at shell.Account, results []importedFile) {
	var lines [][]shell.Cell
	delivered, held := false, false
	for _, r := range results {
		if r.Error != "" {
			lines = append(lines, shell.Row(r.File, r.Table, "", "", shell.Toned("refused", shell.Bad), "", shell.Toned(r.Error, shell.Quiet)))
			continue
		}
		for _, p := range r.Parts {
			delivered = delivered || p.State == imports.Delivered
			for _, days := range alike(p.Days) {
				first, n := days[0], int64(0)
				for _, d := range days {
					n += d.Rows
				}
				held = held || first.Verdict == imports.Held
				lines = append(lines, shell.Row(r.File, r.Table, phrase.Days(report.Window{From: first.Date, To: days[len(days)-1].Date}), phrase.Number(n),
					shell.Toned(string(first.Verdict), verdictTone(first.Verdict)), string(p.State), shell.Toned(cmp.Or(first.Why, p.Job), shell.Quiet)))
			}
		}
		if r.Deleted {
			lines = append(lines, shell.Row(r.File, r.Table, "", "", shell.Toned("the file was deleted", shell.Quiet), "", ""))
		}
	}
	shell.Rows(s, "file|table|days|>rows|what|state|why", lines, func(r []shell.Cell) []shell.Cell { return r })
	switch {
	case o.dryRun:
		s.Line("Nothing was imported: this was a dry run.")
	case delivered && at.Ahead == 0 && at.Installation != nil:
		s.Line("What is delivered is being loaded. Run it again to see how it stands, or: bellhop jobs list --subscription %s", o.subscription)
	case delivered:
		s.Line("What is delivered is loaded by the next bellhop local run, or by the next sweep of what runs there.")
	}
	if held {
		s.Line("What is held waits for you once it is loaded: bellhop review list")
	}
}

// alike puts neighbouring days with the same verdict, for the same reason, together.
func alike(days []imports.Day) (runs [][]imports.Day) {
	for _, d := range days {
		if n := len(runs) - 1; n >= 0 && runs[n][0].Verdict == d.Verdict && runs[n][0].Why == d.Why {
			runs[n] = append(runs[n], d)
			continue
		}
		runs = append(runs, []imports.Day{d})
	}
	return runs
}

func verdictTone(v imports.Verdict) shell.Tone {
	switch v {
	case imports.New, imports.Replaced:
		return shell.Good
	case imports.Held:
		return shell.Waiting
	case imports.Unchanged, imports.Zero, imports.Superseded:
		return shell.Quiet
	default:
		panic("data: unhandled verdict " + string(v))
	}
}

// settle waits for what was delivered, as long as is wanted, and then deletes the files that are not needed any more, if that is
// wanted.
func settle(ctx context.Context, a *shell.App, service *imports.Service, o importOrder, results []importedFile) error {
	var parts []*imports.Part
	for i := range results {
		for j := range results[i].Parts {
			parts = append(parts, &results[i].Parts[j])
		}
	}
	settled, err := service.Await(ctx, parts, o.wait)
	if err != nil {
		return err
	}
	for i, r := range results {
		for _, p := range r.Parts {
			if r.err == nil && (p.State == imports.Quarantined || p.State == imports.Lost) {
				results[i].err = fmt.Errorf("%s is %s: %s", p.Window, p.State, p.Why)
				results[i].Error = results[i].err.Error()
			}
		}
	}
	if o.deleteSource {
		err = deleteSources(ctx, a, service, o.certain, results)
	}
	if !settled && o.wait > 0 && err == nil {
		err = &shell.Problem{Code: shell.ExitPartly, Err: fmt.Errorf("not all is loaded after %s", o.wait), Remedy: "it goes on without this command: run it again to see how it stands"}
	}
	return err
}

// failedImports is the error of a run of which files were refused.
func failedImports(results []importedFile) error {
	var failures []error
	for _, r := range results {
		if r.err != nil {
			failures = append(failures, shell.Explain(r.err).Of(r.File))
		}
	}
	return shell.Failed(failures, len(failures) < len(results))
}
