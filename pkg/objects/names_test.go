package objects_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// S3 knows no folders: "a/../b" and "a//b" are names like any other, and the vendor, or somebody else, may use them. The
// embedded S3 keeps objects in folders and cannot show it, so it is shown on the wire: what is read, looked at and deleted
// is what is named.
func TestNamesReachS3AsTheyAre(t *testing.T) {
	tests := map[string]string{
		"a/../b.csv":   "/delivery/a/../b.csv",
		"../b.csv":     "/delivery/../b.csv",
		"a//b.csv":     "/delivery/a//b.csv",
		"/b.csv":       "/delivery//b.csv",
		"./b.csv":      "/delivery/./b.csv",
		"a/./b.csv":    "/delivery/a/./b.csv",
		"a/":           "/delivery/a/",
		"a b+c%20.csv": "/delivery/a%20b%2Bc%2520.csv",
	}
	for key, want := range tests {
		t.Run(key, func(t *testing.T) {
			var paths []string
			bucket := bucketWith("http://s3.invalid", roundTripper(func(r *http.Request) (*http.Response, error) {
				// As it goes out: the line that http.Request.Write puts first.
				line := r.URL.RequestURI()
				path, _, _ := strings.Cut(line, "?")
				paths = append(paths, r.Method+" "+path)
				response := answer(200, "")
				response.Header.Set("Content-Length", "0")
				return response, nil
			}))
			body, _, err := bucket.Open(t.Context(), key, "e1", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, body); err != nil {
				t.Fatal(err)
			}
			if err := body.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := bucket.Stat(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			if _, err := bucket.Delete(t.Context(), key, "e1", ""); err != nil {
				t.Fatal(err)
			}
			for i, method := range []string{"GET", "HEAD", "DELETE"} {
				if got := paths[i]; got != method+" "+want {
					t.Errorf("sent %q, want %q", got, method+" "+want)
				}
			}
		})
	}
}
