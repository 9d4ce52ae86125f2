package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// standardInput is the name that stands for it on the command line.
const standardInput = "-"

// maxIngest is the largest file that the ingester takes.
const maxIngest = 5 << 30

// inputLimit bounds what is read of one file, and of all files of an archive together.
func (a *app) inputLimit() int64 { return cmp.Or(a.InputLimit, maxIngest) }

// The first bytes of packed content, which say more than a file's name.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zipMagics = [][]byte{[]byte("PK\x03\x04"), []byte("PK\x05\x06")}
)

// input is the content of one CSV file, or why it cannot be read. It is read once, from its start to its end.
type input struct {
	name    string
	content io.Reader
	err     error
}

// inputs yields the CSV files that the names of a command line stand for: files, folders, archives, objects of S3 and the standard
// input. Each is open until the next is asked for.
func (a *app) inputs(ctx context.Context, names []string) iter.Seq[input] {
	return func(yield func(input) bool) {
		for _, name := range names {
			files, err := a.filesOf(ctx, name)
			if err != nil {
				files = []string{name}
			}
			for _, file := range files {
				if err == nil && !a.opened(ctx, file, yield) || err != nil && !yield(input{name: name, err: err}) {
					return
				}
			}
		}
	}
}

// readOnce demands that the standard input is named once at most.
func readOnce(names []string) error {
	if n := slices.Index(names, standardInput); n >= 0 && slices.Contains(names[n+1:], standardInput) {
		return usage("name it once", "the standard input can be read once")
	}
	return nil
}

// filesOf replaces a folder, of this machine or of S3, by the CSV files in it, in the order of their names.
func (a *app) filesOf(ctx context.Context, name string) ([]string, error) {
	if strings.HasPrefix(name, s3Scheme) {
		return a.filesInS3(ctx, name)
	}
	if name == standardInput || !isFolder(name) {
		return []string{name}, nil
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && holdsCSV(e.Name()) {
			files = append(files, filepath.Join(name, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, errors.New("it is a folder without a .csv or .csv.gz file; folders below it are not looked into")
	}
	return files, nil
}

// isFolder reports whether name is a folder. It says no of a name that it cannot look at: opening the name will say why.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// holdsCSV reports whether the name of a file says that it is CSV.
func holdsCSV(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".csv") || strings.HasSuffix(lower, ".csv.gz")
}

// opened opens a file and yields it, or the files in it where it is an archive.
func (a *app) opened(ctx context.Context, name string, yield func(input) bool) bool {
	from, err := a.openInput(ctx, name)
	if err != nil {
		return yield(input{name: name, err: err})
	}
	defer func() { _ = from.Close() }() // only read from
	ahead := bufio.NewReader(from)
	first, err := ahead.Peek(len(zipMagics[0]))
	if err != nil && !errors.Is(err, io.EOF) {
		return yield(input{name: name, err: err})
	}
	if slices.ContainsFunc(zipMagics, func(magic []byte) bool { return bytes.Equal(first, magic) }) {
		return a.unzipped(name, from, ahead, yield)
	}
	if strings.HasSuffix(strings.ToLower(name), ".zip") {
		return yield(input{name: name, err: errors.New("it ends in .zip and is not a zip archive")})
	}
	content, err := unpacked(name, ahead)
	return yield(input{name, content, err})
}

// openInput opens what a name stands for.
func (a *app) openInput(ctx context.Context, name string) (io.ReadCloser, error) {
	switch {
	case name == standardInput:
		return io.NopCloser(a.In), nil
	case strings.HasPrefix(name, s3Scheme):
		return a.openInS3(ctx, name)
	}
	f, err := os.Open(name) //nolint:gosec // G304: the file is the user's to choose
	switch {
	case err == nil:
		return f, nil
	case strings.ContainsAny(name, "*?["):
		return nil, &Problem{Code: ExitError, Err: errors.Unwrap(err), Remedy: "no file fits the pattern, so the shell left it as it is: look at the folder's name"}
	default:
		return nil, errors.Unwrap(err) // the name is said already
	}
}

// unpacked returns what gzip packed, as it is read, and other content as it is.
func unpacked(name string, content *bufio.Reader) (io.Reader, error) {
	first, _ := content.Peek(len(gzipMagic)) // content that cannot be read says so when it is
	if !bytes.Equal(first, gzipMagic) {
		if strings.HasSuffix(strings.ToLower(name), ".gz") {
			return nil, errors.New("it ends in .gz and is not packed with gzip")
		}
		return content, nil
	}
	z, err := gzip.NewReader(content)
	if err != nil {
		return nil, damaged("gzip", err)
	}
	return packed{z, "gzip"}, nil
}

// packed is content that is unpacked while it is read.
type packed struct {
	io.Reader
	by string
}

func (p packed) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) && fault.KindOf(err) == fault.Internal {
		err = damaged(p.by, err)
	}
	return n, err
}

// damaged says that another attempt helps as little as a look at the CSV.
func damaged(by string, err error) error {
	return fault.New(fault.Poison, "the %s data is cut off or damaged: %w", by, err)
}

// spooled puts what from has, at most so many bytes, into a file without a name: closing it, or the end of the process, removes it.
func spooled(from io.Reader, most int64) (_ *os.File, err error) {
	f, err := os.CreateTemp("", "bellhop-input-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	n, err := io.Copy(f, io.LimitReader(from, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("it is larger than %s", bytesText(most))
	}
	return f, err
}
