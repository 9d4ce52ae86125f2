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
	proofs []proof           // the certificates
	seals  map[string]int    // by a certificate's name: its seal, or 0 while it waits
	began  time.Time         // when the oldest certificate of the chain was verified
}

func (c *chainCheck) bad(format string, args ...any) {
	c.Findings = append(c.Findings, fmt.Sprintf(format, args...))
}

// proof is a certificate of a deletion or of an erasure, as the chain should have it.
type proof struct {
	report.Sealed
	name string
}

func proofOf(s report.Sealed) proof { return proof{s, sealName(s)} }

func sealName(s report.Sealed) string {
	return s.VerifiedAt.UTC().Format(time.RFC3339Nano) + " " + s.File + " " + s.Erasure
}

// subject says in a finding what a certificate is of.
func subject(s report.Sealed) string {
	if s.Erasure != "" {
		return "the erasure " + ShortHash(s.Erasure)
	}
	return s.File
}

// name checks what the chain says of one certificate. Seal is 0 for one that waits.
func (c *chainCheck) name(s report.Sealed, seal int) {
	name := sealName(s)
	where := "the list of those that wait for a seal"
	if seal > 0 {
		where = fmt.Sprintf("seal %d", seal)
	}
	switch hash, there := c.hashes[name]; {
	case !there:
		c.bad("%s has a certificate of %s that is not in the ledger", where, subject(s))
	case hash != s.SHA256:
		c.bad("%s has another certificate of %s than the ledger", where, subject(s))
	}
	if earlier := c.seals[name]; earlier > 0 {
		c.bad("the certificate of %s is in seal %d and in seal %d", subject(s), earlier, seal)
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
		c.proofs = append(c.proofs, proofOf(one.Seal()))
	}
	erased, err := v.erasureProofs(ctx)
	if err != nil {
		return c.ChainVerdict, err
	}
	c.proofs = append(c.proofs, erased...)
	for _, one := range c.proofs {
		c.hashes[one.name] = one.SHA256
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
	for _, one := range c.proofs {
		if _, known := c.seals[one.name]; known {
			continue
		}
		if !c.began.IsZero() && !one.VerifiedAt.Before(c.began) {
			c.bad("the certificate of %s has no seal and does not wait for one", subject(one.Sealed))
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
		if _, there := hashes[sealName(s)]; there {
			continue
		}
		late, err := v.proofsOf(ctx, s)
		if err != nil {
			return err
		}
		for _, c := range late {
			hashes[c.name] = c.SHA256
		}
	}
	return nil
}

// proofsOf returns the certificates of what a certificate is of.
func (v *View) proofsOf(ctx context.Context, s report.Sealed) (all []proof, err error) {
	if s.Erasure != "" {
		list, err := v.Ledger.ErasureCertificates(ctx, s.Erasure)
		for _, c := range list {
			all = append(all, proofOf(c.Seal()))
		}
		return all, err
	}
	list, err := v.Ledger.CertificatesOf(ctx, s.File)
	for _, c := range list {
		all = append(all, proofOf(c.Seal()))
	}
	return all, err
}

// erasureProofs returns the certificates of all erasures.
func (v *View) erasureProofs(ctx context.Context) (all []proof, err error) {
	orders, err := v.Ledger.Erasures(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range orders {
		of, err := v.proofsOf(ctx, report.Sealed{Erasure: e.Unit})
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
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
