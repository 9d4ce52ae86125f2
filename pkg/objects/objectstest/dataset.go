package objectstest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

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

// testNewDataset: the number comes first, and once.
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
			wantKind(t, content+": "+name, err, fault.Internal)
			for _, word := range says {
				if err != nil && !strings.Contains(err.Error(), word) {
					t.Errorf("%s: %s: %q does not say %q", content, name, err, word)
				}
			}
		}
		if got := strings.Join(s.keys(t), " "); got != report.FormatKey {
			t.Errorf("%s: the keys are %s", content, got)
		}
		// It was not the last word: the dataset is put right, or moved away.
		s.put(t, report.FormatKey, today)
		if err := list(t.Context(), d); err != nil {
			t.Errorf("%s: when it is put right: %v", content, err)
		}
	}
}
