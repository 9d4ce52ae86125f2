package operations_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/operations"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects/objectstest"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// store is a dataset in which something may happen when the table has been looked for.
type store struct {
	*objectstest.Memory
	opened func() error
}

func (s store) Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error) {
	body, o, err := s.Memory.Open(ctx, key, etag, versionID)
	if s.opened != nil {
		if failed := s.opened(); failed != nil {
			return nil, report.Object{}, failed
		}
	}
	return body, o, err
}

func TestATableIsPublishedInOneStep(t *testing.T) {
	key, down := report.OperationsKey("days"), errors.New("the dataset cannot be read")
	for name, tt := range map[string]struct {
		before, meanwhile string // what lies there; empty for nothing
		opened            error
		dry, changed      bool
		want              string
		kind              fault.Kind
	}{
		"for the first time":               {"", "", nil, false, true, "new", 0},
		"in the place of what was there":   {"old", "", nil, false, true, "new", 0},
		"equal bytes":                      {"new", "", nil, false, false, "new", 0},
		"tried for the first time":         {"", "", nil, true, true, "", 0},
		"tried":                            {"old", "", nil, true, true, "old", 0},
		"another run is the first":         {"", "theirs", nil, false, false, "theirs", fault.Conflict},
		"another run replaces it":          {"old", "theirs", nil, false, false, "theirs", fault.Conflict},
		"not over what could not be read":  {"old", "", down, false, false, "old", fault.KindOf(down)},
		"nothing there that could be read": {"", "", down, false, false, "", fault.KindOf(down)},
	} {
		t.Run(name, func(t *testing.T) {
			s := store{Memory: objectstest.NewMemory(func() time.Time { return now })}
			put := func(content string) {
				if content == "" {
					return
				}
				if _, err := s.Put(t.Context(), report.Write{Key: key, Body: strings.NewReader(content)}); err != nil {
					t.Fatal(err)
				}
			}
			put(tt.before)
			s.opened = func() error { put(tt.meanwhile); return tt.opened }
			changed, err := operations.Publish(t.Context(), s, "days", []byte("new"), tt.dry)
			failed := tt.meanwhile != "" || tt.opened != nil
			if changed != tt.changed || failed != (err != nil) || failed && fault.KindOf(err) != tt.kind {
				t.Errorf("changed %t, %v", changed, err)
			}
			if got := s.Objects[key].Content; got != tt.want {
				t.Errorf("there is %q, want %q", got, tt.want)
			}
		})
	}
}
