package act

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/manifest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// maxFile bounds what is read of a file or of the standard input.
const maxFile = 1 << 20

const applyHelp = `Create subscriptions or change them. The settings come from a YAML file (- reads the standard
input; several documents are separated by ---), or from a NAME and flags. A setting that is left out stays as
it is; a new subscription takes the defaults. A file's params replace all parameters, --param only those it names.

  name: hotel                  # a slug, for ever: it names files in the dataset
  source: asp-analytics        # the default
  params:
    unit_id: amzn1.alexa.unit.did.EXAMPLE
    categories: [DEVICE, COMMUNICATION]     # all five when left out
    show_sub_units: true
  from: 2026-09-01             # as far back as the vendor goes when left out
  lag_days: 3                  # the youngest day that is asked for is that old
  refresh_days: 4              # so many of the youngest days are asked for again each day
  max_window_days: 30
  paused: false

Everything is checked before anything is changed, and applying the same again changes nothing.`

func applyCommand(a *shell.App) *cobra.Command {
	var file string
	var dryRun bool
	var flags patchFlags
	c := &cobra.Command{
		Use:   "apply {-f FILE | NAME [flags]}",
		Short: "Create or change subscriptions, from a file or from flags",
		Long:  applyHelp,
		Example: `  bellhop subscriptions apply -f hotel.yaml --dry-run
  bellhop subscriptions apply -f hotel.yaml
  bellhop subscriptions apply hotel --param unit_id=amzn1.alexa.unit.did.EXAMPLE --from 2026-09-01
  bellhop subscriptions apply hotel --paused`,
		Args: cobra.MaximumNArgs(1),
	}
	f := c.Flags()
	f.StringVarP(&file, "file", "f", "", "YAML `file` to read, - for the standard input")
	f.BoolVar(&dryRun, "dry-run", false, "check, and say what would change, without changing it")
	flags.define(f)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		said, err := flags.patch(cmd.Flags())
		if err != nil {
			return err
		}
		wanted, problems, err := desired(a, file, args, said)
		if err != nil {
			return err
		}
		return a.On(func(ctx context.Context, at shell.Account, _ []string) error {
			return apply(ctx, a, at, wanted, problems, dryRun)
		})(cmd, args)
	}
	return c
}

// patchFlags are the flags of which a patch is made.
type patchFlags struct {
	source, from            string
	lag, refresh, maxWindow int
	paused                  bool
	params                  []string
}

func (v *patchFlags) define(f *pflag.FlagSet) {
	f.StringVar(&v.source, "source", report.SourceASPAnalytics, "`name` of the vendor's API; cannot change later")
	f.StringArrayVar(&v.params, "param", nil, "one parameter of the source, as `name=value`; repeat it for more; an empty value takes it away")
	f.StringVar(&v.from, "from", "", "first `day` that is wanted, YYYY-MM-DD (new: as far back as the vendor goes)")
	f.IntVar(&v.lag, "lag-days", 3, "`days` that must have passed before a day is asked for")
	f.IntVar(&v.refresh, "refresh-days", 4, "how many of the youngest `days` are asked for again each day")
	f.IntVar(&v.maxWindow, "max-window-days", 30, "most `days` that one request asks for")
	f.BoolVar(&v.paused, "paused", false, "plan nothing new (--paused=false goes on)")
}

// patch returns what the flags that were given say.
func (v *patchFlags) patch(f *pflag.FlagSet) (manifest.Subscription, error) {
	var d manifest.Subscription
	for _, p := range v.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return d, shell.Usage("write it as --param name=value", "%q is not a parameter", p)
		}
		if d.Params == nil {
			d.Params = report.Params{}
		}
		d.Params[name] = value
	}
	if f.Changed("from") {
		from, err := report.ParseDate(v.from)
		if err != nil {
			return d, shell.Usage("", "--from: %w", err)
		}
		d.From = &from
	}
	given(f, "source", &d.Source, v.source)
	given(f, "lag-days", &d.Lag, v.lag)
	given(f, "refresh-days", &d.Refresh, v.refresh)
	given(f, "max-window-days", &d.MaxWindow, v.maxWindow)
	given(f, "paused", &d.Paused, v.paused)
	return d, nil
}

func given[T any](f *pflag.FlagSet, name string, to **T, value T) {
	if f.Changed(name) {
		*to = &value
	}
}

// desired reads what is wanted from the one place that the command line names, and what is wrong with it.
func desired(a *shell.App, file string, args []string, d manifest.Subscription) (wanted []manifest.Subscription, problems []error, err error) {
	if file == "" {
		if len(args) == 0 {
			return nil, nil, shell.Usage("see: bellhop subscriptions apply --help", "nothing to apply: give -f FILE, or a NAME with flags")
		}
		d.Name = args[0]
		return []manifest.Subscription{d}, nil, nil
	}
	if len(args) > 0 || !d.Empty() {
		return nil, nil, shell.Usage("put everything into the file", "-f and a NAME or flags exclude each other")
	}
	content, err := readFile(a, file, "the subscriptions")
	if err != nil {
		return nil, nil, err
	}
	wanted, problems = manifest.ParseSubscriptions(content)
	return wanted, problems, nil
}

// readFile reads what a person has written, from a file or from the standard input.
func readFile(a *shell.App, file, what string) ([]byte, error) {
	in := a.In
	if file != "-" {
		opened, err := os.Open(file) //nolint:gosec // G304: the file is the user's to choose
		if err != nil {
			return nil, shell.Usage("", "read %s: %w", what, err)
		}
		defer func() { _ = opened.Close() }() // only read from
		in = opened
	}
	content, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if len(content) > maxFile {
		return nil, shell.Usage("", "%s is larger than %d bytes, too large for %s", file, maxFile, what)
	}
	return content, nil
}

// applied is what became of one subscription.
type applied struct {
	Name    string   `json:"name"`
	Outcome string   `json:"outcome"`
	DryRun  bool     `json:"dry_run"`
	Changes []change `json:"changes"`
	// Warnings say what is allowed and rarely meant.
	Warnings     []string            `json:"warnings"`
	Subscription report.Subscription `json:"subscription"`
}

type change struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// rehearsal is the ledger without the writing: what Apply would write is kept.
type rehearsal struct {
	shell.Ledger
	kept *report.Subscription
}

func (r rehearsal) Apply(_ context.Context, sub report.Subscription, _ time.Time) (bool, error) {
	*r.kept = sub
	return true, nil
}

func apply(ctx context.Context, a *shell.App, at shell.Account, wanted []manifest.Subscription, problems []error, dryRun bool) error {
	var results []applied
	for _, d := range wanted {
		if d.Name == "" || d.Unreadable {
			continue // parsing has said so
		}
		result, err := rehearse(ctx, a, at, d)
		if err != nil {
			if !fault.Is(err, fault.Poison) {
				return err
			}
			problems = append(problems, fmt.Errorf("subscription %s: %w", d.Name, err))
		}
		result.DryRun = dryRun
		results = append(results, result)
	}
	if len(problems) > 0 {
		return shell.Usage("nothing was changed; see: bellhop subscriptions apply --help", "%w", errors.Join(problems...))
	}
	done := len(results)
	var failed error
	if !dryRun {
		done, failed = perform(ctx, a, at, results)
	}
	if err := a.Show(shell.Some(results[:done]), func(s *shell.Screen) { drawApplied(s, results[:done]) }); err != nil {
		return err
	}
	if failed != nil && done > 0 {
		p := shell.Explain(failed)
		return &shell.Problem{Code: shell.ExitPartly, Err: p.Err, Remedy: fmt.Sprintf("%d of %d were applied; run the same again for the rest", done, len(results))}
	}
	return failed
}

// perform applies what was rehearsed, and returns how many went well before the first that did not.
func perform(ctx context.Context, a *shell.App, at shell.Account, results []applied) (int, error) {
	service := requester.Service{Ledger: at.Ledger, Sources: a.Sources, Now: at.Now}
	for i, r := range results {
		if r.Outcome == "unchanged" {
			continue
		}
		if _, err := service.Apply(ctx, r.Subscription); err != nil {
			return i, fmt.Errorf("apply subscription %s: %w", r.Name, err)
		}
	}
	return len(results), nil
}

// rehearse returns what applying d would do. A subscription that its source does not accept is Poison.
func rehearse(ctx context.Context, a *shell.App, at shell.Account, d manifest.Subscription) (applied, error) {
	before, err := at.Ledger.Subscription(ctx, d.Name)
	exists := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return applied{}, err
	}
	sub := before
	if !exists {
		source, err := describe(a, d)
		if err != nil {
			return applied{}, err
		}
		sub = source.Subscription(d.Name)
	}
	sub = d.Apply(sub)
	if exists && sub.Source != before.Source {
		return applied{}, fault.New(fault.Poison, "it is one of %s, and its source cannot become %s: take another name", before.Source, sub.Source)
	}
	var after report.Subscription
	service := requester.Service{Ledger: rehearsal{at.Ledger, &after}, Sources: a.Sources, Now: at.Now}
	if _, err := service.Apply(ctx, sub); err != nil {
		return applied{}, err
	}
	r := applied{Name: d.Name, Outcome: "created", Subscription: after, Changes: shell.Some(changes(before, after))}
	if after.From != before.From {
		if r.Warnings, err = warnings(at, after, report.DateOf(at.Now())); err != nil {
			return applied{}, err
		}
	}
	if source, err := at.View.Source(after); err == nil && len(r.Changes) > 0 {
		r.Warnings = append(r.Warnings, source.Warnings(after.Params)...)
	}
	r.Warnings = shell.Some(r.Warnings)
	switch {
	case exists && len(r.Changes) == 0:
		r.Outcome = "unchanged"
	case exists:
		r.Outcome = "changed"
	}
	return r, nil
}

// describe returns what the source that d names, or the first of all where it names none, says of itself.
func describe(a *shell.App, d manifest.Subscription) (report.SourceDescription, error) {
	if d.Source == nil {
		return a.Sources[0].Describe(), nil
	}
	if source, ok := requester.SourceNamed(a.Sources, *d.Source); ok {
		return source.Describe(), nil
	}
	return report.SourceDescription{}, fault.New(fault.Poison, "no source is called %q: there are %s", *d.Source, strings.Join(sourceNames(a), ", "))
}

// warnings say of a first day what is rarely meant.
func warnings(at shell.Account, sub report.Subscription, today report.Date) ([]string, error) {
	source, err := at.View.Source(sub)
	if err != nil {
		return nil, err
	}
	all := []string{}
	if sub.From > today {
		all = append(all, fmt.Sprintf("no day is wanted before %s, which is in %s", sub.From, phrase.Count(int(sub.From-today), "day")))
	}
	oldest := today - report.Date(source.Limits(sub.Params).LostAfterDays)
	if sub.From < oldest {
		all = append(all, fmt.Sprintf("%s from %s on can never be fetched and will be EXPIRED: the vendor goes back to %s", phrase.Count(int(oldest-sub.From), "day"), sub.From, oldest))
	}
	return all, nil
}

// changes lists what differs, field by field.
func changes(before, after report.Subscription) []change {
	var all []change
	differs := func(field, b, a string) {
		if b != a {
			all = append(all, change{field, b, a})
		}
	}
	differs("source", before.Source, after.Source)
	for _, name := range slices.Sorted(maps.Keys(union(before.Params, after.Params))) {
		differs("params."+name, before.Params[name], after.Params[name])
	}
	differs("from", phrase.Date(before.From), phrase.Date(after.From))
	differs("lag_days", fmt.Sprint(before.LagDays), fmt.Sprint(after.LagDays))
	differs("refresh_days", fmt.Sprint(before.RefreshDays), fmt.Sprint(after.RefreshDays))
	differs("max_window_days", fmt.Sprint(before.MaxWindowDays), fmt.Sprint(after.MaxWindowDays))
	differs("paused", fmt.Sprint(before.Paused), fmt.Sprint(after.Paused))
	return all
}

func union(a, b report.Params) report.Params {
	all := report.Params{}
	maps.Copy(all, a)
	maps.Copy(all, b)
	return all
}

func drawApplied(s *shell.Screen, results []applied) {
	const nothing = "(nothing)"
	for _, r := range results {
		word := r.Outcome
		if r.DryRun && word != "unchanged" {
			word = "would be " + word
		}
		s.Line("subscription %s %s", s.Paint(shell.Strong, r.Name), word)
		for _, w := range r.Warnings {
			s.Line("  %s", s.Paint(shell.Waiting, w))
		}
		if r.Outcome == "created" {
			continue
		}
		for _, c := range r.Changes {
			s.Line("  %s: %s → %s", c.Field, cmp.Or(c.Before, nothing), cmp.Or(c.After, nothing))
		}
	}
}
