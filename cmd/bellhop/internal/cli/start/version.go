package start

import (
	"github.com/spf13/cobra"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

// VersionCommand is bellhop version.
func VersionCommand(a *shell.App) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Show which bellhop this is", Args: cobra.NoArgs,
		Example: "  bellhop version",
		RunE: a.Run(func(*cobra.Command, []string) error {
			return a.Show(map[string]string{"version": a.Version}, func(s *shell.Screen) { s.Line("bellhop %s", a.Version) })
		}),
	}
}
