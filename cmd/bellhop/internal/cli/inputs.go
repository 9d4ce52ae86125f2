package cli

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/scratch"
)

// standardInput is the name that stands for it on the command line.
const standardInput = "-"

// inputs replaces folders by the CSV files in them, in the order of their names.
func inputs(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			files = append(files, name)
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, err
		}
		before := len(files)
		for _, e := range entries {
			lower := strings.ToLower(e.Name())
			if !e.IsDir() && (strings.HasSuffix(lower, ".csv") || strings.HasSuffix(lower, ".csv.gz")) {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
		if len(files) == before {
			files = append(files, name) // to be refused as it is opened, like every other input
		}
	}
	if n := slices.Index(files, standardInput); n >= 0 && slices.Contains(files[n+1:], standardInput) {
		return nil, usage("name it once", "the standard input can be read once")
	}
	return files, nil
}

// input is an opened file, whose content can be read again from its start.
type input struct {
	*os.File
	dir string // where a copy of it lies
}

// Close closes the file, and removes the copy if it is one.
func (i input) Close() error {
	err := i.File.Close()
	if i.dir != "" {
		err = errors.Join(err, os.RemoveAll(i.dir))
	}
	return err
}

// openInput opens a file. One that cannot be read twice as it is, the standard input or what gzip packed, is copied first.
func (a *app) openInput(name string) (input, error) {
	lower := strings.ToLower(name)
	switch {
	case name == standardInput:
		return copied(a.In)
	case strings.HasPrefix(lower, "s3://"):
		return input{}, &Problem{Code: ExitError, Err: errors.New("bellhop ingest reads files of this machine"), Remedy: "fetch it first: aws s3 cp " + name + " ."}
	case strings.HasSuffix(lower, ".zip"):
		return input{}, &Problem{Code: ExitError, Err: errors.New("it is a zip archive"), Remedy: "unpack it first: unzip " + name}
	}
	f, err := os.Open(name) //nolint:gosec // G304: the file is the user's to choose
	if err != nil {
		if strings.ContainsAny(name, "*?[") {
			return input{}, &Problem{Code: ExitError, Err: errors.Unwrap(err), Remedy: "no file fits the pattern, so the shell left it as it is: look at the folder's name"}
		}
		return input{}, errors.Unwrap(err) // the name is said already
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return input{}, errors.Join(errors.New("it is a folder without a .csv or .csv.gz file; folders below it are not looked into"), f.Close())
	}
	if !strings.HasSuffix(lower, ".gz") {
		return input{File: f}, nil
	}
	defer func() { _ = f.Close() }() // only read from
	packed, err := gzip.NewReader(f)
	if err != nil {
		return input{}, fmt.Errorf("it ends in .gz, and gzip cannot read it: %w", err)
	}
	return copied(packed)
}

// copied puts what from has into a file of a folder of its own.
func copied(from io.Reader) (_ input, err error) {
	dir, err := scratch.Make()
	if err != nil {
		return input{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	f, err := os.Create(filepath.Join(dir, "input.csv")) //nolint:gosec // G304: in a folder that was just made
	if err != nil {
		return input{}, err
	}
	// One byte more than is allowed is enough to see that it is too large.
	if _, err = io.Copy(f, io.LimitReader(from, maxIngest+1)); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return input{}, errors.Join(err, f.Close())
	}
	return input{f, dir}, nil
}
