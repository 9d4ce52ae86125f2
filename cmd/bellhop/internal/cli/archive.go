package cli

import (
	"archive/zip"
	"bufio"
	"cmp"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// maxDirectory is how many bytes of an archive's directory are read, which has to be in memory as a whole: some hundred thousand
// files.
const maxDirectory = 16 << 20

// unzipped yields the CSV files in an archive, in the order of their names, each unpacked as it is read. Nothing in it names a
// place on this machine, and all of them together may have as many bytes as one file may: an archive of some kilobytes can hold any
// number.
func (a *app) unzipped(name string, from io.Reader, ahead *bufio.Reader, yield func(input) bool) bool {
	refuse := func(err error) bool { return yield(input{name: name, err: err}) }
	// A directory stands at the end: what cannot be read from there is put into a file first.
	file, seekable := from.(*os.File)
	if info, err := statOf(file); !seekable || err != nil || !info.Mode().IsRegular() {
		if file, err = spooled(ahead, a.inputLimit()); err != nil {
			return refuse(err)
		}
		defer func() { _ = file.Close() }() // it has no name, so that this removes it
	}
	info, err := file.Stat()
	if err != nil {
		return refuse(err)
	}
	directory := &atMost{ReaderAt: file, left: maxDirectory}
	z, err := zip.NewReader(directory, info.Size())
	if directory.left < 0 {
		return refuse(&Problem{Code: ExitError, Err: errors.New("the zip archive names too many files"), Remedy: "unpack it, and name the folder: unzip " + name + " -d FOLDER"})
	}
	if err != nil {
		return refuse(damaged("zip", err))
	}
	directory.left = math.MaxInt64 // from here on its files are read, which have a limit of their own
	files := slices.DeleteFunc(z.File, func(f *zip.File) bool {
		return !holdsCSV(f.Name) || f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/")
	})
	if len(files) == 0 {
		return refuse(errors.New("it is a zip archive without a .csv or .csv.gz file"))
	}
	slices.SortFunc(files, func(x, y *zip.File) int { return cmp.Compare(x.Name, y.Name) })
	all := &ration{most: a.inputLimit()}
	for _, f := range files {
		if !entry(name, f, all, yield) {
			return false
		}
	}
	return true
}

func statOf(f *os.File) (os.FileInfo, error) {
	if f == nil {
		return nil, os.ErrInvalid
	}
	return f.Stat()
}

// entry yields one file of an archive.
func entry(archive string, f *zip.File, all *ration, yield func(input) bool) bool {
	name := archive + ":" + f.Name
	by := func(err error) bool { return yield(input{name: name, err: err}) }
	const encrypted = 1
	if f.Flags&encrypted != 0 {
		return by(&Problem{Code: ExitError, Err: errors.New("it is encrypted"), Remedy: "unpack it first: unzip " + archive})
	}
	content, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return by(&Problem{Code: ExitError, Err: errors.New("it is packed in a way that bellhop cannot read"), Remedy: "unpack it first: unzip " + archive})
	}
	if err != nil {
		return by(damaged("zip", err))
	}
	defer func() { _ = content.Close() }() // only read from
	plain, err := unpacked(f.Name, bufio.NewReader(packed{content, "zip"}))
	if err != nil {
		return by(err)
	}
	return yield(input{name: name, content: rationed{plain, all}})
}

// ration is how many bytes the files of an archive may have together, and how many were read.
type ration struct{ most, read int64 }

// rationed stops when more is read of an archive than it may hold.
type rationed struct {
	io.Reader
	all *ration
}

func (r rationed) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if r.all.read += int64(n); r.all.read > r.all.most {
		return 0, fault.New(fault.Poison, "the files of the archive have more than %s together; unpack it and name its files", bytesText(r.all.most))
	}
	return n, err
}

// atMost stops when more than so many bytes were read.
type atMost struct {
	io.ReaderAt
	left int64
}

func (r *atMost) ReadAt(b []byte, off int64) (int, error) {
	if r.left -= int64(len(b)); r.left < 0 {
		return 0, errors.New("too much is read")
	}
	return r.ReaderAt.ReadAt(b, off)
}
