package realbinaries_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bellhop-asp/bellhop/internal/standin"
)

// Without its configuration a function ends before it asks for an event, and says at once all that is missing.
func TestAMissingConfigurationIsNamedWhole(t *testing.T) {
	root := standin.Root(t)
	for _, name := range []string{requester, ingester, janitor} {
		t.Run(name, func(t *testing.T) {
			f := newFunction(t.Context(), functionOptions{Path: binary(t, root, name), Name: name})
			t.Cleanup(f.Close)
			_, err := f.Invoke(t.Context(), []byte(`{}`))
			gone, ok := errors.AsType[*exitError](err)
			if !ok || gone.Code <= 0 || !gone.Init {
				t.Fatalf("%v", err)
			}
			for _, variable := range required[name] {
				if !strings.Contains(gone.Output, variable+" is not set") {
					t.Errorf("it does not name %s:\n%s", variable, gone.Output)
				}
			}
			if n := strings.Count(gone.Output, " is not set"); n != len(required[name]) {
				t.Errorf("it names %d variables, want %d:\n%s", n, len(required[name]), gone.Output)
			}
			if strings.Contains(gone.Output, "goroutine ") {
				t.Errorf("a stack trace is no message for a person:\n%s", gone.Output)
			}
		})
	}
}

// Every event that the repository shows is answered by the function that it is for, none of them ends a process, and
// nor do events that are for another function.
func TestEveryEventIsAnswered(t *testing.T) {
	awayFromMidnight()
	// The events' function, and the error that it answers with; empty for success.
	tests := map[string]struct{ function, failure string }{
		"dynamodb-stream.json":            {janitor, ""},
		"eventbridge-object-created.json": {ingester, ""},
		"s3-delete.json":                  {ingester, ""},
		"s3-key-space-plus-unicode.json":  {ingester, ""},
		"s3-multipart.json":               {ingester, ""},
		"s3-put-unknown-fields.json":      {ingester, ""},
		"s3-put.json":                     {ingester, ""},
		"s3-test-event.json":              {ingester, ""},
		"scheduler-adhoc.json":            {requester, `there is no subscription "harbour-hotels"`},
		"scheduler-requester.json":        {requester, ""},
		"scheduler-sweep.json":            {janitor, ""},
		"sqs-batch.json":                  {ingester, ""},
		"sqs-test-event.json":             {ingester, ""},
	}
	w := newFixture(t, fixtureOptions{})
	paths, err := filepath.Glob(filepath.Join(w.root, "events", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		test, ok := tests[name]
		if !ok {
			t.Errorf("events/%s is not in this test's table", name)
			continue
		}
		if test.failure == "" {
			w.invoke(test.function, w.event(name))
		} else {
			_, err := w.functions[test.function].Invoke(t.Context(), w.event(name))
			if failed, ok := errors.AsType[*functionError](err); !ok || !strings.Contains(failed.Message, test.failure) || len(failed.Stack) > 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, function := range slices.Sorted(maps.Keys(w.functions)) {
			_, err := w.functions[function].Invoke(t.Context(), w.event(name))
			if failed, ok := errors.AsType[*functionError](err); err != nil && (!ok || len(failed.Stack) > 0) {
				t.Errorf("%s given to the %s: %v", name, function, err)
			}
		}
	}
	for _, junk := range []string{`null`, `[]`, `"x"`, `{}`, `{"Records":null}`, `{"Records":[null]}`, `{"Records":[{"eventSource":"aws:sqs","body":"{"}]}`} {
		for function, f := range w.functions {
			_, err := f.Invoke(t.Context(), []byte(junk))
			if failed, ok := errors.AsType[*functionError](err); err != nil && (!ok || len(failed.Stack) > 0) {
				t.Errorf("%s given to the %s: %v", junk, function, err)
			}
		}
	}
	for name, f := range w.functions {
		if f.Starts() != 1 {
			t.Errorf("%s was started %d times", name, f.Starts())
		}
	}
	if len(paths) != len(tests) {
		t.Errorf("%d events, %d in the table", len(paths), len(tests))
	}
}
