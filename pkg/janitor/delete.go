package janitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Release deletes the delivered object of a loaded file, if the file is loaded and the proof holds. It is what the change
// feed asks for as soon as a receipt is committed.
func (s *Service) Release(ctx context.Context, key string) (Outcome, error) {
	f, err := s.Ledger.File(ctx, key)
	if fault.Is(err, fault.NotFound) {
		return OutcomeLeft, nil
	}
	if err != nil {
		return OutcomeLeft, err
	}
	if f.Status != report.FileLoaded {
		return OutcomeLeft, nil
	}
	return s.deleteLoaded(ctx, f)
}

// deleteLoaded deletes the delivered object of a loaded file once everything that it was loaded into is seen to be there.
// When it is not, the file is loaded again: the delivered object is still the best copy.
func (s *Service) deleteLoaded(ctx context.Context, f report.File) (Outcome, error) {
	missing, err := s.prove(ctx, f)
	if errors.Is(err, errUndecided) {
		return OutcomeLeft, nil
	}
	if err != nil {
		return OutcomeLeft, fmt.Errorf("prove that it is loaded: %w", err)
	}
	if missing == "" {
		return s.delete(ctx, f)
	}
	now := s.Now()
	_, err = s.Ledger.UpdateFile(ctx, f.Key, now, func(current *report.File) error {
		if current.Status != report.FileLoaded || current.Epoch != f.Epoch {
			return fault.New(fault.Conflict, "file %s has moved on", f.Key)
		}
		return current.Reopen(now, missing)
	})
	if fault.Is(err, fault.Conflict) {
		return OutcomeLeft, nil
	}
	if err != nil {
		return OutcomeLeft, err
	}
	if err := s.Queue.Redeliver(ctx, *f.Delivery); err != nil {
		return OutcomeLeft, fmt.Errorf("start its load again: %w", err)
	}
	return OutcomeUnproven, nil
}

// errUndecided: a newer report has been put in a partition's place and is not recorded. Its load may be at work, so that the partition is
// neither proven nor missing; the next sweep looks again.
var errUndecided = errors.New("a newer report of a slice is there and not recorded yet")

// prove looks at every partition of the receipt. It returns what is missing, or an error when it could not find out: not having
// seen a partition is not the same as having seen that it is not there.
func (s *Service) prove(ctx context.Context, f report.File) (missing string, err error) {
	if f.Receipt == nil {
		return "it has no receipt", nil
	}
	for _, p := range f.Receipt.Partitions {
		if p.Key == "" {
			continue
		}
		o, err := s.Dataset.Stat(ctx, p.Key)
		if fault.Is(err, fault.NotFound) {
			return "the partition " + p.Key + " is not there", nil
		}
		if err != nil {
			return "", err
		}
		there, err := s.proven(ctx, f, p, o)
		if err != nil {
			return "", err
		}
		if !there {
			return "the partition " + p.Key + " holds something else", nil
		}
	}
	return "", nil
}

// proven reports whether an object stands for a partition of the receipt: it is the one that the receipt names, or the one that the
// ledger has recorded since for a report that is no older.
func (s *Service) proven(ctx context.Context, f report.File, p report.PartitionProof, o report.Object) (bool, error) {
	// What superseded the file is another load's, which may have ended before it was recorded.
	named := report.Partition{ETag: p.ETag, Generation: f.Generation}
	if p.Outcome != report.PartitionSuperseded && named.Presence(o, s.Now()) == report.AsPublished {
		return true, nil
	}
	if p.Outcome == report.PartitionStaged || p.Outcome == report.PartitionHeld {
		return false, nil
	}
	days, err := s.Ledger.Partitions(ctx, f.Subscription, f.Table, report.Window{From: p.Date, To: p.Date})
	if err != nil {
		return false, fmt.Errorf("read the record of %s of %s: %w", p.Date, f.Table, err)
	}
	if len(days) == 1 && !days[0].Generation.Before(f.Generation) {
		named = days[0]
	} else {
		named.ETag = ""
	}
	switch named.Presence(o, s.Now()) {
	case report.AsPublished:
		return true, nil
	case report.Uncommitted:
		return false, errUndecided
	case report.Foreign:
	}
	return false, nil
}

// delete removes the file's delivered object, verifies that it is gone, and writes the certificate.
func (s *Service) delete(ctx context.Context, f report.File) (Outcome, error) {
	d := *f.Delivery
	requestID, err := s.Deliveries.Delete(ctx, d.Key, d.ETag, immutable(d.VersionID))
	deletedAt := s.Now()
	switch {
	case err == nil, fault.Is(err, fault.NotFound):
	case fault.Is(err, fault.Conflict):
		// New content: its load is due.
		return s.redeliver(ctx, f, d.Key)
	default:
		return OutcomeLeft, fmt.Errorf("delete it: %w", err)
	}
	newer, others, err := s.verifyGone(ctx, d)
	if err != nil {
		return OutcomeLeft, fmt.Errorf("%w: %w", ErrUnverified, err)
	}
	f, err = s.certify(ctx, f, requestID, deletedAt, others)
	if err != nil {
		return OutcomeLeft, err
	}
	if newer != nil {
		// The name was put again in between: that content is still to be dealt with.
		if _, err := s.start(ctx, f.Found(s.Bucket, *newer)); err != nil {
			return OutcomeDeleted, err
		}
	}
	return OutcomeDeleted, nil
}

// nullVersion is the version of an object that was put while its bucket kept no versions. The next put replaces what it holds.
const nullVersion = "null"

// immutable returns a version id that always means the same content; empty for others. S3 deletes a version whatever it
// holds, so the deletion of any other content has to name its ETag.
func immutable(versionID string) string {
	if versionID == nullVersion {
		return ""
	}
	return versionID
}

// verifyGone makes sure that no version of the deleted content is left under the key, also in a bucket that somebody has
// switched to versioning. Other content that was put meanwhile is returned and left alone. Older versions with other content
// are removed too, because they would outlive the file, and are returned for the certificate.
func (s *Service) verifyGone(ctx context.Context, d report.Delivery) (newer *report.Object, others []report.RemovedVersion, err error) {
	versions, err := s.Deliveries.Versions(ctx, d.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("list its versions: %w", err)
	}
	for _, v := range versions {
		if v.Latest && !v.Marker && v.ETag != d.ETag || v.Marker && v.VersionID == nullVersion {
			// A marker holds nothing, and by the time of its deletion "null" may be a new delivery.
			continue
		}
		id := v.VersionID
		if v.Latest {
			id = immutable(id)
		}
		_, err := s.Deliveries.Delete(ctx, d.Key, v.ETag, id)
		if id == "" && fault.Is(err, fault.Conflict) {
			// Other content was put since the listing.
			continue
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, nil, fmt.Errorf("delete its version %s: %w", v.VersionID, err)
		}
		if !v.Marker && v.ETag != d.ETag {
			others = append(others, report.RemovedVersion{VersionID: v.VersionID, ETag: v.ETag, Size: v.Size, ModifiedAt: v.ModifiedAt})
		}
	}
	o, err := s.Deliveries.Stat(ctx, d.Key)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, others, nil
	case err != nil:
		return nil, nil, fmt.Errorf("look for it: %w", err)
	case o.ETag == d.ETag:
		return nil, nil, fault.New(fault.Transient, "it is there again, or still, after its deletion")
	default:
		return &o, others, nil
	}
}

func (s *Service) certify(ctx context.Context, f report.File, requestID string, deletedAt time.Time, others []report.RemovedVersion) (report.File, error) {
	now := s.Now()
	c := report.Certificate{
		File: f.Key, Bucket: f.Delivery.Bucket, Key: f.Delivery.Key, ETag: f.Delivery.ETag, VersionID: f.Delivery.VersionID,
		Size: f.Delivery.Size, Subscription: f.Subscription, Job: f.Job, Cause: f.Status,
		DeliveredAt: f.Delivery.At, DeletedAt: deletedAt, VerifiedAt: now, RequestID: requestID,
		OtherVersions: others,
	}
	if f.Receipt != nil {
		c.SHA256, c.LoadedAt = f.Receipt.SHA256, f.Receipt.LoadedAt
	}
	certified, err := s.Ledger.Certify(ctx, f.Key, c, now)
	if err != nil {
		if current, readErr := s.Ledger.File(ctx, f.Key); readErr == nil && current.Status == report.FileDeleted {
			// Another run verified the same deletion first; its certificate stands.
			return current, nil
		}
		return f, fmt.Errorf("certify its deletion: %w", err)
	}
	if s.OnCertificate != nil {
		s.OnCertificate(c)
	}
	return certified, nil
}
