// Package chromium has a browser of the Chromium family, where this machine has one, print pages.
package chromium

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/scratch"
)

// programs are what browsers of the family are called.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"}

// Find returns the path of a browser. Look is [exec.LookPath].
func Find(look func(name string) (string, error)) (string, error) {
	for _, name := range programs {
		if path, err := look(name); err == nil {
			return path, nil
		}
	}
	return "", &phrase.Problem{
		Err:    errors.New("a PDF needs Chromium or Chrome, and there is none on the path"),
		Remedy: "install one, such as with: apt-get install chromium; or open the page in any browser and print it to a file",
	}
}

// PDF prints a page, which is a file, to another file.
func PDF(ctx context.Context, program, page, to string) (err error) {
	if page, err = filepath.Abs(page); err != nil {
		return fmt.Errorf("find the page: %w", err)
	}
	// The browser keeps its profile somewhere; nothing of it is to be left.
	profile, err := scratch.Make()
	if err != nil {
		return fmt.Errorf("make a folder for the browser: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(profile)) }()
	arguments := []string{
		"--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir=" + profile, "--no-pdf-header-footer", "--print-to-pdf=" + to,
	}
	if os.Geteuid() == 0 {
		arguments = append(arguments, "--no-sandbox") // it refuses to sandbox for root, and the page loads nothing
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(page)}
	var said bytes.Buffer
	browser := exec.CommandContext(ctx, program, append(arguments, address.String())...) //nolint:gosec // G204: the program is one of those above
	browser.Stderr = &said
	if err := browser.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("print with %s: %w: %s", program, err, bytes.TrimSpace(said.Bytes())))
	}
	if info, err := os.Stat(to); err != nil || info.Size() == 0 {
		return fmt.Errorf("%s ended well and printed nothing: %s", program, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}
