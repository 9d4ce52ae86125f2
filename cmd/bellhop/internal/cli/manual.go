package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manualCommand() *cobra.Command {
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
			return usage("give it with -o DIR, or --markdown without it", "bellhop man needs a folder")
		}
		return nil
	}
	c.RunE = a.run(func(*cobra.Command, []string) error {
		if markdown {
			return a.reference()
		}
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

// reference writes every command as one page of Markdown.
func (a *app) reference() error {
	a.root.DisableAutoGenTag = true
	var b bytes.Buffer
	b.WriteString("# Commands\n\nWhat `bellhop --help` says of each command. Made by `make generate`.\n\n")
	var err error
	everyCommand(a.root, func(c *cobra.Command) {
		if !c.IsAvailableCommand() && c != a.root || strings.HasPrefix(c.CommandPath(), a.root.Name()+" completion ") {
			return // cobra's own text of each shell is long, and its help shows it
		}
		anchor := func(page string) string { return "#" + strings.ReplaceAll(strings.TrimSuffix(page, ".md"), "_", "-") }
		var section bytes.Buffer
		err = errors.Join(err, doc.GenMarkdownCustom(c, &section, anchor))
		b.WriteString(fenced(section.String()))
	})
	if err != nil {
		return fmt.Errorf("write the reference: %w", err)
	}
	return write(a.Out, b.String())
}

var (
	// inherited are the flags that every command has: the first section lists them.
	inherited = regexp.MustCompile("(?s)### Options inherited from parent commands\n\n```.*?```\n\n")
	// synopsis is a command's text, in whose lines the words stand where they are meant to. A command that only has others
	// has no line of usage after it.
	synopsis = regexp.MustCompile("(?s)### Synopsis\n\n(.*?)\n\n+(```\nbellhop|### |$)")
	// shells are the links to cobra's own pages about completion, which are left out.
	shells = regexp.MustCompile(`(?m)^\* \[bellhop completion \w+\].*\n`)
)

// fenced makes one command's section of what cobra writes about it.
func fenced(section string) string {
	section = shells.ReplaceAllString(inherited.ReplaceAllString(section, ""), "")
	return synopsis.ReplaceAllString(section, "```text\n$1\n```\n\n$2")
}
