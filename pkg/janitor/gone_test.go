package janitor_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// TestVersionsThatAreLeftAreRemoved (I5): in a bucket that somebody has switched to versioning, a deletion leaves the content
// and a marker. New content under the same name is left alone.
func TestVersionsThatAreLeftAreRemoved(t *testing.T) {
	cases := map[string]struct {
		versions []report.ObjectVersion
		removed  []string
	}{
		"none": {nil, nil},
		"the content and the marker": {
			[]report.ObjectVersion{{VersionID: "m1", Latest: true, Marker: true}, {VersionID: "v1", ETag: "e1"}},
			[]string{"a.csv  m1", "a.csv e1 v1"},
		},
		"from before the bucket was versioned": {
			[]report.ObjectVersion{{VersionID: "m1", Latest: true, Marker: true}, {VersionID: "null", ETag: "e1"}},
			[]string{"a.csv  m1", "a.csv e1 null"},
		},
		"older content of the same name": {
			[]report.ObjectVersion{{VersionID: "v0", ETag: "e0"}}, []string{"a.csv e0 v0"},
		},
		"the same content once more": {
			[]report.ObjectVersion{{VersionID: "v2", ETag: "e1", Latest: true}}, []string{"a.csv e1 v2"},
		},
		"new content on top": {
			[]report.ObjectVersion{{VersionID: "v2", ETag: "e2", Latest: true}, {VersionID: "v1", ETag: "e1"}}, []string{"a.csv e1 v1"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			y := loaded(t)
			y.deliveries.versions = func(_ context.Context, key string) ([]report.ObjectVersion, error) {
				if key != "a.csv" {
					t.Errorf("versions of %s", key)
				}
				return c.versions, nil
			}
			if got := y.release("a.csv"); got != janitor.OutcomeDeleted || len(y.certificates) != 1 {
				t.Errorf("outcome %s, %d certificates", got, len(y.certificates))
			}
			if got := y.deletes[1:]; !slices.Equal(got, c.removed) {
				t.Errorf("removed %q, want %q", got, c.removed)
			}
		})
	}
}

// TestWithoutVerificationThereIsNoCertificate (I5).
func TestWithoutVerificationThereIsNoCertificate(t *testing.T) {
	down := fault.New(fault.Transient, "S3 is down")
	cases := map[string]func(*fixture){
		"it is still there": func(y *fixture) {
			y.deliveries.delete = func(context.Context, string, string, string) (string, error) { return "request-1", nil }
		},
		"its versions cannot be listed": func(y *fixture) {
			y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) { return nil, down }
		},
		"a version cannot be removed": func(y *fixture) {
			remove := y.deliveries.delete
			y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) {
				return []report.ObjectVersion{{VersionID: "v1", ETag: "e1"}}, nil
			}
			y.deliveries.delete = func(ctx context.Context, key, etag, version string) (string, error) {
				if version == "v1" {
					return "", down
				}
				return remove(ctx, key, etag, version)
			}
		},
		"it cannot be looked for": func(y *fixture) {
			y.deliveries.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
		},
	}
	for name, breaks := range cases {
		t.Run(name, func(t *testing.T) {
			y := loaded(t)
			breaks(y)
			y.transitions.certify = nil
			if outcome, err := y.Release(t.Context(), "a.csv"); !fault.Is(err, fault.Transient) || outcome != janitor.OutcomeLeft {
				t.Errorf("outcome %s, error %v", outcome, err)
			}
			if f := y.ledger["a.csv"]; f.Status != report.FileLoaded {
				t.Errorf("file %s", f.Status)
			}
		})
	}
}

// A sweep counts apart what was deleted and not seen to go: there is no certificate of it.
func TestUnverifiedDeletionsAreCounted(t *testing.T) {
	for name, tt := range map[string]struct {
		err        error
		unverified int
	}{
		"it is still there":       {nil, 1},
		"it could not be deleted": {fault.New(fault.Transient, "S3 is down"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			y := loaded(t)
			y.deliveries.delete = func(context.Context, string, string, string) (string, error) { return "request-1", tt.err }
			if sum, err := y.Sweep(t.Context()); err == nil || sum.Failed != 1 || sum.Unverified != tt.unverified || sum.Deleted != 0 {
				t.Errorf("%+v, %v", sum, err)
			}
		})
	}
}

// TestContentThatWasPutBetweenDeletionAndVerification is other content: the deletion is certified, and the load of the new
// content started.
func TestContentThatWasPutBetweenDeletionAndVerification(t *testing.T) {
	y := loaded(t)
	y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) {
		y.put("a.csv", "e2")
		return []report.ObjectVersion{{VersionID: "null", ETag: "e2", Latest: true}}, nil
	}
	if got := y.release("a.csv"); got != janitor.OutcomeDeleted || len(y.certificates) != 1 {
		t.Errorf("outcome %s, %d certificates", got, len(y.certificates))
	}
	// It came after the deletion, so that it cannot be taken for what was deleted.
	if len(y.started) != 1 || y.started[0].ETag != "e2" || !y.started[0].At.Equal(start.Add(time.Millisecond)) {
		t.Errorf("started %+v", y.started)
	}
	t.Run("and its load cannot be started", func(t *testing.T) {
		y := loaded(t)
		y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) {
			y.put("a.csv", "e2")
			return nil, nil
		}
		down := fault.New(fault.Transient, "the queue is down")
		y.queue.redeliver = func(context.Context, report.Delivery) error { return down }
		if outcome, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) || outcome != janitor.OutcomeDeleted {
			t.Errorf("outcome %s, error %v", outcome, err)
		}
	})
}

// TestACertificateThatCannotBeWritten is an error, unless another run has written one for the same deletion.
func TestACertificateThatCannotBeWritten(t *testing.T) {
	for name, c := range map[string]struct {
		status report.FileStatus
		failed bool
	}{
		"another run was first":     {report.FileDeleted, false},
		"other content has arrived": {report.FileClaimed, true},
		"the ledger is down":        {report.FileLoaded, true},
	} {
		t.Run(name, func(t *testing.T) {
			y := loaded(t)
			refused := fault.New(fault.Conflict, "the ledger refuses")
			y.transitions.certify = func(context.Context, string, report.Certificate, time.Time) (report.File, error) {
				f := y.ledger["a.csv"]
				f.Status = c.status
				y.ledger["a.csv"] = f
				return report.File{}, refused
			}
			outcome, err := y.Release(t.Context(), "a.csv")
			if errors.Is(err, refused) != c.failed || (outcome == janitor.OutcomeDeleted) == c.failed {
				t.Errorf("outcome %s, error %v", outcome, err)
			}
		})
	}
}

// TestAStraysCertificate says that it was never opened.
func TestAStraysCertificate(t *testing.T) {
	y := newFixture(t)
	y.file("gift.csv", report.FileStray)
	y.dueIn("gift.csv", 0)
	y.put("gift.csv", "e1")
	y.dataset.stat = nil
	y.sweep()
	if len(y.certificates) != 1 {
		t.Fatalf("%d certificates", len(y.certificates))
	}
	if c := y.certificates[0]; c.Cause != report.FileStray || c.SHA256 != "" || c.Job != "" || !c.LoadedAt.IsZero() || c.Key != "gift.csv" {
		t.Errorf("certificate %+v", c)
	}
}
