// Package kept copies the chain of seals to where the ledger's administrators cannot change it, such as a bucket with Object Lock or
// a disk that is written once, and reads the copies back to compare the chain with them.
package kept

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/view"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// Store is a bucket or a folder.
type Store interface {
	// ListVersions yields all versions; where none are kept, the objects.
	ListVersions(ctx context.Context, prefix string) iter.Seq2[report.ObjectVersion, error]
	Open(ctx context.Context, key, etag, versionID string) (io.ReadCloser, report.Object, error)
	// Put writes an object that is not there yet; Conflict when one is.
	Put(ctx context.Context, w report.Write) (report.Object, error)
}

// Place is where copies are.
type Place struct {
	Store
	// Prefix begins the copies' keys.
	Prefix string
	// Locked returns for how long the place keeps each version whatever anybody does; 0 when it does not. It is nil where that
	// cannot be asked.
	Locked func(ctx context.Context) (time.Duration, error)
}

// Summary says what a copy found and did.
type Summary struct {
	Seals int `json:"seals"`
	// Copied is how many were copied now, There how many were there already.
	Copied int  `json:"copied"`
	There  int  `json:"there"`
	DryRun bool `json:"dry_run"`
	// LockedDays is for how many days nobody can delete the copies; 0 when somebody can, nil when that is not known.
	LockedDays *int `json:"locked_days"`
}

// Copy writes each seal that the place does not have. It may be repeated: a copy that is there is never written again, and one that
// differs from the chain is an error, since one of the two was changed.
func (p Place) Copy(ctx context.Context, seals []report.Seal, dryRun bool) (Summary, error) {
	sum := Summary{Seals: len(seals), DryRun: dryRun}
	copies, err := p.Seals(ctx)
	if err != nil {
		return sum, err
	}
	for _, s := range seals {
		i := slices.IndexFunc(copies, func(k view.KeptSeal) bool { return k.Number == s.Number })
		switch {
		case i >= 0 && copies[i].Hash != s.Hash:
			return sum, fmt.Errorf("seal %d has another hash than its copy: one of the two was changed", s.Number)
		case i >= 0:
			sum.There++
			continue
		case !dryRun:
			if err := p.write(ctx, s); err != nil {
				return sum, err
			}
		}
		sum.Copied++
	}
	if p.Locked != nil {
		lasts, err := p.Locked(ctx)
		if err != nil {
			return sum, fmt.Errorf("ask whether the copies are locked: %w", err)
		}
		sum.LockedDays = new(int(lasts / (24 * time.Hour)))
	}
	return sum, nil
}

func (p Place) write(ctx context.Context, s report.Seal) error {
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = p.Put(ctx, report.Write{
		Key: p.key(s.Number), Body: bytes.NewReader(append(content, '\n')), Condition: report.Condition{Absent: true}, ContentType: "application/json",
	})
	if fault.Is(err, fault.Conflict) {
		return nil // another run was quicker
	}
	if err != nil {
		return fmt.Errorf("copy seal %d: %w", s.Number, err)
	}
	return nil
}

func (p Place) key(number int) string { return fmt.Sprintf("%sseal-%012d.json", p.Prefix, number) }

// Seals returns the copies, with the hashes that their content has. Where somebody has put another version over a copy, the first
// one counts: that is what a lock keeps.
func (p Place) Seals(ctx context.Context) ([]view.KeptSeal, error) {
	first := map[string]report.ObjectVersion{}
	var keys []string
	for v, err := range p.ListVersions(ctx, p.Prefix+"seal-") {
		switch before, known := first[v.Key]; {
		case err != nil:
			return nil, fmt.Errorf("list the copies: %w", err)
		case v.Marker:
		case !known:
			keys = append(keys, v.Key)
			first[v.Key] = v
		case !v.ModifiedAt.After(before.ModifiedAt): // of the same second, S3 lists the newest first
			first[v.Key] = v
		}
	}
	var all []view.KeptSeal
	for _, key := range keys {
		s, err := p.read(ctx, first[key])
		if err != nil {
			return nil, err
		}
		if p.key(s.Number) != key {
			return nil, fault.New(fault.Poison, "the copy %s says that it is seal %d", key, s.Number)
		}
		all = append(all, view.KeptSeal{Number: s.Number, Hash: s.Computed()})
	}
	return all, nil
}

// largestSeal is more than a seal of 98 certificates has.
const largestSeal = 1 << 20

func (p Place) read(ctx context.Context, v report.ObjectVersion) (s report.Seal, err error) {
	body, _, err := p.Open(ctx, v.Key, "", v.VersionID)
	if err != nil {
		return s, fmt.Errorf("read the copy %s: %w", v.Key, err)
	}
	content, err := io.ReadAll(io.LimitReader(body, largestSeal))
	if err := errors.Join(err, body.Close()); err != nil {
		return s, fmt.Errorf("read the copy %s: %w", v.Key, err)
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, fault.New(fault.Poison, "the copy %s is no seal: %v", v.Key, err)
	}
	return s, nil
}
