package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/bellhop-asp/bellhop/pkg/ledger"
	"github.com/bellhop-asp/bellhop/pkg/report"
)

func sealCases() protocolCases {
	return protocolCases{
		"a certificate waits, and is sealed once":  sealOnce,
		"more than one transaction takes":          sealMany,
		"each seal has the hash of the one before": sealLinks,
		"of two runs at once one seals":            sealRace,
	}
}

// strays lets n certificates of strays wait for their seal.
func (d fixture) strays(t *testing.T, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		f, _ := arrive(t, d.Ledger, object(fmt.Sprintf("in/%04d.csv", i), "s1", arrived), "w1", arrived)
		d.certify(t, f, at(graceOver).Add(time.Duration(i)*time.Second))
	}
}

func (d fixture) seal(t *testing.T, want int) {
	t.Helper()
	n, err := d.Seal(t.Context(), at(deleted))
	done(t, "seal", err)
	same(t, "sealed", n, want)
}

func (d fixture) chain(t *testing.T) ledger.Chain {
	t.Helper()
	c, err := d.Chain(t.Context())
	done(t, "read the chain", err)
	return c
}

func sealOnce(t *testing.T, d fixture) {
	same(t, "seals of a new ledger", len(d.chain(t).Seals), 0)
	d.strays(t, 1, 2)
	same(t, "waiting", len(d.chain(t).Waiting), 2)
	d.seal(t, 2)
	d.unchanged(t, func() { d.seal(t, 0) })
	c := d.chain(t)
	same(t, "waiting", len(c.Waiting), 0)
	same(t, "seals", len(c.Seals), 1)
	same(t, "the first is the older", c.Seals[0].Certificates[0].File, "in/0001.csv")
	same(t, "its hash", c.Seals[0].Certificates[0].SHA256, d.certificates(t, "in/0001.csv")[0].Hash())
}

// 98 certificates, the seal and the end of the chain are the 100 records of a transaction.
func sealMany(t *testing.T, d fixture) {
	d.strays(t, 1, 99)
	d.seal(t, 99)
	c := d.chain(t)
	same(t, "seals", len(c.Seals), 2)
	same(t, "in the first", len(c.Seals[0].Certificates), 98)
	same(t, "in the second", len(c.Seals[1].Certificates), 1)
}

func sealLinks(t *testing.T, d fixture) {
	for i := range 3 {
		d.strays(t, i, 1)
		d.seal(t, 1)
	}
	c := d.chain(t)
	same(t, "the newest", fmt.Sprint(c.Number, c.Hash), fmt.Sprint(3, c.Seals[2].Hash))
	same(t, "before the first", c.Seals[0].Previous, "")
	for i, s := range c.Seals {
		same(t, "number", s.Number, i+1)
		// What the hash is of, written by hand.
		certificate := s.Certificates[0]
		previous := ""
		if i > 0 {
			previous = fmt.Sprintf(`"previous":%q,`, c.Seals[i-1].Hash)
		}
		text := fmt.Sprintf(`{"number":%d,"at":%q,%s"certificates":[{"file":%q,"verified_at":%q,"sha256":%q}],"hash":""}`,
			s.Number, s.At.Format(time.RFC3339Nano), previous, certificate.File, certificate.VerifiedAt.Format(time.RFC3339Nano), certificate.SHA256)
		sum := sha256.Sum256([]byte(text))
		same(t, "hash", s.Hash, hex.EncodeToString(sum[:]))
		changed := s
		changed.Certificates = []report.Sealed{{File: certificate.File, VerifiedAt: certificate.VerifiedAt, SHA256: "00"}}
		same(t, "a changed seal has another", changed.Computed() == s.Hash, false)
	}
}

func sealRace(t *testing.T, d fixture) {
	d.strays(t, 1, 2)
	l := d.meanwhile(func() { d.seal(t, 2) })
	n, err := l.Seal(t.Context(), at(deleted+1))
	done(t, "seal what another run seals", err)
	same(t, "sealed by this run", n, 0)
	same(t, "seals", len(d.chain(t).Seals), 1)
}
