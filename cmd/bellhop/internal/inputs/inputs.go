// Package inputs reads the CSV files that a person names: files, folders, gzip and zip archives, objects and folders of S3,
// and the standard input.
package inputs

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/phrase"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Standard is the name that stands for the standard input.
const Standard = "-"

// Reader reads what names stand for. All fields but Extension are required.
type Reader struct {
	// In is the standard input.
	In io.Reader
	// Bucket opens a bucket of S3 by its name.
	Bucket func(ctx context.Context, name string) (AnyBucket, error)
	// Extension is that of the files which are taken of a folder or an archive; .csv when it is empty.
	Extension string
	// Limit is the most bytes that are read of one file, and of all files of an archive together.
	Limit int64
}

// The first bytes of packed content, which say more than a file's name.
var (
	gzipMagic = []byte{0x1f, 0x8b}
	zipMagics = [][]byte{[]byte("PK\x03\x04"), []byte("PK\x05\x06")}
)

// File is the content of one CSV file, or why it cannot be read. It is read once, from its start to its end.
type File struct {
	Name    string
	Content io.Reader
	Err     error
	// From is the file that it was read from: for a file in an archive, the archive.
	From string
}

// Files yields the CSV files that names stand for. Each is open until the next is asked for.
func (r *Reader) Files(ctx context.Context, names []string) iter.Seq[File] {
	return func(yield func(File) bool) {
		for _, name := range names {
			files, err := r.filesOf(ctx, name)
			if err != nil {
				files = []string{name}
			}
			for _, file := range files {
				yield := func(f File) bool {
					f.From = file
					return yield(f)
				}
				if err == nil && !r.opened(ctx, file, yield) || err != nil && !yield(File{Name: name, Err: err}) {
					return
				}
			}
		}
	}
}

// filesOf replaces a folder, of this machine or of S3, by the CSV files in it, in the order of their names.
func (r *Reader) filesOf(ctx context.Context, name string) ([]string, error) {
	if strings.HasPrefix(name, s3Scheme) {
		return r.filesInS3(ctx, name)
	}
	if name == Standard || !isFolder(name) {
		return []string{name}, nil
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && r.takes(e.Name()) {
			files = append(files, filepath.Join(name, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("it is a folder without a %[1]s or %[1]s.gz file; folders below it are not looked into", r.extension())
	}
	return files, nil
}

// isFolder reports whether name is a folder. It says no of a name that it cannot look at: opening the name will say why.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// takes reports whether the name of a file says that it is of the kind that is read, packed or not.
func (r *Reader) takes(name string) bool {
	return strings.HasSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), r.extension())
}

func (r *Reader) extension() string { return cmp.Or(r.Extension, ".csv") }

// opened opens a file and yields it, or the files in it where it is an archive.
func (r *Reader) opened(ctx context.Context, name string, yield func(File) bool) bool {
	from, err := r.openInput(ctx, name)
	if err != nil {
		return yield(File{Name: name, Err: err})
	}
	defer func() { _ = from.Close() }() // only read from
	ahead := bufio.NewReader(from)
	first, err := ahead.Peek(len(zipMagics[0]))
	if err != nil && !errors.Is(err, io.EOF) {
		return yield(File{Name: name, Err: err})
	}
	if slices.ContainsFunc(zipMagics, func(magic []byte) bool { return bytes.Equal(first, magic) }) {
		return r.unzipped(name, from, ahead, yield)
	}
	if strings.HasSuffix(strings.ToLower(name), ".zip") {
		return yield(File{Name: name, Err: errors.New("it ends in .zip and is not a zip archive")})
	}
	content, err := unpacked(name, ahead)
	return yield(File{Name: name, Content: content, Err: err})
}

// openInput opens what a name stands for.
func (r *Reader) openInput(ctx context.Context, name string) (io.ReadCloser, error) {
	switch {
	case name == Standard:
		return io.NopCloser(r.In), nil
	case strings.HasPrefix(name, s3Scheme):
		return r.openInS3(ctx, name)
	}
	f, err := os.Open(name) //nolint:gosec // G304: the file is the user's to choose
	switch {
	case err == nil:
		return f, nil
	case strings.ContainsAny(name, "*?["):
		return nil, &phrase.Problem{Err: errors.Unwrap(err), Remedy: "no file fits the pattern, so the shell left it as it is: look at the folder's name"}
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

// Spool puts what from has, at most so many bytes, into a file without a name: closing it, or the end of the process, removes it.
func Spool(from io.Reader, most int64) (_ *os.File, err error) {
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
		err = fmt.Errorf("it is larger than %s", phrase.Bytes(most))
	}
	return f, err
}

const s3Scheme = "s3://"

// AnyBucket reads a bucket of S3 that a person names. *objects.Bucket is one.
type AnyBucket interface {
	// Open starts to read an object. NotFound when there is none.
	Open(ctx context.Context, key, ifMatchETag, versionID string) (io.ReadCloser, report.Object, error)
	// List yields the objects whose keys begin with prefix. An error ends it.
	List(ctx context.Context, prefix string) iter.Seq2[report.Object, error]
}

// bucketOf opens the bucket that an address names.
func (r *Reader) bucketOf(ctx context.Context, address string) (bucket AnyBucket, key string, err error) {
	name, key, _ := strings.Cut(strings.TrimPrefix(address, s3Scheme), "/")
	if name == "" {
		return nil, "", &phrase.Problem{Err: errors.New("it names no bucket"), Remedy: "write it like s3://BUCKET/KEY.csv, or s3://BUCKET/FOLDER/ with a slash at the end"}
	}
	bucket, err = r.Bucket(ctx, name)
	return bucket, key, err
}

// filesInS3 replaces an address that ends in a slash, or is a bucket's, by the CSV objects right below it.
func (r *Reader) filesInS3(ctx context.Context, address string) ([]string, error) {
	bucket, prefix, err := r.bucketOf(ctx, address)
	if err != nil {
		return nil, err
	}
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		return []string{address}, nil
	}
	var files []string
	for o, err := range bucket.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if rest := strings.TrimPrefix(o.Key, prefix); !strings.Contains(rest, "/") && r.takes(rest) {
			files = append(files, strings.TrimSuffix(address, "/")+"/"+rest)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no %[1]s or %[1]s.gz object right below it", r.extension())
	}
	return files, nil
}

// openInS3 reads an object as it comes: nothing of it is kept on this machine.
func (r *Reader) openInS3(ctx context.Context, address string) (io.ReadCloser, error) {
	bucket, key, err := r.bucketOf(ctx, address)
	if err != nil {
		return nil, err
	}
	content, info, err := bucket.Open(ctx, key, "", "")
	if fault.Is(err, fault.NotFound) {
		return nil, &phrase.Problem{Err: errors.New("there is no such object"), Remedy: "see which there are: aws s3 ls " + address[:strings.LastIndex(address, "/")+1]}
	}
	if err != nil {
		return nil, err
	}
	if info.Size > r.Limit {
		return nil, errors.Join(fmt.Errorf("it is larger than %s", phrase.Bytes(r.Limit)), content.Close())
	}
	return content, nil
}

// maxDirectory is how many bytes of an archive's directory are read, which has to be in memory as a whole: some hundred thousand
// files.
const maxDirectory = 16 << 20

// unzipped yields the CSV files in an archive, in the order of their names, each unpacked as it is read. Nothing in it names a
// place on this machine, and all of them together may have as many bytes as one file may: an archive of some kilobytes can hold any
// number.
func (r *Reader) unzipped(name string, from io.Reader, ahead *bufio.Reader, yield func(File) bool) bool {
	refuse := func(err error) bool { return yield(File{Name: name, Err: err}) }
	// A directory stands at the end: what cannot be read from there is put into a file first.
	file, seekable := from.(*os.File)
	if info, err := file.Stat(); !seekable || err != nil || !info.Mode().IsRegular() {
		if file, err = Spool(ahead, r.Limit); err != nil {
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
		return refuse(&phrase.Problem{Err: errors.New("the zip archive names too many files"), Remedy: "unpack it, and name the folder: unzip " + name + " -d FOLDER"})
	}
	if err != nil {
		return refuse(damaged("zip", err))
	}
	directory.left = math.MaxInt64 // from here on its files are read, which have a limit of their own
	files := slices.DeleteFunc(z.File, func(f *zip.File) bool {
		return !r.takes(f.Name) || f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/")
	})
	if len(files) == 0 {
		return refuse(fmt.Errorf("it is a zip archive without a %[1]s or %[1]s.gz file", r.extension()))
	}
	slices.SortFunc(files, func(x, y *zip.File) int { return cmp.Compare(x.Name, y.Name) })
	all := &ration{most: r.Limit}
	for _, f := range files {
		if !entry(name, f, all, yield) {
			return false
		}
	}
	return true
}

// entry yields one file of an archive.
func entry(archive string, f *zip.File, all *ration, yield func(File) bool) bool {
	name := archive + ":" + f.Name
	by := func(err error) bool { return yield(File{Name: name, Err: err}) }
	const encrypted = 1
	if f.Flags&encrypted != 0 {
		return by(&phrase.Problem{Err: errors.New("it is encrypted"), Remedy: "unpack it first: unzip " + archive})
	}
	content, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return by(&phrase.Problem{Err: errors.New("it is packed in a way that bellhop cannot read"), Remedy: "unpack it first: unzip " + archive})
	}
	if err != nil {
		return by(damaged("zip", err))
	}
	defer func() { _ = content.Close() }() // only read from
	plain, err := unpacked(f.Name, bufio.NewReader(packed{content, "zip"}))
	if err != nil {
		return by(err)
	}
	return yield(File{Name: name, Content: rationed{plain, all}})
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
		return 0, fault.New(fault.Poison, "the files of the archive have more than %s together; unpack it and name its files", phrase.Bytes(r.all.most))
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
