package account

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/peterh/liner"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
)

// prompter is the terminal, with a history in the folder where the user's programs keep such things.
type prompter struct {
	*liner.State
	history string
}

// Prompt opens the terminal. A history that cannot be read is empty.
func Prompt(complete func(word string) []string) (shell.Prompter, error) {
	p := prompter{State: liner.NewLiner()}
	p.SetCtrlCAborts(true)
	p.SetTabCompletionStyle(liner.TabPrints)
	p.SetWordCompleter(func(line string, at int) (head string, words []string, tail string) {
		runes := []rune(line)
		head, tail = string(runes[:at]), string(runes[at:])
		start := strings.LastIndexFunc(head, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", r)
		}) + 1
		return head[:start], complete(head[start:]), tail
	})
	folder, err := os.UserCacheDir()
	if err != nil {
		return p, nil //nolint:nilerr // without a folder there is no history
	}
	p.history = filepath.Join(folder, "bellhop", "query_history")
	if file, err := os.Open(p.history); err == nil {
		_, err = p.ReadHistory(file)
		return p, errors.Join(err, file.Close())
	}
	return p, nil
}

// Line returns what the person types.
func (p prompter) Line(prompt string) (string, error) {
	line, err := p.Prompt(prompt)
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", shell.ErrAborted
	}
	return line, err
}

// Remember keeps a statement, in one line.
func (p prompter) Remember(statement string) {
	p.AppendHistory(strings.Join(strings.Fields(statement), " "))
}

// Close writes the history down and gives the terminal back.
func (p prompter) Close() (err error) {
	defer func() { err = errors.Join(err, p.State.Close()) }()
	if p.history == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.history), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(p.history, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = p.WriteHistory(file)
	return errors.Join(err, file.Close())
}
