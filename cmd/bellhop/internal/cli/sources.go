package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/manifest"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

func (a *app) sourcesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "sources", Aliases: []string{"source"},
		Short: "What bellhop can collect: list, show",
		Long: `A source is one vendor's API. A subscription names its source, and the parameters that only this source knows.
A source that no subscription names costs nothing and asks for nothing.`,
	}
	a.parent(c)
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the sources", Args: cobra.NoArgs,
		Example: "  bellhop sources list\n  bellhop sources list --json | jq '.[] | {name, tables}'",
		RunE: a.run(func(*cobra.Command, []string) error {
			all := make([]report.SourceDescription, len(a.Sources))
			for i, source := range a.Sources {
				all[i] = source.Describe()
			}
			return a.show(all, func(s *screen) { s.sources(all) })
		}),
	}, a.showSourceCommand())
	return c
}

func (a *app) showSourceCommand() *cobra.Command {
	var example bool
	c := &cobra.Command{
		Use: "show SOURCE", Short: "Show what a source has, its limits, and the parameters of a subscription to it",
		Long: `Show what a source has, where and how far back it answers, its limits, which credential it wants, and every
parameter of a subscription to it. --example writes a first subscription as YAML, ready to edit and to apply.`,
		Example: `  bellhop sources show skill-metrics
  bellhop sources show skill-metrics --example > skill.yaml
  bellhop subscriptions apply -f skill.yaml --dry-run`,
		Args: exactly("SOURCE"),
	}
	c.Flags().BoolVar(&example, "example", false, "write a first subscription to it as YAML")
	c.RunE = a.run(func(_ *cobra.Command, args []string) error {
		source, err := a.source(args[0])
		if err != nil {
			return err
		}
		d := source.Describe()
		if !example {
			return a.show(d, func(s *screen) { s.source(d) })
		}
		document, err := manifest.Example(d)
		if err != nil {
			return err
		}
		return write(a.Out, string(document))
	})
	return c
}

func (a *app) source(name string) (requester.Source, error) {
	for _, source := range a.Sources {
		if source.Name() == name {
			return source, nil
		}
	}
	return nil, usage("there are "+strings.Join(a.sourceNames(), ", "), "no source is called %q", name)
}

func (a *app) sourceNames() []string {
	names := make([]string, len(a.Sources))
	for i, source := range a.Sources {
		names[i] = source.Name()
	}
	return names
}

func (s *screen) sources(all []report.SourceDescription) {
	rows(s, "source|delivery|>tables|countries|ends", all, func(d report.SourceDescription) []cell {
		return row(cell{d.Name, strong}, string(d.Delivery), len(d.Tables), d.Countries, sunset(d))
	})
	s.line("")
	s.line("bellhop sources show SOURCE tells what it has, its limits and its parameters")
}

func (s *screen) source(d report.SourceDescription) {
	s.facts(
		"source", cell{d.Name, strong}, "API", d.Title, "has", d.Meaning, "delivery", delivery(d.Delivery),
		"credential", d.Credential, "scope", d.Scope, "countries", d.Countries, "latency", d.Latency, "goes back", d.Horizon,
		"ends", sunset(d), "tables", strings.Join(d.Tables, ", "),
	)
	s.heading("LIMITS")
	for _, limit := range d.Limits {
		s.line("  - %s", limit)
	}
	s.heading("PARAMETERS")
	rows(s, "parameter|default|meaning|example", d.Params, func(p report.ParamDescription) []cell {
		fallback := cell{p.Default, plain}
		if p.Required {
			fallback = cell{"required", waiting}
		}
		return row(cell{p.Name, strong}, fallback, p.Meaning, p.Example)
	})
	s.line("")
	s.line("bellhop sources show %s --example writes a first subscription", d.Name)
}

func sunset(d report.SourceDescription) cell {
	if d.Sunset == 0 {
		return cell{}
	}
	return cell{date(d.Sunset), bad}
}

// delivery says in words who writes the files.
func delivery(d report.Delivering) string {
	return string(d) + map[report.Delivering]string{
		report.DeliveryPushed:  ": the vendor writes files into the delivery bucket",
		report.DeliveryFetched: ": bellhop asks, and writes the answer into the delivery bucket",
		report.DeliveryPolled:  ": bellhop orders an export, asks until it is finished, and writes it into the delivery bucket",
	}[d]
}
