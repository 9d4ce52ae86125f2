package objects_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// md5OfHello is the ETag that S3 gives to the bytes "hello" in one PUT without KMS: their MD5.
const md5OfHello = "5d41402abc4b2a76b9719d911017c592"

// store is a bucket of moto, with the bare client.
type store struct {
	*objects.Bucket
	client *s3.Client
}

func TestDataset(t *testing.T) {
	create := moto(t)
	for name, test := range map[string]func(*testing.T, store){
		"a new dataset says its format first":    testNewDataset,
		"an old dataset is left to be migrated":  testDatasetWithoutNumber,
		"a dataset of another format is refused": testForeignFormat,
	} {
		t.Run(name, func(t *testing.T) {
			client, name := create(t)
			test(t, store{objects.NewBucket(client, name), client})
		})
	}
}

func (s store) put(t *testing.T, key, content string) {
	t.Helper()
	if _, err := s.Put(t.Context(), report.Write{Key: key, Body: strings.NewReader(content)}); err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

func (s store) content(t *testing.T, key string) string {
	t.Helper()
	body, _, err := s.Open(t.Context(), key, "", "")
	if err != nil {
		t.Fatalf("open %q: %v", key, err)
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatalf("read %q: %v", key, err)
	}
	return string(raw)
}

// keys lists all keys, in order.
func (s store) keys(t *testing.T) (keys []string) {
	t.Helper()
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

const today = "{\"format\":2}\n"

// dataset returns the bucket as a dataset, and the names of the calls that it makes.
func (s store) dataset() (*objects.Dataset, *[]string) {
	var calls []string
	note := middleware.InitializeMiddlewareFunc("Note", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		calls = append(calls, middleware.GetOperationName(ctx))
		return next.HandleInitialize(ctx, in)
	})
	client := s3.New(s.client.Options(), func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(note, middleware.After) })
	})
	return objects.NewDataset(objects.NewBucket(client, s.Name())), &calls
}

func write(ctx context.Context, d *objects.Dataset, key string) error {
	_, err := d.Put(ctx, report.Write{Key: key, Body: strings.NewReader("rows")})
	return err
}

func list(ctx context.Context, d *objects.Dataset) error {
	for _, err := range d.ListAfter(ctx, "t/") {
		if err != nil {
			return err
		}
	}
	return nil
}

// testNewDataset: the number is written first, and once.
func testNewDataset(t *testing.T, s store) {
	d, calls := s.dataset()
	for _, want := range []string{"GetObject ListObjectsV2", "ListObjectsV2"} {
		*calls = nil
		if err := list(t.Context(), d); err != nil || strings.Join(*calls, " ") != want {
			t.Errorf("the calls of a list: %v, want %s; %v", *calls, want, err)
		}
	}
	if got := s.keys(t); len(got) > 0 {
		t.Errorf("a listing has written %q", got)
	}
	*calls = nil
	for _, key := range []string{"t/a", "t/b"} {
		if err := write(t.Context(), d, key); err != nil {
			t.Errorf("put %s: %v", key, err)
		}
	}
	if want := []string{"ListObjectsV2", "PutObject", "PutObject", "PutObject"}; !slices.Equal(*calls, want) {
		t.Errorf("the calls of two writes: %q, want %q", *calls, want)
	}
	if got := s.content(t, report.FormatKey); got != today {
		t.Errorf("the dataset says %q", got)
	}
	another, calls := s.dataset()
	if err := write(t.Context(), another, "t/c"); err != nil || strings.Join(*calls, " ") != "GetObject PutObject" {
		t.Errorf("the next process: %v, %v", *calls, err)
	}
}

// testDatasetWithoutNumber: what is older than the number is written to, and left to bellhop migrate.
func testDatasetWithoutNumber(t *testing.T, s store) {
	s.put(t, "t/a", "of format 1")
	d, calls := s.dataset()
	for _, key := range []string{"t/b", "t/c"} {
		if err := write(t.Context(), d, key); err != nil {
			t.Errorf("put %s: %v", key, err)
		}
	}
	if want := []string{"GetObject", "ListObjectsV2", "PutObject", "PutObject"}; !slices.Equal(*calls, want) {
		t.Errorf("calls %q, want %q", *calls, want)
	}
	if got := strings.Join(s.keys(t), " "); got != "t/a t/b t/c" {
		t.Errorf("the keys are %s", got)
	}
}

// testForeignFormat: nothing is written to a dataset of another format, and nothing is listed. No file is to blame.
func testForeignFormat(t *testing.T, s store) {
	for content, says := range map[string][]string{
		`{"format":3}`: {"format 3", "none after 2", "use a newer bellhop"},
		`{}`:           {"does not say its format", `{"format":2}`},
	} {
		s.put(t, report.FormatKey, content)
		d, _ := s.dataset()
		_, deletion := d.Delete(t.Context(), "t/a", md5OfHello, "")
		for name, err := range map[string]error{"delete": deletion, "put": write(t.Context(), d, "t/a"), "list": list(t.Context(), d)} {
			if !fault.Is(err, fault.Internal) {
				t.Errorf("%s: %s: got %v (%v)", content, name, err, fault.KindOf(err))
			}
			for _, word := range says {
				if err != nil && !strings.Contains(err.Error(), word) {
					t.Errorf("%s: %s: %q does not say %q", content, name, err, word)
				}
			}
		}
		if got := strings.Join(s.keys(t), " "); got != report.FormatKey {
			t.Errorf("%s: the keys are %s", content, got)
		}
		// The dataset may be put right, or moved away, while the process runs.
		s.put(t, report.FormatKey, today)
		if err := list(t.Context(), d); err != nil {
			t.Errorf("%s: when it is put right: %v", content, err)
		}
	}
}
