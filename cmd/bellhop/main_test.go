package main

import (
	"os"
	"path/filepath"
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
