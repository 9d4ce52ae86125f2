// Command bellhop is bellhop on a person's machine: the whole of it in one folder with a simulated vendor, and the tool
// that shows and steers what runs on AWS. See bellhop --help.
package main

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/pkg/browser"
	"golang.org/x/term"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/account"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cli/shell"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/query/duckdb"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim"
)

// version is set when a release is built.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	e := environment()
	quieten()
	os.Exit(cli.Run(ctx, os.Args[1:], e))
}

// quieten keeps the embedded S3 from writing to the screen: it logs to os.Stderr, in colours, what its answers say
// anyway. The commands write to the file that they were given before, and so does the runtime of a program that panics.
func quieten() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
	}
}

func environment() shell.Environment {
	out := int(os.Stdout.Fd())
	width, height, err := term.GetSize(out)
	if err != nil {
		width, height = 0, 0
	}
	return shell.Environment{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal: term.IsTerminal(int(os.Stdin.Fd())), OutTerminal: term.IsTerminal(out), ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width: width, Height: height, Page: pager(os.Stdout, os.Stderr),
		Getenv:        os.Getenv,
		Program:       os.Args[0],
		Version:       built(),
		Open:          account.Open,
		Find:          account.Find,
		Bucket:        account.Bucket,
		KeepIn:        account.KeepIn,
		Browse:        browser.OpenURL,
		ReadSecret:    readSecret,
		Wait:          account.Wait,
		OpenCampaigns: account.Campaigns,
		OpenEngine:    account.OpenEngine,
		Parse:         duckdb.Parse,
		Prompt:        account.Prompt,
		Start:         account.Start,
		Reset:         sim.Reset,
		Sources:       account.Sources(),
	}
}

// readSecret reads a line from the terminal without an echo.
func readSecret() (string, error) {
	content, err := term.ReadPassword(int(os.Stdin.Fd()))
	return string(content), err
}

// built returns the version of a release, else what the toolchain noted.
func built() string {
	name := cmp.Or(version, "dev")
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	if version == "" {
		name = cmp.Or(info.Main.Version, name)
	}
	return dated(name, info.Settings)
}

// dated adds the day of the commit, where the toolchain noted it.
func dated(name string, settings []debug.BuildSetting) string {
	for _, s := range settings {
		if day, _, ok := strings.Cut(s.Value, "T"); s.Key == "vcs.time" && ok {
			return name + " of " + day
		}
	}
	return name
}
