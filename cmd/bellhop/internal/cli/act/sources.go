package act

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/manifest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/report"
	"github.com/bellhop-asp/bellhop/pkg/requester"
)

// SourcesCommand is bellhop sources.
func SourcesCommand(a *shell.App) *cobra.Command {
	return a.Parent(&cobra.Command{
		Use: "sources", Aliases: []string{"source"},
		Short: "What bellhop can collect: list, show",
		Long: `A source is one vendor's API. A subscription names its source, and the parameters that only this source knows.
A source that no subscription names costs nothing and asks for nothing.`,
	}, &cobra.Command{
		Use: "list", Short: "List the sources", Args: cobra.NoArgs,
		Example: "  bellhop sources list\n  bellhop sources list --json | jq '.[] | {name, tables}'",
		RunE: a.Run(func(*cobra.Command, []string) error {
			all := shell.Each(a.Sources, requester.Source.Describe)
			return a.Show(all, func(s *shell.Screen) { drawSources(s, all) })
		}),
	}, showSourceCommand(a))
}

func showSourceCommand(a *shell.App) *cobra.Command {
	var example bool
	c := &cobra.Command{
		Use: "show SOURCE", Short: "Show what a source has, its limits, and the parameters of a subscription to it",
		Long: `Show what a source has, where and how far back it answers, its limits, which credential it wants, and every
parameter of a subscription to it. --example writes a first subscription as YAML, ready to edit and to apply.`,
		Example: `  bellhop sources show skill-metrics
  bellhop sources show skill-metrics --example > skill.yaml
  bellhop subscriptions apply -f skill.yaml --dry-run`,
		Args: shell.Exactly("SOURCE"),
	}
	c.Flags().BoolVar(&example, "example", false, "write a first subscription to it as YAML")
	c.RunE = a.Run(func(_ *cobra.Command, args []string) error {
		source, err := source(a, args[0])
		if err != nil {
			return err
		}
		d := source.Describe()
		if !example {
			return a.Show(d, func(s *shell.Screen) { drawSource(s, d) })
		}
		document, err := manifest.Example(d)
		if err != nil {
			return err
		}
		return shell.Write(a.Out, string(document))
	})
	return c
}

func source(a *shell.App, name string) (requester.Source, error) {
	if source, ok := requester.SourceNamed(a.Sources, name); ok {
		return source, nil
	}
	return nil, shell.Usage("there are "+strings.Join(sourceNames(a), ", "), "no source is called %q", name)
}

func sourceNames(a *shell.App) []string {
	return shell.Each(a.Sources, requester.Source.Name)
}

func drawSources(s *shell.Screen, all []report.SourceDescription) {
	shell.Rows(s, "source|delivery|>tables|countries|ends", all, func(d report.SourceDescription) []shell.Cell {
		return shell.Row(shell.Toned(d.Name, shell.Strong), string(d.Delivery), len(d.Tables), d.Countries, sunset(d))
	})
	s.Line("")
	s.Line("bellhop sources show SOURCE tells what it has, its limits and its parameters")
}

func drawSource(s *shell.Screen, d report.SourceDescription) {
	s.Facts(
		"source", shell.Toned(d.Name, shell.Strong), "API", d.Title, "has", d.Meaning, "delivery", delivery(d.Delivery),
		"credential", d.Credential, "scope", d.Scope, "countries", d.Countries, "latency", d.Latency, "goes back", d.Horizon,
		"ends", sunset(d), "tables", strings.Join(d.Tables, ", "),
	)
	s.Heading("LIMITS")
	for _, limit := range d.Limits {
		s.Line("  - %s", limit)
	}
	s.Heading("PARAMETERS")
	shell.Rows(s, "parameter|default|meaning|example", d.Params, func(p report.ParamDescription) []shell.Cell {
		fallback := shell.Toned(p.Default, shell.Plain)
		if p.Required {
			fallback = shell.Toned("required", shell.Waiting)
		}
		return shell.Row(shell.Toned(p.Name, shell.Strong), fallback, p.Meaning, p.Example)
	})
	s.Line("")
	s.Line("bellhop sources show %s --example writes a first subscription", d.Name)
}

func sunset(d report.SourceDescription) shell.Cell {
	if d.Sunset == 0 {
		return shell.Cell{}
	}
	return shell.Toned(phrase.Date(d.Sunset), shell.Bad)
}

// delivery says in words who writes the files.
func delivery(d report.Delivering) string {
	return string(d) + map[report.Delivering]string{
		report.DeliveryPushed:  ": the vendor writes files into the delivery bucket",
		report.DeliveryFetched: ": bellhop asks, and writes the answer into the delivery bucket",
		report.DeliveryPolled:  ": bellhop orders an export, asks until it is finished, and writes it into the delivery bucket",
	}[d]
}
