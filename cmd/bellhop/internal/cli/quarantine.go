package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/pkg/report"
)

func (a *app) quarantineCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "quarantine", Short: "Files that could not be loaded: list, show, replay, drop",
		Long: `A file is quarantined when its content can never load as it is: its header lacks a column, a value is not a number,
a day was not asked for. It is kept for some hours (BELLHOP_QUARANTINE_HOLD) for a person to look at.
Then it is deleted, with a certificate, and the planner asks for its days again.`,
	}
	a.parent(c)
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List quarantined files, the first to be deleted first", Args: cobra.NoArgs,
			Long:    "List quarantined files with their reasons and when they will be deleted. It reads the whole ledger.",
			Example: "  bellhop quarantine list\n  bellhop quarantine list --json | jq -r '.[].reason'",
			RunE:    a.on(func(ctx context.Context, at Account, _ []string) error { return a.listQuarantine(ctx, at) }),
		},
		&cobra.Command{
			Use: "show FILE", Short: "Show one quarantined file: why, since when, until when, and what can be done", Args: exactly("FILE"),
			Example: "  bellhop quarantine show DEVICE_0001.csv",
			RunE:    a.on(a.showQuarantined),
		},
		a.replayCommand(), a.dropCommand(),
	)
	return c
}

// quarantinedFile is a quarantined file in one line.
type quarantinedFile struct {
	Key          string        `json:"key"`
	Reason       string        `json:"reason"`
	Subscription string        `json:"subscription,omitempty"`
	Job          string        `json:"job,omitempty"`
	Table        string        `json:"table,omitempty"`
	Window       report.Window `json:"window,omitzero"`
	Bytes        int64         `json:"bytes"`
	Loads        int           `json:"loads"`
	DeliveredAt  time.Time     `json:"delivered_at,omitzero"`
	// DeletedAfter is when the first sweep that follows deletes it.
	DeletedAfter time.Time `json:"deleted_after"`
}

func quarantinedAs(f report.File) quarantinedFile {
	q := quarantinedFile{
		Key: f.Key, Reason: f.Reason, Subscription: f.Subscription, Job: f.Job, Table: f.Table, Window: f.Window, Loads: f.Loads, DeletedAfter: f.DueAt,
	}
	if f.Delivery != nil {
		q.Bytes, q.DeliveredAt = f.Delivery.Size, f.Delivery.At
	}
	return q
}

func (a *app) listQuarantine(ctx context.Context, at Account) error {
	found, err := collect(at.Ledger.Files(ctx), func(f report.File) bool { return f.Status == report.FileQuarantined })
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(x, y report.File) int {
		return cmp.Or(x.DueAt.Compare(y.DueAt), strings.Compare(x.Key, y.Key))
	})
	files := make([]quarantinedFile, len(found))
	for i, f := range found {
		files[i] = quarantinedAs(f)
	}
	return a.show(files, func(s *screen) {
		if len(files) == 0 {
			s.line("No quarantined files.")
			return
		}
		var rows [][]cell
		for _, f := range files {
			rows = append(rows, []cell{
				{f.Key, plain}, {f.Table, plain}, {bytesText(f.Bytes), plain}, {minute(f.DeliveredAt), plain},
				{deletion(f.DeletedAfter, at.Now()), waiting}, {f.Job, plain}, {f.Reason, bad},
			})
		}
		s.table("", []string{"file", "table", "size", "delivered", "deleted after", "job", "why"}, []string{"size"}, rows)
	})
}

// deletion says when a held file will be deleted.
func deletion(due, now time.Time) string {
	if !due.After(now) {
		return "now, by the next sweep"
	}
	return fmt.Sprintf("%s (in %s)", minute(due), span(due.Sub(now)))
}

// shownQuarantined is a quarantined file, and whether its object is there.
type shownQuarantined struct {
	report.File
	DeletedAfter time.Time `json:"deleted_after"`
	// InBucket is left out when the delivery bucket is not known.
	InBucket *bool `json:"in_bucket,omitempty"`
}

func (a *app) showQuarantined(ctx context.Context, at Account, args []string) error {
	f, err := at.Ledger.File(ctx, args[0])
	if err != nil {
		return missing(err, "see which there are: bellhop quarantine list")
	}
	if f.Status != report.FileQuarantined {
		return notQuarantined(f, "shown here")
	}
	shown := shownQuarantined{File: f, DeletedAfter: f.DueAt}
	lies := "not known: the delivery bucket was not named"
	if at.Deliveries != nil {
		there, err := inBucket(ctx, at, f)
		if err != nil {
			return err
		}
		shown.InBucket = &there
		if lies = "yes"; !there {
			lies = "no: somebody else has deleted it"
		}
	}
	return a.show(shown, func(s *screen) {
		object, size := "", ""
		if d := f.Delivery; d != nil {
			object, size = "s3://"+d.Bucket+"/"+d.Key, bytesText(d.Size)
		}
		s.facts(cell{"file", plain}, cell{f.Key, strong}, cell{"why", plain}, cell{f.Reason, bad}, cell{"deleted after", plain}, cell{deletion(f.DueAt, at.Now()), waiting},
			cell{"object", plain}, cell{object, plain}, cell{"size", plain}, cell{size, plain}, cell{"in the bucket", plain}, cell{lies, plain},
			cell{"job", plain}, cell{f.Job, plain}, cell{"table", plain}, cell{f.Table, plain}, cell{"days", plain}, cell{f.Window.String(), plain}, cell{"loads begun", plain}, cell{fmt.Sprint(f.Loads), plain})
		s.heading("WHAT YOU CAN DO")
		s.line("nothing         it is deleted in time, and its days are asked for again")
		s.line("load it again   once the cause is gone, such as a bellhop that did not know a column: bellhop quarantine replay %s", f.Key)
		s.line("delete it now   bellhop quarantine drop %s", f.Key)
		s.timeline(f.Timeline)
	})
}

func notQuarantined(f report.File, done string) error {
	return &Problem{Code: ExitError, Err: fmt.Errorf("file %s is %s: only a QUARANTINED file can be %s", f.Key, f.Status, done), Remedy: "see: bellhop files show " + f.Key}
}

// inBucket reports whether an object lies under the file's key now.
func inBucket(ctx context.Context, at Account, f report.File) (bool, error) {
	if f.Delivery == nil {
		return false, nil
	}
	versions, err := at.Deliveries.Versions(ctx, f.Delivery.Key)
	return slices.ContainsFunc(versions, func(v report.ObjectVersion) bool { return v.Latest && !v.Marker }), err
}

// fileChange is one thing that a person may do to quarantined files.
type fileChange struct {
	done, would, participle string
	// question is asked before anything is done, unless it is empty or --confirm is given.
	question string
	apply    func(f *report.File, now time.Time) error
	// needsObject says that it is of no use when the object is gone.
	needsObject bool
}

func (a *app) replayCommand() *cobra.Command {
	return a.changeFileCommand(fileChange{
		done: "is EXPECTED again: the next sweep starts its load", would: "would be EXPECTED again, and the next sweep would start its load", participle: "replayed",
		apply:       func(f *report.File, now time.Time) error { return f.Replay(now, "replayed by a person") },
		needsObject: true,
	}, &cobra.Command{
		Use: "replay FILE...", Short: "Load quarantined files again",
		Long: `Give quarantined files another chance, once the cause is gone: a bellhop that did not know a column, a function
without memory. The next sweep starts their loads; on this machine sweeps run while "bellhop local run" or
"bellhop local up" does. A file that cannot load this time either is quarantined again, for the full time.`,
		Example: "  bellhop quarantine replay DEVICE_0001.csv --dry-run\n  bellhop quarantine replay DEVICE_0001.csv",
	})
}

func (a *app) dropCommand() *cobra.Command {
	return a.changeFileCommand(fileChange{
		done: "is due: the next sweep deletes it, with a certificate", would: "would be due, and the next sweep would delete it", participle: "dropped",
		question: "Delete %s for good? [y/N] ",
		apply:    func(f *report.File, now time.Time) error { return f.Drop(now, "dropped by a person") },
	}, &cobra.Command{
		Use: "drop FILE...", Short: "Delete quarantined files now instead of later",
		Long: `End the hold of quarantined files. The next sweep deletes them, verifies that they are gone and writes their
certificates; on this machine sweeps run while "bellhop local run" or "bellhop local up" does. Their days
are missing then, and the planner asks for them again.`,
		Example: "  bellhop quarantine drop DEVICE_0001.csv --dry-run\n  bellhop quarantine drop DEVICE_0001.csv --confirm",
	})
}

// changedFile is what became of one file.
type changedFile struct {
	File   string            `json:"file"`
	From   report.FileStatus `json:"from,omitempty"`
	To     report.FileStatus `json:"to,omitempty"`
	DueAt  time.Time         `json:"due_at,omitzero"`
	DryRun bool              `json:"dry_run"`
	Error  string            `json:"error,omitempty"`

	would, done string // what a person is told of a dry run, and when it is done
}

func (a *app) changeFileCommand(c fileChange, cmd *cobra.Command) *cobra.Command {
	dryRun := cmd.Flags().Bool("dry-run", false, "say what would happen, without doing it")
	confirmed := c.question == ""
	if !confirmed {
		cmd.Flags().BoolVar(&confirmed, "confirm", false, "do not ask")
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("see which there are: bellhop quarantine list", "%s needs a FILE", cmd.CommandPath())
		}
		return nil
	}
	cmd.RunE = a.run(func(cmd *cobra.Command, keys []string) error {
		if !confirmed && !*dryRun {
			if err := a.ask(fmt.Sprintf(c.question, clean(strings.Join(keys, ", ")))); err != nil {
				return err
			}
		}
		return a.on(func(ctx context.Context, at Account, keys []string) error {
			return a.changeEach(ctx, keys, func(key string) (changed, error) {
				r, err := c.one(ctx, at, key, *dryRun)
				r.would, r.done = c.would, c.done
				return r, err
			})
		})(cmd, keys)
	})
	return cmd
}

func (r changedFile) failed(why string) changed {
	r.Error = why
	return r
}

func (r changedFile) said(s *screen) {
	switch {
	case r.Error != "":
	case r.DryRun:
		s.line("file %s %s", s.paint(strong, r.File), r.would)
	default:
		s.line("file %s %s", s.paint(strong, r.File), r.done)
	}
}

// one changes one file, or only tries how that would be.
func (c fileChange) one(ctx context.Context, at Account, key string, dryRun bool) (changedFile, error) {
	r := changedFile{File: key, DryRun: dryRun}
	file, err := at.Ledger.File(ctx, key)
	if err != nil {
		return r, missing(err, "see which there are: bellhop quarantine list")
	}
	r.From = file.Status
	now := at.Now()
	change := func(f *report.File) error {
		r.From = f.Status
		if f.Status != report.FileQuarantined {
			return notQuarantined(*f, c.participle)
		}
		return c.apply(f, now)
	}
	tried := file
	tried.History = slices.Clone(file.History)
	if err := change(&tried); err != nil {
		return r, err
	}
	if c.needsObject && at.Deliveries != nil {
		there, err := inBucket(ctx, at, file)
		if err != nil {
			return r, err
		}
		if !there {
			return r, &Problem{Code: ExitError, Err: fmt.Errorf("file %s cannot be %s: its object is no longer in the delivery bucket", key, c.participle), Remedy: "its days are asked for again once it is deleted: bellhop quarantine drop " + key}
		}
	}
	if !dryRun {
		if tried, err = at.Ledger.UpdateFile(ctx, key, now, change); err != nil {
			return r, err
		}
	}
	r.To, r.DueAt = tried.Status, tried.DueAt
	return r, nil
}
