package main

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/versity/versitygw/debuglogger"
)

func TestLibrariesDoNotWriteToTheScreen(t *testing.T) {
	former := os.Stderr
	t.Cleanup(func() { os.Stderr = former })
	screen, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	os.Stderr = screen
	e := environment()
	quieten()
	debuglogger.InternalError(os.ErrInvalid)
	if _, err := e.Err.Write([]byte("bellhop: told")); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(screen.Name()); err != nil || string(content) != "bellhop: told" {
		t.Errorf("the screen shows %q, %v", content, err)
	}
}

func TestTheVersionHasTheDayOfItsCommit(t *testing.T) {
	for want, settings := range map[string][]debug.BuildSetting{
		"v1 of 2026-11-28": {{Key: "vcs", Value: "git"}, {Key: "vcs.time", Value: "2026-11-28T14:00:00Z"}}, "v1": nil,
	} {
		if got := dated("v1", settings); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
