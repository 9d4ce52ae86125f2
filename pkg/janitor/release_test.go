package janitor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/janitor"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// loaded is a fixture with one loaded file and its object.
func loaded(t *testing.T) *fixture {
	t.Helper()
	y := newFixture(t)
	y.file("a.csv", report.FileLoaded)
	y.put("a.csv", "e1")
	return y
}

// release expects no error.
func (y *fixture) release(key string) janitor.Outcome {
	y.t.Helper()
	outcome, err := y.Release(y.t.Context(), key)
	if err != nil {
		y.t.Fatalf("release: %v", err)
	}
	return outcome
}

// TestALoadedFileIsDeletedAndCertified, with every field of the certificate.
func TestALoadedFileIsDeletedAndCertified(t *testing.T) {
	y := loaded(t)
	remove := y.deliveries.delete
	y.deliveries.delete = func(ctx context.Context, key, etag, version string) (string, error) {
		y.now = y.now.Add(time.Second)
		return remove(ctx, key, etag, version)
	}
	versions := y.deliveries.versions
	y.deliveries.versions = func(ctx context.Context, key string) ([]report.ObjectVersion, error) {
		y.now = y.now.Add(time.Second)
		return versions(ctx, key)
	}
	if got := y.release("a.csv"); got != janitor.OutcomeDeleted {
		t.Errorf("outcome %s", got)
	}
	want := []report.Certificate{{
		File: "a.csv", Bucket: "delivery", Key: "a.csv", ETag: "e1", Size: 48213, SHA256: "digest",
		Subscription: "seaside", Job: "seaside-1", Cause: report.FileLoaded,
		DeliveredAt: delivered, LoadedAt: start.Add(-time.Minute),
		DeletedAt: start.Add(time.Second), VerifiedAt: start.Add(2 * time.Second), RequestID: "request-1",
	}}
	if diff := cmp.Diff(want, y.certificates); diff != "" {
		t.Errorf("certificates (-want +got):\n%s", diff)
	}
	if f := y.ledger["a.csv"]; f.Status != report.FileDeleted || len(y.objects) != 0 || len(y.started) != 0 {
		t.Errorf("file %s, objects %v, started %v", f.Status, y.objects, y.started)
	}
	if got := y.certificates[0].Exposure(); got != time.Hour+2*time.Second {
		t.Errorf("exposure %s", got)
	}
}

// TestADeletionNamesWhatItMeans: the ETag, and the version where there is one.
func TestADeletionNamesWhatItMeans(t *testing.T) {
	y := loaded(t)
	y.ledger["a.csv"].Delivery.VersionID = "v7"
	o := y.objects["a.csv"]
	o.VersionID = "v7"
	y.objects["a.csv"] = o
	y.release("a.csv")
	if want := []string{"a.csv e1 v7"}; !slices.Equal(y.deletes, want) {
		t.Errorf("deletions %q, want %q", y.deletes, want)
	}
	if got := y.certificates[0].VersionID; got != "v7" {
		t.Errorf("certified version %q", got)
	}
}

// TestTheNullVersionIsDeletedByItsETag: what that version holds may have been replaced since it was seen.
func TestTheNullVersionIsDeletedByItsETag(t *testing.T) {
	t.Run("replaced before the deletion", func(t *testing.T) {
		y := loaded(t)
		y.ledger["a.csv"].Delivery.VersionID = "null"
		y.put("a.csv", "restated")
		if got := y.release("a.csv"); got != janitor.OutcomeRedelivered || y.objects["a.csv"].ETag != "restated" {
			t.Errorf("outcome %s, object %+v; want the new content left and loaded", got, y.objects["a.csv"])
		}
	})
	t.Run("replaced after the listing", func(t *testing.T) {
		y := loaded(t)
		y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) {
			y.put("a.csv", "restated")
			return []report.ObjectVersion{{Key: "a.csv", VersionID: "null", ETag: "e1", Latest: true}}, nil
		}
		if got := y.release("a.csv"); got != janitor.OutcomeDeleted || y.objects["a.csv"].ETag != "restated" {
			t.Errorf("outcome %s, object %+v; want the new content left", got, y.objects["a.csv"])
		}
		if len(y.started) != 1 || y.started[0].ETag != "restated" {
			t.Errorf("started %+v, want the new content", y.started)
		}
	})
	t.Run("a marker in its place", func(t *testing.T) {
		y := loaded(t)
		y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) {
			return []report.ObjectVersion{{Key: "a.csv", VersionID: "null", Marker: true, Latest: true}}, nil
		}
		y.release("a.csv")
		if want := []string{"a.csv e1 "}; !slices.Equal(y.deletes, want) {
			t.Errorf("deletions %q, want %q", y.deletes, want)
		}
	})
}

// TestOlderVersionsAreNamedInTheCertificate that have other content and are removed as well.
func TestOlderVersionsAreNamedInTheCertificate(t *testing.T) {
	y := loaded(t)
	y.deliveries.versions = func(context.Context, string) ([]report.ObjectVersion, error) {
		return []report.ObjectVersion{
			{Key: "a.csv", VersionID: "v3", Marker: true, Latest: true},
			{Key: "a.csv", VersionID: "v2", ETag: "e1", Size: 48213, ModifiedAt: delivered},
			{Key: "a.csv", VersionID: "v1", ETag: "e0", Size: 7, ModifiedAt: asked},
		}, nil
	}
	y.release("a.csv")
	if want := []string{"a.csv e1 ", "a.csv  v3", "a.csv e1 v2", "a.csv e0 v1"}; !slices.Equal(y.deletes, want) {
		t.Errorf("deletions %q, want %q", y.deletes, want)
	}
	want := []report.RemovedVersion{{VersionID: "v1", ETag: "e0", Size: 7, ModifiedAt: asked}}
	if !slices.Equal(y.certificates[0].OtherVersions, want) {
		t.Errorf("certified %+v, want %+v", y.certificates[0].OtherVersions, want)
	}
}

// TestWhatIsNotLoadedIsNotReleased, and a file that does not exist is nothing to do.
func TestWhatIsNotLoadedIsNotReleased(t *testing.T) {
	for _, status := range report.FileStatuses() {
		if status == report.FileLoaded {
			continue
		}
		t.Run(string(status), func(t *testing.T) {
			y := newFixture(t)
			y.file("a.csv", status)
			y.put("a.csv", "e1")
			*y.deliveries, *y.dataset, *y.transitions = bucket{t: t}, bucket{t: t}, transitions{t: t}
			if got := y.release("a.csv"); got != janitor.OutcomeLeft {
				t.Errorf("outcome %s", got)
			}
		})
	}
	y := newFixture(t)
	if got := y.release("nothing.csv"); got != janitor.OutcomeLeft {
		t.Errorf("outcome %s", got)
	}
	down := fault.New(fault.Transient, "the ledger is down")
	y.files.file = func(context.Context, string) (report.File, error) { return report.File{}, down }
	if _, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) {
		t.Errorf("error %v", err)
	}
}

// TestWithoutProofNothingIsDeleted (I4): the file is opened again and loaded again, from the best copy that there is.
func TestWithoutProofNothingIsDeleted(t *testing.T) {
	metadata := func(g time.Time) map[string]string {
		return map[string]string{"generation": report.FormatGeneration(g)}
	}
	cases := map[string]struct {
		change func(*fixture)
		reason string // "": the proof holds
	}{
		"the partition is there":                {func(*fixture) {}, ""},
		"a newer report is there, and recorded": {func(y *fixture) { y.replaced(asked.Add(time.Second), true) }, ""},
		"it is migrated": {func(y *fixture) {
			y.store("s2", map[string]string{"migrated-from": "s1"})
		}, ""},
		"it is migrated twice, and recorded": {func(y *fixture) {
			y.replaced(asked, true)
			y.store("s2", map[string]string{"migrated-from": "s1.5"})
		}, ""},
		"a newer report is there, and was not recorded for a day": {func(y *fixture) {
			y.replaced(asked.Add(time.Second), false)
			o := y.stored[partitionKey]
			o.ModifiedAt = start.Add(-24 * time.Hour)
			y.stored[partitionKey] = o
		}, "holds something else"},
		"what is recorded of a newer report is not there": {func(y *fixture) {
			y.replaced(asked.Add(time.Second), true)
			y.store("s3", nil)
		}, "holds something else"},
		"the partition is missing": {func(y *fixture) { delete(y.stored, partitionKey) }, "is not there"},
		"an older generation is there": {func(y *fixture) {
			y.store("s2", metadata(asked.Add(-time.Second)))
		}, "holds something else"},
		"the same generation with other content": {func(y *fixture) {
			y.store("s2", metadata(asked))
		}, "holds something else"},
		"something without a generation is there": {func(y *fixture) {
			y.store("s2", nil)
		}, "holds something else"},
		"the second partition is missing": {func(y *fixture) {
			r := y.ledger["a.csv"].Receipt
			r.Partitions = append(r.Partitions, report.PartitionProof{Outcome: report.PartitionStaged, Key: "_staging/x", ETag: "s9"})
		}, "_staging/x is not there"},
		"there is no receipt": {func(y *fixture) {
			f := y.ledger["a.csv"]
			f.Receipt = nil
			y.ledger["a.csv"] = f
		}, "no receipt"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			y := loaded(t)
			c.change(y)
			outcome := y.release("a.csv")
			if c.reason == "" {
				if outcome != janitor.OutcomeDeleted {
					t.Errorf("outcome %s, want it deleted", outcome)
				}
				return
			}
			f := y.ledger["a.csv"]
			if outcome != janitor.OutcomeUnproven || f.Status != report.FileExpected || !f.DueAt.Equal(start) || !strings.Contains(f.Reason, c.reason) {
				t.Errorf("outcome %s, file %s due %s: %q; want it open again because it %s", outcome, f.Status, f.DueAt, f.Reason, c.reason)
			}
			if len(y.deletes) != 0 || len(y.started) != 1 || y.started[0] != *f.Delivery {
				t.Errorf("deletions %q, started %+v", y.deletes, y.started)
			}
		})
	}
}

// TestANewerReportThatIsNotRecordedProvesNothing, and is no reason to load the older one again: its load may be at work.
func TestANewerReportThatIsNotRecordedProvesNothing(t *testing.T) {
	cases := map[string]func(*fixture){
		"in place of the file's": func(*fixture) {},
		"in the way of the file's load": func(y *fixture) {
			y.ledger["a.csv"].Receipt.Partitions[0] = report.PartitionProof{Date: report.NewDate(2026, 11, 1), Outcome: report.PartitionSuperseded, Key: partitionKey, ETag: "s2"}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			y := loaded(t)
			y.replaced(asked.Add(time.Second), false)
			change(y)
			if got := y.release("a.csv"); got != janitor.OutcomeLeft || y.ledger["a.csv"].Status != report.FileLoaded || len(y.started)+len(y.deletes) > 0 {
				t.Errorf("outcome %s, file %s, started %v, deletions %v", got, y.ledger["a.csv"].Status, y.started, y.deletes)
			}
			y.replaced(asked.Add(time.Second), true)
			if got := y.release("a.csv"); got != janitor.OutcomeDeleted {
				t.Errorf("once it is recorded: outcome %s", got)
			}
		})
	}
}

// TestNotHavingSeenIsNotHavingSeenNothing: an error while proving deletes nothing and opens nothing again.
func TestNotHavingSeenIsNotHavingSeenNothing(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Transient, fault.Internal, fault.Conflict} {
		t.Run(kind.String(), func(t *testing.T) {
			y := loaded(t)
			down := fault.New(kind, "S3 says no")
			y.dataset.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
			*y.deliveries, *y.transitions = bucket{t: t}, transitions{t: t}
			if outcome, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) || outcome != janitor.OutcomeLeft {
				t.Errorf("outcome %s, error %v", outcome, err)
			}
		})
	}
}

// TestAnUnprovenFileMayHaveMovedOn, or its load may not start.
func TestAnUnprovenFileMayHaveMovedOn(t *testing.T) {
	unproven := func(t *testing.T) *fixture {
		t.Helper()
		y := loaded(t)
		delete(y.stored, partitionKey)
		return y
	}
	for name, meanwhile := range map[string]func(*report.File){
		"another claim":     func(f *report.File) { f.Epoch++ },
		"deleted by others": func(f *report.File) { f.Status = report.FileDeleted },
	} {
		t.Run(name, func(t *testing.T) {
			y := unproven(t)
			before := y.ledger["a.csv"]
			y.files.file = func(context.Context, string) (report.File, error) { return before, nil }
			f := before
			meanwhile(&f)
			y.ledger["a.csv"] = f
			if got := y.release("a.csv"); got != janitor.OutcomeLeft || y.ledger["a.csv"].Status != f.Status || len(y.started) != 0 {
				t.Errorf("outcome %s, file %s, started %v", got, y.ledger["a.csv"].Status, y.started)
			}
		})
	}
	t.Run("the ledger is down", func(t *testing.T) {
		y := unproven(t)
		down := fault.New(fault.Transient, "the ledger is down")
		y.transitions.updateFile = func(context.Context, string, time.Time, func(*report.File) error) (report.File, error) {
			return report.File{}, down
		}
		if _, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) || len(y.started) != 0 {
			t.Errorf("error %v, started %v", err, y.started)
		}
	})
	t.Run("the queue is down", func(t *testing.T) {
		y := unproven(t)
		down := fault.New(fault.Transient, "the queue is down")
		y.queue.redeliver = func(context.Context, report.Delivery) error { return down }
		if _, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
		// It is due, so that the sweep starts the load.
		if f := y.ledger["a.csv"]; f.Status != report.FileExpected || !f.DueAt.Equal(start) {
			t.Errorf("file %s due %s", f.Status, f.DueAt)
		}
	})
}

// TestAnObjectThatIsGoneAlready is a success: certified, without a request of ours.
func TestAnObjectThatIsGoneAlready(t *testing.T) {
	y := loaded(t)
	delete(y.objects, "a.csv")
	if got := y.release("a.csv"); got != janitor.OutcomeDeleted || len(y.certificates) != 1 || y.certificates[0].RequestID != "" {
		t.Errorf("outcome %s, certificates %+v", got, y.certificates)
	}
}

// TestNewContentIsLeft (I4): the conditional deletion runs into it, and its load is started.
func TestNewContentIsLeft(t *testing.T) {
	y := loaded(t)
	y.put("a.csv", "e2")
	if got := y.release("a.csv"); got != janitor.OutcomeRedelivered || len(y.certificates) != 0 {
		t.Errorf("outcome %s, certificates %v", got, y.certificates)
	}
	// Its time stamp is the recorded content's, and it came later.
	want := []report.Delivery{{Bucket: "delivery", Key: "a.csv", ETag: "e2", Size: 48213, At: delivered.Add(time.Millisecond)}}
	if !slices.Equal(y.started, want) || y.objects["a.csv"].ETag != "e2" {
		t.Errorf("started %+v, want %+v", y.started, want)
	}
	t.Run("and gone in the next moment", func(t *testing.T) {
		y := loaded(t)
		y.put("a.csv", "e2")
		y.deliveries.stat = notThere
		if got := y.release("a.csv"); got != janitor.OutcomeLeft || len(y.started) != 0 {
			t.Errorf("outcome %s, started %v", got, y.started)
		}
	})
	t.Run("and cannot be looked at", func(t *testing.T) {
		y := loaded(t)
		y.put("a.csv", "e2")
		down := fault.New(fault.Transient, "S3 is down")
		y.deliveries.stat = func(context.Context, string) (report.Object, error) { return report.Object{}, down }
		if _, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) {
			t.Errorf("error %v", err)
		}
	})
}

// TestADeletionThatFails leaves everything as it is.
func TestADeletionThatFails(t *testing.T) {
	y := loaded(t)
	down := fault.New(fault.Transient, "S3 is down")
	y.deliveries.delete = func(context.Context, string, string, string) (string, error) { return "", down }
	y.deliveries.versions = nil
	if outcome, err := y.Release(t.Context(), "a.csv"); !errors.Is(err, down) || outcome != janitor.OutcomeLeft {
		t.Errorf("outcome %s, error %v", outcome, err)
	}
	if len(y.certificates) != 0 || y.ledger["a.csv"].Status != report.FileLoaded {
		t.Errorf("certificates %v, file %s", y.certificates, y.ledger["a.csv"].Status)
	}
}

func TestOutcomesHaveNames(t *testing.T) {
	for outcome, want := range map[janitor.Outcome]string{
		janitor.OutcomeLeft: "left", janitor.OutcomeDeleted: "deleted", janitor.OutcomeRedelivered: "redelivered",
		janitor.OutcomeUnproven: "unproven", janitor.OutcomeLost: "lost", janitor.Outcome(99): "unhandled outcome",
	} {
		if got := outcome.String(); got != want {
			t.Errorf("%d is %q, want %q", int(outcome), got, want)
		}
	}
}
