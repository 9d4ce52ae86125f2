package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
)

func manualCommand(a *shell.App) *cobra.Command {
	var output string
	var markdown bool
	c := &cobra.Command{
		Use: "man -o DIR | --markdown", Short: "Write the manual pages, one for each command", Args: cobra.NoArgs,
		Long: `Write the manual pages into a folder, for the man command; or all of them as one page of Markdown, to the standard
output. They say what --help says.`,
		Example: `  bellhop man -o man1 && man man1/bellhop-query.1
  sudo bellhop man -o /usr/local/share/man/man1`,
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the `folder`; it is created when it is missing")
	c.Flags().BoolVar(&markdown, "markdown", false, "one page of Markdown instead")
	c.PreRunE = func(*cobra.Command, []string) error {
		if (output == "") != markdown {
			return shell.Usage("give it with -o DIR, or --markdown without it", "bellhop man needs a folder")
		}
		return nil
	}
	c.RunE = a.Run(func(*cobra.Command, []string) error {
		if markdown {
			return reference(a)
		}
		if err := os.MkdirAll(output, 0o755); err != nil { //nolint:gosec // G301: manual pages are for everybody
			return fmt.Errorf("make the folder: %w", err)
		}
		// No date: the same version writes the same pages.
		a.Root.DisableAutoGenTag = true
		header := &doc.GenManHeader{Title: "BELLHOP", Section: "1", Source: "bellhop " + a.Version, Manual: "bellhop"}
		if err := doc.GenManTree(a.Root, header, output); err != nil {
			return fmt.Errorf("write the manual pages: %w", err)
		}
		pages := 0
		shell.EveryCommand(a.Root, func(c *cobra.Command) {
			if c.IsAvailableCommand() || c == a.Root {
				pages++
			}
		})
		return a.Show(map[string]any{"folder": output, "pages": pages}, func(s *shell.Screen) {
			s.Line("%s in %s: man %s/bellhop.1", phrase.Count(pages, "page"), output, output)
		})
	})
	return c
}

// reference writes all commands as one page of Markdown: a line for each, and what they have in common.
func reference(a *shell.App) error {
	var b strings.Builder
	b.WriteString("# Commands\n\nA line for each command, by what it is for. `bellhop COMMAND --help` says the rest: its flags, examples and limits;\n" +
		"`bellhop man -o DIR` writes the same as manual pages. Made by `make generate`.\n")
	for _, group := range a.Root.Groups() {
		fmt.Fprintf(&b, "\n## %s\n\n| command | what it does |\n|---|---|\n", strings.TrimSuffix(group.Title, ":"))
		for _, family := range a.Root.Commands() {
			if family.GroupID == group.ID {
				shell.EveryCommand(family, func(c *cobra.Command) { b.WriteString(referenceLine(c)) })
			}
		}
	}
	b.WriteString("\n## Flags of every command\n\n| flag | what it says |\n|---|---|\n")
	a.Root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		value, text := pflag.UnquoteUsage(f)
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.TrimSpace("--"+f.Name+" "+value), text)
	})
	b.WriteString("\n## Exit codes\n\n```text\n" + exitHelp + "\n```\n\n## Environment\n\n```text\n" + environmentHelp + "\n```\n")
	return shell.Write(a.Out, b.String())
}

// referenceLine is a command's line; none for what only has other commands, and for cobra's commands for each shell.
func referenceLine(c *cobra.Command) string {
	if c.Name() != "completion" && c.HasSubCommands() || c.Parent().Name() == "completion" {
		return ""
	}
	use := strings.TrimSuffix(c.UseLine(), " [flags]")
	return fmt.Sprintf("| %#q | %s |\n", strings.ReplaceAll(use, "|", "\\|"), strings.ReplaceAll(c.Short, "|", "\\|"))
}
