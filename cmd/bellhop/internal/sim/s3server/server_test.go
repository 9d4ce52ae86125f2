package s3server_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/s3server"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func closeServer(t *testing.T, server *s3server.Server) {
	t.Helper()
	if err := server.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func startServer(t *testing.T, o s3server.Options) *s3server.Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	server, err := s3server.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, server) })
	return server
}

func TestObjectsOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	for start := range 3 {
		server, err := s3server.Start(t.Context(), s3server.Options{Dir: dir, Buckets: map[string]s3server.OnCreated{"delivery": nil}})
		if err != nil {
			t.Fatal(err)
		}
		bucket := objects.NewBucket(server.Client(), "delivery")
		cond := report.Condition{Absent: true}
		_, err = bucket.Put(t.Context(), report.Write{Key: "dir/k.csv", Body: strings.NewReader("hello"), Condition: cond, Metadata: map[string]string{"rows": "1"}})
		if created := err == nil; created != (start == 0) {
			t.Errorf("start %d: put: %v", start, err)
		}
		info, err := bucket.Stat(t.Context(), "dir/k.csv")
		if err != nil || info.Metadata["rows"] != "1" {
			t.Errorf("start %d: %+v, %v", start, info, err)
		}
		if raw, err := os.ReadFile(server.Path("delivery", "dir/k.csv")); err != nil || string(raw) != "hello" {
			t.Errorf("start %d: the file holds %q, %v", start, raw, err)
		}
		closeServer(t, server)
	}
}

func TestOneServerPerProcess(t *testing.T) {
	server := startServer(t, s3server.Options{Buckets: map[string]s3server.OnCreated{"delivery": nil}})
	if second, err := s3server.Start(t.Context(), s3server.Options{Dir: t.TempDir()}); !errors.Is(err, s3server.ErrRunning) {
		t.Fatalf("got %v, %v; want ErrRunning", second, err)
	}
	// The refused one must not have taken the working directory away from the first.
	put(t, server.Client(), "delivery", "k", "x")
}

func TestTheWorkingDirectoryComesBack(t *testing.T) {
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	starts := map[string]s3server.Options{
		"closed":             {Dir: t.TempDir()},
		"a bad bucket name":  {Dir: t.TempDir(), Buckets: map[string]s3server.OnCreated{"Not_A_Name": nil}},
		"a folder in a file": {Dir: filepath.Join(before, "doc.go", "below")},
	}
	for name, o := range starts {
		t.Run(name, func(t *testing.T) {
			server, err := s3server.Start(t.Context(), o)
			if (err == nil) != (name == "closed") {
				t.Fatalf("start: %v", err)
			}
			if server != nil {
				closeServer(t, server)
				closeServer(t, server)
			}
			if after, err := os.Getwd(); err != nil || after != before {
				t.Errorf("now in %s, %v; was in %s", after, err, before)
			}
		})
	}
}

func TestTheContextEndsTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server, err := s3server.Start(ctx, s3server.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-server.Done()
	closeServer(t, server)
}

func TestOnlyTheAccountIsServed(t *testing.T) {
	server := startServer(t, s3server.Options{Buckets: map[string]s3server.OnCreated{"delivery": nil}})
	put(t, server.Client(), "delivery", "k", "hello")

	cfg := server.Config()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, *cfg.BaseEndpoint+"/delivery/k", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := cfg.HTTPClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("unsigned: %s", response.Status)
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider("BELLHOPLOCALMACHINE", "wrong", "")
	_, err = objects.NewClient(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("delivery"), Key: aws.String("k")})
	if err == nil {
		t.Error("a wrong secret was accepted")
	}
}

func TestTheEnvironmentDoesNotMatter(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "/nonexistent")
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
	t.Setenv("AWS_REGION", "xx-nowhere-1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	server := startServer(t, s3server.Options{Buckets: map[string]s3server.OnCreated{"delivery": nil}})
	put(t, server.Client(), "delivery", "k", "hello")
}

func TestParallelTestsShareAServer(t *testing.T) {
	server := sharedServer(t)
	for range 4 {
		t.Run("test", func(t *testing.T) {
			t.Parallel()
			var in inbox
			client, bucket := newBucket(t, in.take)
			put(t, client, bucket, "k", bucket)
			body, _, err := objects.NewBucket(client, bucket).Open(t.Context(), "k", "", "")
			if err != nil {
				t.Fatal(err)
			}
			defer body.Close()
			raw, err := io.ReadAll(body)
			if err != nil || string(raw) != bucket || len(in.objects(t)) != 1 {
				t.Errorf("bucket %s holds %q, %v", bucket, raw, err)
			}
			if sharedServer(t) != server {
				t.Error("another server")
			}
		})
	}
}

func TestNothingIsPrinted(t *testing.T) {
	// In a process of its own: the output of this one belongs to other servers, too.
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), servedFolder+"="+t.TempDir())
	printed, err := child.Output()
	if err != nil || len(printed) != 0 {
		t.Errorf("printed %q, %v", printed, err)
	}
}

// servedFolder is the variable with the folder that a child of this test serves once.
const servedFolder = "BELLHOP_TEST_SERVED_FOLDER"

func TestMain(m *testing.M) {
	dir := os.Getenv(servedFolder)
	if dir == "" {
		os.Exit(m.Run())
	}
	server, err := s3server.Start(context.Background(), s3server.Options{Dir: dir, Buckets: map[string]s3server.OnCreated{"delivery": nil}})
	if err == nil {
		_, err = objects.NewBucket(server.Client(), "delivery").Put(context.Background(), report.Write{
			Key: "k", Body: strings.NewReader("x"), Condition: report.Condition{Absent: true},
		})
		err = errors.Join(err, server.Close())
	}
	if err != nil {
		panic(err)
	}
}

// A copy of the folder by cp -r, tar or zip lacks the extended attributes of its files, and nothing else.
func TestAFolderCopiedWithoutItsAttributesWorks(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	started := func(dir string) (*s3server.Server, *objects.Bucket) {
		server, err := s3server.Start(t.Context(), s3server.Options{Dir: dir, Buckets: map[string]s3server.OnCreated{"delivery": nil}})
		if err != nil {
			t.Fatal(err)
		}
		return server, objects.NewBucket(server.Client(), "delivery")
	}
	server, bucket := started(dir)
	written, err := bucket.Put(t.Context(), report.Write{Key: "dir/k.csv", Body: strings.NewReader("hello"), Condition: report.Condition{Absent: true}})
	closeServer(t, server)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"s3", "versions"} {
		if err := os.CopyFS(filepath.Join(copied, folder), os.DirFS(filepath.Join(dir, folder))); err != nil {
			t.Fatal(err)
		}
	}
	if etag, err := s3server.ETag(filepath.Join(copied, "s3", "delivery", "dir", "k.csv")); err != nil || etag != written.ETag {
		t.Errorf("while no server runs there the ETag is %q (%v), want %q", etag, err, written.ETag)
	}
	server, bucket = started(copied)
	t.Cleanup(func() { closeServer(t, server) })
	if info, err := bucket.Stat(t.Context(), "dir/k.csv"); err != nil || info.ETag != written.ETag {
		t.Errorf("stat: %+v, %v; want the ETag %s", info, err, written.ETag)
	}
	if _, err := bucket.Put(t.Context(), report.Write{Key: "dir/k.csv", Body: strings.NewReader("newer"), Condition: report.Condition{ETag: written.ETag}}); err != nil {
		t.Errorf("replace it by its ETag: %v", err)
	}
}
