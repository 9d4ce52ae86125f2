package convert

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func scanAll(t *testing.T, in io.Reader, buffer int) ([][]string, error) {
	t.Helper()
	s := newScanner(in, limits{Columns: 200, Cell: 1 << 20, Bytes: 1 << 30})
	s.buf = make([]byte, buffer)
	if err := s.start(); err != nil {
		return nil, err
	}
	var out [][]string
	for {
		if err := s.load(t.Context(), 3); err != nil {
			return nil, err
		}
		if len(s.records) == 0 {
			return out, nil
		}
		for _, r := range s.records {
			var cells []string
			for _, c := range r {
				cells = append(cells, strings.Clone(c))
			}
			out = append(out, cells)
		}
	}
}

// FuzzScanner compares the scanner with encoding/csv: the same records, or an error from both. They are meant
// to differ in three ways only, which are taken out: \r\n within quotes, a byte order mark, and what is no text.
func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		"", "a,b\n1,2\n", "a,b\r\n1,2\r\n", "a,\"b\"\n\"\",\n", "\"a\"\"b\",c\n", "\"a\nb\r\nc\",d", "a\"b\n", "\"a\"b\n", "\"a", "\n\n\r\n,\n",
		"a\r", "\"a\"\r", "\r\n\r", "\"\"\"\"", "a,\"\n", "x,\"y\"\r\r\n", ",,,\n\",\"", "a\n\"b\"", "\"a\",\r\n", "a,b\r,c\n",
	} {
		f.Add([]byte(s), 16)
	}
	f.Fuzz(func(t *testing.T, data []byte, buffer int) {
		if bytes.IndexByte(data, 0) >= 0 {
			t.Skip()
		}
		for _, magic := range []string{"\x1f\x8b", "PK", "\x28\xb5", "PAR1", "\xff\xfe", "\xfe\xff"} {
			if bytes.HasPrefix(data, []byte(magic)) {
				t.Skip()
			}
		}
		got, err := scanAll(t, bytes.NewReader(data), min(max(buffer, 4), 1<<16))
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
		r.FieldsPerRecord = -1
		want, wantErr := r.ReadAll()
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got error %v, encoding/csv %v", err, wantErr)
		}
		if err != nil {
			return
		}
		for _, r := range got {
			for i := range r {
				r[i] = strings.ReplaceAll(r[i], "\r\n", "\n")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-encoding/csv +got:\n%s", diff)
		}
	})
}

func TestRecordsLongerThanTheBuffer(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 200)
	text := "a,b\n\"" + long + "\"\"\n" + long + "\"," + long + "\r\nx,y\n"
	want := [][]string{{"a", "b"}, {long + "\"\n" + long, long}, {"x", "y"}}
	for name, in := range map[string]io.Reader{
		"whole":                 strings.NewReader(text),
		"byte by byte":          iotest.OneByteReader(strings.NewReader(text)),
		"data with end of file": iotest.DataErrReader(strings.NewReader(text)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scanAll(t, in, 8)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func TestReaderWithoutProgress(t *testing.T) {
	t.Parallel()
	if _, err := scanAll(t, stuck{}, 16); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v, want io.ErrNoProgress", err)
	}
}
