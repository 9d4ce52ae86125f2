package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manualCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "man -o DIR", Short: "Write the manual pages, one for each command", Args: cobra.NoArgs,
		Long: `Write the manual pages into a folder, for the man command. They say what --help says.`,
		Example: `  bellhop man -o man1 && man man1/bellhop-query.1
  sudo bellhop man -o /usr/local/share/man/man1`,
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the `folder`; it is made when there is none")
	c.PreRunE = func(*cobra.Command, []string) error {
		if output == "" {
			return usage("give it with -o DIR", "bellhop man needs a folder")
		}
		return nil
	}
	c.RunE = a.run(func(*cobra.Command, []string) error {
		if err := os.MkdirAll(output, 0o755); err != nil { //nolint:gosec // G301: manual pages are for everybody
			return fmt.Errorf("make the folder: %w", err)
		}
		// No date: the same version writes the same pages.
		a.root.DisableAutoGenTag = true
		header := &doc.GenManHeader{Title: "BELLHOP", Section: "1", Source: "bellhop " + a.Version, Manual: "bellhop"}
		if err := doc.GenManTree(a.root, header, output); err != nil {
			return fmt.Errorf("write the manual pages: %w", err)
		}
		pages := 0
		everyCommand(a.root, func(c *cobra.Command) {
			if c.IsAvailableCommand() || c == a.root {
				pages++
			}
		})
		return a.show(map[string]any{"folder": output, "pages": pages}, func(s *screen) {
			s.line("%s in %s: man %s/bellhop.1", count(pages, "page"), output, output)
		})
	})
	return c
}
