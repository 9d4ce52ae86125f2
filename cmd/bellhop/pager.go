package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
)

// pager returns what shows text with $PAGER, as git and man do: less gets $LESS or FRX, so that it keeps colours and exits at
// once when the text fits after all.
func pager(out, errs *os.File) func(string) error {
	return func(content string) error {
		// The variable is a command line, and its words are the shell's to split.
		// Ctrl-C is the pager's.
		cmd := exec.CommandContext(context.Background(), "sh", "-c", cmp.Or(os.Getenv("PAGER"), "less")) //nolint:gosec // the person's own choice
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(content), out, errs
		cmd.Env = append(os.Environ(), "LESS="+cmp.Or(os.Getenv("LESS"), "FRX"))
		err := cmd.Run()
		if exit, ran := errors.AsType[*exec.ExitError](err); ran && exit.ExitCode() != 126 && exit.ExitCode() != 127 {
			// It has shown what the person wanted to see of it. 126 and 127 are the shell's, for a program that it cannot run.
			return nil
		}
		return err
	}
}
