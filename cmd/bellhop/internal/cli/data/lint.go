package data

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/lint"
)

// examine refuses a statement that adds up to a wrong number, and says of a doubtful one what is doubtful. Where the statement cannot be
// read, the engine has the word.
func examine(ctx context.Context, a *shell.App, anyway bool, statement string) error {
	found, err := findings(ctx, a, statement)
	if err != nil {
		return ctx.Err()
	}
	var wrong []string
	remedy := ""
	for _, f := range found {
		if f.Wrong && !anyway {
			wrong = append(wrong, f.What+": "+f.Why)
			if remedy == "" {
				remedy = f.Instead + "; --anyway runs it as it is"
			}
			continue
		}
		// The answer comes also when this line cannot be written.
		_ = shell.Write(a.Err, fmt.Sprintf("bellhop: %s: %s\n  → %s\n", f.What, f.Why, f.Instead))
	}
	if len(wrong) > 0 {
		return shell.Usage(remedy, "%s", strings.Join(wrong, "\n"))
	}
	return nil
}

var errUnread = errors.New("DuckDB's parser does not read the statement, so nothing can be said of it")

func findings(ctx context.Context, a *shell.App, statement string) ([]lint.Finding, error) {
	if a.Parse == nil {
		return nil, errUnread
	}
	parsed, err := a.Parse(ctx, statement)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	if failed, _ := parsed["error"].(bool); failed {
		return nil, fmt.Errorf("%w: %v", errUnread, parsed["error_message"])
	}
	return lint.Check(parsed), nil
}

// showFindings only says what is found. Something wrong needs attention.
func showFindings(ctx context.Context, a *shell.App, statement string) error {
	found, err := findings(ctx, a, statement)
	if err != nil {
		return err
	}
	err = a.Show(found, func(s *shell.Screen) {
		if len(found) == 0 {
			s.Line("%s", s.Paint(shell.Good, "nothing adds up to a wrong number"))
		}
		for _, f := range found {
			tone, word := shell.Waiting, "doubtful"
			if f.Wrong {
				tone, word = shell.Bad, "wrong"
			}
			s.Line("%s  %s", s.Paint(tone, word), f.What)
			s.Wrapped("    ", f.Why+".")
			s.Wrapped("    ", "→ "+f.Instead)
		}
	})
	for _, f := range found {
		if f.Wrong && err == nil {
			return shell.Exit(shell.ExitAttention)
		}
	}
	return err
}
