package data

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// converse reads statements from the person, each to its semicolon, and answers them until the input ends. A statement that fails ends
// nothing.
func converse(ctx context.Context, a *shell.App, o queryOrder) (err error) {
	engine, err := a.OpenEngine(ctx, o.engine)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	terminal, err := a.Prompt(completed)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, terminal.Close()) }()
	if err := shell.Write(a.Err, "A statement ends with a semicolon; Tab completes names; Ctrl-D ends this.\n"); err != nil {
		return err
	}
	typed := ""
	for ctx.Err() == nil {
		prompt := "bellhop> "
		if typed != "" {
			prompt = "    ...> "
		}
		line, err := terminal.Line(prompt)
		switch {
		case errors.Is(err, shell.ErrAborted):
			typed = ""
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if word := strings.ToLower(strings.Trim(line, " \t;")); typed == "" && slices.Contains([]string{"exit", "quit", `\q`, ""}, word) {
			if word == "" {
				continue
			}
			return nil
		}
		typed += line + "\n"
		if !strings.HasSuffix(strings.TrimSpace(line), ";") {
			continue
		}
		terminal.Remember(typed)
		if err = examine(ctx, a, o.anyway, typed); err == nil {
			err = drawResult(ctx, a, o, engine, typed)
		}
		if err != nil {
			a.Complain(shell.Explain(err))
		}
		typed = ""
	}
	return ctx.Err()
}

// completed returns the names of tables, views and columns that begin like a word.
func completed(word string) []string {
	var names []string
	for _, v := range dataset.Views() {
		names = append(names, v.Name)
		for _, c := range v.Columns {
			names = append(names, c.Name)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return word == "" || !strings.HasPrefix(name, strings.ToLower(word)) })
	slices.Sort(names)
	return slices.Compact(names)
}
