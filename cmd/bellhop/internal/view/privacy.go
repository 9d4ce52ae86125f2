package view

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

// KeptSeal is what a person has kept of one seal, outside of the ledger.
type KeptSeal struct {
	Number int
	Hash   string
}

// ChainVerdict is what checking the chain of seals found.
type ChainVerdict struct {
	Seals int `json:"seals"`
	// Number and Hash are of the newest seal: keep them elsewhere, to prove later that the chain up to it is the same.
	Number int    `json:"number"`
	Hash   string `json:"hash,omitempty"`
	// Sealed, Waiting and Older count the certificates: in the chain, in no seal yet, and from before there was a chain.
	Sealed   int      `json:"sealed"`
	Waiting  int      `json:"waiting"`
	Older    int      `json:"older"`
	Findings []string `json:"findings"`
}

// PrivacyVerdict is what checking the certificates and their chain found.
type PrivacyVerdict struct {
	Certificates Verdicts     `json:"certificates"`
	Chain        ChainVerdict `json:"chain"`
}

// Holds reports whether nothing was found.
func (p PrivacyVerdict) Holds() bool {
	return p.Certificates.Failing == 0 && len(p.Chain.Findings) == 0
}

// VerifyPrivacy checks every certificate as [View.VerifyCertificates] does, and the chain of seals over them: that no certificate
// and no seal was changed, taken out or put in since, and that the chain has each of the kept seals.
func (v *View) VerifyPrivacy(ctx context.Context, kept []KeptSeal) (PrivacyVerdict, error) {
	var p PrivacyVerdict
	list, err := v.Certificates(ctx, Filter{})
	if err != nil {
		return p, err
	}
	// The chain is read after the certificates: each of them then waits or is sealed, since it is written together with that.
	chain, err := v.Ledger.Chain(ctx)
	if err != nil {
		return p, err
	}
	if p.Chain, err = v.verifyChain(ctx, chain, list, kept); err != nil {
		return p, err
	}
	p.Certificates, err = v.VerifyCertificates(ctx, nil)
	return p, err
}

// links checks the seals as they follow on each other.
func links(chain ledger.Chain) (found []string) {
	var before report.Seal
	for _, s := range chain.Seals {
		switch {
		case s.Number != before.Number+1:
			found = append(found, fmt.Sprintf("seal %d is followed by seal %d", before.Number, s.Number))
		case s.Previous != before.Hash:
			found = append(found, fmt.Sprintf("seal %d does not follow on seal %d: it has another hash for it", s.Number, before.Number))
		}
		if s.Hash != s.Computed() {
			found = append(found, fmt.Sprintf("seal %d was changed: its content has another hash", s.Number))
		}
		before = s
	}
	if before.Number != chain.Number || before.Hash != chain.Hash {
		found = append(found, fmt.Sprintf("the newest seal is %d, and the chain ends with seal %d", before.Number, chain.Number))
	}
	return found
}

// chainCheck compares the chain with the certificates.
type chainCheck struct {
	ChainVerdict
	hashes map[string]string // of the certificates, by name
	seals  map[string]int    // by a certificate's name: its seal, or 0 while it waits
	began  time.Time         // when the oldest certificate of the chain was verified
}

func (c *chainCheck) bad(format string, args ...any) {
	c.Findings = append(c.Findings, fmt.Sprintf(format, args...))
}

func sealName(file string, verified time.Time) string {
	return verified.UTC().Format(time.RFC3339Nano) + " " + file
}

// name checks what the chain says of one certificate. Seal is 0 for one that waits.
func (c *chainCheck) name(s report.Sealed, seal int) {
	name := sealName(s.File, s.VerifiedAt)
	where := "the list of those that wait for a seal"
	if seal > 0 {
		where = fmt.Sprintf("seal %d", seal)
	}
	switch hash, there := c.hashes[name]; {
	case !there:
		c.bad("%s has a certificate of %s that is not in the ledger", where, s.File)
	case hash != s.SHA256:
		c.bad("%s has another certificate of %s than the ledger", where, s.File)
	}
	if earlier := c.seals[name]; earlier > 0 {
		c.bad("the certificate of %s is in seal %d and in seal %d", s.File, earlier, seal)
	}
	c.seals[name] = seal
	if c.began.IsZero() || s.VerifiedAt.Before(c.began) {
		c.began = s.VerifiedAt
	}
}

func (v *View) verifyChain(ctx context.Context, chain ledger.Chain, certificates []Certificate, kept []KeptSeal) (ChainVerdict, error) {
	c := chainCheck{hashes: map[string]string{}, seals: map[string]int{}}
	c.ChainVerdict = ChainVerdict{Seals: len(chain.Seals), Number: chain.Number, Hash: chain.Hash, Waiting: len(chain.Waiting), Findings: some(links(chain))}
	for _, one := range certificates {
		c.hashes[sealName(one.File, one.VerifiedAt)] = one.Hash()
	}
	named := slices.Clone(chain.Waiting)
	for _, seal := range chain.Seals {
		named = append(named, seal.Certificates...)
		c.Sealed += len(seal.Certificates)
	}
	if err := v.lateCertificates(ctx, named, c.hashes); err != nil {
		return c.ChainVerdict, err
	}
	for _, s := range chain.Waiting {
		c.name(s, 0)
	}
	for _, seal := range chain.Seals {
		for _, s := range seal.Certificates {
			c.name(s, seal.Number)
		}
	}
	for _, one := range certificates {
		if _, known := c.seals[sealName(one.File, one.VerifiedAt)]; known {
			continue
		}
		if !c.began.IsZero() && !one.VerifiedAt.Before(c.began) {
			c.bad("the certificate of %s has no seal and does not wait for one", one.File)
			continue
		}
		c.Older++
	}
	c.compare(chain, kept)
	return c.ChainVerdict, nil
}

// lateCertificates adds the hashes of those certificates that were written after all were read.
func (v *View) lateCertificates(ctx context.Context, named []report.Sealed, hashes map[string]string) error {
	for _, s := range named {
		if _, there := hashes[sealName(s.File, s.VerifiedAt)]; there {
			continue
		}
		list, err := v.Ledger.CertificatesOf(ctx, s.File)
		if err != nil {
			return err
		}
		for _, c := range list {
			hashes[sealName(c.File, c.VerifiedAt)] = c.Hash()
		}
	}
	return nil
}

// compare looks for the seals that a person kept.
func (c *chainCheck) compare(chain ledger.Chain, kept []KeptSeal) {
	for _, k := range kept {
		i := slices.IndexFunc(chain.Seals, func(s report.Seal) bool { return s.Number == k.Number })
		switch {
		case i < 0:
			c.bad("the chain has no seal %d, which was kept", k.Number)
		case chain.Seals[i].Hash != k.Hash:
			c.bad("seal %d has another hash than the one that was kept", k.Number)
		}
	}
}
