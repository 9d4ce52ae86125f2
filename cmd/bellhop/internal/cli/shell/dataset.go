package shell

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/internal/catalog"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// TableNames proposes the dataset's tables.
func TableNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := Each(dataset.Definitions(), func(d dataset.Definition) cobra.Completion { return cobra.CompletionWithDesc(d.Name, d.Meaning) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// FirstTable proposes a table as the first argument, and nothing after it.
func FirstTable(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return TableNames(c, args, typed)
}

// KnownTables demands that the dataset has each of the named tables. No name stands for no choice.
func KnownTables(names ...string) error {
	for _, name := range names {
		if _, known := dataset.Lookup(name); name != "" && !known {
			return UnknownTable(name)
		}
	}
	return nil
}

// UnknownTable says that the dataset has no table of the name on the command line.
func UnknownTable(name string) error {
	names := Each(dataset.Definitions(), func(d dataset.Definition) string { return d.Name })
	remedy := "see which there are: bellhop tables"
	if near := phrase.Nearest(name, names); len(near) > 0 {
		remedy = "did you mean: " + strings.Join(near, ", or ")
	}
	return Usage(remedy, "there is no table %q", name)
}

// Define defines the flags of DuckDB.
func (e *EngineChoice) Define(f *pflag.FlagSet) {
	f.StringVar(&e.Dataset, "dataset", "", "the `folder` of the dataset, such as bellhop ingest made one (default: that of --home)")
	f.StringVar(&e.Memory, "memory", UsualMemory, "the most `memory` that DuckDB takes before it uses the disk")
	f.IntVar(&e.Threads, "threads", 0, "how many threads DuckDB uses (default: one for each processor)")
}

// DefineEngine defines the flags that choose an engine, and Athena's.
func (e *EngineChoice) DefineEngine(c *cobra.Command) {
	e.Memory = UsualMemory
	f := c.Flags()
	f.StringVar(&e.Name, "engine", EngineDuckDB, "duckdb or athena")
	f.StringVar(&e.Workgroup, "workgroup", "", "for athena: the `workgroup`; the stack's outputs have it (default $BELLHOP_WORKGROUP)")
	f.StringVar(&e.Database, "database", "", "for athena: the `database`; the stack's outputs have it (default $BELLHOP_DATABASE)")
	Complete(c, "engine", cobra.FixedCompletions([]string{EngineDuckDB, EngineAthena}, cobra.ShellCompDirectiveNoFileComp))
}

// UsualMemory is what DuckDB takes unless it is told otherwise.
const UsualMemory = "1GB"

// Question returns the saved question of that name.
func Question(name string) (catalog.Question, error) {
	all, err := catalog.Questions()
	if err != nil {
		return catalog.Question{}, err
	}
	i := slices.IndexFunc(all, func(q catalog.Question) bool { return q.Slug == name })
	if i < 0 {
		return catalog.Question{}, Usage("see which there are: bellhop analyses list", "no question is called %q", name)
	}
	return all[i], nil
}

// CheckEngine fills in what was not said, and refuses what does not go together.
func (a *App) CheckEngine(e *EngineChoice) error {
	switch e.Name {
	case EngineAthena:
		if e.Dataset != "" {
			return Usage("leave one of them out", "--dataset is a folder, and Athena reads the bucket")
		}
		e.Workgroup = cmp.Or(e.Workgroup, a.Getenv("BELLHOP_WORKGROUP"))
		e.Database = cmp.Or(e.Database, a.Getenv("BELLHOP_DATABASE"))
		if e.Workgroup == "" || e.Database == "" {
			if e.Stack = cmp.Or(a.Place.Stack, a.Getenv("BELLHOP_STACK")); e.Stack == "" {
				return Usage("name the stack with --stack; or --workgroup and --database, which its outputs have", "Athena needs a workgroup and a database")
			}
		}
	case EngineDuckDB:
		if a.Place.OnAWS() {
			return Usage("use --engine athena, or leave --aws out", "DuckDB reads a folder of this machine, and no bucket")
		}
		if e.Threads < 0 {
			return Usage("0 uses all processors", "--threads must not be negative")
		}
		e.Dataset = cmp.Or(e.Dataset, a.LocalFolder())
		e.Operations = a.operationsOf(e.Dataset)
	default:
		return Usage("use duckdb or athena", "--engine: unknown engine %q", e.Name)
	}
	return nil
}

// WithEngine opens an engine that runs SQL, and closes it after do.
func (a *App) WithEngine(ctx context.Context, e EngineChoice, do func(QueryEngine) error) (err error) {
	engine, err := a.OpenEngine(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return do(engine)
}

// WarnOfVanished says on the error output which of the tables that a person reads lack days that were published. Only the
// dataset of the local folder has a ledger beside it; where that cannot be read, nothing is known of its days.
func (a *App) WarnOfVanished(ctx context.Context, e EngineChoice, read func(table string) bool) {
	if e.Name != EngineDuckDB || e.Dataset != a.LocalFolder() {
		return
	}
	at, err := a.OpenAccount(ctx, Place{Home: a.Place.Home})
	if err != nil {
		return
	}
	defer func() { _ = at.Close() }() // only read from
	gone, err := at.View.Vanished(ctx)
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if read(name) {
			_ = Write(a.Err, fmt.Sprintf("bellhop: %s of %s vanished from the dataset, so the answer lacks them\n  → see: bellhop verify\n", phrase.Count(gone[name], "published day"), name))
		}
	}
}
