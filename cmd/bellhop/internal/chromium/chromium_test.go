package chromium_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/chromium"
)

func TestTheFirstBrowserOfThePathIsTaken(t *testing.T) {
	there := func(name string) (string, error) {
		if strings.HasPrefix(name, "google-chrome") {
			return "/opt/" + name, nil
		}
		return "", exec.ErrNotFound
	}
	if got, err := chromium.Find(there); got != "/opt/google-chrome" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	_, err := chromium.Find(func(string) (string, error) { return "", exec.ErrNotFound })
	if err == nil || !strings.Contains(err.Error(), "needs Chromium or Chrome") {
		t.Errorf("without any: %v", err)
	}
}

// browser returns a real browser, or skips.
func browser(t *testing.T) string {
	t.Helper()
	program, err := chromium.Find(exec.LookPath)
	if err != nil && os.Getenv("REQUIRE_REAL") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return program
}

func TestAPageIsPrinted(t *testing.T) {
	program := browser(t)
	dir := t.TempDir()
	page, to := filepath.Join(dir, "a page #1?.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(page, []byte("<title>Printed page</title><p>text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chromium.PDF(t.Context(), program, page, to); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(to); err != nil || !bytes.HasPrefix(content, []byte("%PDF-")) || !bytes.Contains(content, []byte("Printed page")) {
		t.Errorf("%d bytes, %v", len(content), err)
	}
}

func TestABrowserThatFailsIsNamed(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "browser")
	for name, test := range map[string]struct{ script, want string }{
		"it fails":          {"#!/bin/sh\necho no display >&2\nexit 3\n", "exit status 3: no display"},
		"it prints nothing": {"#!/bin/sh\nexit 0\n", "printed nothing"},
	} {
		if err := os.WriteFile(program, []byte(test.script), 0o700); err != nil {
			t.Fatal(err)
		}
		err := chromium.PDF(t.Context(), program, "page.html", filepath.Join(dir, "page.pdf"))
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
